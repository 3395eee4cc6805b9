"""Lines of a WhatsApp export: where a message begins and who sent it.

iPhones write ``[2024/1/2 下午3:04:05] Name: text``, Androids ``1/2/24, 15:04 - Name: text``; lines without a name are
WhatsApp's own.
"""

import re
from typing import NamedTuple

from collector.sources.whatsapp_dates import AFTERNOON, MORNING, NOON, Numbers
from collector.sources.whatsapp_notes import MARKS

_BLANK = "[ \u00a0\u2009\u202f]"
_DATE = r"([0-9]{1,4})([./-]|年) ?([0-9]{1,2})(?:[./-]|月) ?([0-9]{1,4})日?"
_HALF = "|".join(re.escape(word).replace(r"\.", rf"\.{_BLANK}?") for word in (*MORNING, *AFTERNOON, *NOON))
_TIME = rf"(?:({_HALF}){_BLANK}?)?([0-9]{{1,2}})[:.]([0-9]{{2}})(?:[:.]([0-9]{{2}}))?(?:{_BLANK}?({_HALF}))?"
_MOMENT = rf"{_DATE}(?:[,，]{_BLANK}*|{_BLANK}+){_TIME}"
_IPHONE = re.compile(rf"[{MARKS}]*\[{_MOMENT}\]{_BLANK}?(.*)", re.IGNORECASE | re.DOTALL)
_ANDROID = re.compile(rf"[{MARKS}]*{_MOMENT}{_BLANK}[-–]{_BLANK}(.*)", re.IGNORECASE | re.DOTALL)
_BY = re.compile(r"([^\n]+?):(?: |(?=[\n\u200e])|\Z)(.*)", re.DOTALL)
_GROUP_CHANGED = re.compile(
    r".* (?:changed the (?:subject|group name|group description)|created group) .*"
    r"|.*(?:更改了群|创建了群|建立了群|变更了群|變更了群|已將主旨).*"
)

Shape = tuple[bool, str, bool]


class Beginning(NamedTuple):
    """The first line of a message. rest: what follows the time.

    shape: how the line is written; equal for all messages of a file, so that a line that somebody pasted from another
    phone begins no message.
    """

    shape: Shape
    date: Numbers
    hour: str
    minute: str
    second: str | None
    half: str
    rest: str


def beginning(line: str) -> Beginning | None:
    """The line taken apart if it begins a message; None: it goes on with the one before."""
    iphone = _IPHONE.fullmatch(line)
    found = iphone or _ANDROID.fullmatch(line)
    if found is None:
        return None
    first, separator, second, third, before, hour, minute, seconds, after, rest = found.groups()
    shape = (iphone is not None, separator, len(first) == 4)
    half = re.sub(_BLANK, "", before or after or "").lower()
    return Beginning(shape, (first, second, third), hour, minute, seconds, half, rest)


def parted(message: str) -> tuple[str | None, str]:
    """The sender, None in a line of WhatsApp's own, and the text."""
    found = _BY.fullmatch(message)
    if found is None or _GROUP_CHANGED.fullmatch(found[1]):
        return None, message
    return found[1], found[2]
