"""Near-duplicates among candidates, so that the experts see together what belongs together."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from lexicon.proposals.pronunciation import sound
from lexicon.proposals.units import is_chinese

NEARLY = 0.8
"""Counts are nearly equal when the smaller is at least this share of the larger."""
LONG = 4
"""Least length of terms that may differ in one character; a Latin letter counts half."""
ENDING = 2
"""Most letters by which a word may be longer than another of four or more and still hold it."""


def groups(counts: Mapping[str, int]) -> dict[str, str]:
    """Term → the term that stands for its group: the most frequent one, of equals the shortest, then the first.

    counts: term → occurrences. Two terms are near-duplicates when they are the same but for punctuation and blanks;
    when one contains the other and their counts are nearly equal; when they sound the same and one of them has two
    Chinese characters; or when they differ by one character, inserted, left out or replaced, and both are `LONG`.
    A group is all terms that such pairs connect. The order of ``counts`` makes no difference.
    """
    parent = {term: term for term in counts}

    def root(term: str) -> str:
        while parent[term] != term:
            parent[term] = parent[parent[term]]
            term = parent[term]
        return term

    for one, other in _pairs(counts):
        first, last = sorted((root(one), root(other)), key=lambda term: (-counts[term], len(term), term))
        parent[last] = first
    return {term: root(term) for term in counts}


def _pairs(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    yield from _alike((_bare(term), term) for term in counts)
    yield from _contained(counts)
    yield from _alike((sound(term), term) for term in counts if sum(map(is_chinese, term)) > 1 or _spelled(term))
    yield from _one_apart(term for term in counts if _length(term) >= LONG)


def _alike(keyed: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pairs that connect all terms of the same key; an empty key connects none."""
    first: dict[str, str] = {}
    for key, term in keyed:
        if key:
            yield first.setdefault(key, term), term


def _bare(term: str) -> str:
    return "".join(character for character in term if character.isalnum())


def _spelled(term: str) -> bool:
    """Whether a term could be pinyin of two syllables or a mixture of pinyin and characters."""
    return len(_bare(term)) > 3


def _contained(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for term, count in counts.items():
        for start, end in combinations(range(len(term) + 1), 2):
            part = term[start:end]
            if part == term or part not in counts or not _cut(term, start, end):
                continue
            if min(count, counts[part]) >= NEARLY * max(count, counts[part]):
                yield part, term


def _cut(term: str, start: int, end: int) -> bool:
    """Whether both cuts are between characters or words: ``low`` is no part of ``following``, but of an inflection."""
    opens = start == 0 or not _in_word(term[start - 1 : start + 1])
    closes = end == len(term) or not _in_word(term[end - 1 : end + 1])
    inflected = end - start >= LONG and len(term) - end <= ENDING
    return opens and (closes or inflected)


def _in_word(pair: str) -> bool:
    return pair.isascii() and pair.isalnum()


def _length(term: str) -> float:
    return sum(1.0 if is_chinese(character) else 0.5 for character in term)


def _one_apart(terms: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs that connect all terms that differ by one character: a replaced one leaves the same place open in both, an
    inserted one leaves the other term."""
    long = list(terms)
    known = set(long)
    shortened = [(place, term[:place] + term[place + 1 :], term) for term in long for place in range(len(term))]
    yield from _alike((f"{place} {rest}", term) for place, rest, term in shortened)
    yield from ((rest, term) for _, rest, term in shortened if rest in known)
