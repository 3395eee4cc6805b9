"""Rows that wait for their names: read, pseudonymised and cleaned, but for what members are called in them.

Who is called what is known only when a source has been read to its end, and a source may be larger than the memory. So
rows wait in the working folder, encrypted (AES-GCM) under a key that is made for the run and exists in this process
alone: after a crash nobody can read them.
"""

import io
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.writing import writing

_NONCE_BYTES = 12


@dataclass(frozen=True)
class Draft:
    """Some rows of a source, by its number in the run. source: what ``messages_rejected`` calls it."""

    number: int
    source: str
    rows: pl.DataFrame


class Drafts:
    """The drafts of a run, in the order in which they were put away; they can be gone through more than once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cipher = AESGCM(secrets.token_bytes(32))
        self._waiting: list[tuple[int, str, Path]] = []

    def add(self, draft: Draft) -> None:
        packed = io.BytesIO()
        draft.rows.write_ipc(packed, compression="lz4")
        number = len(self._waiting)
        path = self._folder / f"{number}.draft"
        with writing("the working files"):
            path.write_bytes(self._cipher.encrypt(_nonce(number), packed.getvalue(), None))
        self._waiting.append((draft.number, draft.source, path))

    def __iter__(self) -> Iterator[Draft]:
        for place, (number, source, path) in enumerate(self._waiting):
            packed = self._cipher.decrypt(_nonce(place), path.read_bytes(), None)
            yield Draft(number, source, pl.read_ipc(io.BytesIO(packed)))

    def remove(self) -> None:
        for _, _, path in self._waiting:
            path.unlink()
        self._waiting.clear()


def _nonce(number: int) -> bytes:
    """The key is new for each run, so a count never repeats under it."""
    return number.to_bytes(_NONCE_BYTES)
