"""Parquet with the columns that ``[collect.columns]`` names, as CSV and JSON Lines have them."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from collector.sources.columns import ColumnReader
from collector.sources.records import Record
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

ROWS_AT_ONCE = 20_000


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is in Parquet."""
    return head.startswith(b"PAR1")


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of a file, by row, from 1. Times may be numbers, texts or timestamps; without a zone they are UTC.

    Raises DataError when the file is cut off or damaged, or a needed column is missing.
    """
    position = 0
    try:
        table = pl.scan_parquet(path, glob=False)
        schema = table.collect_schema()
        reader = ColumnReader(path, schema.names(), settings)
        wanted = [_readable(name, schema[name]) for name in set(settings.columns.model_dump().values()) & set(schema)]
        for rows in table.select(wanted).collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True):
            for values in rows.iter_rows(named=True):
                position += 1
                yield reader.record(values, position)
        # A damaged page may end the rows without an error.
        whole = position == table.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        whole = False
    if not whole:
        raise DataError(
            f"{path.name} is not a readable Parquet file (after row {position}): it was cut off or damaged; copy or "
            f"write it again"
        )


def _readable(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as the values that a JSON file would hold: times in Unix seconds, categories as text."""
    column = pl.col(name)
    if kind == pl.Date:
        column = column.cast(pl.Datetime("ms"))
    if kind in (pl.Date, pl.Datetime):
        return column.dt.epoch("ms") / 1000
    if isinstance(kind, (pl.Categorical, pl.Enum, pl.Decimal)):
        return column.cast(pl.String)
    return column
