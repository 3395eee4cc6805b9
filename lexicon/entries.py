"""Lexicon files: signal words with kind and category, as CSV or TOML."""

import csv
import hashlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.errors import DataError
from core.text import folded, normalised

KINDS = ("explicit", "implicit")
COLUMNS = ("term", "kind", "category")


@dataclass(frozen=True)
class Entry:
    """One signal word. ``term`` is normalised and folded like message content at matching."""

    term: str
    kind: str
    category: str
    note: str | None = None

    @property
    def entry_id(self) -> str:
        """First 12 hex digits of SHA-256 over the term."""
        return hashlib.sha256(self.term.encode()).hexdigest()[:12]


def read_entries(path: Path, categories: Iterable[str] = ()) -> list[Entry]:
    """The entries of a CSV file (header term,kind,category[,note]) or a TOML file ([[entry]] tables).

    A term given twice in the same words is one entry; given twice with another kind or category it is an error.
    Raises DataError naming the file, the line or entry, what was wanted and what came.
    """
    readers = {".csv": _csv_rows, ".toml": _toml_rows}
    if path.suffix.lower() not in readers:
        raise DataError(f"{path.name}: wanted a lexicon as .csv or .toml, it is {path.suffix or 'without suffix'!r}")
    allowed = set(categories)
    entries: dict[str, tuple[str, Entry]] = {}
    for place, row in readers[path.suffix.lower()](path):
        entry = _entry(f"{path.name}, {place}", row, allowed)
        earlier_place, earlier = entries.setdefault(entry.term, (place, entry))
        if (earlier.kind, earlier.category) != (entry.kind, entry.category):
            raise DataError(
                f"{path.name}: the term of {place} is at {earlier_place} too, as {earlier.kind}/{earlier.category}; "
                f"here it is {entry.kind}/{entry.category}; keep one of the two"
            )
    if not entries:
        raise DataError(f"{path.name} holds no entries; wanted at least one row under the header {','.join(COLUMNS)}")
    return [entry for _, entry in entries.values()]


def _entry(place: str, row: Mapping[str, object], allowed: set[str]) -> Entry:
    term = folded(normalised(str(row.get("term") or "")))
    kind = str(row.get("kind") or "").strip()
    category = str(row.get("category") or "").strip()
    note = str(row.get("note") or "").strip() or None
    if not term:
        raise DataError(f"{place}: the term is empty; give one or delete the row")
    if kind not in KINDS:
        raise DataError(f"{place}: kind must be explicit or implicit; it is {kind!r}")
    if not category or (allowed and category not in allowed):
        wanted = f"one of {sorted(allowed)} (lexicon.categories in assay.toml)" if allowed else "a word"
        raise DataError(f"{place}: category must be {wanted}; it is {category!r}")
    return Entry(term, kind, category, note)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}; check the name") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    reader = csv.DictReader(_text(path).splitlines())
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise DataError(
            f"{path.name} lacks the columns {missing}; wanted the header {','.join(COLUMNS)}[,note], "
            f"found {list(reader.fieldnames or ())}"
        )
    for row in reader:
        yield f"line {reader.line_num}", row


def _toml_rows(path: Path) -> Iterator[tuple[str, Mapping[str, object]]]:
    try:
        rows = tomllib.loads(_text(path)).get("entry")
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{path.name} is not valid TOML: {error}") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{path.name}: wanted [[entry]] tables with term, kind and category; found none")
    for number, row in enumerate(rows, 1):
        yield f"entry {number}", row
