"""One message of the API as a record, such that an export of the same chat gives the same one.

The rules are those of Telegram Desktop's exporter: a message without a sender is the chat's own, a forward is one that
says from whom, and a topic's messages answer the line that opened it, which is no answer. Offsets of what
Telegram marked in a text count UTF-16 units.

Types are told by their names, so that no Telethon is needed here.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from collector import raw_ids
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.telegram_json import ENTITIES

_MARKS = {
    "MessageEntityUrl": ENTITIES["link"],
    "MessageEntityEmail": ENTITIES["email"],
    "MessageEntityPhone": ENTITIES["phone"],
    "MessageEntityMention": ENTITIES["mention"],
    "MessageEntityMentionName": ENTITIES["mention_name"],
    "InputMessageEntityMentionName": ENTITIES["mention_name"],
    "MessageEntityBankCard": ENTITIES["bank_card"],
}
NO_POSITION = 0
"""What the API sends has no place in a file, and its number is a raw id."""


class Person(NamedTuple):
    """Who sends messages: a member, a channel or a bot. name: as the group sees it; known in memory only."""

    name: str | None = None
    is_bot: bool = False


_NOBODY = Person()


def people_in(answer: Any) -> dict[str, Person]:
    """The people and channels that came with an answer, by canonical raw id."""
    users = {f"user{user.id}": Person(_full_name(user), bool(getattr(user, "bot", False))) for user in answer.users}
    return users | {f"channel{chat.id}": Person(getattr(chat, "title", None)) for chat in answer.chats}


def is_gap(message: Any) -> bool:
    """Whether this stands where a message was deleted."""
    return type(message).__name__ == "MessageEmpty"


def records_of(messages: Iterable[Any], chat: str, people: Mapping[str, Person]) -> list[Record]:
    """The records of some messages, without the gaps."""
    return [record_of(message, chat, people) for message in messages if not is_gap(message)]


def record_of(message: Any, chat: str, people: Mapping[str, Person]) -> Record:
    """A message, or why it is none. ``chat``: canonical raw id."""
    kind = type(message).__name__
    raw_id = raw_ids.message(chat, str(message.id))
    if kind == "MessageService":
        return Rejected(NO_POSITION, "service", chat, raw_id)
    if message.date is None:
        return Rejected(NO_POSITION, "bad_record", chat, raw_id)
    user = _sender(message.from_id or message.peer_id)
    person = people.get(user or "", _NOBODY)
    return RawMessage(
        position=NO_POSITION,
        chat=chat,
        message=raw_id,
        user=user,
        reply_to=_reply(message.reply_to, chat),
        time=_utc(message.date),
        text=marked_text(message.message or "", message.entities or ()),
        is_forward=_is_forward(message.fwd_from),
        edited_at=None if message.edit_date is None else _utc(message.edit_date),
        name=person.name,
        is_bot=person.is_bot or message.via_bot_id is not None,
    )


def marked_text(text: str, entities: Sequence[Any]) -> str:
    """The text with what Telegram marked as a link, number, address or person replaced.

    Marks may lie within each other and beyond the text's end; where two overlap, the one that begins first counts.
    """
    spans = [(mark.offset, mark.offset + mark.length, _MARKS.get(type(mark).__name__)) for mark in entities]
    wanted = sorted((start, -end, new) for start, end, new in spans if new is not None and 0 <= start < end)
    if not wanted:
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    pieces: list[bytes] = []
    at = 0
    for start, negative_end, new in wanted:
        if start >= at:
            pieces += [units[2 * at : 2 * start], new.encode("utf-16-le")]
        at = max(at, -negative_end)
    return b"".join([*pieces, units[2 * at :]]).decode("utf-16-le", "surrogatepass")


def _sender(peer: Any) -> str | None:
    """``user123`` or ``channel123``."""
    for kind in ("user", "channel", "chat"):
        number = getattr(peer, f"{kind}_id", None)
        if number is not None:
            return raw_ids.sender(f"{kind}{number}", "telegram")
    return None


def _full_name(user: Any) -> str | None:
    """First and last name, as exports write them."""
    parts = (getattr(user, "first_name", None), getattr(user, "last_name", None))
    return " ".join(part for part in parts if part) or None


def _reply(header: Any, chat: str) -> str | None:
    """The message that this one answers, as an export has it; None: it answers none, a story, or one of no group."""
    number = getattr(header, "reply_to_msg_id", None)
    if number is None:
        return None
    elsewhere = header.reply_to_peer_id
    channel = chat if elsewhere is None else str(getattr(elsewhere, "channel_id", ""))
    if channel != chat:
        return raw_ids.message(channel, str(number)) if channel else None
    opened_the_topic = header.forum_topic and header.reply_to_top_id is None
    return None if opened_the_topic else raw_ids.message(chat, str(number))


def _is_forward(header: Any) -> bool:
    return header is not None and (header.from_id is not None or bool(header.from_name))


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
