"""kill −9 at any moment: the next runs finish the table, and no raw identifier ever lies on the disk."""

import importlib.util
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from collector.pseudonyms import create_key
from core.workspace import Workspace, create_workspace

pytest.importorskip("telethon")
SCRIPT = Path(__file__).with_name("telegram_world.py")
DELAY = 0.004
LIFE = 1.2
"""The longest life of a run that is killed, as a multiple of an undisturbed run."""


@pytest.fixture(scope="module")
def planted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("telegram_world", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Readers:
    """Starts readers in their own processes and kills them."""

    def __init__(self) -> None:
        command = [sys.executable, str(SCRIPT), str(DELAY)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._server.stdout.readline() == "ready\n"

    def read_for(self, seconds: float, later: bool, root: Path) -> bool:
        """Let a run live that long; whether it was killed."""
        self._server.stdin.write(f"{seconds} {'later' if later else 'first'} {root}\n")
        self._server.stdin.flush()
        answer = self._server.stdout.readline().strip()
        assert answer in ("killed", "done")
        return answer == "killed"

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait()


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    started = Readers()
    yield started
    started.close()


def made(folder: Path, key: Path | None = None) -> Workspace:
    """A new workspace, with the key of another if that is given."""
    workspace = create_workspace(folder)
    create_key(workspace)
    if key is not None:
        shutil.copy(key, workspace.secrets / "pseudonym.key")
    return workspace


def tables(workspace: Workspace) -> tuple[bytes, bytes]:
    """The messages and the rejects, sorted, as bytes."""
    messages = workspace.store.read("messages").sort("chat_id", "message_id")
    rejected = workspace.store.read_rejected("messages").sort("message_id", "reason")
    return messages.serialize(), rejected.serialize()


def traces(workspace: Workspace, planted: ModuleType) -> list[tuple[str, str]]:
    """Planted identifiers in any name or byte of the workspace; tables are also read, because they are compressed."""
    found = []
    for path in filter(Path.is_file, workspace.root.rglob("*")):
        text = path.read_bytes() + unpacked(path)
        found += [(path.name, trace) for trace in planted.TRACES if trace.encode() in text or trace in path.name]
    return found + named_too_long(workspace, planted)


def named_too_long(workspace: Workspace, planted: ModuleType) -> list[tuple[str, str]]:
    """Chats in which a member's name stands in clear although the member has spoken there."""
    tables = {
        path.name: pl.read_parquet(path).get_column("content")
        for path in workspace.store.folder.glob("messages/*.parquet")
    }
    spoken = {name: said for name, said in tables.items() if planted.LATE_FIRST_SAID in said}
    return [(name, planted.LATE) for name, said in spoken.items() if said.str.contains(planted.LATE).any()]


def unpacked(path: Path) -> bytes:
    try:
        return pl.read_parquet(path).write_json().encode() if path.suffix == ".parquet" else b""
    except (pl.exceptions.PolarsError, OSError):  # a file that was being written
        return b""


def killed_until_done(
    workspace: Workspace, later: bool, readers: Readers, planted: ModuleType, lives: Iterator[float]
) -> int:
    """Run and kill until a run comes to its end; how many were killed. Looks for traces after each."""
    for kills in range(200):
        was_killed = readers.read_for(next(lives), later, workspace.root)
        assert traces(workspace, planted) == []
        if not was_killed:
            return kills
    pytest.fail("200 runs made no end")


def random_lives(longest: float) -> Iterator[float]:
    dice = random.Random(20)
    while True:
        yield dice.uniform(0.01, longest)


def check(kills_wanted: int, folder: Path, readers: Readers, planted: ModuleType) -> None:
    undisturbed = made(folder / "undisturbed")
    expected = []
    started = time.perf_counter()
    for later in (False, True):
        planted.read(undisturbed.root, later)
        expected.append(tables(undisturbed))
    lives = random_lives(LIFE * (time.perf_counter() - started) / 2)
    kills = rounds = 0
    while kills < kills_wanted:
        rounds += 1
        workspace = made(folder / f"killed-{rounds}", undisturbed.secrets / "pseudonym.key")
        for later in (False, True):
            kills += killed_until_done(workspace, later, readers, planted, lives)
            assert tables(workspace) == expected[later]
        assert not list(workspace.store.folder.glob(".collecting-*"))
    print(f"{kills} kills in {rounds} workspaces")


def test_the_world_is_read_without_a_trace(tmp_path, planted):
    workspace = made(tmp_path / "w")
    planted.read(workspace.root, later=False)
    assert traces(workspace, planted) == []
    rows = workspace.store.read("messages")
    assert rows.height + workspace.store.read_rejected("messages").height == 2 * planted.SIZE
    assert "谢谢〈用户〉" in rows.get_column("content").to_list()
    aliases = rows.filter(pl.col("content").str.contains("有人认识〈成员:[0-9a-f]{6}〉吗"))
    assert aliases.height == 2 * len([k for k in range(1, planted.SIZE + 1) if k % 37 == 0 and k % 13 and k % 17])
    assert {path.name for path in workspace.secrets.iterdir()} == {"pseudonym.key", "telegram-state.sealed"}


def test_a_few_kills(tmp_path, readers, planted):
    check(3, tmp_path, readers, planted)


@pytest.mark.slow
def test_fifty_kills(tmp_path, readers, planted):
    check(50, tmp_path, readers, planted)
