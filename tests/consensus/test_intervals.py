from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from consensus.fleiss import fleiss_kappa
from consensus.intervals import MANY, Estimate, _t_quantile, jackknife_interval

T_975 = {2: 12.706205, 3: 4.302653, 4: 3.182446, 5: 2.776445, 6: 2.570582, 7: 2.446912, 8: 2.364624}


def test_by_hand() -> None:
    # θ̄ = 0.5; Σ(θᵢ − θ̄)² = 2·0.01² = 0.0002; SE = √(2/3 · 0.0002) = 0.0115470; t(0.975, 2) = 4.302653
    estimate = jackknife_interval(0.52, np.array([0.49, 0.50, 0.51]))
    assert estimate.low == pytest.approx(0.52 - 4.302653 * 0.0115470, abs=1e-6)
    assert estimate.high == pytest.approx(0.52 + 4.302653 * 0.0115470, abs=1e-6)
    assert (estimate.value, estimate.method, estimate.reason) == (0.52, "jackknife over items", None)


def test_limits_are_clipped() -> None:
    assert jackknife_interval(0.5, np.array([0.0, 1.0])) == Estimate(0.5, -1.0, 1.0, "jackknife over items")


def test_undefined_leave_one_out_gives_no_interval() -> None:
    estimate = jackknife_interval(0.5, np.array([0.4, np.nan, 0.6]))
    assert (estimate.value, estimate.low, estimate.high, estimate.method) == (0.5, None, None, None)
    assert "only one category" in (estimate.reason or "")


@given(st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=5), min_size=2, max_size=8))
def test_fleiss_interval_equals_leaving_each_item_out_in_turn(items: list[list[int]]) -> None:
    counts = np.array([np.bincount(labels, minlength=3) for labels in items])
    estimate, n = fleiss_kappa(counts), len(items)
    values = [fleiss_kappa(np.delete(counts, item, axis=0)).value for item in range(n)]
    known = [value for value in values if value is not None]
    alike = len(known) == n and max(known) - min(known) < 1e-12
    if estimate.value is None or len(known) < n or (alike and estimate.value < 1):
        assert (estimate.low, estimate.high) == (None, None)
        assert estimate.reason
        return
    mean = sum(known) / n
    half = T_975[n] * sqrt((n - 1) / n * sum((value - mean) ** 2 for value in known))
    assert estimate.low == pytest.approx(min(estimate.value, max(-1, estimate.value - half)), abs=1e-5)
    assert estimate.high == pytest.approx(min(1, estimate.value + half), abs=1e-5)


def test_json_has_every_key_even_when_undefined() -> None:
    assert Estimate.undefined("no item has two ratings").as_json() == {
        "value": None,
        "low": None,
        "high": None,
        "method": None,
        "reason": "no item has two ratings",
    }


@pytest.mark.parametrize("df", [MANY - 1, MANY, 10**6, 10**9])
def test_the_quantile_of_many_degrees_of_freedom_is_that_of_scipy(df: int) -> None:
    assert _t_quantile(df) == pytest.approx(float(stdtrit(df, 0.975)), rel=1e-14)
