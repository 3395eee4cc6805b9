"""Short ids that Assay made from hashes and that happen to have digits only: 1 in 280 of 12 digits, 1 in 1,800 of 16.

Each is worked out again from what it was made of, so that a raw identifier that took its place is none of them.
"""

import hashlib
from collections.abc import Iterator, Set
from typing import Any

import polars as pl

from collector.exports import TABLE
from core.store import Store


def own_ids(store: Store) -> Set[str]:
    """segment_ids, entry_ids and the short hashes of collected files, where they have digits only."""
    return {*_files(store), *_entries(store), *_segments(store)}


def _files(store: Store) -> Iterator[str]:
    manifest = store.manifest(TABLE)
    for name, sha256 in manifest.recipe.inputs.items() if manifest else ():
        if name.isdecimal() and str(sha256).startswith(name):
            yield name


def _entries(store: Store) -> Iterator[str]:
    for entry_id, term in _digits_only(store, "lexicon", "entry_id", "term"):
        if hashlib.sha256(term.encode()).hexdigest()[:12] == entry_id:
            yield entry_id


def _segments(store: Store) -> Iterator[str]:
    for segment_id, chat_id, message_ids in _digits_only(store, "segments", "segment_id", "chat_id", "message_ids"):
        if hashlib.sha256("\n".join([chat_id, *message_ids]).encode()).hexdigest()[:16] == segment_id:
            yield segment_id


def _digits_only(store: Store, table: str, column: str, *others: str) -> list[tuple[Any, ...]]:
    """Rows of a table whose id has digits only; none where the table is not there or is not as it should be."""
    path = store.path(table)
    if not path.is_file():
        return []
    try:
        rows = pl.scan_parquet(path, glob=False).select(column, *others).drop_nulls()
        return rows.filter(pl.col(column).str.contains(r"^[0-9]+$")).collect().rows()
    except (OSError, pl.exceptions.PolarsError):
        return []
