"""Gold weighted back to all segments: what was chosen for disagreement must not pass for the corpus."""

from statistics import fmean

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.against_gold import against_gold
from consensus.counts import code_ratings
from consensus.gold_sample import drawn_items, effective_size, gold_sample, strata_of
from consensus.independence import effective_voters
from consensus.proportions import WILSON, share, stratified_share

DRAWN = {f"s{n}": "audit" if n < 4 else "no_consensus" for n in range(6)}
STRATA = pl.DataFrame({"segment_id": [f"s{n}" for n in range(6)], "audited": [True] * 4 + [False] * 2})
ITEMS = STRATA["segment_id"]


def gold(**labels: int) -> pl.DataFrame:
    return pl.DataFrame({"segment_id": list(labels), "label": list(labels.values())})


def weights(sample: pl.DataFrame) -> dict[str, float | None]:
    return dict(sample.select("item", "weight").iter_rows())


def test_strata_are_those_that_batches_are_drawn_from() -> None:
    verdicts = pl.DataFrame({"segment_id": ["a", "a", "b", "b"], "accepted": [True, True, True, False]})
    assert sorted(strata_of(verdicts).rows()) == [("a", True), ("b", False)]


def test_a_gold_item_stands_for_its_part_of_its_stratum() -> None:
    sample = gold_sample(gold(s0=1, s4=0, s5=2), (0, 1, 2), ITEMS, STRATA, DRAWN)
    assert sample.rows() == [(1, 4.0, "s0"), (0, 1.0, "s4"), (2, 1.0, "s5")]
    assert effective_size(sample) == pytest.approx(36 / 18)


def test_what_cannot_be_compared_stands_for_nothing() -> None:
    sample = gold_sample(gold(s0=1, s1=9, s4=0, gone=1), (0, 1), ITEMS.head(5), STRATA, DRAWN)
    assert weights(sample) == {"s0": 4.0, "s4": 1.0}


def test_a_stratum_without_gold_leaves_the_weights_unknown() -> None:
    sample = gold_sample(gold(s4=0, s5=0), (0, 1), ITEMS, STRATA, DRAWN)
    assert weights(sample) == {"s4": None, "s5": None}
    assert effective_size(sample) == 0
    assert effective_size(gold_sample(gold(s4=0).clear(), (0, 1), ITEMS, STRATA, DRAWN)) == 0


def test_what_was_not_drawn_at_random_stands_for_nothing() -> None:
    drawn = {"s0": "audit", "s4": "no_consensus"}
    sample = gold_sample(gold(s0=1, s1=1, s4=0), (0, 1), ITEMS, STRATA, drawn)
    assert weights(sample) == {"s0": 4.0, "s1": None, "s4": 2.0}
    assert effective_size(gold_sample(gold(s0=1, s4=0), (0, 1), ITEMS, STRATA, None)) == 0


def test_items_drawn_under_other_verdicts_are_no_sample_of_todays_strata() -> None:
    assert drawn_items(STRATA, DRAWN | {"s1": "no_consensus"}) is None
    sample = gold_sample(gold(s0=1, s4=0), (0, 1), ITEMS, STRATA, DRAWN | {"s1": "no_consensus"})
    assert weights(sample) == {"s0": None, "s4": None}
    found = drawn_items(STRATA, {"s0": "audit", "gone": "audit"})
    assert found is not None
    assert found.rows() == [("s0", True)]


def test_where_all_segments_are_of_one_stratum_all_weigh_the_same() -> None:
    assert weights(gold_sample(gold(s0=0, s3=0), (0,), ITEMS.head(4), STRATA, DRAWN)) == {"s0": 2.0, "s3": 2.0}


def ratings(columns: dict[str, list[int]]) -> pl.DataFrame:
    return pl.concat(
        pl.DataFrame({"item": [f"i{n:05}" for n in range(len(labels))], "rater": voter, "label": labels})
        for voter, labels in columns.items()
    )


VOTES = st.lists(st.tuples(st.integers(-1, 1), st.integers(-1, 1), st.integers(1, 4)), min_size=2, max_size=12)


@given(VOTES)
def test_a_weight_of_n_is_an_item_n_times(rows: list[tuple[int, int, int]]) -> None:
    def found(repeated: list[tuple[int, int, int]], weight: list[int]) -> tuple[object, ...]:
        coded = code_ratings(ratings({"a": [a for a, *_ in repeated], "b": [b for _, b, _ in repeated]}))
        items = [f"i{n:05}" for n in range(len(repeated))]
        truth = pl.DataFrame({"item": items, "label": 0, "weight": [float(one) for one in weight]})
        told = effective_voters(coded, truth)
        # An interval rests on the number of items, so three items are more than one of weight 3.
        why = told.reason if told.n_effective is None else None
        return told.n_voters, told.n_pairs, why, pytest.approx(told.mean_correlation, abs=1e-9)

    copies = [row for row in rows for _ in range(row[2])]
    assert found(rows, [row[2] for row in rows]) == found(copies, [1] * len(copies))


def test_gold_from_the_pool_does_not_make_a_panel_look_independent() -> None:
    """Voters that err together, judged by gold of which nine in ten are items that they disagree on."""
    draws = np.random.default_rng(5)
    n, names = 20_000, [f"v{one}" for one in range(9)]
    together = draws.random(n) < 0.2
    errs = {name: (np.where(draws.random(n) < 0.7, together, draws.random(n) < 0.2)).astype(int) for name in names}
    coded = code_ratings(ratings({name: labels.tolist() for name, labels in errs.items()}))
    wrong = np.sum(list(errs.values()), axis=0)
    strata = pl.DataFrame({"segment_id": coded.items, "audited": (wrong <= 3) | (wrong >= 6)})
    chosen = np.concatenate([draws.permutation(np.flatnonzero(strata["audited"].to_numpy() == a))[:k]
                             for a, k in ((True, 300), (False, 900))])  # fmt: skip
    people = pl.DataFrame({"segment_id": coded.items.gather(np.sort(chosen)), "label": 0}).cast({"label": pl.Int64})
    drawn = {item: "audit" if audited else "no_consensus" for item, audited in strata.iter_rows()}
    sample = gold_sample(people, (0, 1), coded.items, strata, drawn)
    truth = effective_voters(coded, dict.fromkeys(coded.items.to_list(), 0)).n_effective
    plain = effective_voters(coded, sample.drop("weight")).n_effective
    weighted = effective_voters(coded, sample).n_effective
    assert plain is not None
    assert plain > 1.5 * (truth or 9)
    assert weighted == pytest.approx(truth, rel=0.15)


def test_voters_that_labelled_nothing_do_not_count() -> None:
    columns = {"a": [1, 1, 0, 0, 0], "b": [1, 0, 1, 0, 0]} | {f"out{n}": [-1] * 5 for n in range(6)}
    coded = code_ratings(ratings(columns))
    found = effective_voters(coded, {f"i{n:05}": 0 for n in range(5)})
    assert (found.n_voters, found.n_pairs) == (2, 1)
    assert found.n_effective == pytest.approx(2 / (1 + max(np.corrcoef(columns["a"], columns["b"])[0, 1], 0)))


def test_one_stratum_has_its_wilson_interval() -> None:
    assert stratified_share([(7, 10, 900), (0, 0, 0)], "none") == share(7, 10, "none")


def test_strata_weigh_by_their_size() -> None:
    # 0.9 of 100 and 0.5 of 300; Wilson: [0.5958, 0.9821] and [0.2366, 0.7634].
    found = stratified_share([(9, 10, 100), (5, 10, 300)], "none")
    assert found.value == pytest.approx(0.25 * 0.9 + 0.75 * 0.5)
    assert found.low == pytest.approx(0.6 - np.hypot(0.25 * (0.9 - 0.5958), 0.75 * (0.5 - 0.2366)), abs=1e-4)
    assert found.high == pytest.approx(0.6 + np.hypot(0.25 * (0.9821 - 0.9), 0.75 * (0.7634 - 0.5)), abs=1e-4)


@pytest.mark.parametrize("strata", [[], [(0, 0, 0)], [(3, 4, 10), (0, 0, 2)]])
def test_a_stratum_that_was_not_looked_at_leaves_the_share_undefined(strata: list[tuple[int, int, int]]) -> None:
    found = stratified_share(strata, "not looked at")
    assert (found.value, found.low, found.reason) == (None, None, "not looked at")


def test_the_interval_holds_the_share_about_95_times_in_100() -> None:
    draws = np.random.default_rng(7)
    pool, audit = draws.binomial(60, 0.55, 3000), draws.binomial(25, 0.9, 3000)
    found = [stratified_share([(int(a), 60, 400), (int(b), 25, 600)], "none") for a, b in zip(pool, audit, strict=True)]
    held = fmean(one.low <= 0.4 * 0.55 + 0.6 * 0.9 <= one.high for one in found)
    assert 0.93 <= held <= 0.975


def test_with_many_variables_the_audit_alone_flatters_the_gate() -> None:
    """Audit items are accepted on every variable. Of the ten silver labels on x that is four."""
    ids = [f"s{n}" for n in range(10)]
    x = pl.DataFrame({"segment_id": ids, "variable": "x", "label": [0] * 10, "rho": 1.0, "accepted": True})
    y = x.with_columns(variable=pl.lit("y"), accepted=pl.Series([n < 4 for n in range(10)]))
    people = pl.DataFrame(
        {"segment_id": ["s0", "s1", "s4", "s6"], "variable": "x", "label": [0, 0, 1, 0], "source": "majority"}
    )
    votes = pl.DataFrame(schema={"segment_id": pl.String, "voter": pl.String, "variable": pl.String,
                                 "label": pl.Int64, "status": pl.String, "probability": pl.Float64})  # fmt: skip
    drawn = {"s0": "audit", "s1": "audit", "s4": "no_consensus", "s6": "no_consensus"}
    found = against_gold(votes, pl.concat([x, y]), people, "x", (0, 1), drawn=drawn)
    assert found is not None
    assert found.gate_where_drawn["audit"].value == 1.0
    # The audit's 2 of 2 stand for 4 silver labels, the pool's 1 of 2 for 6.
    assert found.gate_at_large.value == pytest.approx(0.4 * 1 + 0.6 * 0.5)
    audit_alone = against_gold(votes, pl.concat([x, y]), people.head(2), "x", (0, 1), drawn=drawn)
    assert audit_alone is not None
    assert audit_alone.gate_at_large.reason == (
        "no gold item was drawn from the 6 segments with a silver label on this variable and not on every one"
    )
    accepted_since = against_gold(votes, x, people, "x", (0, 1), drawn=drawn)
    assert accepted_since is not None
    assert (accepted_since.gate_at_large.reason or "").startswith("gold items were drawn under earlier verdicts")
    one_variable = against_gold(votes, x, people, "x", (0, 1), drawn=dict.fromkeys(people["segment_id"], "audit"))
    assert one_variable is not None
    assert (one_variable.gate_at_large.value, one_variable.gate_at_large.method) == (0.75, WILSON)
