"""The forms in which texts are searched: folded, without invisible characters, and without inserted marks.

Many texts are worked on at once, joined into one array of code points. A *place* is an index into that array.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.characters import HAN, INVISIBLE, LETTER, MARK, WORD, Characters, Codes, Kinds

Places = NDArray[np.int64]
_BETWEEN = "\0"
"""Between texts; a text that holds it is no harm, its own places are known."""

_IN_WORDS = np.isin(np.arange(256), (LETTER, WORD))
"""Kind → whether such a character continues a word."""


@dataclass(frozen=True)
class Joined:
    """Texts in one array, something before, between and after them.

    starts, ends: the place of each text's first character, and one past its last.
    """

    codes: Codes
    starts: Places
    ends: Places

    @classmethod
    def of(cls, texts: pl.Series) -> "Joined":
        """Join the texts of a column; null counts as empty."""
        filled = texts.fill_null("")
        lengths = filled.str.len_chars().to_numpy().astype(np.int64)
        text = f"{_BETWEEN}{filled.str.join(_BETWEEN).item() or ''}{_BETWEEN}"
        ends = np.cumsum(lengths + 1)
        return cls(np.frombuffer(text.encode("utf-32-le"), "<u4"), ends - lengths, ends)


@dataclass(frozen=True)
class Layer:
    """One form of joined texts. codes, kinds: of its characters; origin: their places, rising; None: all are there."""

    codes: Codes
    kinds: Kinds
    origin: Places | None = None

    def places(self, at: Places) -> Places:
        """Where characters of this layer stand in the joined texts."""
        return at if self.origin is None else self.origin[at]

    def at(self, places: Places) -> Places:
        """Where the characters of these places stand in this layer, or else the next ones after them."""
        return places if self.origin is None else np.searchsorted(self.origin, places)

    def some(self, wanted: NDArray[np.bool_]) -> "Layer":
        """The layer with these of its characters."""
        at = np.flatnonzero(wanted)
        return Layer(self.codes[at], self.kinds[at], self.places(at))

    def texts(self, joined: Joined) -> list[str]:
        """What this layer makes of each of the joined texts."""
        whole = self.codes.tobytes().decode("utf-32-le")
        bounds = zip(self.at(joined.starts).tolist(), self.at(joined.ends).tolist(), strict=True)
        return [whole[start:end] for start, end in bounds]


def visible(joined: Joined, characters: Characters) -> Layer:
    """The texts folded, without invisible characters."""
    codes, kinds = characters(joined.codes)
    seen = kinds != INVISIBLE
    return Layer(codes, kinds) if seen.all() else Layer(codes, kinds).some(seen)


def inserted(layer: Layer) -> NDArray[np.bool_]:
    """Which characters are marks that stand where a writer may have put them between the characters of a term.

    They are the runs of marks between two units. A unit is a Chinese character, or a letter that stands alone: neither
    its neighbour before nor the one after it in the layer is a letter or digit.
    """
    is_inserted = np.zeros(len(layer.codes), np.bool_)
    marks = np.flatnonzero(layer.kinds == MARK)
    begins = np.flatnonzero(np.diff(marks, prepend=-2) > 1)
    run_ends = np.append(begins[1:], len(marks))[: len(begins)]
    between = _are_units(layer.kinds, marks[begins] - 1)
    between[between] = _are_units(layer.kinds, marks[run_ends[between] - 1] + 1)
    is_inserted[marks] = np.repeat(between, run_ends - begins)
    return is_inserted


def _are_units(kinds: Kinds, at: Places) -> NDArray[np.bool_]:
    here = kinds[at]
    units = here == HAN
    letters = np.flatnonzero(here == LETTER)
    # There is something before and after every letter, at least what stands around the texts.
    units[letters] = ~(_IN_WORDS[kinds[at[letters] - 1]] | _IN_WORDS[kinds[at[letters] + 1]])
    return units


def layers(joined: Joined, characters: Characters, *, skip_marks: bool) -> Iterator[Layer]:
    """The forms in which the texts are searched: all texts visible, then without inserted marks those that have any.

    Every layer keeps what stands before, between and after its texts.
    """
    folded = visible(joined, characters)
    yield folded
    if not skip_marks:
        return
    marks = inserted(folded)
    if marks.any():
        rows = np.searchsorted(joined.starts, folded.places(np.flatnonzero(marks)), side="right") - 1
        has_marks = np.zeros(len(joined.starts), np.bool_)
        has_marks[rows] = True
        starts = folded.at(joined.starts)
        in_rows = np.repeat(has_marks, np.diff(starts, append=len(folded.codes)))
        yield folded.some(np.concatenate([np.ones(starts[0], np.bool_), in_rows]) & ~marks)
