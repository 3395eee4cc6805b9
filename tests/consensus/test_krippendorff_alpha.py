import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.krippendorff_alpha import Level, krippendorff_alpha
from core.errors import DataError, SettingsError

LEVELS: list[Level] = ["nominal", "ordinal"]
# Krippendorff (2011), section C: 4 observers (rows), 12 units, labels 1 to 5; a dot is missing.
FOUR_OBSERVERS = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""
# Krippendorff (2011), section A: 2 observers, 10 units, binary.
TWO_OBSERVERS = """
    0 1 0 0 0 0 0 0 1 0
    1 1 1 0 0 1 0 0 0 0
"""
# Krippendorff (2011), section B: 2 observers, 12 units, nominal labels a to e written as 1 to 5.
NOMINAL_OBSERVERS = """
    1 1 2 2 4 3 3 3 5 4 4 1
    2 1 2 2 2 3 3 3 5 4 4 4
"""

tables_with_gaps = st.integers(2, 4).flatmap(
    lambda n_raters: st.lists(
        st.lists(st.sampled_from([None, 0, 1, 2, 5]), min_size=n_raters, max_size=n_raters),
        min_size=1,
        max_size=10,
    )
)


def counted(observers: str) -> tuple[np.ndarray, list[int]]:
    rows = [[-1 if cell == "." else int(cell) for cell in row.split()] for row in observers.strip().splitlines()]
    labels = np.array(rows)
    categories = sorted(set(labels[labels >= 0].tolist()))
    return np.stack([(labels == category).sum(axis=0) for category in categories], axis=1), categories


def from_items(items: list[list[int | None]]) -> tuple[np.ndarray, list[int]]:
    categories = [0, 1, 2, 5]
    return np.array([[labels.count(category) for category in categories] for labels in items]), categories


@pytest.mark.parametrize(
    ("observers", "level", "published"),
    [
        (FOUR_OBSERVERS, "nominal", 0.743),
        (FOUR_OBSERVERS, "ordinal", 0.815),
        (TWO_OBSERVERS, "nominal", 0.095),
        (NOMINAL_OBSERVERS, "nominal", 0.692),
    ],
)
def test_published_examples(observers: str, level: Level, published: float) -> None:
    counts, categories = counted(observers)
    assert krippendorff_alpha(counts, categories, level).value == pytest.approx(published, abs=0.0005)


@pytest.mark.parametrize("level", LEVELS)
@given(items=tables_with_gaps)
def test_equals_the_reference_package(level: Level, items: list[list[int | None]]) -> None:
    counts, categories = from_items(items)
    alpha = krippendorff_alpha(counts, categories, level)
    paired = counts[counts.sum(axis=1) >= 2]
    if np.count_nonzero(paired.sum(axis=0)) < 2:
        assert alpha.value is None
        return
    by_rater = np.array(items, dtype=float).T
    reference = krippendorff.alpha(by_rater, level_of_measurement=level)
    assert alpha.value == pytest.approx(reference, abs=1e-10)


@pytest.mark.parametrize("level", LEVELS)
@given(items=tables_with_gaps)
def test_every_leave_one_out_value_is_the_reference_without_that_item(
    level: Level, items: list[list[int | None]]
) -> None:
    counts, categories = from_items(items)
    paired = counts[counts.sum(axis=1) >= 2]
    remaining = [np.delete(paired, unit, axis=0) for unit in range(len(paired))]
    alpha = krippendorff_alpha(counts, categories, level)
    if len(paired) < 2 or any(np.count_nonzero(rest.sum(axis=0)) < 2 for rest in remaining):
        assert alpha.low is None
        assert alpha.reason
        return
    values = np.array(
        [
            krippendorff.alpha(value_counts=rest, value_domain=categories, level_of_measurement=level)
            for rest in remaining
        ]
    )
    n = len(values)
    error = np.sqrt((n - 1) / n * np.sum((values - values.mean()) ** 2))
    widest = {2: 12.7062, 3: 4.3027, 4: 3.1824, 5: 2.7764, 6: 2.5706, 7: 2.4469, 8: 2.3646, 9: 2.3060, 10: 2.2622}
    assert alpha.value is not None
    if alpha.value < 1 and np.ptp(values) < 1e-12:
        assert (alpha.low, alpha.high) == (None, None)
        assert (alpha.reason or "").startswith("no interval: the raters disagree")
        return
    assert alpha.low == pytest.approx(max(-1, alpha.value - widest[n] * error), abs=1e-4)
    assert alpha.high == pytest.approx(min(1, alpha.value + widest[n] * error), abs=1e-4)


def test_ordinal_by_hand() -> None:
    # Two items, two ratings each: {1, 3} and {2, 2}. n = (1, 2, 1), mean ranks 0.5, 2, 3.5.
    # δ²_13 = 9, δ²_12 = δ²_23 = 2.25. D_o = 2·9/4 = 4.5; D_e = 2·(1·2·2.25 + 2·1·2.25 + 1·1·9)/(4·3) = 3
    # α = 1 − 4.5/3 = −0.5
    assert krippendorff_alpha(np.array([[1, 0, 1], [0, 2, 0]]), [1, 2, 3], "ordinal").value == pytest.approx(-0.5)


def test_ordinal_uses_the_order_of_the_categories_not_of_the_columns() -> None:
    counts, categories = counted(FOUR_OBSERVERS)
    shuffled = [3, 0, 4, 2, 1]
    alpha = krippendorff_alpha(counts[:, shuffled], [categories[i] for i in shuffled], "ordinal")
    assert alpha.value == pytest.approx(0.815, abs=0.0005)


def test_ordinal_does_not_see_the_size_of_codes_or_unused_categories() -> None:
    counts, _ = counted(FOUR_OBSERVERS)
    with_unused = np.insert(counts, 2, 0, axis=1)
    alpha = krippendorff_alpha(with_unused, [1, 10, 50, 100, 1000, 9999], "ordinal")
    assert alpha.value == pytest.approx(0.815, abs=0.0005)


@pytest.mark.parametrize("level", LEVELS)
def test_large_tables_lose_no_precision(level: Level) -> None:
    # Copying a table leaves D_o and all n_c/n as they are; D_e, divided by n(n−1) and not n², shrinks from
    # n₁/(n₁−1) · E to n/(n−1) · E. So 1 − α is multiplied by n₁/(n₁−1) · (n−1)/n, here with n₁ = 40, n = 800,000.
    counts, categories = counted(FOUR_OBSERVERS)
    once = krippendorff_alpha(counts, categories, level).value
    many = krippendorff_alpha(np.repeat(counts, 20_000, axis=0), categories, level).value
    assert once is not None
    assert many == pytest.approx(1 - (1 - once) * 40 / 39 * 799_999 / 800_000, abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
def test_billions_of_ratings_do_not_overflow(level: Level) -> None:
    # 3.6e9 ratings an item, half of them of each category: o_ck/n is 1/4, but for what is lost to pairs with oneself.
    counts = np.full((4, 2), 1_800_000_000)
    assert krippendorff_alpha(counts, [0, 1], level).value == pytest.approx(0, abs=1e-8)
    apart = np.array([[3_600_000_000, 0], [0, 3_600_000_000]])
    assert krippendorff_alpha(apart, [0, 1], level).value == 1


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("counts", "reason"),
    [([[2, 0], [3, 0]], "only one category"), ([[1, 0], [0, 1]], "no item has two ratings")],
)
def test_undefined_is_null_with_a_reason(counts: list[list[int]], reason: str, level: Level) -> None:
    alpha = krippendorff_alpha(np.array(counts), [0, 1], level)
    assert alpha.value is None
    assert reason in (alpha.reason or "")


def test_bad_arguments() -> None:
    with pytest.raises(SettingsError, match="interval"):
        krippendorff_alpha(np.array([[1, 1]]), [0, 1], "interval")
    with pytest.raises(DataError, match="one category a column"):
        krippendorff_alpha(np.array([[1, 1]]), [0, 1, 2])
