"""Runs of characters that sound like a known signal word and are written otherwise."""

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.proposals.pronunciation import syllable, syllables
from lexicon.proposals.spellings import Spelling
from lexicon.proposals.units import Units, is_chinese

LONGEST = 6
"""Syllables of the longest term that is looked for; six of ten bits each make a 64-bit key."""
_BITS = 10

Integers = NDArray[np.int64]


def homophones(units: Units, terms: Iterable[str]) -> tuple[pl.DataFrame, list[Spelling]]:
    """Where they stand, and what they spell. Terms of two to six Chinese characters are looked for, tones or no.

    The frame: term (as written in the corpus), row, start, end (offsets in content), in that order. A character of
    the corpus has its most common reading; a term is read as a whole. Two-character homophones are doubtful.
    """
    wanted = sorted({term for term in terms if is_chinese(term) and 2 <= len(term) <= LONGEST})
    heard = _Heard(units)
    found: list[tuple[str, int, int, int]] = []
    spelt: set[Spelling] = set()
    for size in sorted({len(term) for term in wanted}):
        same = {key: term for term in reversed(wanted) if len(term) == size and (key := heard.key(term)) is not None}
        for text, first, key in heard.runs(size, same):
            found.append((text, *units.place(first, size)))
            how = f"sounds like {same[key]} ({' '.join(syllables(same[key]))})"
            spelt.add(Spelling(text, same[key], how, doubtful=size == 2))
    types = {"term": pl.String, "row": pl.Int64, "start": pl.Int64, "end": pl.Int64}
    return pl.DataFrame(found, schema=types, orient="row").sort("term", "row", "start"), sorted(spelt)


class _Heard:
    """The corpus as syllables: numbers of those that occur, 0 where no character stands."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._numbers: dict[str, int] = {}
        table = np.zeros(len(units.characters) + 1, np.int64)
        for code, character in enumerate(units.characters):
            if character:
                table[code] = self._numbers.setdefault(syllable(character), len(self._numbers) + 1)
        self._syllables = table[np.maximum(units.codes, 0)]

    def key(self, term: str) -> int | None:
        """The term's syllables in one number; None when the corpus lacks one."""
        key = 0
        for sound in syllables(term):
            if sound not in self._numbers:
                return None
            key = (key << _BITS) | self._numbers[sound]
        return key

    def runs(self, size: int, keys: dict[int, str]) -> list[tuple[str, int, int]]:
        """Text, first unit and key of every run of ``size`` characters whose key is wanted."""
        last = len(self._syllables) - size + 1
        if last <= 0 or not keys:
            return []
        key, whole = np.zeros(last, np.int64), np.ones(last, bool)
        for place in range(size):
            part = self._syllables[place : place + last]
            key = (key << _BITS) | part
            whole &= part > 0
        first = np.flatnonzero(whole & np.isin(key, np.fromiter(keys, np.int64, len(keys))))
        letters = self._units.characters
        codes = self._units.codes
        return [("".join(letters[codes[at + place]] for place in range(size)), int(at), int(key[at])) for at in first]
