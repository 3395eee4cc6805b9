"""JSON Lines: one JSON object a line, with the keys that ``[collect.columns]`` names."""

import json
from collections.abc import Iterator
from pathlib import Path

from collector.sources.columns import ColumnReader
from collector.sources.records import Record, Rejected
from collector.sources.values import encoding_advice
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

_BOM = b"\xef\xbb\xbf"
_KEYS_FROM_BYTES = 1 << 16


def recognises(head: bytes) -> bool:
    """Whether the first line of a file that begins so is a whole JSON object, and not an export in one line."""
    first, newline, _ = head.removeprefix(_BOM).lstrip().partition(b"\n")
    keys = _keys(first) if newline else set()
    return bool(keys) and not keys & {"messages", "chats", "left_chats"}


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of a file, by line number. The objects in its first 64 KiB decide which keys there are.

    A line that is no JSON object is a bad record. Raises DataError when a needed key is missing from all of them, the
    last line is cut off, or a line is not UTF-8.
    """
    with path.open("rb") as stream:
        reader = ColumnReader(path, _keys(stream.read(_KEYS_FROM_BYTES).removeprefix(_BOM)), settings)
        stream.seek(0)
        for position, line in enumerate(stream, 1):
            if line.strip():
                values = _values(path, line.removeprefix(_BOM), position)
                yield Rejected(position, "bad_record") if values is None else reader.record(values, position)


def _values(path: Path, line: bytes, position: int) -> dict[str, object] | None:
    """The object in a line; None when the line is something else."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(encoding_advice(path, f"line {position}")) from None
    values = _object(text)
    if values is None and not text.endswith("\n"):
        raise DataError(f"{path.name} ends in the middle (line {position}): the file was cut off; copy it again")
    return values


def _object(text: str) -> dict[str, object] | None:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return values if isinstance(values, dict) else None


def _keys(head: bytes) -> set[str]:
    """The keys of the objects in these lines."""
    objects = (_object(line.decode("utf-8", "replace")) for line in head.splitlines())
    return {key for values in objects if values is not None for key in values}
