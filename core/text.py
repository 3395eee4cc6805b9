"""Text normalisation that messages and lexicon terms share, so that a term matches however it was typed.

opencc has its only home here.
"""

import re
import unicodedata
from functools import cache
from typing import Protocol

_INVISIBLE = dict.fromkeys(
    [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x206A), 0xFEFF, 0x00AD]
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
# Finds whatever `tidy` might change in a text; most chat messages are ASCII, Chinese and punctuation in one line.
_UNTIDY = re.compile("[^ -~\u4e00-\u9fff\u3001-\u3011\uff01-\uff5e\u2014\u2018-\u201d\u2026]|  |^ | \\Z")


class _Fold(dict[int, int]):
    """Character → its narrow, lower-case form where that is one character too, filled in as characters turn up."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        narrow = unicodedata.normalize("NFKC", character)
        lower = (narrow if len(narrow) == 1 else character).lower()
        self[code] = ord(lower) if len(lower) == 1 else code
        return self[code]


_FOLD = _Fold()

# 著 stays where it is read zhù: names of works, being known for something. Elsewhere it is the particle 着, which t2s
# leaves alone; tw2s converts it, at the price of taking the 么 of Simplified questions for 幺. What stands around 著
# tells the two apart: 著名 but 有著名字, 论著 but 讨论著, 合著 but 合著眼; 著 alone after a blank and a name is "by".
_WORK_AFTER = (
    "名(?![字单牌片额次著])|作(?![业弊证答乐息废])|[称者述录译]|书立|有(?:《|[一二两三四五六七八九十百多数]*[部本篇卷])"
)
_PARTICLE = re.compile(
    f"著(?:(?<![名原巨专拙遗显昭卓土撰所译论编合 ]著)(?!{_WORK_AFTER})|(?<= 著)(?=\\w)(?!{_WORK_AFTER})"
    "|(?<=[议讨谈争评辩推]论著)|(?<=编著)(?=辫|故事)|(?<=合著)(?=眼))"
)


class Converter(Protocol):
    """What this module needs of OpenCC."""

    def convert(self, text: str) -> str: ...


@cache
def _converter() -> Converter:
    from opencc import OpenCC

    return OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional Chinese to Simplified, character lengths kept; idempotent. Lone surrogates become U+FFFD first.

    The particle 著 becomes 着 (看著 → 看着), and 著 in 著名, 名著, 著作 and the like stays.
    """
    # OpenCC turns 薴 into 苧 and 苧 into 苎: the one character that needs a second step.
    script = _converter().convert(_SURROGATE.sub("\ufffd", text)).replace("苧", "苎")
    return _PARTICLE.sub("着", script) if "著" in script else script


def tidy(text: str) -> str:
    """Text without invisible, bidirectional and control characters, blanks run together, lines trimmed; idempotent.

    Composed by NFC. Width is kept: full-width punctuation carries meaning for readers of Chinese.
    """
    if _UNTIDY.search(text) is None:
        return text
    composed = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", text))
    visible = _CONTROL.sub("", composed.replace("\r\n", "\n").translate(_INVISIBLE))
    return unicodedata.normalize("NFC", _LINES.sub("\n", _BLANKS.sub(" ", visible)).strip())


def normalised(text: str) -> str:
    """The form in which lexicon terms and message content meet: tidy and Simplified."""
    return tidy(simplified(tidy(text)))


def folded(text: str) -> str:
    """Text for matching: full width and case folded character by character, so offsets stay those of ``text``."""
    return text.translate(_FOLD)
