"""`assay vote` with real engines: three voters that load models one after another, and one that is served."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from core.store import Recipe
from core.workspace import Workspace, create_workspace

N_SEGMENTS = 16
VOTE = [sys.executable, "-c", "import sys; from app.main import main; sys.argv[0] = 'assay'; main()", "vote"]
PANEL = """
[vote]
prompt = "few_shot"

[vote.engines]
python = "{python}"
batch_size = 2
"""
OFFLINE = """
[[vote.voters]]
name = "{name}"
backend = "vllm"
model = "{model}"
prompt = "{prompt}"
max_tokens = 60
engine = {{ dtype = "bfloat16", max_model_len = 8192, enforce_eager = true, kv_cache_memory_bytes = 268435456 }}
"""
SERVED = """
[[vote.voters]]
name = "served"
backend = "openai"
model = "{model}"
base_url = "{url}"
max_tokens = 60
"""


@pytest.fixture(scope="module")
def served(engine_python: str, tiny_models: list[str]) -> Iterator[str]:
    """The address of the second model behind vLLM's own server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = "--dtype bfloat16 --max-model-len 8192 --enforce-eager --kv-cache-memory-bytes 268435456"
    # Without this a model may write white space until its tokens are used up, and a model of random weights does.
    options += ' --structured-outputs-config {"backend":"xgrammar","disable_any_whitespace":true}'
    process = subprocess.Popen(
        [str(Path(engine_python).with_name("vllm")), "serve", tiny_models[1], "--port", str(port), *options.split()],
        env={**os.environ, "VLLM_NO_USAGE_STATS": "1", "VLLM_LOGGING_LEVEL": "ERROR"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 240
        while not _answers(f"http://127.0.0.1:{port}/health"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def silver(tmp_path: Path, silver_world: ModuleType, engine_python: str, tiny_models: list[str]) -> Workspace:
    """A workspace whose panel is three voters with engines of their own; the last one answers with a letter."""
    made = create_workspace(tmp_path / "silver")
    voters = zip(("one", "two", "three"), tiny_models, ("few_shot", "few_shot", "letter"), strict=True)
    panel = [OFFLINE.format(name=name, model=model, prompt=prompt) for name, model, prompt in voters]
    (made.root / "assay.toml").write_text(PANEL.format(python=engine_python) + "".join(panel), encoding="utf-8")
    codebook = silver_world.MOOD_CODEBOOK + silver_world.examples()
    (made.root / "codebook.toml").write_text(codebook, encoding="utf-8")
    messages, segments = silver_world.segment_frames(silver_world.chats(N_SEGMENTS))
    made.store.write("messages/chat", messages, Recipe(inputs={}))
    made.store.write("segments", segments, Recipe(inputs={}))
    return Workspace(made.root)


def replies(workspace: Workspace) -> dict[str, str]:
    """The replies that are kept, with the seconds that each took."""
    path = workspace.cache / "llm" / "replies.sqlite"
    if path.exists():
        with closing(sqlite3.connect(path)) as kept, suppress(sqlite3.OperationalError):  # The table may yet come.
            return dict(kept.execute("SELECT key, reply FROM replies"))
    return {}


def engines_of(mark: str) -> list[int]:
    """Processes with an engine that were started with a certain word in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError, NotADirectoryError):
            if b"_worker.py" in (entry / "cmdline").read_bytes() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def kill_while_the_second_voter_is_asked(workspace: Workspace, mark: str) -> None:
    voting = subprocess.Popen([*VOTE, "-w", str(workspace.root)], env={**os.environ, "MARK": mark})
    deadline = time.monotonic() + 400
    while len(replies(workspace)) < N_SEGMENTS + 4 and voting.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    assert engines_of(mark)
    os.kill(voting.pid, signal.SIGKILL)
    assert voting.wait() == -signal.SIGKILL


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_panel_of_engines_votes_although_killed_in_the_middle(silver: Workspace, tiny_models, served: str):
    kill_while_the_second_voter_is_asked(silver, mark=str(silver.root))
    kept = replies(silver)
    assert N_SEGMENTS + 4 <= len(kept) < 2 * N_SEGMENTS
    deadline = time.monotonic() + 5
    while engines_of(str(silver.root)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert engines_of(str(silver.root)) == []

    with (silver.root / "assay.toml").open("a", encoding="utf-8") as settings:
        settings.write(SERVED.format(model=tiny_models[1], url=served))
    subprocess.run([*VOTE, "-w", str(silver.root)], check=True)
    assert replies(silver).items() >= kept.items()
    one, two, three, by_server = (silver.store.read(f"votes/{name}") for name in ("one", "two", "three", "served"))
    votes = pl.concat([one, two, three, by_server])
    assert votes["voter"].value_counts()["count"].to_list() == [2 * N_SEGMENTS] * 4
    assert set(votes["status"]) <= {"ok", "refused"}  # Every reply could be read; a model may say that it cannot tell.
    assert set(three["status"]) == {"ok"}
    assert three["probability"].is_between(0, 1).all()
    same = two.join(by_server, on=["segment_id", "variable"], suffix="_served")
    assert (same["label"] == same["label_served"]).mean() > 0.75


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_voter_whose_model_is_not_there_fails_and_the_others_vote(silver: Workspace, tiny_models: list[str]):
    settings = silver.root / "assay.toml"
    panel = settings.read_text(encoding="utf-8").replace(tiny_models[0], "/nowhere/model")
    settings.write_text(panel.rpartition("\n[[vote.voters]]")[0], encoding="utf-8")
    subprocess.run([*VOTE, "-w", str(silver.root)], check=False)
    one, two = (silver.store.read(f"votes/{name}") for name in ("one", "two"))
    assert set(one["status"]) == {"failed"}
    assert "could not be loaded" in one["rationale"][0]
    assert set(two["status"]) <= {"ok", "refused"}
    assert len(replies(silver)) == N_SEGMENTS
