"""From raw text to clean text: one pure, idempotent function, in this order.

1. `tidy`: invisible, bidirectional and control characters go, blanks run together (and so a number cannot hide
   behind zero-width characters);
2. emoji go, with nothing in their place: a word that an emoji splits becomes whole again;
3. Traditional Chinese becomes Simplified, before the recognisers look for words around a number;
4. links go, personal data become placeholders (`scrubbing`), and blanks run together again.
"""

from collections.abc import Sequence

from collector.emoji import without_emoji
from collector.scrubbing import scrubbed
from core.text import simplified, tidy

_BETWEEN = "\x1f"
"""Stands between texts that are converted together; `tidy` has removed it from all of them."""


def clean(text: str, simplify: bool = True) -> str:
    """The clean form of one raw text. Lone surrogates become U+FFFD; any length."""
    return clean_all([text], simplify)[0]


def clean_all(texts: Sequence[str], simplify: bool = True) -> list[str]:
    """The clean forms of many raw texts, in their order. OpenCC is called once for all of them, which is faster."""
    plain = [tidy(without_emoji(tidy(text))) for text in texts]
    script = simplified(_BETWEEN.join(plain)).split(_BETWEEN) if simplify and plain else plain
    return [scrubbed(text) for text in script]
