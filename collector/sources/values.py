"""Reading single values of a record: ids and times; and where a file stops being UTF-8."""

import codecs
import re
from datetime import UTC, datetime
from pathlib import Path

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""Times outside are no times of chat messages: a zero, milliseconds taken for seconds, a slip of the pen."""

_EARLIEST_SECONDS, _LATEST_SECONDS = EARLIEST.timestamp(), LATEST.timestamp()
_WHOLE = re.compile(r"(-?[0-9]+)\.0")
_BLOCK = 1 << 20


def identifier(value: object) -> str | None:
    """An id as text; None when there is none. ``12.0``, as spreadsheets write a number, is 12."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else str(value)
    if not isinstance(value, (str, float)):
        return None
    text = str(value).strip()
    whole = _WHOLE.fullmatch(text) if text.endswith(".0") else None
    return (whole[1] if whole else text) or None


def moment(value: object) -> datetime | None:
    """A time in UTC from Unix seconds (number or digits) or ISO 8601 (without a zone: UTC).

    None when it cannot be read or lies outside `EARLIEST` to `LATEST`.
    """
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        return None
    try:
        return _seconds(float(value))
    except ValueError:
        return _iso(str(value).strip())
    except OverflowError:
        return None


def _seconds(seconds: float) -> datetime | None:
    inside = _EARLIEST_SECONDS <= seconds < _LATEST_SECONDS  # false for NaN too
    return datetime.fromtimestamp(seconds, UTC) if inside else None


def _iso(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
        utc = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if EARLIEST <= utc < LATEST else None


def first_bad_byte(path: Path) -> int | None:
    """Offset of the first byte that is not UTF-8; None when the whole file is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    read = 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                return read - held + error.start
            read += len(block)
    return read - len(decoder.getstate()[0]) if decoder.getstate()[0] else None


def encoding_advice(path: Path, where: str) -> str:
    """The message for a file in another encoding."""
    return (
        f"{path.name} is not UTF-8 text ({where}); save it as UTF-8, for example from GBK with: "
        f"iconv -f GB18030 -t UTF-8 {path.name}"
    )
