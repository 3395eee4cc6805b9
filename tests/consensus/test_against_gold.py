import math
from datetime import UTC, datetime
from statistics import fmean

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from statsmodels.stats.proportion import proportion_confint

from consensus.against_gold import against_gold
from consensus.gold_calibration import calibrations
from consensus.gold_origins import drawn_as
from consensus.proportions import f1, mean, share
from core.database import transaction
from core.errors import DataError
from core.people import DEVELOPMENT, Batch, Item

CODES = (0, 1, 2)
FAILED = -2
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
# Five gold items; a abstains on i2, b fails on i3 and was never asked about i4.
GOLD = {"i0": 0, "i1": 0, "i2": 1, "i3": 1, "i4": 2}
VOTES = {"a": {"i0": 0, "i1": 1, "i2": -1, "i3": 1, "i4": 2}, "b": {"i0": 0, "i1": 0, "i2": 0, "i3": FAILED}}
SURE = {"i0": 0.9, "i1": 0.6, "i2": 0.3, "i3": 1.0, "i4": 0.7}
SILVER = {"i0": (0, 1.0), "i1": (1, 0.7), "i2": (None, 0.5), "i3": (1, 1.0), "i4": (None, 0.5)}


def gold_of(labels):
    rows = [(item, "risk", label, "majority") for item, label in labels.items()]
    return pl.DataFrame(rows, schema=["segment_id", "variable", "label", "source"], orient="row")


def votes_of(votes, probability=None):
    schema = {"segment_id": pl.String, "voter": pl.String, "variable": pl.String, "label": pl.Int64,
              "status": pl.String, "probability": pl.Float64}  # fmt: skip
    rows = [
        (item, voter, "risk", max(label, -1), "failed" if label == FAILED else "ok" if label >= 0 else "refused",
         probability.get(item) if probability and voter == "a" else None)
        for voter, labels in votes.items()
        for item, label in labels.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def verdicts_of(silver):
    schema = {"segment_id": pl.String, "variable": pl.String, "label": pl.Int64, "rho": pl.Float64}
    rows = pl.DataFrame([(item, "risk", *found) for item, found in silver.items()], schema=schema, orient="row")
    return rows.with_columns(accepted=pl.col("label").is_not_null())


def measured(votes=VOTES, silver=SILVER, gold=GOLD, probability=SURE, **options):
    return against_gold(votes_of(votes, probability), verdicts_of(silver), gold_of(gold), "risk", CODES, **options)


def test_abstentions_are_counted_and_are_no_errors():
    a, b = measured().voters
    assert (a.name, a.n_gold, a.n_labelled, a.n_right, a.n_abstained, a.n_unanswered) == ("a", 5, 4, 3, 1, 0)
    assert (a.accuracy.value, a.coverage.value) == (0.75, 0.8)
    # i3 failed and i4 was never asked: neither is an error.
    assert (b.n_labelled, b.n_right, b.n_abstained, b.n_unanswered) == (3, 2, 2, 2)
    assert b.accuracy.value == 2 / 3
    assert a.confusion == ((1, 1, 0), (0, 1, 0), (0, 0, 1))
    assert a.abstained == (0, 1, 0)
    assert (b.confusion, b.abstained) == (((2, 0, 0), (1, 0, 0), (0, 0, 0)), (0, 1, 1))


def test_the_gate_is_measured_on_what_it_accepted():
    found = measured()
    assert (found.n_gold, found.gate.n_labelled, found.gate.n_right, found.gate.n_abstained) == (5, 3, 2, 2)
    assert found.gate.confusion == ((1, 1, 0), (0, 1, 0), (0, 0, 0))
    assert found.gate.abstained == (0, 1, 1)
    # On i0, i1 and i3 alone, a voter can be compared with the gate.
    assert [voter.where_silver.value for voter in found.voters] == [2 / 3, 1.0]


def test_what_is_undefined_says_why():
    b = measured().voters[1]
    never_given, never_labelled = b.labels[1], b.labels[2]
    assert (never_given.precision.value, never_given.recall.value, never_given.f1.value) == (None, 0.0, 0.0)
    assert never_given.precision.reason == "it gave this label to no gold item"
    assert (never_labelled.support, never_labelled.n_labelled, never_labelled.f1.value) == (1, 0, None)
    assert never_labelled.recall.reason == "it labelled no gold item that has this label"
    assert "labelled no gold item that has this label" in never_labelled.f1.reason
    assert measured(gold={"i0": 0}).gate.labels[2].recall.reason == "no gold item has this label"
    silent = measured(votes={"a": {"i0": -1}}).voters[0]
    assert (silent.accuracy.reason, silent.calibration.brier.reason) == ("it labelled no gold item",) * 2
    assert measured(silver={"i0": (None, 0.5)}).gate.accuracy.value is None


def test_no_gold_is_none():
    assert measured(gold={}) is None
    everybody = against_gold(votes_of(VOTES), verdicts_of(SILVER), gold_of(GOLD), "other", CODES)
    assert everybody is None


def test_gold_that_cannot_be_compared_is_counted():
    told = measured(gold=GOLD | {"gone": 1, "old": 9}).as_json()
    assert told["n_gold"] == 5
    assert told["left_out"] == [
        {"reason": "gold label not in the codebook", "n": 1},
        {"reason": "no verdict on the segment", "n": 1},
    ]


@pytest.mark.parametrize(
    ("votes", "silver"), [({"a": {"i0": 7}}, SILVER), ({"a": {"off": 7}}, SILVER), (VOTES, {"i0": (7, 1.0)})]
)
def test_labels_outside_the_codebook_are_refused(votes, silver):
    with pytest.raises(DataError, match=r"votes and verdicts on 'risk'; found \[7\].*assay vote"):
        measured(votes=votes, silver=silver)


def test_where_votes_were_saved_voters_and_rho_are_measured_on_the_share():
    found = measured(full_panel=pl.Series(["i0", "i2", "elsewhere"]))
    assert (found.n_gold, found.n_full_panel) == (5, 2)
    assert [(voter.n_gold, voter.n_labelled, voter.n_right) for voter in found.voters] == [(2, 1, 1), (2, 2, 1)]
    # The gate's labels are exact everywhere; its ρ is that of the whole panel on the share alone.
    assert (found.gate.n_gold, found.gate.n_labelled, found.gate.calibration.n) == (5, 3, 1)


def test_gold_outside_the_share_is_no_missing_gold():
    found = measured(full_panel=pl.Series(["elsewhere"]))
    assert (found.gate.accuracy.value, found.gate.coverage.value) == (2 / 3, 3 / 5)
    assert found.gate.calibration.brier.reason == (
        "no gold item with a silver label is on a segment that all voters were asked about"
    )
    nothing = "no gold item is on a segment that all voters were asked about"
    for voter in found.voters:
        undefined = (voter.accuracy, voter.coverage, voter.where_silver, voter.calibration.brier)
        assert [one.reason for one in undefined] == [nothing] * 4


def test_how_items_were_drawn():
    drawn = {"i0": "audit", "i1": "audit", "i2": "no_consensus", "i3": "no_consensus"}
    found = measured(drawn=drawn)
    assert found.drawn == {"audit": 2, "no_consensus": 2, "in_no_closed_batch": 1}
    assert {origin: one.value for origin, one in found.gate_where_drawn.items()} == {"audit": 0.5, "no_consensus": 1.0}
    assert (measured().drawn, measured().gate_where_drawn) == (None, {})
    assert found.by_source == {"majority": 5}


def test_origins_come_from_the_first_closed_batch(engine):
    origins = {"one": {"s1": "audit", "s2": "no_consensus"}, "two": {"s1": "no_consensus"}, "open": {"s3": "audit"}}
    with transaction(engine) as session:
        for name, items in (origins | {"tune": {"s4": DEVELOPMENT}}).items():
            state = "open" if name == "open" else "closed"
            batch = Batch(name=name, state=state, overlap=1, seed=1, codebook_hash="h", created_at=NOON)
            batch.items = [Item(segment_id=s, position=n, origin=o) for n, (s, o) in enumerate(items.items(), 1)]
            session.add(batch)
    assert drawn_as(engine) == {"s1": "audit", "s2": "no_consensus"}


def test_calibration_by_hand():
    a, b = measured().voters
    # a is sure 0.9, 0.6, 1.0 and 0.7 of its labels, and wrong about the second.
    assert a.calibration.n == 4
    assert a.calibration.brier.value == pytest.approx((0.01 + 0.36 + 0 + 0.09) / 4)
    # Tenths: 0.6 alone is 0.6 off, 0.7 alone 0.3, and 0.9 with 1.0 (both right) 0.05.
    assert a.calibration.expected_error.value == pytest.approx((0.6 + 0.3 + 2 * 0.05) / 4)
    assert {edges: (one.n, one.n_right) for edges, one in a.calibration.bins.items()} == {
        (0.6, 0.7): (1, 0), (0.7, 0.8): (1, 1), (0.9, 1.0): (2, 2)
    }  # fmt: skip
    assert {label: (one.n, one.mean_probability) for label, one in a.calibration.labels.items()} == {
        0: (1, 0.9), 1: (2, 0.8), 2: (1, 0.7)
    }  # fmt: skip
    assert b.calibration.brier.reason == "its labels on gold items have no probability"
    assert b.calibration.as_json()["bins"] == []


def test_unanimous_labels_of_the_gate_are_a_bin_of_their_own():
    bins = measured().gate.calibration.bins
    assert {edges: (one.n, one.n_right) for edges, one in bins.items()} == {(0.7, 0.8): (1, 0), (1.0, 1.0): (2, 2)}


@pytest.mark.parametrize("part", range(11))
def test_a_share_of_tenths_is_in_the_bin_that_it_begins(part):
    rows = pl.DataFrame({"rater": "g", "label": 0, "right": True, "probability": [part / 10]})
    [(low, high)] = calibrations(rows)["g"].bins
    assert (low, high) == ((0.9, 1.0) if part == 10 else (part / 10, (part + 1) / 10))


@pytest.mark.parametrize(("part", "whole"), [(0, 1), (1, 1), (4, 5), (0, 50), (50, 50), (617, 1000)])
def test_wilson_is_that_of_statsmodels(part, whole):
    found = share(part, whole, "nothing")
    assert (found.low, found.high) == pytest.approx(proportion_confint(part, whole, method="wilson"), abs=1e-12)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert share(0, 0, "nothing").reason == "nothing"


def test_mean_has_a_t_interval():
    losses = [0.0, 0.1, 0.4, 0.1]
    found = mean(fmean(losses), float(np.std(losses, ddof=1)), 4)
    # 0.15 ± 3.1824 · 0.17321 / 2, clipped at 0.
    assert (found.value, found.low, found.high) == pytest.approx((0.15, 0.0, 0.42561), abs=1e-4)
    assert mean(0.2, math.nan, 1).reason == "no interval: there is one item only"
    alike = mean(0.01, 1e-18, 9)
    assert (alike.low, alike.reason) == (None, "no interval: these items show no variance to make one from")


def test_the_interval_of_f1_holds_it_about_95_times_in_100():
    rng = np.random.default_rng(3)
    # Of 100 items: right, missed, falsely given, neither; F1 = 0.6 / (0.6 + 0.2) = 0.75.
    draws = rng.multinomial(100, [0.3, 0.08, 0.12, 0.5], size=2000)
    found = [f1(int(right), int(missed + false), "none") for right, missed, false, _ in draws]
    held = fmean(one.low <= 0.75 <= one.high for one in found)
    assert 0.93 <= held <= 0.97


LABELS = st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from((*CODES, -1))), min_size=1, max_size=40)


def of_pairs(pairs, **options):
    gold = {f"i{n}": truth for n, (truth, _) in enumerate(pairs)}
    votes = {"a": {f"i{n}": given for n, (_, given) in enumerate(pairs)}}
    return measured(votes, dict.fromkeys(gold, (None, 0.5)), gold, None, **options).voters[0]


@settings(max_examples=40)
@given(LABELS)
def test_scores_are_those_of_scikit_learn(pairs):
    found = of_pairs(pairs)
    given_only = [pair for pair in pairs if pair[1] >= 0]
    if given_only:
        truth, said = zip(*given_only, strict=True)
        assert found.confusion == tuple(map(tuple, confusion_matrix(truth, said, labels=CODES).tolist()))
        reference = precision_recall_fscore_support(truth, said, labels=CODES, zero_division=np.nan)
        for place, label in enumerate(found.labels):
            ours = (label.precision.value, label.recall.value, label.f1.value)
            assert [math.nan if one is None else one for one in ours] == pytest.approx(
                [float(score[place]) for score in reference[:3]], nan_ok=True
            )
            assert label.n_labelled == reference[3][place]
    assert sum(label.support for label in found.labels) == len(pairs) == found.n_labelled + found.n_abstained


@settings(max_examples=30)
@given(LABELS)
def test_an_item_that_is_right_never_lowers_accuracy(pairs):
    before, after = of_pairs(pairs), of_pairs([*pairs, (1, 1)])
    assert after.accuracy.value >= (before.accuracy.value or 0)
    assert after.labels[1].recall.value >= (before.labels[1].recall.value or 0)
    assert after.coverage.value >= before.coverage.value


@settings(max_examples=30)
@given(LABELS, st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_of_voters_change_nothing(pairs, random):
    gold = {f"i{n}": truth for n, (truth, _) in enumerate(pairs)}
    own = {f"i{n}": given for n, (_, given) in enumerate(pairs)}
    sure = {item: random.random() for item in gold}
    silver = {item: (label if label >= 0 else None, sure[item]) for item, label in own.items()}
    frames = [votes_of({"a": own, "b": own}, sure), verdicts_of(silver), gold_of(gold)]
    mixed = [frame.sample(fraction=1, shuffle=True, seed=random.randrange(999)) for frame in frames]
    plain, shuffled = (against_gold(*one, "risk", CODES).as_json() for one in (frames, mixed))
    assert flat(shuffled) == pytest.approx(flat(plain))
    a, b = plain["voters"]
    assert {**a, "voter": "", "calibration": None} == {**b, "voter": "", "calibration": None}


def flat(told, place=""):
    """Every number of nested JSON by where it stands."""
    pairs = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    if isinstance(told, int | float):
        return {place: told}
    return {key: number for name, value in pairs for key, number in flat(value, f"{place}/{name}").items()}
