"""Files that are written whole or not at all: what a killed writer leaves, and two writers at once."""

import subprocess
import sys

import pytest

from core.errors import WorkspaceError
from core.writing import atomic_path, write_atomically

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from core.errors import WorkspaceError
from core.writing import atomic_path
with atomic_path(Path(sys.argv[1])) as temporary:
    temporary.write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(tmp_path):
    """A process in the middle of writing ``votes.json``."""
    call = [sys.executable, "-c", WRITE_AND_WAIT, str(tmp_path / "votes.json")]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_writer_left_is_removed_when_the_file_is_next_written(tmp_path, writer):
    writer.kill()
    writer.wait()
    [left] = names(tmp_path)
    assert left.startswith(".writing-votes-")
    write_atomically(tmp_path / "other.json", b"{}")
    assert names(tmp_path) == [left, "other.json"]
    write_atomically(tmp_path / "votes.json", b"{}")
    assert names(tmp_path) == ["other.json", "votes.json"]


def test_two_writers_at_once_do_not_disturb_each_other(tmp_path, writer):
    write_atomically(tmp_path / "votes.json", b"whole")
    assert (tmp_path / "votes.json").read_bytes() == b"whole"
    assert len(names(tmp_path)) == 2
    writer.communicate(timeout=30)
    assert writer.returncode == 0
    assert names(tmp_path) == ["votes.json"]
    assert (tmp_path / "votes.json").read_bytes() == b"half"


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a[b]*.json"
    write_atomically(path, b"before")
    with pytest.raises(WorkspaceError, match="Is a directory"), atomic_path(path) as temporary:
        temporary.write_bytes(tmp_path.read_bytes())
    assert names(tmp_path) == [path.name]
    assert path.read_bytes() == b"before"
