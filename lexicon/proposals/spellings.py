"""Other spellings of a Chinese signal word that can be written down in advance: pinyin, initials, split characters."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lexicon.proposals.pronunciation import syllables
from lexicon.proposals.units import is_chinese

LONGEST = 6
"""Longer terms are not spelled otherwise as a whole."""
SHORT_PINYIN = 5
"""Pinyin of so few letters or fewer is a common word in some language often enough."""

HOMOPHONE, ABBREVIATION = "homophone", "abbreviation"


@dataclass(frozen=True, order=True)
class Spelling:
    """Another spelling of a signal word. how: in words. doubtful: many other words may be spelled like it.

    category: name under which lexicons keep such terms; empty: that of the term.
    """

    text: str
    term: str
    how: str
    doubtful: bool = False
    category: str = HOMOPHONE


def spellings(terms: Iterable[str]) -> list[Spelling]:
    """The other spellings of Chinese terms of two to `LONGEST` characters, sorted; other terms have none.

    One spelling may be that of several terms. Every term is spelled in pinyin, joined and apart; in initials; with one
    of its characters as a syllable or as its initial; and with one or all of its characters split into their parts.
    """
    found: set[Spelling] = set()
    for term in terms:
        if is_chinese(term) and 2 <= len(term) <= LONGEST:
            found.update(_romanised(term), _split(term))
    return sorted(found)


def _romanised(term: str) -> Iterator[Spelling]:
    sounds = syllables(term)
    initials = "".join(sound[0] for sound in sounds)
    for pinyin in ("".join(sounds), " ".join(sounds)):
        yield Spelling(pinyin, term, f"pinyin of {term}", len("".join(sounds)) <= SHORT_PINYIN)
    yield Spelling(initials, term, f"initials of {term} ({' '.join(sounds)})", True, ABBREVIATION)
    for place, sound in enumerate(sounds):
        before, after = term[:place], term[place + 1 :]
        yield Spelling(f"{before}{sound}{after}", term, f"{term} with {term[place]} in pinyin")
        how = f"{term} with the initial of {term[place]}"
        yield Spelling(f"{before}{sound[0]}{after}", term, how, True, ABBREVIATION)


def _split(term: str) -> Iterator[Spelling]:
    """One character split, each way there is; and all that can be, the first way."""
    parts = split_characters()
    for place, character in enumerate(term):
        for split in parts.get(character, ()):
            text = f"{term[:place]}{split}{term[place + 1 :]}"
            yield Spelling(text, term, f"{term} with {character} split into {split}")
    whole = "".join(parts[character][0] if character in parts else character for character in term)
    if sum(character in parts for character in term) > 1:
        yield Spelling(whole, term, f"{term} with its characters split into {whole}")


@cache
def split_characters() -> dict[str, tuple[str, ...]]:
    """Character → the ways to write it as its parts, one after another: 相 → 木目. From data/split_characters.csv."""
    text = files("lexicon").joinpath("data", "split_characters.csv").read_text(encoding="utf-8")
    rows = [(row["character"], row["parts"]) for row in csv.DictReader(text.splitlines())]
    characters = dict.fromkeys(character for character, _ in rows)
    return {character: tuple(parts for other, parts in rows if other == character) for character in characters}
