"""Some columns of a table: no other is read where the file is the one that was checked when it was written."""

from dataclasses import replace

import polars as pl
import pytest

import core.store
from core.errors import ContractError, WorkspaceError
from core.store import Recipe, Store

RECIPE = Recipe(inputs={})
COLUMNS = ("segment_id", "label")
VOTES = pl.DataFrame(
    {"segment_id": ["s1", "s2"], "voter": "v", "variable": "risk", "label": [1, -1], "status": ["ok", "refused"],
     "rationale": None, "probability": [0.5, None], "model": "m", "prompt_hash": "h", "seconds": 0.1},
    schema_overrides={"rationale": pl.String},
)  # fmt: skip


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "tables")
    made.write("votes/v", VOTES, RECIPE)
    return made


@pytest.fixture
def checked(monkeypatch):
    """The tables that were checked, in order."""
    tables = []
    check = core.store.check
    monkeypatch.setattr(core.store, "check", lambda table, frame: tables.append(table) or check(table, frame))
    return tables


def read(store: Store) -> list[tuple[str, int]]:
    return store.read("votes/v", columns=COLUMNS, sha256=store.hashes("votes")["votes/v"]).rows()


def test_a_table_as_it_was_written_is_not_checked_again(store, checked):
    assert read(store) == [("s1", 1), ("s2", -1)]
    assert checked == []


def test_without_its_hash_the_whole_table_is_checked(store, checked):
    assert store.read("votes/v", columns=COLUMNS).rows() == [("s1", 1), ("s2", -1)]
    assert store.read("votes", columns=COLUMNS).columns == list(COLUMNS)
    assert checked == ["votes/v", "votes/v"]


def test_an_altered_table_is_checked(store, checked):
    VOTES.head(1).write_parquet(store.path("votes/v"))
    assert read(store) == [("s1", 1)]
    assert checked == ["votes/v"]


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        (pl.lit("").alias("model"), r"model\|min_length \(2 rows\)"),
        (pl.lit(2.0).alias("probability"), r"probability\|max \(2 rows\)"),
        (pl.lit("s1").alias("segment_id"), r"primary_key \(2 rows\)"),
    ],
)
def test_an_altered_column_is_refused_though_it_is_not_asked_for(store, column, rule):
    altered = store.read("votes/v").with_columns(column)
    altered.write_parquet(store.path("votes/v"))
    with pytest.raises(ContractError, match=rule):
        store.read("votes/v", columns=["label"], sha256=store.hashes("votes")["votes/v"])


def test_a_table_without_manifest_or_of_another_version_is_checked(store, checked):
    store.write_manifest("votes/v", replace(RECIPE, version="0"), 2, {})
    read(store)
    (store.folder / "votes" / "v.manifest.json").unlink()
    read(store)
    assert checked == ["votes/v", "votes/v"]


def test_columns_of_an_absent_table(store):
    with pytest.raises(WorkspaceError, match=r"no table 'segments'.*assay segment"):
        store.read("segments", maker="segment", columns=["segment_id"])


def test_the_hashes_of_absent_tables_are_left_out(store):
    assert list(store.hashes("segments", "votes", "gold")) == ["votes/v"]
