"""Links are removed; e-mail addresses, @usernames and phone numbers become placeholders.

Recognisers run in the order of the table, on a shadow of the text in which digits and letters of any width are plain
and lower case, so that ``１３８…`` is found like ``138…``. A link leaves a blank, so that its neighbours do not run
together into something new.
"""

import re
from dataclasses import dataclass

from core.text import folded, tidy

PLACEHOLDERS = {"email": "〈邮箱〉", "phone": "〈电话〉", "user": "〈用户〉", "card": "〈银行卡〉"}
LINK_REMOVED = " "

_NO_PUNCTUATION = r"(?<![.,;!?)\]}'\"])"
_GAP = r"[ ·‐‑–—-]"
_PHONES = (
    rf"(?:(?:\+|00)?86{_GAP}?)?1{_GAP}?[3-9](?:{_GAP}?[0-9]){{9}}",
    rf"(?:(?:\+|00)?86{_GAP}?)?[(（]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?{_GAP}{{0,2}}[2-9][0-9]{{2,3}}{_GAP}?[0-9]{{4}}"
    r"(?:(?:转|-)[0-9]{1,5})?",
    rf"[48]00{_GAP}?[0-9]{{3}}{_GAP}?[0-9]{{4}}",
    rf"09[0-9]{{2}}{_GAP}?[0-9]{{3}}{_GAP}?[0-9]{{3}}",
    r"(?:\+|00)[1-9](?:[ .()（）-]{0,2}[0-9]){7,14}",
)
_DIGITS = r"[0-9](?:[^0-9]{0,3}[0-9]){6}"


@dataclass(frozen=True)
class Recogniser:
    """One kind of personal data. ``hint``: cheap to look for, and found wherever ``pattern`` is."""

    name: str
    replacement: str
    hint: re.Pattern[str]
    pattern: re.Pattern[str]


RECOGNISERS = (
    Recogniser(
        "link", LINK_REMOVED, re.compile("://"), re.compile(rf"[a-z][a-z0-9+.-]{{1,30}}://[!-~]+{_NO_PUNCTUATION}")
    ),
    Recogniser(
        "email",
        PLACEHOLDERS["email"],
        re.compile("@"),
        re.compile(r"(?:mailto:)?[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+"),
    ),
    Recogniser(
        "bare link",
        LINK_REMOVED,
        re.compile(r"/|www\."),
        re.compile(
            r"(?<![a-z0-9@./_-])(?:www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{2,5})?(?:[/?#][!-~]*)?"
            rf"|(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,24}}(?::[0-9]{{2,5}})?/[!-~]*){_NO_PUNCTUATION}"
        ),
    ),
    Recogniser("user", PLACEHOLDERS["user"], re.compile("@"), re.compile(r"@[a-z_][a-z0-9_]+")),
    Recogniser(
        "phone",
        PLACEHOLDERS["phone"],
        re.compile(_DIGITS),
        re.compile(rf"(?<![0-9])(?:{'|'.join(_PHONES)})(?![0-9])"),
    ),
)

# Characters that `folded` leaves alone, letters' case aside.
_COMMON = "\x00-\x7f\u3001-\u3011\u4e00-\u9fff！（），；？“”‘’…—"
_FOLDABLE = re.compile(f"[^{_COMMON}]")
# Every hint, and whatever may turn into one when folded; most messages hold nothing of the kind.
_SUSPECT = re.compile(rf"@|/|[wW]{{3}}\.|{_DIGITS}|[^{_COMMON}]")


def scrubbed(text: str) -> str:
    """Tidy text without links and with placeholders for personal data; idempotent.

    Runs until nothing is found any more: a removed link may have stood in the middle of a number.
    """
    if _SUSPECT.search(text) is None:
        return text
    before = None
    while text != before:
        before = text
        shadow = _shadow(text)
        for recogniser in RECOGNISERS:
            if recogniser.hint.search(shadow):
                text = _replaced(text, shadow, recogniser)
                shadow = _shadow(text)
        text = tidy(text)
    return text


def _shadow(text: str) -> str:
    """The text as the recognisers see it: narrow and lower case, character by character."""
    return folded(text) if _FOLDABLE.search(text) else text.lower()


def _replaced(text: str, shadow: str, recogniser: Recogniser) -> str:
    """The text with what the recogniser finds in its shadow replaced."""
    pieces: list[str] = []
    end = 0
    for match in recogniser.pattern.finditer(shadow):
        pieces += (text[end : match.start()], recogniser.replacement)
        end = match.end()
    return "".join((*pieces, text[end:]))
