"""Broken files, runs that die and a full disk: all of an export is in the table or nothing, and a message says why."""

from pathlib import Path

import polars as pl
import pytest

import collector.merging as merging
from collector.collecting import collect
from collector.pseudonyms import create_key
from core.errors import DataError, WorkspaceError


def broken_exports(good: bytes) -> dict[str, bytes]:
    return {
        "truncated.json": good[:-20],
        "gbk.json": good.decode().encode("gb18030"),
        "no-column.csv": b"message_id,user_id,timestamp\n1,2,1700000000\n",
        "cut.jsonl": b'{"message_id":1,"user_id":2,"timestamp":1700000000,"content":"abc"}\n{"mess',
    }


@pytest.mark.parametrize("name", ["truncated.json", "gbk.json", "no-column.csv", "cut.jsonl", "absent.json"])
def test_a_broken_file_leaves_everything_as_it_was(keyed, export, message, tmp_path, tables, name):
    collect(keyed, [export("old.json", message(1))])
    before = tables(keyed)
    good = export("good.json", message(1), message(2), message(3))
    if name != "absent.json":
        (tmp_path / name).write_bytes(broken_exports(good.read_bytes())[name])
    with pytest.raises(DataError, match=name):
        collect(keyed, [good, tmp_path / name])
    assert tables(keyed) == before


def test_a_damaged_chat_file_is_one_message(keyed, export, message):
    collect(keyed, [export("a.json", message(1))])
    (file,) = (keyed.store.folder / "messages").glob("*.parquet")
    file.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=rf"messages/{file.name} is not a readable Parquet file"):
        collect(keyed, [export("b.json", message(2))])


@pytest.mark.parametrize("step", ["keys_of", "join", "write_ordered"])
def test_a_run_that_dies_while_merging_leaves_everything_as_it_was(keyed, export, message, monkeypatch, tables, step):
    collect(keyed, [export("a.json", message(1))])
    before = tables(keyed)

    def die(*_: object, **__: object) -> None:
        raise MemoryError

    second = export("b.json", message(2))
    monkeypatch.setattr(merging, step, die)
    with pytest.raises(MemoryError):
        collect(keyed, [second])
    assert tables(keyed) == before
    monkeypatch.undo()
    assert collect(keyed, [second]).table.messages == 2


def test_a_run_that_dies_while_publishing_is_finished_by_the_next(keyed, export, message, monkeypatch):
    files = [export("a.json", message(1)), export("b.json", message(2), chat=88)]
    adopt = keyed.store.adopt

    def adopt_one(name: str, finished: Path) -> None:
        if keyed.store.parts("messages"):
            raise KeyboardInterrupt
        adopt(name, finished)

    monkeypatch.setattr(keyed.store, "adopt", adopt_one)
    with pytest.raises(KeyboardInterrupt):
        collect(keyed, files)
    monkeypatch.undo()
    assert collect(keyed, files).table.messages == 2
    assert not collect(keyed, files).changed


def test_what_a_killed_run_left_is_removed_by_the_next(keyed, export, message):
    left_over = keyed.store.folder / ".collecting-killed"
    left_over.mkdir()
    (left_over / "x.parquet").write_bytes(b"x")
    collect(keyed, [export("a.json", message(1))])
    assert not list(keyed.store.folder.glob(".collecting-*"))


def test_what_a_killed_run_left_is_removed_by_one_that_finds_nothing_new(keyed, export, message):
    # Killed when all was in its place and only the working folder was still to be removed.
    collect(keyed, [export("a.json", message(1))])
    tables = keyed.store.folder
    (tables / ".collecting-killed").mkdir()
    left_over = [tables / ".collecting-killed/x.parquet", tables / "messages/.writing-x.parquet"]
    for file in left_over:
        file.write_bytes(b"x")
    assert not collect(keyed, [export("a.json", message(1))]).changed
    assert not list(tables.glob(".collecting-*"))
    assert not any(file.exists() for file in left_over)


def test_a_run_that_finds_nothing_new_leaves_the_working_folder_of_another_alone(keyed, export, message):
    from collector.spool import spooling

    collect(keyed, [export("a.json", message(1))])
    with spooling(keyed.store.folder) as spool:
        assert not collect(keyed, [export("a.json", message(1))]).changed
        assert spool.folder.exists()


def test_two_runs_at_once_are_refused(keyed, export, message):
    from collector.spool import spooling

    with spooling(keyed.store.folder), pytest.raises(WorkspaceError, match="another `assay collect` is at work"):
        collect(keyed, [export("a.json", message(1))])


def test_a_full_disk_is_one_message_and_leaves_everything_as_it_was(keyed, export, message, monkeypatch, tables):
    collect(keyed, [export("a.json", message(1))])
    before = tables(keyed)

    def full(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    second = export("b.json", message(2))
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(WorkspaceError, match="No space left on device; free some"):
        collect(keyed, [second])
    assert tables(keyed) == before


def test_another_key_is_refused_once_there_are_messages(keyed, export, message):
    collect(keyed, [export("a.json", message(1))])
    (keyed.secrets / "pseudonym.key").unlink()
    create_key(keyed)
    with pytest.raises(WorkspaceError, match="collected with another pseudonym key"):
        collect(keyed, [export("b.json", message(2))])
