from fractions import Fraction
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.economy import still_open
from consensus.gate import gate
from core.setting_tables.voting import GateSettings, Voter

TWO_THIRDS = Fraction(2, 3)


def found(votes: dict[str, int | None], weights: dict[str, Fraction], threshold: Fraction, quorum: int | None) -> str:
    """``open``, or the reason of the verdict that stands: the gate gives it from the votes so far."""
    panel = [Voter(name=name, backend="embedded", weight=weight) for name, weight in weights.items()]
    left = still_open(as_table(votes), {("s", "x")}, panel, GateSettings(threshold=threshold, quorum=quorum))
    return "open" if left else outcome(votes, weights, threshold, quorum)[1]


def as_table(votes: dict[str, int | None]) -> pl.DataFrame:
    rows = [("s", voter, "x", -1 if label is None else label) for voter, label in votes.items()]
    schema = {"segment_id": pl.String, "voter": pl.String, "variable": pl.String, "label": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


@pytest.mark.parametrize(
    ("labels", "n", "threshold", "quorum", "wanted"),
    [
        ([1] * 11, 16, TWO_THIRDS, None, "accepted"),  # 11 of 16 is 0.6875
        ([1] * 11, 17, TWO_THIRDS, None, "open"),  # 11 of 17 would be 0.647
        ([1] * 12, 17, TWO_THIRDS, None, "accepted"),
        ([0, 1, 2, 3, 4, 5, 0], 9, TWO_THIRDS, None, "no_consensus"),  # at best 4 of 9
        ([0, 0, 1], 5, TWO_THIRDS, None, "open"),  # 4 of 5, or 2 of 5
        ([0, 1, 1, 0], 4, Fraction(1, 2), None, "no_consensus"),  # a tie, and nobody left
        ([0, 1, 1, 0], 5, Fraction(1, 2), None, "open"),
        ([None] * 5, 6, TWO_THIRDS, 3, "open"),  # with a vote it is below the quorum, without one there is none
        ([None] * 4 + [2], 6, TWO_THIRDS, 3, "below_quorum"),
        ([2, 2, None], 4, TWO_THIRDS, 3, "open"),
        ([2, 2, 2], 4, TWO_THIRDS, 3, "accepted"),
        ([], 3, TWO_THIRDS, None, "open"),
        ([1, 0], 17, Fraction(1), None, "no_consensus"),
    ],
)
def test_by_hand(labels, n, threshold, quorum, wanted):
    votes = {f"m{i}": label for i, label in enumerate(labels)}
    assert found(votes, {f"m{i}": Fraction(1) for i in range(n)}, threshold, quorum) == wanted


def outcome(votes, weights, threshold, quorum):
    judged = gate(as_table(votes), weights=weights, threshold=threshold, quorum=quorum, n_panel=len(weights))
    return judged.select("label", "reason").row(0)


panels = st.lists(
    st.sampled_from([Fraction(text) for text in ("1", "1/2", "0.1", "0.3", "3", "2/3")]), min_size=1, max_size=5
)
thresholds = st.sampled_from([Fraction(text) for text in ("1/3", "1/2", "0.6", "2/3", "3/4", "1")])
LABELS = (None, 0, 1, 2)


@settings(max_examples=150, deadline=None)
@given(panels, thresholds, st.data())
def test_an_item_is_settled_exactly_when_every_completion_has_one_verdict(panel, threshold, data):
    weights = {f"m{i}": weight for i, weight in enumerate(panel)}
    quorum = data.draw(st.none() | st.integers(1, len(panel)))
    n_asked = data.draw(st.integers(max(0, len(panel) - 3), len(panel)))
    votes = {f"m{i}": data.draw(st.sampled_from(LABELS)) for i in range(n_asked)}
    pending = [voter for voter in weights if voter not in votes]
    outcomes = {
        outcome(votes | dict(zip(pending, rest, strict=True)), weights, threshold, quorum)
        for rest in product((*LABELS, 3), repeat=len(pending))
    }
    stands = found(votes, weights, threshold, quorum)
    if stands != "open":
        assert {reason for _, reason in outcomes} == {stands}
        assert len(outcomes) == 1
    elif len(outcomes) == 1 and votes:
        assert outcomes == {(None, "no_valid_votes")}


votes_of_panels = st.lists(st.lists(st.sampled_from([-1, 0, 1, 2]), min_size=5, max_size=5), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(votes_of_panels, st.lists(st.sampled_from(["1", "1/2", "2", "0.3"]), min_size=5, max_size=5), thresholds,
       st.sampled_from([None, 1, 3, 5]), st.permutations(range(5)))  # fmt: skip
def test_voters_who_take_turns_end_with_the_verdicts_of_the_full_panel(table, weights, threshold, quorum, order):
    panel = [Voter(name=f"m{n}", backend="embedded", weight=Fraction(weight)) for n, weight in enumerate(weights)]
    rules = GateSettings(threshold=threshold, quorum=quorum)
    rows = [(f"s{s}", f"m{v}", "x", label) for s, labels in enumerate(table) for v, label in enumerate(labels)]
    full = pl.DataFrame(rows, schema=["segment_id", "voter", "variable", "label"], orient="row")
    ballots = {(f"s{s}", "x") for s in range(len(table))}
    cast = full.clear()
    for turn in order:
        wanted = still_open(cast, ballots, panel, rules)
        own = full.filter(pl.col("voter") == f"m{turn}", pl.col("segment_id").is_in([s for s, _ in wanted]))
        cast = pl.concat([cast, own])

    def verdicts(votes):
        found = gate(votes, weights={v.name: v.weight for v in panel}, threshold=threshold, quorum=quorum, n_panel=5)
        return found.select("segment_id", "label", "accepted", "reason").rows()

    assert verdicts(cast) == verdicts(full)


def test_a_settled_ballot_is_closed_and_one_without_votes_is_open():
    panel = [Voter(name=f"m{n}", backend="embedded") for n in range(3)]
    rows = [("a", "m0", "x", 1), ("a", "m1", "x", 1), ("b", "m0", "x", 1), ("b", "m1", "x", 0), ("c", "m0", "x", -1)]
    votes = pl.DataFrame(rows, schema=["segment_id", "voter", "variable", "label"], orient="row")
    ballots = {(segment, "x") for segment in "abcd"}
    assert still_open(votes, ballots, panel, GateSettings()) == {("b", "x"), ("c", "x"), ("d", "x")}
    assert still_open(votes, ballots, panel, GateSettings(threshold=1)) == {("a", "x"), ("c", "x"), ("d", "x")}
    assert still_open(votes.clear(), ballots, panel, GateSettings()) == ballots
