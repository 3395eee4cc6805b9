"""A prefix tree of all terms, walked from every place of a text at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lexicon.characters import Codes
from lexicon.layers import Places

Numbers = NDArray[np.int64]


_TABLE = (1 << 22) - 1
"""The last place of the table of pairs: room for the pairs of 2,048 symbols; with more of them some share a place."""


class Trie:
    """Finds all occurrences of terms, overlapping ones included.

    Node 0 is the root. Node n + 1 is where edge n leads: ``_edges[n]`` is its parent times the size of the alphabet
    plus its symbol, and the edges rise. A symbol stands for a character of the terms, 0 for all other characters.
    Most places of a text are ruled out by a table of the pairs of symbols at which a term may begin.
    """

    def __init__(self, terms: Sequence[str]) -> None:
        """terms: distinct, none empty."""
        codes = np.frombuffer("".join(terms).encode("utf-32-le"), "<u4")
        alphabet = np.unique(codes)
        self._size = len(alphabet) + 1
        self._symbols = np.zeros(0x110000, np.uint32)
        self._symbols[alphabet] = np.arange(1, self._size)
        lengths = np.array([len(term) for term in terms], np.int64)
        self._grow(self._symbols[codes], lengths)

    def _grow(self, symbols: NDArray[np.uint32], lengths: Numbers) -> None:
        """Make the edges, one level after another."""
        begins = np.cumsum(lengths) - lengths
        nodes = np.zeros(len(lengths), np.int64)
        levels: list[Numbers] = [np.zeros(0, np.int64)]
        made = 1
        for depth in range(int(lengths.max(initial=0))):
            longer = lengths > depth
            level, which = np.unique(nodes[longer] * self._size + symbols[begins[longer] + depth], return_inverse=True)
            nodes[longer] = made + which
            levels.append(level)
            made += len(level)
        self._edges = np.concatenate(levels)
        self._term_at = np.full(made, -1, np.int64)
        self._term_at[nodes] = np.arange(len(lengths))
        self._may_begin = np.zeros(_TABLE + 1, np.bool_)
        first, longer = symbols[begins], lengths > 1
        self._may_begin[(first[longer] * self._size + symbols[begins[longer] + 1]) & _TABLE] = True
        for symbol in first[~longer].tolist():
            self._may_begin[(symbol * self._size + np.arange(self._size)) & _TABLE] = True

    def find(self, codes: Codes) -> tuple[Numbers, Places, Places]:
        """Every occurrence in a text: number of the term, places of its first and last character; in no useful order.

        No term is looked for at the last character: the text should end with one that is in no term.
        """
        symbols = self._symbols[codes]
        pairs = symbols[:-1] * np.uint32(self._size) + symbols[1:]
        at = last = np.flatnonzero(self._may_begin[pairs & np.uint32(_TABLE)])
        nodes = np.zeros_like(at)
        found = [(nodes[:0], at[:0], last[:0])]
        while len(at):
            nodes = self._step(nodes, symbols.take(last, mode="clip"))
            going = np.flatnonzero((nodes > 0) & (last < len(symbols)))
            at, last, nodes = at[going], last[going], nodes[going]
            terms = self._term_at[nodes]
            hits = np.flatnonzero(terms >= 0)
            found.append((terms[hits], at[hits], last[hits]))
            last = last + 1
        numbers, first, ends = (np.concatenate(column) for column in zip(*found, strict=True))
        return numbers, first, ends

    def _step(self, nodes: Numbers, symbols: NDArray[np.uint32]) -> Numbers:
        """The nodes that the symbols lead to; 0 where there is no such edge."""
        wanted = nodes * self._size + symbols
        edge = np.searchsorted(self._edges, wanted)
        return np.where(self._edges.take(edge, mode="clip") == wanted, edge + 1, 0)
