"""CSV with a header line, separated by comma, semicolon or tab, with the columns that ``[collect.columns]`` names."""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from collector.sources.columns import ColumnReader
from collector.sources.records import Record, Rejected
from collector.sources.values import encoding_advice, first_bad_byte
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

_SEPARATORS = ",;\t"


def recognises(head: bytes) -> bool:
    """Whether the first line of a file that begins so names several columns."""
    first = head.partition(b"\n")[0]
    return b"\x00" not in head and any(separator.encode() in first for separator in _SEPARATORS)


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of a file, by the number of the line on which they end.

    A row with more or fewer cells than the header is a bad record. Raises DataError when a needed column is missing,
    a quoted cell is broken or never closed, or the file is not UTF-8 (a byte order mark is accepted).
    """
    csv.field_size_limit(sys.maxsize)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        position = 1
        try:
            header_line = stream.readline()
            separator = max(_SEPARATORS, key=header_line.count)
            header = next(csv.reader([header_line], delimiter=separator, strict=True), [])
            reader = ColumnReader(path, header, settings)
            rows = csv.reader(stream, delimiter=separator, strict=True)
            for row in rows:
                position = rows.line_num + 1
                if row and len(row) != len(header):
                    yield Rejected(position, "bad_record")
                elif row:
                    yield reader.record(dict(zip(header, row, strict=True)), position)
        except UnicodeDecodeError:
            raise DataError(encoding_advice(path, f"byte {first_bad_byte(path)}")) from None
        except csv.Error as error:
            raise DataError(
                f"{path.name} is not valid CSV after line {position}: {error}; check that quotes are doubled and closed"
            ) from error
