"""Macro-F1 and its bootstrap: arithmetic by hand, scikit-learn as a peer, the same numbers every time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from segmenter.tuning.intervals import compare, resample_weights
from segmenter.tuning.scoring import class_f1, macro_f1

LABELS = np.array([0, 0, 1, 1, 2])
JUDGED = np.array(
    [
        [0, 0, 1, 1, 2],  # all right
        [0, 1, 1, 1, 2],  # 0: TP 1, FN 1: 2/3; 1: TP 2, FP 1: 4/5; 2: 1
        [0, 0, 1, -1, -1],  # 0: 1; 1: TP 1, FN 1: 2/3; 2: missed: 0
        [3, 3, 3, 3, 3],  # a label that people never gave: everything missed
    ]
)
ALL = np.ones((1, 5), dtype=np.int64)


def test_macro_f1_by_hand():
    expected = [1, (2 / 3 + 4 / 5 + 1) / 3, (1 + 2 / 3 + 0) / 3, 0]
    assert macro_f1(LABELS, JUDGED, ALL)[0].tolist() == pytest.approx(expected)


def test_a_resample_counts_its_items_as_often_as_it_holds_them():
    # Items 0, 0, 1, 2, 2: in configuration 1, label 0: TP 2, FN 1: 4/5; label 1: TP 2, FP 1: 4/5; no item has label 2.
    weights = np.array([[2, 1, 2, 0, 0]])
    assert macro_f1(LABELS, JUDGED, weights)[0][1] == pytest.approx((4 / 5 + 4 / 5) / 2)


def test_a_resample_of_one_label_is_scored_on_that_label():
    assert macro_f1(LABELS, JUDGED, np.array([[1, 0, 0, 0, 0]]))[0].tolist() == [1, 1, 1, 0]


def test_f1_by_label():
    assert class_f1(LABELS, JUDGED[1]) == pytest.approx({0: 2 / 3, 1: 4 / 5, 2: 1.0})


codes = st.integers(0, 3)


@given(st.lists(st.tuples(codes, st.integers(-1, 3)), min_size=1, max_size=30))
def test_macro_f1_is_scikit_learns_over_the_labels_that_people_gave(pairs):
    labels, judged = (np.array(column) for column in zip(*pairs, strict=True))
    theirs = f1_score(labels, judged, labels=np.unique(labels), average="macro", zero_division=0)
    assert macro_f1(labels, judged[None], np.ones((1, len(labels)), dtype=np.int64))[0, 0] == pytest.approx(theirs)


def test_resamples_are_the_same_for_a_seed_and_hold_as_many_items():
    weights = resample_weights(5, 300, seed=7)
    assert weights.shape == (300, 5)
    assert set(weights.sum(axis=1)) == {5}
    assert (weights == resample_weights(5, 300, seed=7)).all()
    assert (weights != resample_weights(5, 300, seed=8)).any()
    assert weights[0].tolist() == [0, 0, 1, 2, 2]


def test_the_best_is_compared_with_every_other_on_the_same_resamples():
    found = compare(LABELS, JUDGED, np.array([3.0, 2, 2, 2]), resamples=500, seed=7)
    assert found.best == 0
    assert [one.value for one in found.scores] == pytest.approx([1, 0.8222, 0.5556, 0], abs=1e-4)
    assert [one.value for one in found.differences] == pytest.approx([0, 0.1778, 0.4444, 1], abs=1e-4)
    # The first is right about every item, so it is so in every resample; the last never is.
    assert (found.scores[0].low, found.scores[0].high, found.differences[3].low) == (1, 1, 1)
    # Configuration 2 errs on two items of five: (3/5)^5 = 7.8 % of the resamples hold neither, more than 2.5 %.
    assert [found.as_good(place) for place in range(4)] == [True, True, True, False]
    assert compare(LABELS, JUDGED, np.array([3.0, 2, 2, 2]), resamples=500, seed=7) == found


def test_equal_scores_go_to_the_smaller_contexts_and_then_to_the_first():
    same = np.stack([JUDGED[1]] * 3)
    assert compare(LABELS, same, np.array([9.0, 4.0, 4.0]), resamples=100, seed=1).best == 1
    found = compare(LABELS, same, np.array([9.0, 4.0, 4.0]), resamples=100, seed=1)
    assert [(one.value, one.low, one.high) for one in found.differences] == [(0, 0, 0)] * 3


def test_the_interval_is_the_percentiles_of_the_resamples():
    found = compare(LABELS, JUDGED, np.zeros(4), resamples=400, seed=3)
    scores = macro_f1(LABELS, JUDGED, resample_weights(5, 400, seed=3))[:, 1]
    assert (found.scores[1].low, found.scores[1].high) == tuple(np.quantile(scores, [0.025, 0.975]))
