"""Compatibility characters that only look different: NFKC, but only where it does no harm.

Folded: full-width letters and digits, letters and digits in mathematical styles, digits drawn as keys, Latin ligatures,
and the radicals and compatibility forms of Chinese characters. Kept: full-width punctuation, which Chinese is written
with; circled numbers, fractions, powers and units, which NFKC would run into what stands before them (3² is not 32);
ellipses; and half-width kana and other signs that faces such as (ﾟДﾟ) are drawn with.
"""

import re
import unicodedata

_ONLY_LOOKS_DIFFERENT = re.compile(
    "[\u2e9f\u2ef3\u2f00-\u2fd5\uf900-\ufaff\ufb00-\ufb06\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\U0001d400-\U0001d7ff\U0002f800-\U0002fa1f]+"
)
_KEY = re.compile("([0-9])\ufe0f?\u20e3")


def narrowed(text: str) -> str:
    """The text with such characters as the ordinary ones that they stand for; idempotent."""
    return text if text.isascii() else _KEY.sub(r"\1", _ONLY_LOOKS_DIFFERENT.sub(_ordinary, text))


def _ordinary(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])
