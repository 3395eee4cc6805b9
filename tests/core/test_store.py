import errno
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ContractError, DataError, WorkspaceError
from core.store import Recipe, Store, count_by_reason, digest

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LEXICON = pl.DataFrame(
    {
        "entry_id": ["e1", "e2"],
        "term": ["好累", "emo"],
        "kind": ["implicit", "implicit"],
        "category": "slang",
        "note": [None, "x"],
    }
)
RECIPE = Recipe(inputs={"drafts": "abc"}, settings={"k": 1}, codebook="c")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "tables", clock=lambda: NOW)


def test_a_table_comes_back_as_it_was_written(store):
    store.write("lexicon", LEXICON, RECIPE)
    assert store.read("lexicon").rows() == LEXICON.rows()


def test_the_manifest_says_what_made_the_table(store):
    store.write("lexicon", LEXICON, RECIPE)
    manifest = store.manifest("lexicon")
    assert (manifest.rows, manifest.recipe, manifest.written_at) == (2, RECIPE, "2026-11-20T09:00:00+00:00")


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (RECIPE, []),
        (Recipe(inputs={"drafts": "abd"}, settings={"k": 1}, codebook="c"), ["drafts changed"]),
        (Recipe(inputs={"drafts": "abc"}, settings={"k": 2}, codebook="c"), ["setting k changed"]),
        (Recipe(inputs={"drafts": "abc"}, settings={}, codebook="d"), ["setting k changed", "codebook changed"]),
        (Recipe(inputs={"drafts": "abc"}, settings={"k": 1}, codebook="c", version="0"), ["made by version 0.1.0"]),
    ],
)
def test_a_table_is_stale_when_anything_that_made_it_changed(store, recipe, why):
    store.write("lexicon", LEXICON, RECIPE)
    assert store.stale("lexicon", recipe) == why
    assert store.unchanged("lexicon", recipe) == (not why)


def test_an_altered_file_is_noticed(store):
    store.write("lexicon", LEXICON, RECIPE)
    LEXICON.head(1).write_parquet(store.path("lexicon"))
    assert store.stale("lexicon", RECIPE) == ["the file was altered"]


def test_a_table_without_manifest_never_finished(store):
    store.write("lexicon", LEXICON, RECIPE)
    (store.folder / "lexicon.manifest.json").unlink()
    assert store.stale("lexicon", RECIPE) == ["never finished"]


def test_rejects_are_kept_with_their_reason_and_go_when_there_are_none(store):
    rejected = pl.DataFrame({"entry_id": ["x", "y", "z"], "reason": ["b", "a", "b"]})
    store.write("lexicon", LEXICON, RECIPE, rejected)
    assert store.read_rejected("lexicon").rows() == rejected.rows()
    assert store.manifest("lexicon").rejected == {"b": 2, "a": 1}
    store.write("lexicon", LEXICON, RECIPE)
    assert store.read_rejected("lexicon") is None


def test_parts_of_a_many_file_table_are_read_together_in_order_of_name(store):
    votes = pl.DataFrame(
        {"segment_id": ["s"], "voter": ["b"], "variable": ["risk"], "label": [1], "status": ["ok"], "rationale": [None],
         "probability": [0.5], "model": ["m"], "prompt_hash": ["h"], "seconds": [0.1]}
    )  # fmt: skip
    store.write("votes/b", votes, RECIPE)
    store.write("votes/a", votes.with_columns(voter=pl.lit("a")), RECIPE)
    assert store.read("votes")["voter"].to_list() == ["a", "b"]
    assert list(store.hashes("votes", "lexicon")) == ["votes/a", "votes/b"]


def test_a_broken_contract_is_named_and_nothing_is_written(store):
    store.write("lexicon", LEXICON, RECIPE)
    twice = pl.concat([LEXICON, LEXICON.head(1)])
    with pytest.raises(ContractError, match=r"'lexicon' breaks its contract: primary_key \(2 rows\)"):
        store.write("lexicon", twice, RECIPE)
    assert store.read("lexicon").rows() == LEXICON.rows()


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (LEXICON.drop("kind"), r"lacks the columns \['kind'\]"),
        (LEXICON.with_columns(kind=pl.lit("other")), "columns of another type: kind is String, wanted Enum"),
        (LEXICON.with_columns(term=pl.lit("")), r"term\|min_length \(2 rows\)"),
        (LEXICON.head(1).with_columns(term=pl.lit("")), r"term\|min_length \(1 row\)"),
        (LEXICON.with_columns(category=pl.lit(None, pl.String)), r"category\|nullability \(2 rows\)"),
    ],
)
def test_rows_outside_the_contract_are_refused_without_showing_values(store, frame, said):
    with pytest.raises(ContractError, match=said) as caught:
        store.write("lexicon", frame, RECIPE)
    assert "好累" not in str(caught.value)


def test_a_missing_table_names_the_command_that_makes_it(store):
    with pytest.raises(WorkspaceError, match=r"no table 'lexicon'.*assay lexicon freeze"):
        store.read("lexicon", maker="lexicon freeze")


def test_a_file_that_is_no_parquet_is_a_data_error(store):
    store.write("lexicon", LEXICON, RECIPE)
    store.path("lexicon").write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"lexicon.parquet is not a readable Parquet file"):
        store.read("lexicon")


def full_disk(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("step", ["write_parquet", "replace"])
def test_a_full_disk_leaves_the_earlier_table_and_no_litter(store, monkeypatch, step):
    store.write("lexicon", LEXICON, RECIPE)
    target = pl.DataFrame if step == "write_parquet" else Path
    monkeypatch.setattr(target, step, full_disk)
    with pytest.raises(WorkspaceError, match=r"could not write lexicon.parquet: No space left"):
        store.write("lexicon", LEXICON.head(1), Recipe(inputs={}))
    monkeypatch.undo()
    assert store.read("lexicon").rows() == LEXICON.rows()
    assert sorted(path.name for path in store.folder.iterdir()) == ["lexicon.manifest.json", "lexicon.parquet"]


def test_reasons_are_counted_most_frequent_first():
    assert count_by_reason(pl.DataFrame({"reason": ["a", "b", "b"]})) == {"b": 2, "a": 1}
    assert count_by_reason(None) == {}


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_a_digest_does_not_depend_on_the_order_of_keys(value):
    assert digest(value) == digest(dict(reversed(value.items())))


@pytest.mark.parametrize("folder", ["a[1]b", "a*b", "a?b", "a{1,2}b"])
def test_a_folder_whose_name_is_a_pattern_is_taken_as_it_is(tmp_path, folder):
    for name in (folder, "a1b", "aXb"):
        Store(tmp_path / name).write("lexicon", LEXICON.head(1 + (name == folder)), RECIPE)
    store = Store(tmp_path / folder)
    assert store.read("lexicon").height == 2
    assert store.read("lexicon", columns=["term"], sha256=store.hashes("lexicon")["lexicon"]).height == 2
