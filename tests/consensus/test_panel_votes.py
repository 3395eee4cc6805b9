"""The panel's votes as the gate reads them: a table for each variable, equal to what a plain search finds."""

import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.counts import CodedRatings
from consensus.gate import code_votes
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
    abstained = pl.lit("failed" if voter == "a" else "refused")
    status = pl.when(pl.col("label") >= 0).then(pl.lit("ok")).otherwise(abstained)
    blank = [pl.lit(None).alias(name) for name in ("rationale", "probability", "seconds")]
    full = frame.with_columns(*blank, status=status, **columns)
    store.write(f"votes/{voter}", full.cast(dict(empty("votes").schema)), Recipe({}))


def countable(n_segments: int, panel: list[str]) -> Countable:
    return Countable(panel, pl.Series("segment_id", IDS[:n_segments]), ELEVEN)


def told(coded: CodedRatings) -> tuple[list[str], list[str], list[int], list[list[int]]]:
    return coded.items.to_list(), coded.raters, coded.categories, coded.by_rater().tolist()


def told_all(votes: PanelVotes) -> tuple[object, ...]:
    found = [{name: told(one) for name, one in part.items()} for part in (votes.coded, votes.measured, votes.cast)]
    return *found, dict(votes.left_out), dict(votes.failed), sorted(votes.on_gold.rows(), key=repr)


def plainly(store: Store, given_by: Countable, gold: pl.DataFrame, everybody: pl.Series | None) -> PanelVotes:
    """All votes in one table, each row looked up in what it may be on."""
    votes = pl.concat([store.read(part) for part in store.parts("votes")])
    codes = {one.name: {*one.codes, -1} for one in given_by.codebook.rating_variables}

    def reason(segment: str, voter: str, variable: str, label: int) -> str | None:
        if voter not in given_by.panel:
            return "voter not in the panel"
        if segment not in given_by.segments:
            return "segment not in the table"
        if variable not in codes:
            return "variable not in the codebook"
        return None if label in codes[variable] else "label not in the codebook"

    why = [reason(*row) for row in votes.select("segment_id", "voter", "variable", "label").iter_rows()]
    valid = votes.filter(pl.Series([one is None for one in why], dtype=pl.Boolean))
    asked = valid if everybody is None else valid.filter(pl.col("segment_id").is_in(everybody.implode()))
    left_out = Counter(one for one in why if one is not None)
    on_gold = valid.select(ON_GOLD).join(gold, on=["segment_id", "variable"], how="semi")
    coded, measured = ({} if some.is_empty() else code_votes(some) for some in (valid, asked))
    everyone = {} if everybody is None or valid.is_empty() else code_votes(valid.with_columns(label=0))
    cast = {name: one for name, one in everyone.items() if (one.by_rater() < 0).any()}
    failed = Counter(valid.filter(status="failed")["voter"])
    return PanelVotes(coded, measured, left_out, on_gold, cast, failed)


def alone(rows: list[Row]) -> dict[str, list[Row]]:
    """Ways to step out of line: votes that are not there, in another order, on a label or a thing that is unknown."""
    segment, variable, _ = rows[0]
    return {
        "missing": rows[1:],
        "few": rows[::3],
        "turned": rows[::-1],
        "label": [(segment, variable, 7), *rows[1:]],
        "segment": [("z", variable, 1), *rows[1:]],
        "variable": [(segment, "mood", 1), *rows[1:]],
    }


@st.composite
def panels(draw: st.DrawFn) -> tuple[dict[str, list[Row]], int]:
    """Each voter's votes, mostly all on the same; and how many segments there are."""
    n_segments = draw(st.integers(1, 6))
    keys = [(one, name) for one in draw(st.permutations(IDS[:n_segments])) for name in VARIABLES]
    keys = keys[:: draw(st.sampled_from([1, 1, 2]))]
    label = st.sampled_from([-1, 0, 1])
    cast = {
        voter: [(*key, draw(label)) for key in keys]
        for voter in draw(st.lists(st.sampled_from("bacx"), unique=True, min_size=1))
    }
    odd = draw(st.lists(st.sampled_from(sorted(cast)), max_size=2))
    return cast | {voter: draw(st.sampled_from(list(alone(cast[voter]).values()))) for voter in odd}, n_segments


@settings(max_examples=150, deadline=None)
@given(panels(), st.booleans(), st.sampled_from([None, 0, 1, 3]), st.booleans())
def test_votes_are_those_of_a_plain_search(panel, with_gold: bool, n_asked: int | None, in_one_part: bool) -> None:
    cast, n_segments = panel
    gold = pl.DataFrame({"segment_id": IDS[:2], "variable": VARIABLES[0]}) if with_gold else NO_GOLD
    everybody = None if n_asked is None else pl.Series("segment_id", IDS[:n_asked], dtype=pl.String)
    given_by = countable(n_segments, ["b", "a", "c"])
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "tables")
        for voter, rows in cast.items():
            write(store, voter, rows)
        expected = told_all(plainly(store, given_by, gold, everybody))
        if in_one_part:
            put_together(store)
        assert told_all(read_votes(store, store.hashes("votes"), given_by, gold, everybody)) == expected


def put_together(store: Store) -> None:
    """The votes of all voters in one file, row by row in turn."""
    votes = store.read("votes").sort("segment_id", "voter")
    for part in store.parts("votes"):
        store.path(part).unlink()
    store.write("votes/all", votes, Recipe({}))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "tables")
    rows = [(one, VARIABLES[0], number % 2) for number, one in enumerate(IDS)]
    for voter in ("b", "a"):
        write(made, voter, rows)
    return made


def test_votes_fill_a_table_in_the_order_of_the_segments(store: Store) -> None:
    found = read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), NO_GOLD)
    [coded] = found.coded.values()
    order = np.argsort(IDS)
    assert coded.items.to_list() == sorted(IDS)
    assert (coded.raters, coded.categories, coded.cells) == (["a", "b"], [0, 1], None)
    assert coded.by_rater().tolist() == [(order % 2).tolist()] * 2


def test_a_voter_outside_the_panel_is_counted(store: Store) -> None:
    write(store, "old", [("z", "mood", 5), ("y", "mood", 5)])
    found = read_votes(store, store.hashes("votes"), countable(12, ["a", "b"]), NO_GOLD)
    assert found.left_out == {"voter not in the panel": 2}


def test_votes_on_segments_that_are_gone_are_left_out(store: Store) -> None:
    found = read_votes(store, store.hashes("votes"), countable(5, ["a", "b"]), NO_GOLD)
    assert found.left_out == {"segment not in the table": 14}
    assert found.coded[VARIABLES[0]].items.to_list() == sorted(IDS[:5])


def test_votes_on_gold_items_carry_status_and_probability(store: Store) -> None:
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


def test_the_gate_says_the_same_again(voted: Workspace) -> None:
    told_first = run_gate(voted, details=True).as_json()
    assert run_gate(voted, details=True).as_json() == {**told_first, "changed": False}


def test_the_gate_refuses_a_table_that_was_altered_where_it_does_not_look(voted: Workspace) -> None:
    altered = voted.store.read("votes/b").with_columns(prompt_hash=pl.lit(""))
    altered.write_parquet(voted.store.path("votes/b"))
    with pytest.raises(ContractError, match=r"'votes/b' breaks its contract: prompt_hash\|min_length"):
        run_gate(voted)
