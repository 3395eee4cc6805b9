import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

from consensus.fleiss import fleiss_kappa
from core.errors import DataError

# Fleiss (1971), table 1: 30 patients, 6 psychiatrists each, and the diagnoses depression, personality disorder,
# schizophrenia, neurosis, other.
DIAGNOSES = """
    0 0 0 6 0   0 3 0 0 3   0 1 4 0 1   0 0 0 0 6   0 3 0 3 0   2 0 4 0 0
    0 0 4 0 2   2 0 3 1 0   2 0 0 4 0   0 0 0 0 6   1 0 0 5 0   1 1 0 4 0
    0 3 3 0 0   1 0 0 5 0   0 2 0 3 1   0 0 5 0 1   3 0 0 1 2   5 1 0 0 0
    0 2 0 4 0   1 0 2 0 3   0 0 0 0 6   0 1 0 5 0   0 2 0 1 3   2 0 0 4 0
    1 0 0 4 1   0 5 0 1 0   4 0 0 0 2   0 2 0 4 0   1 0 5 0 0   0 0 0 0 6
"""
FLEISS_1971 = np.array(DIAGNOSES.split(), dtype=np.int64).reshape(30, 5)

complete_tables = st.integers(2, 6).flatmap(
    lambda n_raters: st.lists(
        st.lists(st.integers(0, 3), min_size=n_raters, max_size=n_raters), min_size=1, max_size=12
    )
)
uneven_tables = st.lists(st.lists(st.integers(0, 3), min_size=0, max_size=5), min_size=1, max_size=10)


def counted(items: list[list[int]], n_categories: int = 4) -> np.ndarray:
    return np.array([np.bincount(labels, minlength=n_categories) for labels in items], dtype=np.int64)


def test_worked_example_of_1971() -> None:
    kappa = fleiss_kappa(FLEISS_1971)
    assert kappa.value == pytest.approx(0.430, abs=0.0005)
    assert kappa.method == "jackknife over items"
    assert kappa.low is not None
    assert kappa.high is not None
    assert 0.25 < kappa.low < 0.430 < kappa.high < 0.60


@given(complete_tables)
def test_equals_statsmodels_when_complete(items: list[list[int]]) -> None:
    counts = counted(items)
    kappa = fleiss_kappa(counts)
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        assert kappa.value is None
    else:
        assert kappa.value == pytest.approx(statsmodels_kappa(counts), abs=1e-12)


def test_missing_ratings_by_hand() -> None:
    # item   ratings   n_i   P_i
    #  1     A A A      3    (3·2)/(3·2)          = 1
    #  2     A A B      3    (2·1 + 1·0)/(3·2)    = 1/3
    #  3     B B        2    (2·1)/(2·1)          = 1
    #  4     A          1    left out
    #  5     -          0    left out
    # P̄ = (1 + 1/3 + 1)/3 = 7/9; p_A = 5/8, p_B = 3/8; Σp² = 34/64 = 17/32
    # κ = (7/9 − 17/32)/(1 − 17/32) = (71/288)/(135/288) = 71/135
    counts = np.array([[3, 0], [2, 1], [0, 2], [1, 0], [0, 0]])
    assert fleiss_kappa(counts).value == pytest.approx(71 / 135, abs=1e-15)


def test_very_uneven_raters_can_fall_below_minus_one_and_stay_inside_the_interval() -> None:
    # Nine items split 1:1 (P = 0), one with 1000 equal ratings (P = 1): P̄ = 0.1 and p_A = 1009/1018.
    kappa = fleiss_kappa(np.array([[1, 1]] * 9 + [[1000, 0]]))
    by_chance = (1009 / 1018) ** 2 + (9 / 1018) ** 2
    assert kappa.value == pytest.approx((0.1 - by_chance) / (1 - by_chance))
    assert kappa.low == kappa.value


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([[3, 0], [2, 0], [5, 0]], "only one category"),
        ([[3, 0], [2, 0], [0, 1]], "only one category"),
        ([[1, 0], [0, 1]], "no item has two ratings"),
        ([[0, 0]], "no item has two ratings"),
        (np.zeros((3, 0)), "no item has two ratings"),
        (np.zeros((0, 2)), "no item has two ratings"),
    ],
)
def test_undefined_is_null_with_a_reason(counts: list[list[int]], reason: str) -> None:
    kappa = fleiss_kappa(np.asarray(counts, dtype=np.int64))
    assert (kappa.value, kappa.low, kappa.high, kappa.method) == (None, None, None, None)
    assert reason in (kappa.reason or "")


def test_one_item_has_a_value_but_no_interval() -> None:
    # P̄ = 0, p = (1/2, 1/2): κ = (0 − 1/2)/(1/2) = −1
    kappa = fleiss_kappa(np.array([[1, 1]]))
    assert (kappa.value, kappa.low, kappa.high) == (-1.0, None, None)
    assert "at least two items" in (kappa.reason or "")


def test_interval_is_null_when_one_item_carries_the_only_variation() -> None:
    kappa = fleiss_kappa(np.array([[3, 0], [3, 0], [0, 3]]))
    assert (kappa.value, kappa.low, kappa.high) == (1.0, None, None)
    assert "only one category is left" in (kappa.reason or "")


def test_perfect_agreement() -> None:
    kappa = fleiss_kappa(np.array([[3, 0], [0, 3], [3, 0], [0, 3]]))
    assert (kappa.value, kappa.low, kappa.high, kappa.reason) == (1.0, 1.0, 1.0, None)


@pytest.mark.parametrize(("item", "value"), [([1, 1], -1.0), ([2, 1], -0.5), ([5, 12], -1 / 16)])
def test_raters_without_variance_have_no_interval(item: list[int], value: float) -> None:
    # n raters who never agree more than by the split of the whole: κ = −1/(n − 1)
    kappa = fleiss_kappa(np.array([item] * 40))
    assert kappa.value == pytest.approx(value)
    assert (kappa.low, kappa.high, kappa.method) == (None, None, None)
    assert (kappa.reason or "").startswith("no interval: the raters disagree")


@given(uneven_tables, st.permutations(range(4)))
def test_renaming_the_labels_changes_nothing(items: list[list[int]], order: list[int]) -> None:
    counts = counted(items)
    before, after = fleiss_kappa(counts), fleiss_kappa(counts[:, order])
    assert before.reason == after.reason
    assert after.value == pytest.approx(before.value, abs=1e-12)
    assert after.low == pytest.approx(before.low, abs=1e-9)


@given(uneven_tables)
def test_items_without_a_pair_change_nothing(items: list[list[int]]) -> None:
    padded = fleiss_kappa(counted([*items, [2], []]))
    assert padded == fleiss_kappa(counted(items))


def test_a_matrix_that_counts_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="items × categories"):
        fleiss_kappa(np.array([3, 0, 1]))
    with pytest.raises(DataError, match="negative"):
        fleiss_kappa(np.array([[3, -1]]))
