"""From raw text to clean text: one pure, idempotent function, in this order.

1. `narrowed`: letters, digits and Chinese characters that only look different become the ordinary ones;
2. `tidy`: invisible, bidirectional and control characters go, blanks run together (and so a number cannot hide
   behind zero-width characters);
3. emoji go, with nothing in their place: a word that an emoji splits becomes whole again. The codes of emoji and
   stickers, such as ``[捂脸]``, leave a blank;
4. Traditional Chinese becomes Simplified, before the recognisers look for words around a number;
5. a character that is repeated more often than ``collect.repeat_limit`` is repeated so often (0: as it was);
6. links go, personal data become placeholders (`scrubbing`), blanks run together again;
7. names of members become aliases (`members`), and what is mentioned with ``@`` besides becomes a placeholder.

What was found is looked through once more from the start, until nothing changes any more.
"""

import re
from collections.abc import Sequence

from collector.emoji import without_emoji
from collector.members import ChatNames
from collector.recognisers.suspicion import SUSPECT
from collector.scrubbing import scrubbed, without_mentions
from collector.width import narrowed
from core.text import simplified, tidy

_BETWEEN = "\x1f"
"""Stands between texts that are converted together; `tidy` has removed it from all of them."""
_REPEATED = re.compile(r"〈成员:[0-9a-f]{6}〉|([^\d\s])\1+")


def clean(text: str, simplify: bool = True, repeat_limit: int = 0, names: ChatNames | None = None) -> str:
    """The clean form of one raw text. Lone surrogates become U+FFFD; any length.

    ``names``: of the members of its chat; None: they are not known.
    """
    return clean_all([text], simplify, repeat_limit, names)[0]


def clean_all(
    texts: Sequence[str], simplify: bool = True, repeat_limit: int = 0, names: ChatNames | None = None
) -> list[str]:
    """The clean forms of many raw texts of one chat, in their order."""
    return with_members(nearly_clean(texts, simplify, repeat_limit), names, simplify, repeat_limit)


def nearly_clean(texts: Sequence[str], simplify: bool = True, repeat_limit: int = 0) -> list[str]:
    """Raw texts after step 6, in their order. OpenCC is called once for all of them, which is faster."""
    plain = [_plain(text) for text in texts]
    script = simplified(_BETWEEN.join(plain)).split(_BETWEEN) if simplify and plain else plain
    if repeat_limit:
        script = [_shortened(text, repeat_limit) for text in script]
    return [text if SUSPECT.search(text) is None else _settled(text, simplify, repeat_limit) for text in script]


def with_members(texts: list[str], names: ChatNames | None, simplify: bool = True, repeat_limit: int = 0) -> list[str]:
    """Texts of one chat after step 6 with step 7 done: the clean forms."""
    named = names.replaced(texts) if names else texts
    return [
        _finished(text, simplify, repeat_limit) if text is not before or "@" in text or "＠" in text else text
        for text, before in zip(named, texts, strict=True)
    ]


def _plain(text: str) -> str:
    return tidy(without_emoji(tidy(narrowed(text))))


def _settled(text: str, simplify: bool, repeat_limit: int) -> str:
    """Steps 1 to 6 until nothing changes; most texts do not change at all."""
    found = scrubbed(text, not simplify)
    while found != text:
        text = _shortened(_plain(found), repeat_limit)
        text = simplified(text) if simplify else text
        found = scrubbed(text, not simplify)
    return text


def _finished(text: str, simplify: bool, repeat_limit: int) -> str:
    """A text in which names were replaced, with the other mentions replaced too."""
    before = None
    while text != before:
        before = text
        text = _settled(without_mentions(text, not simplify), simplify, repeat_limit)
    return text


def _shortened(text: str, limit: int) -> str:
    """The text with runs of one character cut down to the limit, digits and blanks apart."""
    return _REPEATED.sub(lambda run: run[0][:limit] if run[1] else run[0], text) if limit else text
