import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.counts import code_ratings, code_table, count_labels
from core.errors import DataError

ROWS = [
    ("s2", "wu", 3),
    ("s1", "wu", 0),
    ("s1", "li", 0),
    ("s2", "li", -1),
    ("s3", "li", None),
    ("s2", "han", 1),
]


def frame(rows: list[tuple[str | None, str | None, int | None]], **more: pl.Expr) -> pl.DataFrame:
    schema = {"item": pl.String, "rater": pl.String, "label": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(**more)


def test_counts_items_by_categories() -> None:
    counts = count_labels(frame(ROWS))
    assert counts.items.to_list() == ["s1", "s2", "s3"]
    assert counts.categories == [0, 1, 3]
    assert counts.matrix.tolist() == [[2, 0, 0], [0, 1, 1], [0, 0, 0]]
    assert counts.matrix.dtype == "int64"


def test_labels_by_rater() -> None:
    coded = code_ratings(frame(ROWS))
    assert coded.raters == ["han", "li", "wu"]
    # Columns s1, s2, s3; a cell is a position in the categories 0, 1, 3.
    assert coded.by_rater().tolist() == [[-1, 1, -1], [0, -1, -1], [0, 2, -1]]
    assert coded.n_ratings == 4


@given(st.permutations(ROWS))
def test_the_order_of_ratings_does_not_matter(rows: list[tuple[str, str, int | None]]) -> None:
    assert count_labels(frame(rows)).matrix.tolist() == [[2, 0, 0], [0, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize("rows", [[], [("s1", "wu", None), ("s2", "wu", -1)]])
def test_nothing_rated(rows: list[tuple[str, str, int | None]]) -> None:
    counts = count_labels(frame(rows))
    assert counts.matrix.shape == (len(rows), 0)
    assert counts.categories == []


@pytest.mark.parametrize("label", [0, 2, None, -1])
def test_the_first_duplicate_is_named(label: int | None) -> None:
    rows = [("s9", "li", 1), *ROWS, ("s2", "han", label), ("s9", "li", 1)]
    with pytest.raises(DataError, match="rater 'li' rated item 's9' more than once for variable 'risk'"):
        count_labels(frame(rows, variable=pl.lit("risk")))


def test_a_rating_needs_an_item_and_a_rater() -> None:
    with pytest.raises(DataError, match="an item and a rater"):
        count_labels(frame([("s1", None, 1)]))


def test_a_column_of_ids_is_not_a_column_of_labels() -> None:
    with pytest.raises(DataError, match="1500 different labels"):
        count_labels(frame([(f"s{i}", "li", i) for i in range(1500)]))


@given(st.data())
def test_a_whole_table_of_labels_is_coded_like_its_ratings(data):
    # Ids like those of segments are sorted as numbers, others as text.
    digits = st.integers(0, 2**64 - 1).map(lambda number: f"{number:016x}")
    items = data.draw(st.lists(data.draw(st.sampled_from([digits, st.text()])), unique=True, min_size=1, max_size=8))
    label = st.sampled_from([-1, 0, 3, 5])
    labels = [data.draw(st.lists(label, min_size=len(items), max_size=len(items))) for _ in "ab"]
    rows = [
        (item, rater, one)
        for rater, own in zip("ab", labels, strict=True)
        for item, one in zip(items, own, strict=True)
    ]
    expected = code_ratings(pl.DataFrame(rows, schema=["item", "rater", "label"], orient="row"))
    positions = {-1: -1, 0: 0, 3: 1, 5: 2}
    table = np.array([[positions[one] for one in own] for own in labels[::-1]], dtype=np.int16)
    found = code_table(pl.Series(items), ["b", "a"], np.array([0, 3, 5]), table)
    assert (found.raters, found.categories) == (expected.raters, expected.categories)
    assert found.items.to_list() == expected.items.to_list() == sorted(items)
    assert found.by_rater().tolist() == expected.by_rater().tolist()
    assert found.counts().tolist() == expected.counts().tolist()
