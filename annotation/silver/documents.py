"""What an embedded voter reads of a segment or of a codebook's example: several views of the same chat."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Literal

import polars as pl

from core.codebook import Example
from core.display import Display
from core.text import folded, normalised

View = Literal["message", "nearby", "user", "segment"]
NEARBY = 2


@dataclass(frozen=True)
class Document:
    """A chat as text, seen in four ways, and its shape.

    message: the suspicious message. nearby: it and the two messages on either side. user: every message of the at-risk
    user. segment: every message. n_users, n_replies and user_share (of the messages, 0 to 1) are unknown (None) for an
    example, whose messages have no senders: its ``user`` view is the message alone.
    """

    document_id: str
    message: str
    nearby: str
    user: str
    segment: str
    n_messages: int
    n_users: int | None = None
    n_replies: int | None = None
    user_share: float | None = None

    def view(self, view: View) -> str:
        return str(getattr(self, view))

    def content(self) -> tuple[object, ...]:
        """Everything but the id: what determines how a voter reads it."""
        return astuple(self)[1:]


def document_of_segment(display: Display) -> Document:
    """The views of a displayed segment."""
    lines = display.lines
    place = display.suspicious - 1
    by_user = [line.content for line in lines if line.by_at_risk_user]
    return Document(
        document_id=display.segment_id,
        message=lines[place].content,
        nearby=_joined(line.content for line in lines[max(0, place - NEARBY) : place + NEARBY + 1]),
        user=_joined(by_user),
        segment=_joined(line.content for line in lines),
        n_messages=len(lines),
        n_users=len({line.alias for line in lines}),
        n_replies=sum(line.reply_to is not None for line in lines),
        user_share=len(by_user) / len(lines),
    )


def document_of_example(number: int, example: Example) -> Document:
    """The views of a codebook's example, normalised as messages are."""
    before, after = ([normalised(line) for line in lines] for lines in (example.before, example.after))
    message = normalised(example.text)
    return Document(
        document_id=f"example {number}",
        message=message,
        nearby=_joined([*before[-NEARBY:], message, *after[:NEARBY]]),
        user=message,
        segment=_joined([*before, message, *after]),
        n_messages=len(before) + 1 + len(after),
    )


@dataclass(frozen=True)
class SignalWords:
    """The frozen lexicon as features count it: folded terms by kind and by category."""

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def counts(self, text: str) -> list[int]:
        """How many distinct terms of each group the text holds."""
        within = folded(text)
        return [sum(term in within for term in terms) for _, terms in self.groups]


def signal_words(lexicon: pl.DataFrame) -> SignalWords:
    """The groups ``kind:NAME`` and ``category:NAME`` of the table ``lexicon``, sorted by name."""
    groups: dict[str, list[str]] = {"kind:explicit": [], "kind:implicit": []}
    for term, kind, category in lexicon.select("term", pl.col("kind").cast(pl.String), "category").iter_rows():
        groups.setdefault(f"kind:{kind}", []).append(folded(term))
        groups.setdefault(f"category:{category}", []).append(folded(term))
    return SignalWords(tuple((name, tuple(sorted(terms))) for name, terms in sorted(groups.items())))


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines)
