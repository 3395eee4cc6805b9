"""Text in the form of CSV, whatever separates its fields: its records as columns of text, and the line of each."""

import re
from pathlib import Path

import polars as pl

from core.errors import DataError

_SEPARATORS = ",;\t"
_QUOTED = {
    separator: re.compile(rb'(?:\A|(?<=[S\r\n]))"[^"]*+(?:""[^"]*+)*+"(?=[S\r\n]|\Z)'.replace(b"S", separator.encode()))
    for separator in _SEPARATORS
}


def read_csv_records(path: Path, data: bytes) -> pl.DataFrame:
    """All records of a CSV in UTF-8, the header as the first row; empty lines are rows of nulls.

    ``path`` is named in errors. The separator is a comma, semicolon or tab, whichever the first line has most of.
    Raises DataError, with the line, where a record has other fields than the header or quotation marks go astray.
    """
    separator = _separator(data)
    n_records = _check_records(path, data, separator)
    try:
        table = pl.read_csv(data, has_header=False, infer_schema=False, separator=separator)
    except pl.exceptions.PolarsError as error:
        raise _no_csv(path) from error
    if table.height != n_records:
        raise _no_csv(path)
    return table


def _separator(data: bytes) -> str:
    return max(_SEPARATORS, key=data.partition(b"\n")[0].decode().count)


def _check_records(path: Path, data: bytes, separator: str) -> int:
    """The number of records, empty lines counted. Each must have as many fields as the header.

    The reader of CSV takes a record that was cut off for one with empty fields at its end.
    """
    records = _records(_QUOTED[separator].sub(b"q", data))
    if not records[0].strip():
        raise DataError(f"{path}: wanted the names of the columns in line 1, which is empty. Take empty lines out.")
    odd = records.str.contains('"', literal=True)
    if odd.any():
        raise DataError(
            f"{path}, line {line_of_record(data, odd.arg_max() or 0)}: a quotation mark is not closed, or stands "
            f"within a field. Put the whole field in quotation marks and double those within, or export it again."
        )
    counts = records.str.count_matches(separator, literal=True)
    other = (counts != counts[0]) & (records.str.strip_chars() != "")
    if other.any():
        at = other.arg_max() or 0
        came = "fewer" if counts[at] < counts[0] else "more fields than the header"
        raise DataError(
            f"{path}, line {line_of_record(data, at)}: wanted a CSV whose records have {counts[0] + 1} fields, as the "
            f"header; this one has {came}. Correct the line, or export the table again."
        )
    return len(records)


def _records(data: bytes) -> pl.Series:
    """Lines as text; what follows the last line end is a line only when there is something."""
    return pl.Series([data.removesuffix(b"\n").decode()], dtype=pl.String).str.split("\n").explode()


def _no_csv(path: Path) -> DataError:
    return DataError(f"{path}: wanted a CSV; its quotation marks or fields make no sense. Export the table again.")


def line_of_record(data: bytes, record: int) -> int:
    """The line, from 1, on which a record of a CSV begins; quoted fields may go over several lines."""
    marked = _QUOTED[_separator(data)].sub(lambda quoted: b"\v" * quoted[0].count(b"\n"), data)
    before = marked.split(b"\n", record)[:record]
    return 1 + sum(1 + part.count(b"\v") for part in before)
