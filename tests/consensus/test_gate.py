from collections import defaultdict
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.gate import gate, parse_threshold
from core.contracts import check
from core.errors import DataError, SettingsError

TWO_THIRDS = Fraction(2, 3)
VOTE_SCHEMA = {"segment_id": pl.String, "voter": pl.String, "variable": pl.String, "label": pl.Int64}
Vote = tuple[str, str, str, int]


def ballot(labels: list[int], segment: str = "s1", variable: str = "risk") -> list[Vote]:
    """One vote a label, by voters m00, m01, …"""
    return [(segment, f"m{i:02}", variable, label) for i, label in enumerate(labels)]


def judged(
    votes: list[Vote],
    threshold: Fraction = TWO_THIRDS,
    weights: dict[str, Fraction] | None = None,
    quorum: int | None = None,
    n_panel: int = 17,
) -> pl.DataFrame:
    frame = pl.DataFrame(votes, schema=VOTE_SCHEMA, orient="row")
    weights = weights or {voter: Fraction(1) for voter in frame["voter"].unique()}
    return gate(frame, weights=weights, threshold=threshold, quorum=quorum, n_panel=n_panel)


@pytest.mark.parametrize(
    ("labels", "label", "rho", "n_valid", "runner_up", "reason"),
    [
        ([4] * 8 + [1] * 4, 4, 8 / 12, 12, 1, "accepted"),
        ([4] * 7 + [1] * 4, None, 7 / 11, 11, 1, "no_consensus"),
        ([4] * 8 + [1] * 4 + [-1] * 5, 4, 8 / 12, 12, 1, "accepted"),
        ([2] * 3, 2, 1.0, 3, None, "accepted"),
        ([0], 0, 1.0, 1, None, "accepted"),
        ([3, 3, 1, 1], None, 0.5, 4, 3, "no_consensus"),
        ([5] * 6 + [3, 1, 2], 5, 6 / 9, 9, 1, "accepted"),
        ([-1] * 6, None, None, 0, None, "no_valid_votes"),
    ],
)
def test_hand_worked(
    labels: list[int], label: int | None, rho: float | None, n_valid: int, runner_up: int | None, reason: str
) -> None:
    assert judged(ballot(labels)).rows(named=True) == [
        {
            "segment_id": "s1",
            "variable": "risk",
            "label": label,
            "rho": rho,
            "accepted": reason == "accepted",
            "n_valid": n_valid,
            "n_panel": 17,
            "runner_up": runner_up,
            "reason": reason,
        }
    ]


def test_a_tie_is_not_accepted_even_when_it_reaches_the_threshold() -> None:
    verdict = judged(ballot([0, 0, 1, 1]), threshold=Fraction(1, 2)).row(0, named=True)
    assert (verdict["label"], verdict["rho"], verdict["reason"]) == (None, 0.5, "no_consensus")


def test_fractional_weights_are_compared_exactly() -> None:
    # 0.1 + 0.2 > 0.3 in floating point; here it is a tie.
    weights = {"m00": Fraction("0.1"), "m01": Fraction("0.2"), "m02": Fraction("0.3")}
    tie = judged(ballot([1, 1, 0]), threshold=Fraction(1, 2), weights=weights).row(0, named=True)
    assert (tie["label"], tie["rho"], tie["runner_up"], tie["reason"]) == (None, 0.5, 1, "no_consensus")
    # With m03 at 0.3 for label 1, label 1 has 0.6 of 0.9: exactly 2/3.
    weights["m03"] = Fraction("0.3")
    assert judged(ballot([1, 1, 0, 1]), weights=weights)["accepted"].to_list() == [True]


@pytest.mark.parametrize(
    "weight", [Fraction(3), Fraction(10692379795366833, 250000000000000), Fraction(2**53 + 1, 2**53)]
)
def test_seven_of_ten_equal_weights_are_the_float_of_seven_tenths(weight: Fraction) -> None:
    weights = {f"m{n:02}": weight for n in range(10)}
    assert judged(ballot([1] * 7 + [0] * 3), weights=weights)["rho"].to_list() == [0.7]


def test_the_ratio_of_large_weights_is_rounded_once() -> None:
    # 64-bit floats would round 2⁶⁰ + 1 and the sum of the two before they are divided.
    weights = {"m00": Fraction(2**60 + 1), "m01": Fraction(2**59 + 57)}
    [rho] = judged(ballot([1, 0]), threshold=Fraction(1), weights=weights)["rho"].to_list()
    assert rho == (2**60 + 1) / (2**60 + 2**59 + 58)


def test_the_weight_of_abstaining_voters_does_not_count() -> None:
    weights = {"m00": Fraction(2), "m01": Fraction(1), "m02": Fraction(100)}
    verdict = judged(ballot([1, 0, -1]), weights=weights).row(0, named=True)
    assert (verdict["label"], verdict["rho"], verdict["n_valid"]) == (1, pytest.approx(2 / 3), 2)


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([1, 1, 1], "accepted"),
        ([1, 1, -1], "below_quorum"),
        ([1, 0, -1], "below_quorum"),
        ([-1, -1, -1], "no_valid_votes"),
    ],
)
def test_quorum(labels: list[int], reason: str) -> None:
    verdict = judged(ballot(labels), quorum=3).row(0, named=True)
    assert verdict["reason"] == reason
    assert (verdict["label"] is None) == (reason != "accepted")
    assert (verdict["rho"] is None) == (reason == "no_valid_votes")


def test_threshold_one_wants_everybody() -> None:
    votes = [*ballot([1] * 17, "s1"), *ballot([1] * 16 + [0], "s2"), *ballot([1] * 16 + [-1], "s3")]
    assert judged(votes, threshold=Fraction(1))["accepted"].to_list() == [True, False, True]


def test_each_variable_is_judged_for_itself_and_rows_are_sorted() -> None:
    votes = [*ballot([1, 1], "s2", "risk"), *ballot([0, 1], "s2", "mood"), *ballot([0, 0], "s1", "risk")]
    rows = judged(votes).select("segment_id", "variable", "label").rows()
    assert rows == [("s1", "risk", 0), ("s2", "mood", None), ("s2", "risk", 1)]


ballots = st.dictionaries(
    st.tuples(st.sampled_from(["s1", "s2", "s3"]), st.sampled_from(["a", "b", "c", "d", "e"]), st.just("risk")),
    st.integers(-1, 3),
    min_size=1,
).map(lambda cells: [(*key, label) for key, label in cells.items()])
# Few enough different weights that sums meet exactly, as 0.1 + 0.2 and 0.3 do.
weight = st.sampled_from([Fraction(text) for text in ("1", "0.1", "0.2", "0.3", "1/3", "2/3")])
all_weights = st.fixed_dictionaries(dict.fromkeys("abcde", weight))
thresholds = st.sampled_from([Fraction(text) for text in ("1/3", "1/2", "0.6", "2/3", "3/4", "0.9", "1")])


def plain_verdict(votes: list[tuple[Fraction, int]], threshold: Fraction, quorum: int | None) -> tuple[int | None, str]:
    """The definition, word for word, in fractions."""
    valid = [(weight, label) for weight, label in votes if label != -1]
    if not valid:
        return None, "no_valid_votes"
    if quorum is not None and len(valid) < quorum:
        return None, "below_quorum"
    sums: dict[int, Fraction] = defaultdict(Fraction)
    for weight, label in valid:
        sums[label] += weight
    best = max(sums.values())
    winners = [label for label, total in sums.items() if total == best]
    if len(winners) == 1 and best / sum(sums.values()) >= threshold:
        return winners[0], "accepted"
    return None, "no_consensus"


@given(ballots, all_weights, thresholds, st.sampled_from([None, 1, 3]))
def test_equals_the_plain_definition(
    votes: list[Vote], weights: dict[str, Fraction], threshold: Fraction, quorum: int | None
) -> None:
    by_segment: dict[str, list[tuple[Fraction, int]]] = defaultdict(list)
    for segment, voter, _, label in votes:
        by_segment[segment].append((weights[voter], label))
    wanted = [(segment, *plain_verdict(cast, threshold, quorum)) for segment, cast in sorted(by_segment.items())]
    verdicts = judged(votes, threshold, weights, quorum, n_panel=5)
    assert verdicts.select("segment_id", "label", "reason").rows() == wanted


@given(ballots.flatmap(lambda votes: st.tuples(st.just(votes), st.permutations(votes))))
def test_the_order_of_votes_does_not_matter(pair: tuple[list[Vote], list[Vote]]) -> None:
    assert judged(pair[0]).equals(judged(pair[1]))


@given(ballots)
def test_verdicts_keep_the_table_contract(votes: list[Vote]) -> None:
    verdicts = judged(votes)
    assert check("verdicts", verdicts).schema == verdicts.schema


def test_no_votes_give_an_empty_table_of_verdicts() -> None:
    verdicts = judged([])
    assert verdicts.is_empty()
    assert check("verdicts", verdicts).schema == verdicts.schema


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("2/3", Fraction(2, 3)),
        ("0.67", Fraction(67, 100)),
        ("1", Fraction(1)),
        (" 1.0 ", Fraction(1)),
        ("3/4", Fraction(3, 4)),
    ],
)
def test_thresholds_are_read_exactly(text: str, threshold: Fraction) -> None:
    assert parse_threshold(text) == threshold


@pytest.mark.parametrize(
    "text", ["", "0", "0.0", "4/3", "1.01", "2/0", "-1/2", "67%", "two thirds", "nan", "1e-3", "2/3/4", "1e999999999"]
)
def test_thresholds_that_cannot_be_used(text: str) -> None:
    with pytest.raises(SettingsError, match="above 0 and at most 1"):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": Fraction(0)}, "threshold"),
        ({"threshold": Fraction(5, 4)}, "threshold"),
        ({"quorum": 0}, "quorum"),
        ({"quorum": 18}, "quorum"),
        ({"n_panel": 0}, "panel"),
        ({"weights": {"m00": Fraction(1)}}, "a weight for every voter.*m01"),
        ({"weights": {"m00": Fraction(1), "m01": Fraction(0)}}, "weights above 0"),
        ({"weights": {"m00": Fraction(1), "m01": Fraction(1, 10**19)}}, r"up to 1\d{19} \(m00\).*fewer digits"),
        ({"weights": {"m00": Fraction(2**62), "m01": Fraction(2**62 + 1)}}, "64-bit"),
    ],
)
def test_settings_that_cannot_be_used(changes: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        judged(ballot([1, 0]), **changes)


def test_weights_up_to_the_limit_are_still_exact() -> None:
    # 3 · (w + w − 1) stays just below 2⁶³; label 1 leads by one part in 10¹⁸.
    w = (2**63 - 1) // 6
    weights = {"m00": Fraction(w), "m01": Fraction(w - 1)}
    verdict = judged(ballot([1, 0]), Fraction(1, 3), weights).row(0, named=True)
    assert (verdict["label"], verdict["runner_up"], verdict["reason"]) == (1, 0, "accepted")


def test_votes_that_contradict_each_other_or_the_panel() -> None:
    with pytest.raises(DataError, match="'m00' rated item 's1' more than once for variable 'risk'"):
        judged([*ballot([1, 0]), *ballot([0])])
    with pytest.raises(DataError, match="panel of 2; 3 voters voted"):
        judged(ballot([1, 0, 1]), n_panel=2)
