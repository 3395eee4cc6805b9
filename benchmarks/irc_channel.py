"""The Ubuntu IRC export as arrays: what a table of messages holds, and beside it the gold conversations."""

import csv
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from collector.members import Members
from segmenter.contexts import NO_REPLY, Chats, Positions
from segmenter.mentions import mentioned_users, user_codes

EXPORT = Path(__file__).parents[2] / "shared" / "data" / "ubuntu-irc"
LINES_A_LOG, FIRST_ANNOTATED = 1250, 1000
"""Of the 1,250 lines of each log the last 250 are annotated; before, only lines that one of these continues."""
UNKNOWN = -1


@dataclass(frozen=True)
class Channel:
    """Spoken messages in the order of time. A conversation is a number, UNKNOWN where nobody annotated the message.

    log: which of the logs a message is in, from 0. complete: whether it is in the part where every message is
    annotated. mentions: see `segmenter.mentions`. content: as collection leaves it, members' names as placeholders.
    """

    times_ms: Positions
    reply_to: Positions
    users: Positions
    mentions: Positions
    conversation: Positions
    log: Positions
    complete: NDArray[np.bool_]
    content: pl.Series

    def seeds(self, logs: Sequence[int]) -> Positions:
        """The completely annotated messages of these logs."""
        return np.flatnonzero(self.complete & np.isin(self.log, logs))

    def chats(self) -> Chats:
        return Chats.one(self.times_ms, self.reply_to, self.users)

    def with_replies(self, share: float, draw: int = 0) -> "Channel":
        """The same messages with this share of the reply links, drawn at random; the others hidden."""
        shown = np.random.default_rng(draw).random(len(self.reply_to)) < share
        return replace(self, reply_to=np.where(shown, self.reply_to, NO_REPLY))

    def sizes(self) -> Positions:
        """How many messages each conversation has."""
        return np.bincount(self.conversation[self.conversation != UNKNOWN])


def read_channel(folder: Path = EXPORT) -> Channel:
    """Read ``result.json`` and ``conversations.csv``. Raises FileNotFoundError, ValueError for other data."""
    messages = _spoken(json.loads((folder / "result.json").read_text("utf-8"))["messages"])
    with (folder / "conversations.csv").open(encoding="utf-8", newline="") as rows:
        gold = {int(row["message_id"]): row["conversation"] for row in csv.DictReader(rows)}
    positions = {message["id"]: position for position, message in enumerate(messages)}
    line = np.array([message["id"] - 1 for message in messages])
    names = {name: number for number, name in enumerate(sorted(set(gold.values())))}
    conversation = np.array([names.get(gold.get(message["id"], ""), UNKNOWN) for message in messages])
    complete = line % LINES_A_LOG >= FIRST_ANNOTATED
    if np.any(conversation[complete] == UNKNOWN):
        raise ValueError(f"{folder}: wanted a conversation for the last 250 lines of each log, but some have none")
    user_ids = pl.Series([_pseudonym(message["from_id"]) for message in messages])
    content = _cleaned(messages, user_ids)
    return Channel(
        times_ms=np.array([int(message["date_unixtime"]) * 1000 for message in messages]),
        reply_to=np.array([positions.get(message.get("reply_to_message_id"), NO_REPLY) for message in messages]),
        users=user_codes(user_ids),
        mentions=mentioned_users(content, user_ids),
        conversation=conversation,
        log=line // LINES_A_LOG,
        complete=complete,
        content=content,
    )


def _spoken(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    said = [message for message in messages if message["type"] == "message"]
    return sorted(said, key=lambda message: int(message["date_unixtime"]))


def _pseudonym(raw: str) -> str:
    """As collection makes them, under a key that everybody knows: the data are public."""
    return hmac.digest(bytes(32), raw.encode(), "sha256").hex()[:32]


def _cleaned(messages: Sequence[Mapping[str, Any]], user_ids: pl.Series) -> pl.Series:
    """The texts with members' names as placeholders, by the code that collection uses."""
    members = Members()
    for message, user in zip(messages, user_ids, strict=True):
        members.note("channel", user, message["from"])
    texts = ["".join(part["text"] for part in message["text_entities"]) for message in messages]
    members.count("channel", pl.Series(texts))
    return pl.Series(members.names("channel").replaced(texts))
