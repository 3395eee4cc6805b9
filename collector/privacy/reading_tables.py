"""The texts in Parquet files and databases: every column that can hold text, lists and structures included."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from collector.privacy.reading_text import NUMBERS_THAT_IDENTIFY, texts_in
from collector.privacy.texts import Text
from core.errors import DataError

ROWS_AT_ONCE = 50_000
_HASH = r"^(?:[0-9a-f]{32}|[0-9a-f]{64})$"
"""Ids and hashes of these lengths are no raw identifiers, and most cells of a table are such."""


def parquet_texts(place: str, path: Path) -> Iterator[Text]:
    """Every distinct text of every column of a Parquet file, some rows at a time. Raises DataError when it is none."""
    try:
        frame = pl.scan_parquet(path, glob=False)
        schema, height = frame.collect_schema(), frame.select(pl.len()).collect().item()
        yield from (Text(place, lambda: "names of columns", name) for name in schema)
        for offset in range(0, height, ROWS_AT_ONCE):
            some = frame.slice(offset, ROWS_AT_ONCE).collect()
            for name, dtype in schema.items():
                yield from _column_texts(f"{place}: {name}", some, name, dtype, offset)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(f"{path.name} is not a readable Parquet file") from error


def _column_texts(place: str, some: pl.DataFrame, name: str, dtype: pl.DataType, offset: int) -> Iterator[Text]:
    column = some.get_column(name)
    if dtype.is_nested() and dtype != pl.List(pl.String):
        for row, value in enumerate(column.to_list()):
            found = texts_in(place, json.loads(json.dumps(value, default=str)), "")
            yield from (inner._replace(where=partial(_key, some, row, offset)) for inner in found)
        return
    texts = _as_texts(column, dtype)
    if texts is None:
        return
    rows = pl.DataFrame({"text": texts}).with_row_index("row")
    rows = rows.explode("text") if dtype == pl.List(pl.String) else rows
    rows = rows.drop_nulls("text").filter(~pl.col("text").str.contains(_HASH))
    distinct = rows.group_by("text", maintain_order=True).agg(pl.col("row").first(), pl.len())
    for text, row, times in distinct.iter_rows():
        yield Text(place, partial(_key, some, row, offset), text, times)


def _as_texts(column: pl.Series, dtype: pl.DataType) -> pl.Series | None:
    """The column as texts, or as lists of texts; None when it can hold none."""
    if dtype in (pl.String, pl.List(pl.String)):
        return column
    if dtype in (pl.Categorical, pl.Enum) or (dtype.is_integer() and column.name.lower() in NUMBERS_THAT_IDENTIFY):
        return column.cast(pl.String)
    if dtype == pl.Binary:
        return pl.Series([value and value.decode("utf-8", "replace") for value in column], dtype=pl.String)
    return None


def _key(some: pl.DataFrame, row: int, offset: int) -> str:
    """The number of a row, from 1, and its key where it has one."""
    key = next((name for name in ("message_id", "segment_id", "entry_id") if name in some.columns), None)
    number = f"row {offset + row + 1}"
    return number if key is None else f"{number}, {key} {some.item(row, key)}"


def sqlite_texts(place: str, path: Path) -> Iterator[Text]:
    """Every text of an SQLite file, which is only read. Raises DataError when it cannot be."""
    engine = create_engine(f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true")
    try:
        yield from database_texts(place, engine)
    finally:
        engine.dispose()


def database_texts(place: str, engine: Engine) -> Iterator[Text]:
    """Every text and every value of a JSON column, of all tables. Raises DataError when they cannot be read."""
    spelled = engine.dialect.identifier_preparer.quote
    try:
        looked_at = inspect(engine)
        for table in looked_at.get_table_names():
            keys = looked_at.get_pk_constraint(table).get("constrained_columns") or []
            with engine.connect() as connection:
                rows = connection.execution_options(yield_per=1_000).exec_driver_sql(f"SELECT * FROM {spelled(table)}")
                for number, row in enumerate(rows.mappings(), 1):
                    yield from _row_texts(f"{place}: {table}", dict(row), keys, number)
    except SQLAlchemyError as error:
        raise DataError(f"{place} is not a readable database") from error


def _row_texts(place: str, row: Mapping[Any, Any], keys: list[str], number: int) -> Iterator[Text]:
    where = partial(_row_name, row, keys, number)
    for column, value in row.items():
        at = f"{place}.{column}"
        if isinstance(value, str):
            yield from _text_or_json(at, value, where)
        elif isinstance(value, bytes):
            yield Text(at, where, value.decode("utf-8", "replace"))
        elif isinstance(value, dict | list):
            yield from (inner._replace(where=where) for inner in texts_in(at, value, ""))
        elif isinstance(value, int) and column.lower() in NUMBERS_THAT_IDENTIFY:
            yield Text(at, where, str(value))


def _text_or_json(at: str, value: str, where: partial[str]) -> Iterator[Text]:
    """SQLite keeps JSON as text; numbers in it are told from numbers in a text by their keys."""
    if value[:1] in ("{", "["):
        try:
            yield from (inner._replace(where=where) for inner in texts_in(at, json.loads(value), ""))
        except (ValueError, RecursionError):
            pass
        else:
            return
    yield Text(at, where, value)


def _row_name(row: Mapping[Any, Any], keys: list[str], number: int) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys) or f"row {number}"
