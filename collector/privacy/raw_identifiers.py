"""What looks like a raw identifier: all that scrubbing recognises, and the ids that a platform gives.

Ids and hashes that Assay itself makes are told apart: 16 hex digits with a letter, 32, 40 or 64 hex digits, password
hashes, and those of the workspace's own short ids that happen to have no letter. Links are no identifiers, unless they
lead to Telegram; nor are names and addresses, which no pattern finds surely in a text that is not chat.
"""

import re
from collections.abc import Sequence, Set
from typing import NamedTuple

from collector.recognisers import MENTIONS, RECOGNISERS
from collector.recognisers.shadow import shadow_of, with_numerals
from collector.recognisers.suspicion import SUSPECT

KINDS = ("email", "ip", "card", "identity", "qq", "wechat", "phone", "plate", "user")
"""The kinds of recognisers that are looked at."""
_RECOGNISERS = tuple(each for each in (*RECOGNISERS, *MENTIONS) if each.kind in KINDS)
_MADE_HERE = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|(?=[0-9]*[a-f])[0-9a-f]{16})(?![0-9a-z])"
    r"|\$argon2id\$[!-~]+"
)
_SHORT_ID = re.compile(r"(?<![0-9a-z])(?:[0-9]{12}|[0-9]{16})(?![0-9a-z])")
_PLATFORM_IDS = {
    "telegram_link": re.compile(r"(?<![a-z0-9])(?:(?:t|telegram)\.(?:me|dog)/[a-z0-9_+/=?-]+|tg://[!-~]+)"),
    "telegram_id": re.compile(
        r"(?<![0-9a-z_])(?:user|channel|chat)[0-9]{5,13}(?![0-9a-z_])"
        r"|(?<![0-9a-z.,_])-100[0-9]{6,13}(?![0-9])"
        r"|(?<![0-9a-z./_-])[0-9]{6,13}/[0-9]{1,10}(?![0-9a-z/.])"
    ),
    "mac": re.compile(r"(?<![0-9a-f:-])[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![0-9a-f:-])"),
}
_NUMBER = re.compile(r"(?<![\w#+-])(?<![0-9]\.)[0-9]{6,12}(?![\w-])(?!\.[0-9])")
_DATE = re.compile(r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DASHED = re.compile(r"[0-9a-fA-F]{2}-[0-9a-fA-F]{2}-")
_AT = re.compile("[@＠]")
_MASK = "\ue000"


class Hit(NamedTuple):
    """One thing found: its kind (`KINDS`, telegram_link, telegram_id, mac or number) and where it stands."""

    kind: str
    start: int
    end: int


def raw_identifiers(text: str, own: Set[str] = frozenset()) -> list[Hit]:
    """What in a text looks like a raw identifier, from left to right, without overlap.

    A number of 6 to 12 digits that stands alone is one, unless it is a date or has at most two different digits, as
    666666 and 200000 have. own: ids made by Assay that have digits only (`collector.privacy.own_ids`), passed over.
    """
    if SUSPECT.search(text) is None and _DASHED.search(text) is None and not _AT.search(text):
        return []
    shadow = _MADE_HERE.sub(lambda match: _MASK * len(match[0]), shadow_of(text))
    if own:
        shadow = _SHORT_ID.sub(lambda match: _MASK * len(match[0]) if match[0] in own else match[0], shadow)
    hits: list[Hit] = []
    for kind, pattern in _PLATFORM_IDS.items():
        shadow = _taken(shadow, kind, [match.span() for match in pattern.finditer(shadow)], hits)
    for recogniser in _RECOGNISERS:
        spans = list(recogniser.spans(shadow))
        if not spans and recogniser.numerals:
            spans = list(recogniser.spans(with_numerals(shadow)))
        shadow = _taken(shadow, recogniser.kind, spans, hits)
    numbers = [match.span() for match in _NUMBER.finditer(shadow) if _may_be_an_id(match[0])]
    _taken(shadow, "number", numbers, hits)
    return sorted(hits, key=lambda hit: hit.start)


def _taken(shadow: str, kind: str, spans: Sequence[tuple[int, int]], hits: list[Hit]) -> str:
    """The shadow without what was found in it, which is noted: nothing is found twice."""
    for start, end in spans:
        hits.append(Hit(kind, start, end))
        shadow = shadow[:start] + _MASK * (end - start) + shadow[end:]
    return shadow


def _may_be_an_id(number: str) -> bool:
    return len(set(number)) > 2 and _DATE.fullmatch(number) is None


def masked(text: str, own: Set[str] = frozenset()) -> str:
    """A text in which nothing that looks like a raw identifier can be read."""
    for _, start, end in reversed(raw_identifiers(text, own)):
        text = text[:start] + masked_value(text[start:end]) + text[end:]
    return text


def masked_value(value: str) -> str:
    """``13*******21``: two characters at each end are shown, of fewer than 8 one, of fewer than 5 none."""
    shown = 2 if len(value) >= 8 else 1 if len(value) >= 5 else 0
    return value[:shown] + "*" * (len(value) - 2 * shown) + value[len(value) - shown :]
