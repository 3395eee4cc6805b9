"""Files that are written whole or not at all: what a killed writer leaves, and two writers at once."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from core.errors import WorkspaceError
from core.writing import atomic_folder, atomic_path, write_atomically

WRITE_AND_WAIT = """
import sys
from pathlib import Path
from core.errors import WorkspaceError
from core import writing
with getattr(writing, sys.argv[2])(Path(sys.argv[1])) as temporary:
    (temporary / "data" if temporary.is_dir() else temporary).write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()
"""


@contextmanager
def in_the_middle(path, way="atomic_path"):
    """A process in the middle of writing a file or folder."""
    call = [sys.executable, "-c", WRITE_AND_WAIT, str(path), way]
    with subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        yield process
        process.kill()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_killed_writer_left_is_removed_when_the_file_is_next_written(tmp_path):
    with in_the_middle(tmp_path / "votes.json"):
        pass
    [left] = names(tmp_path)
    assert left.startswith(".writing-votes-")
    write_atomically(tmp_path / "other.json", b"{}")
    assert names(tmp_path) == [left, "other.json"]
    write_atomically(tmp_path / "votes.json", b"{}")
    assert names(tmp_path) == ["other.json", "votes.json"]


def test_what_is_left_of_a_folder_is_removed_when_it_is_next_written(tmp_path):
    with in_the_middle(tmp_path / "v1", "atomic_folder"):
        pass
    [left] = tmp_path.iterdir()
    assert (left / "data").read_bytes() == b"half"
    with atomic_folder(tmp_path / "v1") as temporary:
        (temporary / "data").write_bytes(b"whole")
    assert names(tmp_path) == ["v1"]
    assert (tmp_path / "v1/data").read_bytes() == b"whole"


def test_two_writers_at_once_do_not_disturb_each_other(tmp_path):
    with in_the_middle(tmp_path / "votes.json") as other:
        write_atomically(tmp_path / "votes.json", b"whole")
        assert (tmp_path / "votes.json").read_bytes() == b"whole"
        assert len(names(tmp_path)) == 2
        other.communicate(timeout=30)
        assert other.returncode == 0
    assert names(tmp_path) == ["votes.json"]
    assert (tmp_path / "votes.json").read_bytes() == b"half"


def test_a_block_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "a[b]*.json"
    write_atomically(path, b"before")
    with pytest.raises(WorkspaceError, match="Is a directory"), atomic_path(path) as temporary:
        temporary.write_bytes(tmp_path.read_bytes())
    assert names(tmp_path) == [path.name]
    assert path.read_bytes() == b"before"
