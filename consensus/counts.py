"""Ratings as numbers: item × category counts for the coefficients over all raters, rater × item labels for pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import DataError

MISSING = -1
# A table of counts has a column a category; more than this is a column of ids or free text, not of labels.
MOST_CATEGORIES = 1_000
SEGMENT_ID = "[0-9a-f]{16}"


@dataclass(frozen=True)
class CodedRatings:
    """Ratings of one variable, with every name replaced by its position in a sorted list.

    ``items`` (strings), ``raters`` and ``categories`` (the labels observed) are sorted. ``label_codes`` has one entry a
    rating, −1 where the label is missing; ``cells`` says where it stands, counting items rater by rater, or is None
    where the ratings fill the whole table in that order.
    """

    items: pl.Series
    raters: list[str]
    categories: list[int]
    label_codes: NDArray[np.int16]
    cells: NDArray[np.int64] | None

    @property
    def n_ratings(self) -> int:
        """Ratings that carry a label."""
        return int(np.count_nonzero(self.label_codes != MISSING))

    def counts(self) -> NDArray[np.int64]:
        """Items × categories: how many raters gave the item that label. An item without a label is a row of zeros."""
        shape = (len(self.items), len(self.categories))
        if self.cells is None:
            table = np.zeros(shape, dtype=np.int64)
            for code in range(shape[1]):
                table[:, code] = how_often(self.by_rater(), code)
            return table
        # A column more takes what is missing: cheaper than to pick out what is not.
        cells = self.cells % max(shape[0], 1) * (shape[1] + 1) + (self.label_codes + 1)
        return np.bincount(cells, minlength=shape[0] * (shape[1] + 1)).reshape(shape[0], shape[1] + 1)[:, 1:]

    def by_rater(self) -> NDArray[np.int16]:
        """Raters × items: the label's position in ``categories``, −1 where the rater gave the item no label."""
        return self._by_rater

    @cached_property
    def _by_rater(self) -> NDArray[np.int16]:
        shape = (len(self.raters), len(self.items))
        if self.cells is None:
            return self.label_codes.reshape(shape)
        table = np.full(shape[0] * shape[1], MISSING, dtype=np.int16)
        table[self.cells] = self.label_codes
        return table.reshape(shape)


@dataclass(frozen=True)
class LabelCounts:
    """``matrix`` (items × categories, int64), the sorted ``categories`` and the sorted ``items`` that name its axes."""

    matrix: NDArray[np.int64]
    categories: list[int]
    items: pl.Series


def count_labels(ratings: pl.DataFrame) -> LabelCounts:
    """How often each item got each label.

    ``ratings``: item (str), rater (str), label (Int64; null or −1: missing); key (item, rater). Items without any
    label keep a row of zeros; categories are the labels observed. Raises as ``code_ratings``.
    """
    coded = code_ratings(ratings)
    return LabelCounts(coded.counts(), coded.categories, coded.items)


def code_ratings(ratings: pl.DataFrame) -> CodedRatings:
    """Replace items, raters and labels of one variable by their positions in sorted lists.

    ``ratings``: item (str), rater (str), label (Int64; null or −1: missing); key (item, rater). Raises DataError when
    a rater rated an item twice (naming the first such rating), or when there are more than 1,000 categories.
    """
    if ratings["item"].has_nulls() or ratings["rater"].has_nulls():
        raise DataError(f"wanted an item and a rater in every rating{_of_variable(ratings)}; found a rating without")
    labels = ratings["label"].fill_null(MISSING).cast(pl.Int64)
    categories = np.array([label for label in labels.unique().sort() if label != MISSING], dtype=np.int64)
    if len(categories) > MOST_CATEGORIES:
        raise DataError(
            f"wanted labels from a codebook, at most {MOST_CATEGORIES} of them; found {len(categories)} different "
            f"labels{_of_variable(ratings)}. Is the label column the right one?"
        )
    label_codes = _positions(labels.to_numpy(), categories)
    whole = _whole_table(ratings)
    if whole is not None:
        return CodedRatings(whole[0], whole[1], categories.tolist(), label_codes, None)
    raters, rater_codes = _codes(ratings["rater"])
    items, item_codes = _codes(ratings["item"])
    cells = rater_codes * len(items) + item_codes
    _refuse_duplicates(ratings, cells, len(raters) * len(items))
    return CodedRatings(items, raters.to_list(), categories.tolist(), label_codes, cells)


def code_table(
    items: pl.Series, raters: Sequence[str], codes: NDArray[np.int64], table: NDArray[np.int16]
) -> CodedRatings:
    """Ratings that are numbers already.

    items, raters: distinct, in any order. table: raters × items, positions among the sorted codes, −1: missing. Codes
    that nobody gave are no categories.
    """
    given = [code for code in range(len(codes)) if (table == code).any()]
    if len(given) < len(codes):
        # The last entry, which −1 picks, is the missing one.
        renumbered = np.full(len(codes) + 1, MISSING, dtype=np.int16)
        renumbered[given] = np.arange(len(given))
        table = renumbered[table]
    rows = sorted(range(len(raters)), key=raters.__getitem__)
    columns = None if _ascends(items) else _order(items)
    if columns is not None:
        table = np.stack([table[row][columns] for row in rows])
    elif rows != list(range(len(raters))):
        table = table[rows]
    ordered = items if columns is None else items.gather(columns)
    return CodedRatings(ordered, [raters[row] for row in rows], codes[given].tolist(), table.reshape(-1), None)


def _order(items: pl.Series) -> NDArray[np.uint32]:
    """The positions that put distinct items into order."""
    if items.str.contains(f"^{SEGMENT_ID}$").all():
        # As numbers they are in the same order, and sorted in a fifth of the time.
        items = items.str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
    return items.arg_sort().to_numpy()


def _positions(labels: NDArray[np.int64], categories: NDArray[np.int64]) -> NDArray[np.int16]:
    """Where each label stands among the sorted categories; −1 where it is missing."""
    if len(categories) and categories[0] >= 0 and categories[-1] < MOST_CATEGORIES:
        # One look into a small table is much quicker than a search. Its last entry, which −1 picks, is the missing one.
        table = np.full(int(categories[-1]) + 2, MISSING, dtype=np.int16)
        table[categories] = np.arange(len(categories))
        return table[labels]
    return np.where(labels == MISSING, MISSING, np.searchsorted(categories, labels)).astype(np.int16)


def rows_with_pairs(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of an items × categories matrix with at least two ratings: the only ones that can show agreement."""
    matrix = np.asarray(counts, dtype=np.int64)
    if matrix.ndim != 2 or (matrix < 0).any():
        raise DataError(
            f"wanted a matrix of items × categories that counts ratings; got an array of shape {matrix.shape}"
            f"{' with negative counts' if (matrix < 0).any() else ''}. count_labels makes one from ratings."
        )
    enough = row_sums(matrix) >= 2
    return matrix if enough.all() else matrix[enough]


def row_sums(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of each row; several times as fast as numpy's own where rows are short."""
    return np.einsum("ij->i", matrix)


def how_often(labels: NDArray[np.int16], code: int) -> NDArray[np.int64]:
    """How many raters gave each item this label. labels: raters × items."""
    # Bytes, where so few raters allow it, are what makes a million items quick.
    n = np.zeros(labels.shape[1], dtype=np.min_scalar_type(len(labels)))
    for row in labels:
        n += row == code
    return n.astype(np.int64)


def _codes(names: pl.Series) -> tuple[pl.Series, NDArray[np.int64]]:
    known = names.unique().sort()
    codes = names.cast(pl.Enum(known)).to_physical().cast(pl.Int64).to_numpy()
    return known, codes


def _whole_table(ratings: pl.DataFrame) -> tuple[pl.Series, list[str]] | None:
    """Items and raters, where the ratings stand rater by rater in sorted order and each rated every item, in order.

    The votes of a panel do, and then nothing has to be looked up.
    """
    runs = ratings["rater"].rle()
    raters, lengths = runs.struct.field("value"), runs.struct.field("len")
    size = ratings.height // max(len(runs), 1)
    first = ratings["item"].head(size)
    if ratings.is_empty() or (lengths != size).any() or not _ascends(raters) or not _ascends(first):
        return None
    if any(not ratings["item"].slice(start, size).equals(first) for start in range(size, ratings.height, size)):
        return None
    return first, raters.to_list()


def _ascends(names: pl.Series) -> bool:
    return bool((names.slice(1) > names.head(len(names) - 1)).all())


def _refuse_duplicates(ratings: pl.DataFrame, cells: NDArray[np.int64], n_cells: int) -> None:
    """Raters × items in one row of cells: a cell that is written twice is a duplicate."""
    if n_cells <= 8 * len(cells):
        written = np.zeros(n_cells, dtype=bool)
        written[cells] = True
        n_different = int(np.count_nonzero(written))
    else:
        n_different = len(np.unique(cells))
    if n_different == len(cells):
        return
    first = ratings.row(int(pl.Series(cells).is_duplicated().arg_max() or 0), named=True)
    raise rated_twice(str(first["rater"]), str(first["item"]), _of_variable(ratings))


def rated_twice(rater: str, item: str, of_variable: str) -> DataError:
    """The error for a rating that is there twice. of_variable: words that name its variable, or none."""
    return DataError(
        f"wanted one label an item and rater; rater {rater!r} rated item {item!r} more than once{of_variable}. "
        f"Keep one of these ratings, or give the raters different names."
    )


def _of_variable(ratings: pl.DataFrame) -> str:
    return f" for variable {ratings['variable'][0]!r}" if "variable" in ratings.columns else ""
