"""What each character is to matching: its folded form, and its kind."""

import unicodedata

import numpy as np
from numpy.typing import NDArray

from core.text import folded

Codes = NDArray[np.uint32]
Kinds = NDArray[np.uint8]

OTHER, HAN, LETTER, WORD, MARK, INVISIBLE = range(1, 7)
"""Kinds of characters. LETTER: of a script with upper and lower case. WORD: whatever else stands in words, as digits
and letters of other scripts do. MARK: may be put between the characters of a term. 0 stands for: not looked up yet."""

MARKS = frozenset(".·•‧∙⋅・‥…⋯*∗/⁄∕\\|¦+=~∼^`#\tー")
"""Marks besides blanks, dashes and underscores. What ends a sentence or a clause or sets off a quotation is none."""
_MARK_CATEGORIES = frozenset({"Zs", "Pd", "Pc"})
_HAN = ((0x3005, 0x3005), (0x3007, 0x3007), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))
# Unicode's default ignorable code points; and strokes, rings and the like, which are drawn over the character before.
_INVISIBLE = (
    (0xAD, 0xAD), (0x300, 0x36F), (0x488, 0x489), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x20D0, 0x20F0), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip


def kind_of(character: str) -> int:
    """The kind of a folded character."""
    code, category = ord(character), unicodedata.category(character)
    if _within(code, _HAN):
        return HAN
    if _within(code, _INVISIBLE):
        return INVISIBLE
    if character in MARKS or category in _MARK_CATEGORIES:
        return MARK
    if character.upper() != character:
        return LETTER
    return WORD if category[0] in "LMN" else OTHER


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


class Characters:
    """Folded form and kind of every character, worked out as characters turn up."""

    def __init__(self) -> None:
        self._folded = np.zeros(0x110000, np.uint32)
        self._kinds = np.zeros(0x110000, np.uint8)

    def __call__(self, codes: Codes) -> tuple[Codes, Kinds]:
        """The folded code points and the kinds of code points, one for one."""
        kinds = self._kinds[codes]
        if not kinds.all():
            new = np.zeros(0x110000, np.bool_)
            new[codes[kinds == 0]] = True
            for code in np.flatnonzero(new).tolist():
                character = folded(chr(code))
                self._folded[code], self._kinds[code] = ord(character), kind_of(character)
            kinds = self._kinds[codes]
        return self._folded[codes], kinds
