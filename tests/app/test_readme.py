"""The commands of the README and of the quick start are run, in order, as a new user would type them."""

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.demo.generator import write_export

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def commands(page):
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / page).read_text("utf-8"), re.S)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def run(command, folder):
    arguments = shlex.split(command)
    arguments[0] = str(BIN / arguments[0])
    done = subprocess.run(arguments, cwd=folder, input="a-long-password\n" * 2, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stderr}"


def serve_for_a_moment(command, folder):
    arguments = [str(BIN / "assay"), *shlex.split(command)[1:], "--no-browser", "--port", "0"]
    with subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        line = server.stdout.readline()
        time.sleep(0.1)
        server.terminate()
    assert "http://127.0.0.1:" in line


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_the_walk_works(page, tmp_path):
    write_export(tmp_path / "export", n_messages=1_200)
    (tmp_path / "lexicon").symlink_to(ROOT / "lexicon")
    walk = commands(page)
    assert len(walk) > 12
    for command in walk:
        if command.startswith("assay ui"):
            serve_for_a_moment(command, tmp_path)
        else:
            run(command, tmp_path)
    assert (tmp_path / "corpus" / "reports" / "report.html").exists()
    assert (tmp_path / "corpus" / "releases" / "pilot" / "README.md").exists()
