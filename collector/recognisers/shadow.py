"""The shadow of a text: what the recognisers look at instead of it, character for character of the same length."""

import re
import unicodedata

from collector.recognisers.recogniser import PLACEHOLDERS
from core.text import folded

_COMMON = "\x00-\x7f\u3001-\u3011\u4e00-\u9fff\u2014\u2018\u2019\u201c\u201d\u2026（）！，；？"
_FOLDABLE = re.compile(f"[^{_COMMON}]")
_KINDS = "|".join(mark.strip("〈〉") for mark in PLACEHOLDERS.values())
_PLACEHOLDER = re.compile(f"〈(?:{_KINDS}|成员:[0-9a-f]{{6}})〉")
_MASK = "\ue000"

NUMERAL = "〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖弌弍弎幺两拐洞勾"
NUMERALS = str.maketrans(NUMERAL, "00012345678912345678912312709")
"""Chinese numerals that stand for one digit, among them those spoken on the telephone: 幺 1, 两 2, 拐 7, 洞 0, 勾 9."""


class _Shadows(dict[int, int]):
    """Character → its shadow, filled in as characters turn up: the digit that it shows (①, ❸, ٣, ⒋), or its narrow,
    lower-case form. Full-width punctuation keeps its width: a link ends there.
    """

    def __missing__(self, code: int) -> int:
        character = chr(code)
        digit = unicodedata.digit(character, None)
        self[code] = ord(folded(character) if digit is None else str(digit))
        return self[code]


_SHADOWS = _Shadows({ord(mark): ord(mark) for mark in "（）！，；？"})


def shadow_of(text: str) -> str:
    """Narrow and lower case, digits of all kinds as 0 to 9, placeholders masked so that nothing is found in them."""
    shadow = text.translate(_SHADOWS) if _FOLDABLE.search(text) else text.lower()
    return _PLACEHOLDER.sub(_masked, shadow) if "〈" in shadow else shadow


def with_numerals(shadow: str) -> str:
    """The shadow with Chinese numerals as digits too."""
    return shadow.translate(NUMERALS)


def _masked(match: re.Match[str]) -> str:
    return f"〈{_MASK * (len(match[0]) - 2)}〉"
