"""The panel's votes as the gate reads them: the way without a search gives what the search gives."""

import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus import panel_votes
from consensus.counts import CodedRatings
from consensus.gating import run_gate
from consensus.panel_votes import ON_GOLD, Countable, PanelVotes, read_votes
from core.codebook import shipped_codebook
from core.contracts import empty
from core.errors import ContractError, DataError, WorkspaceError
from core.store import Recipe, Store
from core.workspace import Workspace, create_workspace, open_workspace

IDS = [f"{number * 7919 % 65536:016x}" for number in range(12)]
ELEVEN = shipped_codebook("psysuicide11")
VARIABLES = tuple(variable.name for variable in ELEVEN.rating_variables[:2])
"""Two of its binary rating variables."""
NO_GOLD = empty("gold")
Row = tuple[str, str, int]


def write(store: Store, voter: str, rows: list[Row]) -> None:
    frame = pl.DataFrame(rows, schema={"segment_id": pl.String, "variable": pl.String, "label": pl.Int64}, orient="row")
    columns = {"voter": pl.lit(voter), "model": pl.lit("m"), "prompt_hash": pl.lit("h")}
    status = pl.when(pl.col("label") >= 0).then(pl.lit("ok")).otherwise(pl.lit("refused"))
    blank = [pl.lit(None).alias(name) for name in ("rationale", "probability", "seconds")]
    full = frame.with_columns(*blank, status=status, **columns)
    store.write(f"votes/{voter}", full.cast(dict(empty("votes").schema)), Recipe({}))


def countable(n_segments: int, panel: list[str]) -> Countable:
    return Countable(panel, pl.Series("segment_id", IDS[:n_segments]), ELEVEN)


def told(coded: CodedRatings) -> tuple[list[str], list[str], list[int], list[list[int]]]:
    return coded.items.to_list(), coded.raters, coded.categories, coded.by_rater().tolist()


def told_all(votes: PanelVotes) -> tuple[object, ...]:
    found = [{name: told(one) for name, one in part.items()} for part in (votes.coded, votes.measured)]
    return *found, dict(votes.left_out), sorted(votes.on_gold.rows(), key=repr)


@st.composite
def panels(draw: st.DrawFn) -> tuple[dict[str, list[Row]], int]:
    """Each voter's votes, all on the same; and how many segments there are. Now and then somebody steps out of line."""
    n_segments = draw(st.integers(1, 6))
    keys = [(one, name) for one in draw(st.permutations(IDS[:n_segments])) for name in VARIABLES]
    keys = keys[:: draw(st.sampled_from([1, 1, 2]))]
    label = st.sampled_from([-1, 0, 1])
    cast = {
        voter: [(*key, draw(label)) for key in keys]
        for voter in draw(st.lists(st.sampled_from("bacx"), unique=True, min_size=1))
    }
    voter = draw(st.sampled_from(sorted(cast)))
    oddity = draw(st.sampled_from(["none", "none", "missing", "turned", "label", "segment", "variable"]))
    rows = cast[voter]
    odd = {"missing": rows[1:], "turned": rows[::-1], "label": [(*rows[0][:2], 7), *rows[1:]],
           "segment": [("z", rows[0][1], 1), *rows[1:]], "variable": [(rows[0][0], "mood", 1), *rows[1:]]}  # fmt: skip
    return {**cast, voter: odd.get(oddity, rows)}, n_segments


@settings(max_examples=60, deadline=None)
@given(panels(), st.booleans())
def test_votes_are_the_same_with_and_without_a_search(panel: tuple[dict[str, list[Row]], int], with_gold: bool) -> None:
    cast, n_segments = panel
    gold = pl.DataFrame({"segment_id": IDS[:2], "variable": VARIABLES[0]}) if with_gold else NO_GOLD
    given_by = countable(n_segments, ["a", "b", "c"])
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "tables")
        for voter, rows in cast.items():
            write(store, voter, rows)
        hashes = store.hashes("votes")
        searched = panel_votes._by_search(store, hashes, given_by, gold, None)
        assert told_all(read_votes(store, hashes, given_by, gold)) == told_all(searched)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "tables")
    rows = [(one, VARIABLES[0], number % 2) for number, one in enumerate(IDS)]
    for voter in ("b", "a"):
        write(made, voter, rows)
    return made


@pytest.fixture
def no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("searched")

    monkeypatch.setattr(panel_votes, "_by_search", refuse)


def test_votes_on_the_same_need_no_search(store: Store, no_search: None) -> None:
    found = read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), NO_GOLD)
    [coded] = found.coded.values()
    order = np.argsort(IDS)
    assert coded.items.to_list() == sorted(IDS)
    assert (coded.raters, coded.categories, coded.cells) == (["a", "b"], [0, 1], None)
    assert coded.by_rater().tolist() == [(order % 2).tolist()] * 2


def test_a_voter_outside_the_panel_is_counted_without_a_search(store: Store, no_search: None) -> None:
    write(store, "old", [("z", "mood", 5), ("y", "mood", 5)])
    found = read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), NO_GOLD)
    assert found.left_out == {"voter not in the panel": 2}


def test_votes_on_segments_that_are_gone_are_left_out(store: Store) -> None:
    found = read_votes(store, store.hashes("votes"), countable(5, ["a", "b"]), NO_GOLD)
    assert found.left_out == {"segment not in the table": 14}
    assert found.coded[VARIABLES[0]].items.to_list() == sorted(IDS[:5])


def test_votes_on_gold_items_carry_status_and_probability(store: Store, no_search: None) -> None:
    gold = pl.DataFrame({"segment_id": IDS[1:2], "variable": VARIABLES[0]})
    found = read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), gold).on_gold
    assert found.columns == list(ON_GOLD)
    assert found.rows() == [(IDS[1], voter, VARIABLES[0], 1, "ok", None) for voter in ("a", "b")]


def test_two_tables_of_one_voter_are_still_refused(store: Store) -> None:
    again = store.read("votes/a").with_columns(voter=pl.lit("b"))
    store.write("votes/a", again, Recipe({}))
    with pytest.raises(DataError, match=r"rated item .* more than once"):
        read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), NO_GOLD)


def test_no_votes(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="make it with: assay vote"):
        read_votes(Store(tmp_path), {}, countable(1, ["a"]), NO_GOLD)


@pytest.fixture
def voted(tmp_path: Path, segments, votes) -> Workspace:
    workspace = create_workspace(tmp_path / "panel")
    segments(workspace, IDS)
    for number, voter in enumerate("abc"):
        votes(workspace, voter, [(one, (place * number) % 4 - 1) for place, one in enumerate(IDS)])
    panel = "".join(f'[[vote.voters]]\nname = "{voter}"\nbackend = "embedded"\n' for voter in "abc")
    (workspace.root / "assay.toml").write_text(panel, encoding="utf-8")
    return open_workspace(workspace.root)


def test_the_gate_says_the_same_with_and_without_a_search(voted: Workspace, monkeypatch) -> None:
    quick = run_gate(voted, details=True).as_json()
    verdicts = voted.store.read("verdicts")
    voted.store.path("verdicts").unlink()
    with monkeypatch.context() as patch:
        patch.setattr(panel_votes, "_aligned", lambda *_: None)
        assert run_gate(voted, details=True).as_json() == quick
    assert voted.store.read("verdicts").equals(verdicts)
    assert run_gate(voted, details=True).as_json() == {**quick, "changed": False}


def test_the_gate_refuses_a_table_that_was_altered_where_it_does_not_look(voted: Workspace) -> None:
    altered = voted.store.read("votes/b").with_columns(prompt_hash=pl.lit(""))
    altered.write_parquet(voted.store.path("votes/b"))
    with pytest.raises(ContractError, match=r"'votes/b' breaks its contract: prompt_hash\|min_length"):
        run_gate(voted)
