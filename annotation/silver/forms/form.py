"""What every form of asking has in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from annotation.silver.ballots import ABSTAIN, Status
from core.chat import ChatReply
from core.codebook import RatingVariable
from core.display import Display

Messages = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ask:
    """One thing to be asked. messages: (role, text). chat: the part of them that strangers wrote, with its fence.

    schema, choices: of the reply, as in `core.chat.ChatRequest`. max_tokens: of the reply, where the form knows better
    than the voter's settings.
    """

    messages: Messages
    chat: str
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()
    max_tokens: int | None = None


@dataclass(frozen=True)
class Said:
    """What a voter said of one rating variable. label: a code, or −1 with a status other than ``ok``."""

    label: int
    status: Status
    probability: float | None = None


FAILED = Said(ABSTAIN, "failed")
REFUSED = Said(ABSTAIN, "refused")
UNPARSED = Said(ABSTAIN, "unparsed")


@dataclass(frozen=True)
class Heard:
    """What came of asking. said: rating variable → what was said of it. rationale: the model's reason, if it gave one.

    more: the next of `Form.asks` must be answered before anything is known; then ``said`` is empty. unread: the reply,
    for variables of which it could not be read.
    """

    said: Mapping[str, Said] = field(default_factory=dict)
    rationale: str | None = None
    more: bool = False
    unread: str | None = None


class Form(Protocol):
    """One way of asking about some rating variables. Whatever it asks depends on the segment alone."""

    ratings: tuple[RatingVariable, ...]

    def asks(self, display: Display) -> tuple[Ask, ...]:
        """What may be asked about a segment; the first always is, later ones only when `read` wants them."""
        ...

    def read(self, asks: Sequence[Ask], replies: Sequence[ChatReply]) -> Heard:
        """What the replies so far come to; replies[i] answers asks[i]."""
        ...


def all_said(ratings: Sequence[RatingVariable], said: Said) -> dict[str, Said]:
    """The same of every rating variable."""
    return {rating.name: said for rating in ratings}
