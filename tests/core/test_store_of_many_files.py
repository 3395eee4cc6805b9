"""What the store does for a stage that writes the parts of a table itself."""

import os
import stat
from datetime import UTC, datetime

import polars as pl
import pytest

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe, Store
from core.writing import atomic_path, writing

RECIPE = Recipe(inputs={"export": "f" * 64}, settings={"min_chars": 3})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "tables", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def finished(store, name):
    store.folder.mkdir(exist_ok=True)
    empty("messages").write_parquet(store.folder / name)
    return store.folder / name


def test_a_finished_file_takes_the_place_of_a_part(store):
    file = finished(store, "new.parquet")
    store.adopt("messages/c1", file)
    assert store.parts("messages") == ["messages/c1"]
    assert stat.S_IMODE(store.path("messages/c1").stat().st_mode) == 0o600
    assert not file.exists()


def test_what_a_killed_run_left_half_written_is_no_part(store):
    store.adopt("messages/c1", finished(store, "new.parquet"))
    with atomic_path(store.path("messages/c2")) as temporary:
        temporary.touch()
    store.path("messages/c2").rename(temporary)  # as kill -9 leaves it, which runs nothing that removes it
    temporary.write_bytes(b"PAR1")
    assert store.parts("messages") == ["messages/c1"]
    assert store.read("messages").is_empty()


def test_one_manifest_stands_for_all_parts(store):
    for part in ("messages/c1", "messages/c2"):
        store.adopt(part, finished(store, "new.parquet"))
    manifest = store.write_manifest("messages", RECIPE, 7, {"empty": 2})
    assert store.manifest("messages") == manifest
    assert (manifest.rows, manifest.rejected, manifest.sha256) == (7, {"empty": 2}, store.content_hash("messages"))
    assert store.unchanged("messages", RECIPE)


def test_a_part_that_is_missing_is_a_change(store):
    for part in ("messages/c1", "messages/c2"):
        store.adopt(part, finished(store, "new.parquet"))
    store.write_manifest("messages", RECIPE, 0, {})
    store.path("messages/c2").unlink()
    assert not store.unchanged("messages", RECIPE)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, os.strerror(28)), "could not write it: No space left on device; free some space"),
        (pl.exceptions.ComputeError("x: No space (os error 28)"), "could not write it: No space left on device; free"),
        (pl.exceptions.ComputeError("text of a row"), "could not write it: the table could not be written as Parquet;"),
    ],
)
def test_a_failed_write_is_one_message_whoever_raised_it(error, said):
    with pytest.raises(WorkspaceError) as caught, writing("it"):
        raise error
    assert str(caught.value).startswith(said)


def test_polars_on_a_full_device_is_translated():
    with pytest.raises(WorkspaceError, match="No space left on device"), writing("it"):
        empty("messages").write_parquet("/dev/full")


def test_the_rejects_of_a_part_are_no_part(tmp_path):
    store = Store(tmp_path)
    row = {"source": "llm", "number": 0, "term": "好累", "kind": None, "category": None, "message_id": None}
    proposals = pl.DataFrame([row | {"quote": None, "reason": None, "score": None}], schema=empty("proposals").schema)
    store.write("proposals/llm", proposals, Recipe(inputs={}), pl.DataFrame({"reason": ["repeated"]}))
    assert store.parts("proposals") == ["proposals/llm"]
    assert store.read("proposals").height == 1
    assert store.read_rejected("proposals/llm")["reason"].to_list() == ["repeated"]
