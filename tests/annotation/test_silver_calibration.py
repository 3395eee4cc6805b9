"""How sure a classifier is: temperature from out-of-fold predictions, and the abstain rule."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from annotation.silver.calibration import Confident, best_temperature, folds, least_sure, scores, softmax


def blobs(n: int, spread: float, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """n points a label around (3k, 0), and the labels 0, 2, 4."""
    noise = np.random.default_rng(0).normal(scale=spread, size=(n * labels, 2))
    codes = np.repeat(np.arange(labels), n)
    return noise + np.column_stack([3 * codes, 0 * codes]), 2 * codes


def test_labels_are_dealt_out_over_the_folds_in_turn():
    assert folds(np.array([5, 5, 5, 5, 1, 1])).tolist() == [0, 1, 2, 0, 0, 1]


def test_a_classifier_of_noise_is_never_sure():
    rows, _ = blobs(30, 1.0)
    noise = np.random.default_rng(1).integers(0, 3, size=len(rows))
    found = Confident(LogisticRegression(C=1e6)).fit(rows * 0 + np.random.default_rng(2).normal(size=(90, 2)), noise)
    assert found.probabilities(rows / 10).max() < 0.6


def test_a_classifier_of_clear_labels_is_sure():
    rows, labels = blobs(20, 0.3)
    judge = Confident(LogisticRegression()).fit(rows, labels)
    assert judge.codes_.tolist() == [0, 2, 4]
    assert judge.probabilities(np.array([[6.0, 0.0]])).argmax() == 2
    assert judge.probabilities(rows).max(axis=1).mean() > 0.9


def test_the_temperature_tames_an_overconfident_classifier():
    rows, labels = blobs(40, 2.5)
    copied = np.repeat(rows, 6, axis=1)  # naive Bayes counts each column as new evidence
    judge = Confident(GaussianNB()).fit(copied, labels)
    raw = judge.fitted_.predict_proba(copied).max(axis=1).mean()
    right = (judge.codes_[judge.probabilities(copied).argmax(axis=1)] == labels).mean()
    assert judge.temperature_ > 1.5
    assert judge.probabilities(copied).max(axis=1).mean() < raw - 0.02
    assert abs(judge.probabilities(copied).max(axis=1).mean() - right) < abs(raw - right)


def test_out_of_fold_scores_do_not_know_the_row():
    """A single point of label 4 is in no other fold: its own fold's classifier has never heard of label 4."""
    rows, labels = blobs(6, 0.3, labels=2)
    judge = Confident(LogisticRegression()).fit(np.vstack([rows, [[6.0, 0.0]]]), np.append(labels, 4))
    assert judge.out_of_fold_probabilities()[-1].argmax() != 2
    assert judge.probabilities(np.array([[6.0, 0.0]])).argmax() == 2


def test_two_rows_leave_nothing_to_judge_by():
    judge = Confident(LogisticRegression()).fit(np.array([[0.0], [1.0]]), np.array([0, 1]))
    assert judge.temperature_ == 1.0
    assert np.isnan(judge.out_of_fold_probabilities()).all()
    assert judge.probabilities(np.array([[5.0]])).argmax() == 1


def test_temperature_worked_by_hand():
    """Scores (2, 0), right three times in four, and one more row a label: p = (3 + 1) / (4 + 2), so p / (1 - p) = 2,
    2/T = ln 2 and T = 2.885."""
    out_of_fold = np.array([[2.0, 0.0]] * 4)
    assert best_temperature(out_of_fold, np.array([0, 0, 0, 1])) == pytest.approx(2.885, rel=0.04)


def test_a_few_right_answers_do_not_make_certain():
    """Six of six right: (6 + 1) / (6 + 2) = 0.875 and no more."""
    out_of_fold = np.array([[0.001, 0.0]] * 6)
    found = best_temperature(1000 * out_of_fold, np.zeros(6, dtype=int))
    assert softmax(1000 * out_of_fold / found)[0, 0] == pytest.approx(0.875, abs=0.01)


def test_two_labels_of_a_decision_function_give_the_logistic_function():
    rows, labels = blobs(10, 1.0, labels=2)
    model = LogisticRegression().fit(rows, labels)
    assert np.allclose(softmax(scores(model, rows)), model.predict_proba(rows))


@pytest.mark.parametrize(("n_labels", "expected"), [(2, 0.75), (3, 2 / 3), (4, 0.5), (6, 1 / 3), (12, 1 / 6)])
def test_the_default_abstain_rule_is_twice_chance_and_three_quarters_at_most(n_labels, expected):
    assert least_sure(n_labels) == pytest.approx(expected)


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_softmax_gives_probabilities_for_any_scores(values):
    found = softmax(np.array(values))
    assert np.allclose(found.sum(axis=1), 1)
    assert ((found >= 0) & (found <= 1)).all()
