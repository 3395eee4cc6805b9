"""Labels as people write them, turned into whole numbers."""

from pathlib import Path

import polars as pl

from consensus.counts import MISSING
from core.errors import DataError

# What statistics packages write for a missing value. Among whole numbers it cannot be meant as a category.
MISSING_WORDS = ("na", "n/a", "nan", "null", "none", "nil", "missing", ".", "-", "?", "−1")
_FIT_INT64 = (pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt32, pl.UInt16, pl.UInt8)
_WHOLE_NUMBER = r"^-?[0-9]{1,18}(\.0+)?$"


def code_labels(ratings: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, dict[str, dict[int, str]]]:
    """``ratings`` with label as Int64 (null: missing), and the text of each code for variables with text labels.

    ``ratings``: item, rater, variable, label (text or number; null, NaN or −1: missing). A variable whose labels are
    all whole numbers (3, −2, 3.0) keeps them; in any other, labels are text, coded from 0 in sorted order.
    Raises DataError when words for a missing value stand among whole numbers: counted as a category, they would
    change every coefficient.
    """
    ratings = ratings.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    if ratings["label"].dtype in _FIT_INT64:
        label = pl.col("label").cast(pl.Int64).replace(MISSING, None)
        return ratings.with_columns(label), {}
    text = pl.col("label").cast(pl.String)
    ratings = ratings.with_columns(pl.when(~text.str.contains(r"^-1(\.0+)?$")).then(text).alias("label"))
    is_number = pl.col("label").str.contains(_WHOLE_NUMBER)
    ratings = ratings.with_columns((~is_number).fill_null(False).any().over("variable").alias("is_text"))
    _refuse_missing_words(ratings, is_number, path)
    code = (
        pl.when("is_text")
        .then(pl.col("label").rank("dense").over("variable").cast(pl.Int64) - 1)
        .otherwise(pl.when(~pl.col("is_text")).then("label").str.extract(r"^(-?[0-9]+)").cast(pl.Int64))
    )
    coded = ratings.with_columns(code.alias("code"))
    frame = coded.select("item", "rater", "variable", pl.col("code").alias("label"))
    return frame, _names(coded)


def _names(coded: pl.DataFrame) -> dict[str, dict[int, str]]:
    known = coded.filter("is_text", pl.col("code").is_not_null()).select("variable", "code", "label").unique()
    names: dict[str, dict[int, str]] = {}
    for variable, code, label in known.sort("variable", "code").iter_rows():
        names.setdefault(variable, {})[code] = label
    return names


def _refuse_missing_words(ratings: pl.DataFrame, is_number: pl.Expr, path: Path) -> None:
    word = pl.col("label").str.to_lowercase().is_in(MISSING_WORDS)
    mixed = ratings.filter(is_number.any().over("variable") & pl.col("is_text")).filter(word)
    if not mixed.is_empty():
        variable, label = mixed.row(0, named=True)["variable"], mixed.row(0, named=True)["label"]
        raise DataError(
            f"{path}: wanted whole numbers as the labels of {variable!r}; {label!r} stands among them "
            f"({len(mixed)} such ratings). Leave missing labels empty or write −1."
        )
