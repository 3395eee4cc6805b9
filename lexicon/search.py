"""The search itself: every occurrence of every term in many texts, in one pass over each form of the texts."""

from collections.abc import Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lexicon.characters import Characters, Codes
from lexicon.layers import Joined, Layer, Places, inserted, layers, visible
from lexicon.trie import Trie

BYTES_AT_ONCE = 6 << 20
"""Longer columns are searched in pieces of about this size (UTF-8), so that memory does not grow with them."""
HITS = {"row": pl.Int64, "entry": pl.UInt32, "start": pl.Int64, "end": pl.Int64}
_FOUND = {"number": pl.UInt32, "row": pl.Int64, "start": pl.Int64, "end": pl.Int64}


class Search:
    """Looks for terms in texts. Made once for a lexicon, used on any number of columns of texts.

    A term occurs in a text where a form of the term stands in a form of the text: each as it is, and each without its
    inserted marks (see `lexicon.layers`); always folded and without invisible characters.
    whole_words: an occurrence that begins or ends with a Latin letter or digit must not touch another one there.
    inserted_marks: whether the forms without them are searched.
    """

    def __init__(self, terms: pl.Series, *, whole_words: bool = False, inserted_marks: bool = True) -> None:
        self._characters = Characters()
        self._whole_words = whole_words
        self._skip_marks = inserted_marks
        forms = self._forms_of(terms).filter(pl.col("form") != "").unique(maintain_order=True)
        distinct = forms.select(pl.col("form").unique(maintain_order=True)).with_row_index("number")
        self._trie = Trie(distinct["form"].to_list())
        self._entries = forms.join(distinct, on="form").select("number", "entry")

    def _forms_of(self, terms: pl.Series) -> pl.DataFrame:
        """form, entry: the forms of every term, and its place in the terms."""
        joined = Joined.of(terms)
        folded = visible(joined, self._characters)
        found = [folded] + ([folded.some(~inserted(folded))] if self._skip_marks else [])
        entry = pl.int_range(len(terms), dtype=pl.UInt32, eager=True)
        frames = [pl.DataFrame({"form": layer.texts(joined), "entry": entry}) for layer in found]
        return pl.concat(frames)

    def __call__(self, texts: pl.Series) -> pl.DataFrame:
        """Every occurrence, ordered by text, start, the longer first, then the order of the terms.

        row: place of the text in the column; entry: place of the term in the terms; start, end: offsets in the text of
        the occurrence's first character and of one past its last one. Key row, entry, start.
        """
        if texts.is_empty():
            return pl.DataFrame(schema=HITS)
        return pl.concat([self._piece(texts[first:end], first) for first, end in _pieces(texts)])

    def _piece(self, texts: pl.Series, offset: int) -> pl.DataFrame:
        joined = Joined.of(texts)
        searched = list(layers(joined, self._characters, skip_marks=self._skip_marks))
        found = pl.concat([self._occurrences(layer, searched[0], joined) for layer in searched])
        hits = found.join(self._entries, on="number").select(pl.col("row") + offset, "entry", "start", "end")
        # A term that stands in both forms of a text, or with both of its own, is there once.
        return hits.unique(["row", "entry", "start"]).sort(
            "row", "start", "end", "entry", descending=[False, False, True, False]
        )

    def _occurrences(self, layer: Layer, folded: Layer, joined: Joined) -> pl.DataFrame:
        """number (of the form), row, start, end of every occurrence in one form of the texts."""
        number, first, last = self._trie.find(layer.codes)
        begin, end = layer.places(first), layer.places(last) + 1
        row = np.searchsorted(joined.starts, begin, side="right") - 1
        wanted = np.flatnonzero((row >= 0) & (end <= joined.ends[row]))
        if self._whole_words:
            wanted = wanted[~_inside_word(folded, begin[wanted], end[wanted])]
        number, row, begin, end = number[wanted], row[wanted], begin[wanted], end[wanted]
        offset = joined.starts[row]
        return pl.DataFrame({"number": number, "row": row, "start": begin - offset, "end": end - offset}, schema=_FOUND)


def _pieces(texts: pl.Series) -> Iterator[tuple[int, int]]:
    """Where to cut a column of texts, which has some: (first, end) rows of pieces of about BYTES_AT_ONCE."""
    begins = texts.str.len_bytes().fill_null(0).cast(pl.Int64).cum_sum().shift(1, fill_value=0).to_numpy()
    cuts = np.flatnonzero(np.diff(begins // BYTES_AT_ONCE, prepend=-1)).tolist()
    yield from zip(cuts, [*cuts[1:], len(texts)], strict=True)


def _inside_word(folded: Layer, begin: Places, end: Places) -> NDArray[np.bool_]:
    """Whether an edge of the occurrences lies inside a Latin word."""
    first, last = folded.at(begin), folded.at(end - 1)
    latin = _is_latin(folded.codes)
    return (latin[first] & latin[first - 1]) | (latin[last] & latin[last + 1])


def _is_latin(codes: Codes) -> NDArray[np.bool_]:
    """Letters and digits of Latin script and the underscore."""
    lower = codes | 0x20
    ascii_word = ((codes >= 0x30) & (codes <= 0x39)) | ((lower >= 0x61) & (lower <= 0x7A) & (codes < 0x80))
    return ascii_word | (codes == 0x5F) | ((codes >= 0xC0) & (codes <= 0x24F))
