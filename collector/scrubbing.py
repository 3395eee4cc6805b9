"""Personal data out of a text: links are removed, everything else becomes a placeholder of its kind.

What is looked for is the table `collector.recognisers`. It is searched in the shadow of a text, in which digits and
letters of any width or shape are plain and lower case, and then in one where Chinese numerals are digits too, so that
``１３８…``, ``①③⑧…`` and ``一三八…`` are found like ``138…``.
"""

import re
from collections.abc import Iterable, Sequence

from collector.recognisers import LINK_REMOVED, MENTIONS, PLACEHOLDERS, RECOGNISERS, Recogniser
from collector.recognisers.shadow import NUMERAL, shadow_of, with_numerals
from collector.recognisers.suspicion import SUSPECT
from core.text import simplified, tidy

__all__ = ["LINK_REMOVED", "PLACEHOLDERS", "RECOGNISERS", "scrubbed", "without_mentions"]

_SPELT = re.compile(rf"[0-9{NUMERAL}](?:[ .·•_*|,，、~/-]{{0,3}}[0-9{NUMERAL}]){{4}}")

_GOES_ON = re.compile(f"[{NUMERAL}][0-9{NUMERAL}]")
"""After what was read as digits alone, more of the same number."""


def scrubbed(text: str, traditional: bool = False) -> str:
    """Tidy text without links and with placeholders for personal data, but for mentions; idempotent.

    ``traditional``: the text may be in Traditional script. Most messages hold nothing that could be personal data,
    which one search tells. The others are worked through until nothing is found any more: a removed link may have
    stood in the middle of a number.
    """
    return text if SUSPECT.search(text) is None else _settled(text, RECOGNISERS, traditional)


def without_mentions(text: str, traditional: bool = False) -> str:
    """Scrubbed text with placeholders for what is still mentioned with @; idempotent. To be done when members are."""
    return _settled(text, MENTIONS, traditional) if "@" in text or "＠" in text else text


def _settled(text: str, recognisers: Sequence[Recogniser], traditional: bool) -> str:
    before = None
    while text != before:
        before = text
        text = tidy(_once(text, recognisers, traditional))
    return text


def _once(text: str, recognisers: Sequence[Recogniser], traditional: bool) -> str:
    shadow = _shadow(text, traditional)
    spelt = _SPELT.search(shadow) is not None
    for recogniser in recognisers:
        # Most rows end here: a call for each of them would cost more than all the searching.
        hinted = recogniser.hint.search(shadow) is not None
        found = list(recogniser.spans(shadow)) if hinted else []
        if spelt and recogniser.numerals and all(_GOES_ON.match(shadow, end) for _, end in found):
            found = list(recogniser.spans(with_numerals(shadow))) or found
        if found:
            text = _replaced(text, found, recogniser.placeholder)
            shadow = _shadow(text, traditional)
    return text


def _shadow(text: str, traditional: bool) -> str:
    shadow = shadow_of(text)
    if traditional:
        script = simplified(shadow)
        return script if len(script) == len(shadow) else shadow
    return shadow


def _replaced(text: str, spans: Iterable[tuple[int, int]], placeholder: str) -> str:
    """The text with the spans replaced."""
    pieces: list[str] = []
    end = 0
    for start, stop in spans:
        pieces += (text[end:start], placeholder)
        end = stop
    return "".join((*pieces, text[end:]))
