"""What every source yields: one record after another, each a message or the reason why it is none."""

from datetime import datetime
from typing import Literal, NamedTuple

Reason = Literal[
    "bad_record", "service", "no_sender", "empty", "too_short", "bot", "forward", "advert", "flood", "duplicate",
    "deleted", "outdated",
]  # fmt: skip
"""Why a record is not kept.

bad_record: no usable id, time or text. service: a line of the platform (joined, pinned, topic created). no_sender:
nobody to make a pseudonym for. empty: no text at all (sticker, photo without caption). too_short: fewer than
``collect.min_chars`` characters after cleaning. bot, forward, advert, flood: `collector.repeats`, where the settings
drop them. duplicate: the same message, seen before or in a newer version.
deleted: taken back by its author on the platform, and so removed here (`collector.telegram`).
outdated: an older version of a message that its author has edited down to less than one (`collector.retractions`).
"""


class RawMessage(NamedTuple):
    """A message as its platform knows it. Ids are canonical raw ids (`collector.raw_ids`); they never reach the disk.

    position: number of the message in a Telegram or Discord export, row of a Parquet file, line in any other; from 1.
    time, edited_at: UTC.
    user is None when the record names no sender. text is raw, except that names of people which the platform marked
    are placeholders already. name: what the sender is called in the chat; it is looked for in texts and never
    stored. is_bot: the platform says that a program wrote it, or that it was written through one.
    """

    position: int
    chat: str
    message: str
    user: str | None
    reply_to: str | None
    time: datetime
    text: str
    is_forward: bool = False
    edited_at: datetime | None = None
    name: str | None = None
    is_bot: bool = False


class Rejected(NamedTuple):
    """A record that is no message. chat and message are given where they could be read."""

    position: int
    reason: Reason
    chat: str | None = None
    message: str | None = None


Record = RawMessage | Rejected
