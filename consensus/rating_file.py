"""Anybody's table of ratings, from any file of `core.table_files`, in long form or with one column a rater."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from consensus.rating_labels import code_labels
from core.errors import DataError
from core.table_files import read_table

LONG_COLUMNS = ("item", "rater", "label")
ONLY_VARIABLE = "label"
_SHAPES = "columns item, rater, [variable,] label; or, with --wide, an item column and one column a rater"


@dataclass(frozen=True)
class Ratings:
    """``frame``: item, rater, variable (str), label (Int64, null: missing), in the order of the file.

    ``label_names``: for each variable with text labels, the text of each code; codes follow the sorted text.
    Other variables have the file's own whole numbers as labels.
    """

    frame: pl.DataFrame
    label_names: dict[str, dict[int, str]]


def read_ratings(path: Path, *, wide: bool = False) -> Ratings:
    """Read a table of ratings from a .csv, .tsv, .jsonl (all UTF-8) or .parquet file.

    Long form: columns item, rater, label and, where there are several variables, variable; other columns are ignored.
    ``wide``: the column item (or the first column), then one column a rater; the variable is called "label".
    A label that is empty, null, NaN or −1 is missing. Labels are whole numbers, or else text. Space around names and
    labels does not count. Ratings of one rater on one item are not counted here: the coefficients refuse two.

    Raises DataError for a file that cannot be read as such a table, naming what was found.
    """
    table = _read_table(path)
    if table.is_empty():
        raise DataError(f"{path} has no ratings: wanted {_SHAPES}; found only the columns {table.columns}")
    long = _from_wide(table, path) if wide else _from_long(table, path)
    frame, label_names = code_labels(long, path)
    return Ratings(frame, label_names)


def _read_table(path: Path) -> pl.DataFrame:
    """The file as it is, text trimmed, empty text null, rows without any value gone."""
    table = read_table(path, "ratings").frame
    nested = [name for name, dtype in table.schema.items() if dtype.is_nested() or dtype.is_temporal()]
    if nested:
        raise DataError(f"{path}: wanted columns of text or numbers; {nested} hold lists, records or times")
    return table.with_columns(pl.col(pl.String).str.strip_chars().replace("", None))


def _from_long(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    missing = [name for name in LONG_COLUMNS if name not in table.columns]
    if missing:
        raise DataError(
            f"{path} lacks {', '.join(missing)}: wanted {_SHAPES}; found the columns {table.columns}. "
            "Rename the columns, or add --wide."
        )
    if "variable" not in table.columns:
        table = table.with_columns(pl.lit(ONLY_VARIABLE).alias("variable"))
    names = pl.col("item", "rater", "variable").cast(pl.String)
    ratings = table.select(names, "label")
    for name in ("item", "rater", "variable"):
        nameless = ratings[name].is_null()
        if nameless.any():
            raise DataError(
                f"{path}: wanted {name} in every rating; {nameless.sum()} ratings lack it, the first in row "
                f"{(nameless.arg_max() or 0) + 1} below the header. Fill it in, or take the rows out."
            )
    return ratings


def _from_wide(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    if set(LONG_COLUMNS) <= set(table.columns):
        raise DataError(
            f"{path}: wanted one column a rater; found the columns {table.columns}, which is the long form. "
            "Leave out --wide."
        )
    item = "item" if "item" in table.columns else table.columns[0]
    raters = [name for name in table.columns if name != item]
    if not raters:
        raise DataError(f"{path}: wanted an item column and one column a rater; found only {table.columns}")
    if not all(table.schema[rater].is_integer() for rater in raters):
        table = table.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
        table = table.with_columns(pl.col(raters).cast(pl.String))
    ratings = table.unpivot(index=item, on=raters, variable_name="rater", value_name="label")
    return _from_long(ratings.rename({item: "item"}), path)
