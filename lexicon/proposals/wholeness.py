"""Whether a run of Chinese characters could be a word.

Chinese is written without blanks, so every run is counted, and measures that new-word detection uses everywhere say
which ones hold together: pointwise mutual information of the parts (Church and Hanks 1990; Sproat and Shih 1990), the
entropy of the neighbours on either side (Tung and Lee 1994), and whether one and the same longer run nearly always
holds it. Words in Latin letters are whole by nature: infinite cohesion and freedom, and no fragments.

keys, sizes, counts: of terms, keys ascending, as in `lexicon.proposals.vocabulary.Vocabulary`.
"""

import numpy as np
from numpy.typing import NDArray

from lexicon.proposals.units import CHARACTER_BITS

COHESION = 1.5
"""Least pointwise mutual information, natural logarithm, of a run's weakest split."""
FREEDOM = 0.6
"""Least entropy, natural logarithm, of the neighbours on the more predictable side; two in even use have 0.69."""
FRAGMENT = 0.8
"""A run that one longer run holds in this share of its occurrences is a fragment of that."""
NEVER_FIRST, NEVER_LAST = "么们的吗呢吧嘛", "的很把被和跟"
"""Characters that no word begins with, and ones that no word ends with: particles, suffixes, prepositions."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def cohesion(keys: Integers, sizes: Integers, counts: Integers, singles: Integers) -> Floats:
    """ln(p(run) / (p(left) p(right))) at the split where it is least; p: occurrences / characters of the corpus.

    singles: occurrences of each character by its code; what stands for other units, code 0, is not counted. The parts
    of a run are among the terms, since they stand wherever it does.
    """
    total = max(float(singles[1:].sum()), 1.0)
    least = np.full(len(keys), np.inf)
    for size in range(2, int(sizes.max(initial=1)) + 1):
        of_size = np.flatnonzero(sizes == size)
        for split in range(1, size):
            left = keys[of_size] >> (CHARACTER_BITS * (size - split))
            right = _last(keys[of_size], size - split)
            apart = _count(left, split, keys, counts, singles) * _count(right, size - split, keys, counts, singles)
            least[of_size] = np.minimum(least[of_size], np.log(counts[of_size] * total / apart))
    return least


def _last(keys: Integers, size: int) -> Integers:
    """Keys of the last ``size`` characters."""
    return keys & (2 ** (CHARACTER_BITS * size) - 1)


def _count(parts: Integers, size: int, keys: Integers, counts: Integers, singles: Integers) -> Floats:
    found = singles[parts] if size == 1 else counts[np.searchsorted(keys, parts)]
    return found.astype(np.float64)


def freedom(codes: Integers, sizes: Integers, counts: Integers, tokens: Integers, first: Integers) -> Floats:
    """Entropy of what stands before and of what stands behind, the smaller of the two.

    A break is a neighbour unlike any other, each time: a term that people send as a whole message is as free as can be.
    codes: of the units, 0 a break. tokens, first: of occurrences, the term and the first unit.
    """
    padded = np.concatenate([[0], codes, [0]])
    before = _entropy(tokens, padded[first], counts)
    behind = _entropy(tokens, padded[first + sizes[tokens] + 1], counts)
    return np.where(sizes > 1, np.minimum(before, behind), np.inf)


def _entropy(tokens: Integers, neighbours: Integers, counts: Integers) -> Floats:
    """ln n − Σ c ln c / n, with c occurrences of a neighbour among n."""
    least = int(neighbours.min(initial=0))
    width = int(neighbours.max(initial=0)) - least + 1
    beside = neighbours != 0
    pairs, together = np.unique(tokens[beside] * width + (neighbours[beside] - least), return_counts=True)
    known = np.bincount(pairs // width, weights=together * np.log(together), minlength=len(counts))
    return np.log(counts) - known / counts


def fragment(keys: Integers, sizes: Integers, counts: Integers) -> Floats:
    """The largest share of a run's occurrences that lie within one run that is a character longer."""
    share = np.zeros(len(keys), np.float64)
    for size in range(3, int(sizes.max(initial=1)) + 1):
        longer = np.flatnonzero(sizes == size)
        for part in (keys[longer] >> CHARACTER_BITS, _last(keys[longer], size - 1)):
            place = np.searchsorted(keys, part)
            np.maximum.at(share, place, counts[longer] / counts[place])
    return share


def possible(keys: Integers, sizes: Integers, characters: list[str]) -> Flags:
    """Whether a run begins and ends with characters that words begin and end with."""
    opens = np.array([character == "" or character not in NEVER_FIRST for character in characters])
    closes = np.array([character == "" or character not in NEVER_LAST for character in characters])
    run = np.flatnonzero(sizes > 1)
    found = np.ones(len(keys), np.bool_)
    found[run] = opens[keys[run] >> (CHARACTER_BITS * (sizes[run] - 1))] & closes[_last(keys[run], 1)]
    return found
