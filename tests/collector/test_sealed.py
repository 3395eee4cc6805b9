"""Sealed files: nothing in clear, nobody else's to read, unusable under another key."""

import stat

import pytest

from collector.pseudonyms import Pseudonyms
from collector.sealed import SealedFile
from core.errors import WorkspaceError

CONTENT = {"chats": {"x": {"newest": 987654321}}, "name": "夜谈_night_talk"}


def sealed(workspace, key: bytes = bytes(32), name: str = "some-state") -> SealedFile:
    return SealedFile(workspace, name, Pseudonyms(key, "telegram"))


def test_what_was_written_is_read_again(workspace):
    assert sealed(workspace).read() == {}
    sealed(workspace).write({"older": 1})
    sealed(workspace).write(CONTENT)
    assert sealed(workspace).read() == CONTENT


def test_nothing_lies_there_in_clear(workspace):
    sealed(workspace).write(CONTENT)
    (file,) = workspace.secrets.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("some-state.sealed", 0o600)
    for clear in (b"987654321", "夜谈".encode(), b"night_talk", b"newest"):
        assert clear not in file.read_bytes()


def test_equal_contents_look_different(workspace):
    written = []
    for _ in range(2):
        sealed(workspace).write(CONTENT)
        written.append(sealed(workspace).path.read_bytes())
    assert written[0] != written[1]


def test_another_key_another_purpose_and_damage_do_not_open_it(workspace):
    sealed(workspace).write(CONTENT)
    path = sealed(workspace).path
    with pytest.raises(WorkspaceError, match=r"secrets/some-state\.sealed is damaged or was sealed under another"):
        sealed(workspace, key=bytes([1] * 32)).read()
    other = sealed(workspace, name="other")
    other.path.write_bytes(path.read_bytes())
    other.path.chmod(0o600)
    with pytest.raises(WorkspaceError, match="damaged"):
        other.read()
    whole = path.read_bytes()
    for broken in (b"", whole[:20], whole[:-1], whole[:40] + b"x" + whole[41:]):
        path.write_bytes(broken)
        with pytest.raises(WorkspaceError, match="damaged"):
            sealed(workspace).read()


def test_a_file_that_others_can_read_is_refused(workspace):
    sealed(workspace).write(CONTENT)
    sealed(workspace).path.chmod(0o644)
    with pytest.raises(WorkspaceError, match="chmod 600"):
        sealed(workspace).read()


def test_what_a_killed_run_left_is_overwritten(workspace):
    sealed(workspace).path.with_suffix(".unfinished").write_bytes(b"half")
    sealed(workspace).write(CONTENT)
    assert [file.name for file in workspace.secrets.iterdir()] == ["some-state.sealed"]
