"""Messages that are in the table and no longer on Telegram: their authors, or the administrators, took them back.

A step covers a range of numbers without gaps, so a number in it that Telegram did not send belongs to no message any
more. Its pseudonym is made and looked for in the table; nothing has to be remembered for that. Telegram is then asked
for the few that are found, by number, because a page may leave out a message that exists.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from collector import raw_ids
from collector.chat_files import reading
from collector.pseudonyms import Pseudonyms
from collector.telegram.asking import Conversation
from collector.telegram.groups import Group
from collector.telegram.history import PAGE, Step
from collector.telegram.messages import is_gap

NUMBERS_AT_ONCE = 100_000
MOST_BEFORE = 5_000_000
"""So many numbers before the first message of a step are tried, and no more: about ten seconds."""


@dataclass
class Missing:
    """Of the known messages that a step did not hold: gone, raw ids of those that were deleted; overlooked, those that
    exist all the same, as Telethon gives them.
    """

    gone: list[str] = field(default_factory=list)
    overlooked: list[Any] = field(default_factory=list)


def find_missing(
    conversation: Conversation, group: Group, step: Step, oldest: int, table: Path, pseudonyms: Pseudonyms
) -> Missing:
    """Look for messages of the group's ``table`` that the step should have held. No table: none are known.

    ``oldest``: no known message has a lower number; 0: that is not known.
    """
    missing = Missing()
    if not table.exists():
        return missing
    known = [number for some in _unseen(step, oldest) for number in _in_table(some, group, table, pseudonyms)]
    for first in range(0, len(known), PAGE):
        asked = known[first : first + PAGE]
        existing = _existing(conversation, group, asked)
        missing.overlooked += [existing[number] for number in asked if number in existing]
        missing.gone += [raw_ids.message(group.raw_id, str(number)) for number in asked if number not in existing]
    return missing


def _unseen(step: Step, oldest: int) -> Iterator[list[int]]:
    """The numbers in the step's range that belong to no message in it, some at a time."""
    seen = {message.id for message in step.messages if not is_gap(message)}
    begin = max(step.after + 1, oldest, min(seen, default=step.upto) - MOST_BEFORE)
    for first in range(begin, step.upto + 1, NUMBERS_AT_ONCE):
        last = min(first + NUMBERS_AT_ONCE, step.upto + 1)
        yield [number for number in range(first, last) if number not in seen]


def _in_table(numbers: Sequence[int], group: Group, table: Path, pseudonyms: Pseudonyms) -> list[int]:
    """Those among the numbers whose message is in the table."""
    if not numbers:
        return []
    ids = [pseudonyms.message(raw_ids.message(group.raw_id, str(number))) for number in numbers]
    unseen = pl.LazyFrame({"message_id": ids, "number": numbers}, schema={"message_id": pl.String, "number": pl.Int64})
    with reading(table):
        held = pl.scan_parquet(table, glob=False).select("message_id")
        found = unseen.join(held, on="message_id", how="semi").select("number").collect()
    return sorted(found.get_column("number"))


def _existing(conversation: Conversation, group: Group, numbers: Sequence[int]) -> dict[int, Any]:
    """Number → message of those that exist."""
    from telethon.tl.functions.channels import GetMessagesRequest
    from telethon.tl.types import InputMessageID

    found = conversation.ask(GetMessagesRequest(group.channel, [InputMessageID(number) for number in numbers]))
    return {message.id: message for message in found.messages if not is_gap(message)}
