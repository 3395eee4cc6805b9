"""What a recogniser is: one row of the table that scrubbing works through, and that is also its test."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]
Validator = Callable[[re.Match[str]], Span | None]

PLACEHOLDERS = {
    "email": "〈邮箱〉",
    "phone": "〈电话〉",
    "user": "〈用户〉",
    "card": "〈银行卡〉",
    "identity": "〈身份证〉",
    "qq": "〈QQ〉",
    "wechat": "〈微信〉",
    "ip": "〈IP〉",
    "address": "〈地址〉",
    "plate": "〈车牌〉",
    "member": "〈成员〉",
}
"""Kind of personal data → what stands for it. A member who is told apart stands as ``〈成员:3fa9c1〉``."""
LINK_REMOVED = " "
"""Links leave a blank, so that their neighbours do not run together into something new."""


def whole(match: re.Match[str]) -> Span | None:
    """The validator of patterns that need none: the group ``it`` if the pattern has one, else all of the match."""
    return match.span("it" if "it" in match.re.groupindex else 0)


@dataclass(frozen=True)
class Recogniser:
    """One form of one kind of personal data.

    pattern: looked for in the shadow of a text (`collector.recognisers.shadow`): narrow, lower case, placeholders
    masked. hint: quick to look for, and found wherever the pattern is. validator: the part of a match that is to be
    replaced; None when it is no such data after all. context: words of which one must stand in the text for the pattern
    to make sense; none: it speaks for itself. numerals: whether the data may also be written in Chinese numerals.
    finds: (text, text after scrubbing). leaves: texts that scrubbing must not touch. All examples are made up.
    """

    kind: str
    form: str
    placeholder: str
    pattern: re.Pattern[str]
    hint: re.Pattern[str]
    validator: Validator = whole
    context: tuple[str, ...] = ()
    numerals: bool = False
    finds: tuple[tuple[str, str], ...] = ()
    leaves: tuple[str, ...] = ()

    def spans(self, shadow: str) -> Iterator[Span]:
        """The spans to replace, from left to right, without overlap."""
        if self.hint.search(shadow) is None or (self.context and not any(word in shadow for word in self.context)):
            return
        start = 0
        while match := self.pattern.search(shadow, start):
            span = self.validator(match)
            if span is not None:
                yield span
            start = max(match.start() + 1, span[1] if span else 0)
