"""Terms of a corpus that could be words: runs of two to four Chinese characters, and words in Latin letters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lexicon.proposals import wholeness
from lexicon.proposals.units import CHARACTER_BITS, Units

LONGEST = 4
"""Characters of the longest run."""

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Vocabulary:
    """Terms and where they stand.

    keys: of the terms, ascending, as in `Units.text`; sizes: units of each; counts: occurrences; messages: how many
    hold it; whole: whether it could be a word. tokens: of each occurrence the term, as an index into keys; first: its
    first unit. Occurrences are sorted by term, then by place.
    """

    keys: Integers
    sizes: Integers
    counts: Integers
    messages: Integers
    whole: Flags
    tokens: Integers
    first: Integers

    def is_whole(self, key: int) -> bool | None:
        """Whether one term could be a word; None when it is not in the vocabulary."""
        place = int(np.searchsorted(self.keys, key))
        return bool(self.whole[place]) if place < len(self.keys) and self.keys[place] == key else None

    def example(self, among: Flags | None = None) -> Integers:
        """First unit of each term's first occurrence, or first one of some; −1 of a term without any."""
        tokens, first = (self.tokens, self.first) if among is None else (self.tokens[among], self.first[among])
        places = np.full(len(self.keys), -1, np.int64)
        places[tokens[::-1]] = first[::-1]
        return places


def vocabulary(units: Units, masked: Flags, min_messages: int) -> Vocabulary:
    """The terms that stand in ``min_messages`` messages. What touches a masked unit is no occurrence of anything."""
    codes = np.where(masked, 0, units.codes).astype(np.int64)
    words = np.flatnonzero([_is_word(word) for word in units.words])
    at = np.flatnonzero(np.isin(codes, -words))
    found = [*(_runs(codes, size) for size in range(2, LONGEST + 1)), (codes[at], at)]
    kept = [_frequent(keys, first, units.rows, min_messages) for keys, first in found]
    keys, tokens = np.unique(np.concatenate([key for key, _ in kept]), return_inverse=True)
    first = np.concatenate([place for _, place in kept])
    order = np.lexsort((first, tokens))
    tokens, first = tokens[order], first[order]
    sizes, counts = _sizes(keys), np.bincount(tokens, minlength=len(keys))
    whole = wholeness.possible(keys, sizes, units.characters)
    whole &= wholeness.cohesion(keys, sizes, counts, np.bincount(np.maximum(codes, 0))) >= wholeness.COHESION
    whole &= wholeness.freedom(codes, sizes, counts, tokens, first) >= wholeness.FREEDOM
    whole &= wholeness.fragment(keys, sizes, counts) < wholeness.FRAGMENT
    return Vocabulary(keys, sizes, counts, _messages(tokens, units.rows[first], len(keys)), whole, tokens, first)


def _is_word(word: str) -> bool:
    return len(word) > 1 and any(letter.isalpha() for letter in word)


def _runs(codes: Integers, size: int) -> tuple[Integers, Integers]:
    """Keys of all runs of ``size`` characters, and their first units."""
    last = len(codes) - size + 1
    if last <= 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    key, unbroken = np.zeros(last, np.int64), np.ones(last, np.bool_)
    for place in range(size):
        part = codes[place : place + last]
        key = (key << CHARACTER_BITS) | np.maximum(part, 0)
        unbroken &= part > 0
    first = np.flatnonzero(unbroken)
    return key[first], first


def _frequent(keys: Integers, first: Integers, rows: NDArray[np.int32], min_messages: int) -> tuple[Integers, Integers]:
    """The occurrences of the keys that stand in enough messages."""
    different, which = np.unique(keys, return_inverse=True)
    order = np.argsort(which, kind="stable")
    enough = _messages(which[order], rows[first[order]], len(different)) >= min_messages
    chosen = enough[which]
    return keys[chosen], first[chosen]


def _messages(tokens: Integers, rows: NDArray[np.int32], n: int) -> Integers:
    """Messages of each term, for occurrences sorted by term and then by place."""
    new = np.ones(len(tokens), np.bool_)
    new[1:] = (tokens[1:] != tokens[:-1]) | (rows[1:] != rows[:-1])
    return np.bincount(tokens[new], minlength=n)


def _sizes(keys: Integers) -> Integers:
    """Units of each term: 1 of a word, else its characters."""
    sizes = np.ones(len(keys), np.int64)
    for size in range(1, LONGEST):
        sizes += keys >> (CHARACTER_BITS * size) > 0
    return sizes
