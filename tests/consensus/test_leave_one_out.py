import random
from fractions import Fraction

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.counts import code_ratings
from consensus.gate import Rule, gate
from consensus.leave_one_out import leave_one_out

TWO_THIRDS = Fraction(2, 3)
Row = tuple[str, str, int]


def measured(rows: list[Row], weights: dict[str, Fraction], threshold: Fraction = TWO_THIRDS) -> list[tuple]:
    coded = code_ratings(pl.DataFrame(rows, schema=["item", "rater", "label"], orient="row"))
    return leave_one_out(coded, Rule.of(weights, threshold, None, len(weights))).rows()


def ones(voters: str) -> dict[str, Fraction]:
    return dict.fromkeys(voters, Fraction(1))


def test_by_hand():
    rows = [
        *[("a", voter, 1) for voter in "xyz"],  # accepted whoever leaves
        ("b", "x", 1), ("b", "y", 1), ("b", "z", 0),  # 2 of 3; without x or y a tie; without z 2 of 2
        ("c", "x", 0), ("c", "y", 1), ("c", "z", -1),  # a tie; without x it is 1, without y it is 0
    ]  # fmt: skip
    assert measured(rows, ones("xyz")) == [
        ("x", 2, 2 / 3, 1, 1, 0),
        ("y", 2, 2 / 3, 1, 1, 0),
        ("z", 0, 0.0, 0, 0, 0),
    ]


def test_a_heavy_voter_can_turn_a_label():
    rows = [("a", "x", 1), ("a", "y", 0), ("a", "z", 0)]
    weights = {"x": Fraction(5), "y": Fraction(1), "z": Fraction(1)}
    assert measured(rows, weights)[0] == ("x", 1, 1.0, 0, 0, 1)


def test_weights_near_the_largest_are_exact():
    # With a threshold of 1 only unanimity counts, whatever the weights.
    weights = {"a": Fraction(2**60 - 5), "b": Fraction(2**60 - 1), "c": Fraction(2), "d": Fraction(3)}
    rng = random.Random(5)
    votes = {f"i{n:02}": {voter: rng.choice([-1, 0, 1, 2]) for voter in "abcd"} for n in range(200)}
    rows = [(item, voter, label) for item, given in votes.items() for voter, label in given.items()]

    def unanimous(labels: dict[str, int], without: str = "") -> int | None:
        valid = {label for voter, label in labels.items() if voter != without and label >= 0}
        return valid.pop() if len(valid) == 1 else None

    changed = [sum(unanimous(own) != unanimous(own, voter) for own in votes.values()) for voter in "abcd"]
    assert [row[1] for row in measured(rows, weights, Fraction(1))] == changed


cells = st.dictionaries(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from("wxyz")), st.integers(-1, 2), min_size=2
)


@settings(max_examples=60, deadline=None)
@given(cells, st.sampled_from([Fraction(1, 2), TWO_THIRDS, Fraction(1)]))
def test_equals_the_gate_without_the_voter(votes, threshold):
    rows = [(item, voter, label) for (item, voter), label in votes.items()]
    weights = {"w": Fraction(1), "x": Fraction(1, 2), "y": Fraction(1), "z": Fraction(2)}
    frame = pl.DataFrame(rows, schema=["segment_id", "voter", "label"], orient="row").with_columns(variable=pl.lit("v"))

    def silver(kept: pl.DataFrame) -> dict[str, int]:
        found = gate(kept, weights=weights, threshold=threshold, n_panel=4).filter("accepted")
        return dict(found.select("segment_id", "label").iter_rows())

    items = {item for item, _ in votes}
    before = silver(frame)
    for voter, n_changed, *_ in measured(rows, weights, threshold):
        after = silver(frame.filter(pl.col("voter") != voter))
        assert n_changed == sum(before.get(item) != after.get(item) for item in items)
