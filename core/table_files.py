"""Anybody's table, read whole: CSV, tab-separated text, JSON Lines or Parquet, and where in the file each row is."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import polars as pl

from core.csv_text import line_of_record, read_csv_records
from core.errors import DataError

_KEYS_FROM = 100
"""Lines of JSON that are looked at for names of columns."""


@dataclass(frozen=True)
class TableFile:
    """A table and where it stands.

    frame: the columns by name, with space around the names taken off; rows that hold nothing are left out. Text files
    give columns of text, empty fields null (a CSV's quoted empty field is an empty text); Parquet gives its own types.
    records: of each row, its number among the records of the file, from 0, the header and empty lines counted.
    """

    path: Path
    frame: pl.DataFrame
    records: pl.Series

    def place(self, row: int) -> str:
        """Where a row of ``frame`` begins: "line 7", or of a Parquet file "row 7", from 1."""
        record = int(self.records[row])
        kind = self.path.suffix.lower()
        if kind == ".parquet":
            return f"row {record + 1}"
        data = _text(self.path)
        return f"line {line_of_record(data, record) if kind in ('.csv', '.tsv') else _line_of_json(data, record)}"


def read_table(path: Path, what: str, columns: Collection[str] = ()) -> TableFile:
    """Read a table from a .csv or .tsv (with a header; UTF-8), .jsonl or .ndjson (UTF-8), or .parquet file.

    what: what the file should hold, for the errors. columns: keys of JSON lines to look for, besides those of the first
    hundred lines. Separators of .csv and .tsv are commas, semicolons or tabs, whichever the header has most of.

    Raises DataError for a file that is absent, unreadable, empty, or no such table, with the line where there is one.
    """
    readers: dict[str, Callable[[], pl.DataFrame]] = {
        ".csv": lambda: _read_csv(path),
        ".tsv": lambda: _read_csv(path),
        ".jsonl": lambda: _read_json_lines(path, columns),
        ".ndjson": lambda: _read_json_lines(path, columns),
        ".parquet": lambda: _read_parquet(path),
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        *others, last = readers
        raise DataError(
            f"wanted {what} in a {', '.join(others)} or {last} file; got {path}. Convert it to one of them."
        )
    if not path.is_file():
        raise DataError(f"wanted a file of {what}; there is none at {path}. Check the path.")
    try:
        frame = reader()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}. Check its permissions.") from error
    if not frame.width:
        raise DataError(f"{path} has no columns: wanted {what}")
    text = pl.col(pl.String).str.strip_chars().replace("", None)
    filled = ~frame.select(text, pl.exclude(pl.String)).select(pl.all_horizontal(pl.all().is_null())).to_series()
    first = 1 if path.suffix.lower() in (".csv", ".tsv") else 0
    return TableFile(path, frame.filter(filled), pl.arange(first, first + frame.height, eager=True).filter(filled))


def _text(path: Path) -> bytes:
    """The bytes of a file in UTF-8, without a byte order mark."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}: wanted text in UTF-8; line {line} is in another encoding. Save the file again as UTF-8."
        ) from error
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise DataError(f"{path} is empty: wanted a table with the names of its columns")
    return data


def _read_csv(path: Path) -> pl.DataFrame:
    records = read_csv_records(path, _text(path))
    return _named(path, [name or "" for name in records.row(0)], records.slice(1))


def _named(path: Path, names: list[str], table: pl.DataFrame) -> pl.DataFrame:
    """The columns under these names, space around them taken off."""
    names = [name.strip() for name in names]
    # A spreadsheet may write empty columns to the right of the table.
    kept = [index for index, name in enumerate(names) if name or not table.to_series(index).is_null().all()]
    twice = sorted({names[index] for index in kept if [names[other] for other in kept].count(names[index]) > 1})
    if twice:
        raise DataError(f"{path}: wanted every column named once; {twice} appear more than once in the header")
    return pl.DataFrame({names[index]: table.to_series(index) for index in kept})


def _read_json_lines(path: Path, columns: Collection[str]) -> pl.DataFrame:
    data = _text(path)
    keys = dict.fromkeys(key for line in islice(_lines(data), _KEYS_FROM) for key in _object(path, *line))
    try:
        # As text: what is a number in one line may be a word in the next.
        table = pl.read_ndjson(data, schema=dict.fromkeys([*keys, *columns], pl.String()))
    except pl.exceptions.PolarsError as error:
        for line in _lines(data):
            _object(path, *line)
        raise DataError(f"{path}: wanted JSON Lines; a number or text in it cannot be read. Write it again.") from error
    return table.select(name for name in table.columns if name in keys or not table[name].is_null().all())


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line) of each line that is not empty."""
    return ((number, line) for number, line in enumerate(BytesIO(data), start=1) if line.strip())


def _object(path: Path, number: int, line: bytes) -> dict[str, object]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise DataError(
            f"{path}, line {number}: wanted JSON Lines, an object {{…}} on each line; this one is something else, or "
            f"cut short. Correct the line, or write the file again."
        )
    return record


def _line_of_json(data: bytes, record: int) -> int:
    return next(islice(_lines(data), record, None))[0]


def _read_parquet(path: Path) -> pl.DataFrame:
    try:
        table = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise DataError(f"{path}: wanted a Parquet file; its content is something else, or cut short") from error
    return _named(path, table.columns, table)
