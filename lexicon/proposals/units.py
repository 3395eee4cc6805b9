"""Messages as one array of units: a Chinese character, a word in Latin letters, or a break between them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.text import folded

BREAK, SPACE = 0, -1
CHARACTER_BITS = 15
"""Characters of the two oldest Chinese blocks fit into 15 bits, so that four of them make one 64-bit key."""

_CHINESE = "〇\u3400-\u4dbf\u4e00-\u9fff"
_LETTERS = "0-9A-Za-zÀ-ɏ_"
_END = "\x00"  # cleaning leaves no control character in a message
_PIECE = re.compile(
    rf"{_END}|〈[^〉{_END}]*〉|〔[^〕{_END}]*〕|[{_CHINESE}]|[{_LETTERS}]+(?:['’][{_LETTERS}]+)*"
    rf"|\s+|[^\s{_END}〈〔{_CHINESE}{_LETTERS}]+|.",
    re.DOTALL,
)
_CHUNK = 5_000


def is_chinese(text: str) -> bool:
    """Whether a text is Chinese characters of these two blocks, and nothing else."""
    return re.fullmatch(f"[{_CHINESE}]+", text) is not None


class _Codes(dict[str, int]):
    """Piece → code, given out as pieces turn up: characters count up from 1, words down from −2."""

    def __init__(self) -> None:
        super().__init__()
        self.characters: list[str] = [""]
        self.words: list[str] = ["", ""]

    def __missing__(self, piece: str) -> int:
        if re.match(f"[{_CHINESE}]", piece):
            self[piece] = len(self.characters)
            self.characters.append(piece)
        elif re.match(f"[{_LETTERS}]", piece):
            self[piece] = -len(self.words)
            self.words.append(piece)
        else:
            self[piece] = SPACE if piece.isspace() else BREAK
        return self[piece]


@dataclass(frozen=True)
class Units:
    """All messages, one after another, each ended by a break. Content is folded as terms are.

    codes: of each unit: 0 a break (punctuation, a placeholder such as 〔方法〕, a blank next to Chinese, an end),
    from 1 a character, from −2 down a word. starts: offset of the unit's first character, counted over all messages;
    offsets: of each message and, last, of the end. rows: the message of each unit.
    Characters outside the blocks 3400–4DBF and 4E00–9FFF are breaks.
    """

    codes: NDArray[np.int32]
    starts: NDArray[np.int64]
    offsets: NDArray[np.int64]
    rows: NDArray[np.int32]
    characters: list[str]
    words: list[str]

    @property
    def n_messages(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Character → code."""
        return {character: code for code, character in enumerate(self.characters) if code}

    @cached_property
    def character_counts(self) -> dict[str, int]:
        """Character → occurrences."""
        counts = np.bincount(np.maximum(self.codes, 0), minlength=len(self.characters)).tolist()
        return {character: counts[code] for character, code in self.numbers.items()}

    def text(self, key: int) -> str:
        """The term of a key: of a word its code, of characters their codes, 15 bits each, the last one lowest."""
        if key < 0:
            return self.words[-key]
        text = ""
        while key:
            text = self.characters[key & (2**CHARACTER_BITS - 1)] + text
            key >>= CHARACTER_BITS
        return text

    def key(self, text: str) -> int:
        """The key of a run of up to four characters; 0 when the corpus lacks one of them."""
        key = 0
        for character in text:
            if character not in self.numbers:
                return 0
            key = (key << CHARACTER_BITS) | self.numbers[character]
        return key

    def inside(
        self, rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First unit and one past the last unit that spans of characters touch, for offsets within messages."""
        base = self.offsets[rows]
        first = np.searchsorted(self.starts, base + starts, side="right") - 1
        return first, np.searchsorted(self.starts, base + ends, side="left")

    def place(self, unit: int, length: int) -> tuple[int, int, int]:
        """Row, start and end (offsets in content) of ``length`` characters from a unit on."""
        row = int(self.rows[unit])
        start = int(self.starts[unit] - self.offsets[row])
        return row, start, start + length

    def masked(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For every unit whether one of the spans of units covers it."""
        depth = np.zeros(len(self.codes) + 1, np.int32)
        np.add.at(depth, first, 1)
        np.subtract.at(depth, end, 1)
        return np.cumsum(depth[:-1]) > 0


def units_of(contents: pl.Series) -> Units:
    """The units of messages. contents: text as stored, in the order that ``rows`` counts in."""
    codes = _Codes()
    parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    lengths: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    for chunk in _chunks(contents):
        pieces = _PIECE.findall(chunk)
        parts.append(np.fromiter(map(codes.__getitem__, pieces), np.int32, len(pieces)))
        lengths.append(np.fromiter(map(len, pieces), np.int64, len(pieces)))
    ends = np.cumsum(np.concatenate(lengths))
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])[: len(ends)]
    coded, kept = _without_soft_blanks(np.concatenate(parts))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(contents.str.len_chars().to_numpy() + 1)])
    rows = (np.searchsorted(offsets, starts[kept], side="right") - 1).astype(np.int32)
    return Units(coded, starts[kept], offsets, rows, codes.characters, codes.words)


def _chunks(contents: pl.Series) -> Iterator[str]:
    for start in range(0, len(contents), _CHUNK):
        part: Iterable[str] = contents[start : start + _CHUNK].to_list()
        yield folded(_END.join(part) + _END)


def _without_soft_blanks(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The codes without blanks between two words, which belong together, and where they stood; other blanks break."""
    word = codes < SPACE
    soft = np.zeros(len(codes), bool)
    soft[1:-1] = (codes[1:-1] == SPACE) & word[:-2] & word[2:]
    kept = np.flatnonzero(~soft)
    coded = codes[kept]
    coded[coded == SPACE] = BREAK
    return coded, kept
