"""The JSON export of one Discord channel or thread that DiscordChatExporter writes.

Of a message only its number, kind, time, sender, text, reply and edit are read, and of the people it mentions the
names, to take them out of the text. Attachments, embeds, stickers and reactions are passed over.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from collector import raw_ids
from collector.scrubbing import PLACEHOLDERS
from collector.sources.json_reader import JsonReader, first_keys
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.telegram_escapes import RepairedStream
from collector.sources.values import identifier, moment
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

_SPOKEN = frozenset({"Default", "Reply", "20", "23"})  # 20, 23: answers of a program to a command
_CODED = re.compile(r"<@[!&]?[0-9]+>")
_EMOJI = re.compile(r"<a?:\w+:[0-9]+>")


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is an export of a channel: an object with guild and channel before its messages."""
    return {"guild", "channel"} <= first_keys(head)


def read(path: Path, _settings: CollectSettings) -> Iterator[Record]:
    """The records of an export, in its order, numbered from 1. No setting changes how it is read.

    Raises DataError when the file is cut off, is not UTF-8 or JSON, or does not say which channel it is of.
    """
    with path.open("rb") as stream:
        yield from _Export(path, JsonReader(path, RepairedStream(stream))).records()


class _Export:
    """One export being read: its channel, once it is known, and whether its messages were found."""

    def __init__(self, path: Path, reader: JsonReader) -> None:
        self._path = path
        self._reader = reader
        self._channel: str | None = None
        self._found = False

    def records(self) -> Iterator[Record]:
        if self._reader.enters("{"):
            yield from self._members()
        else:
            self._reader.skip()
        self._reader.finish()
        if not self._found:
            raise DataError(
                f"{self._path.name} holds no channel: wanted an export of DiscordChatExporter in the format JSON, with "
                f"'channel' and then 'messages'; export the channel again"
            )

    def _members(self) -> Iterator[Record]:
        reader = self._reader
        for key in reader.members():
            if key == "channel":
                self._channel = _id_of(reader.value())
            elif key == "messages" and self._channel and reader.enters("["):
                self._found = True
                yield from self._messages(self._channel)
            else:
                reader.skip()

    def _messages(self, channel: str) -> Iterator[Record]:
        for message in self._reader.values():
            self._reader.position += 1
            yield _record(channel, message, self._reader.position)


def _record(channel: str, message: object, position: int) -> Record:
    """One element of ``messages`` as a record."""
    if not isinstance(message, dict) or (number := identifier(message.get("id"))) is None:
        return Rejected(position, "bad_record", channel)
    raw_id = raw_ids.message(channel, number)
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _SPOKEN:
        return Rejected(position, "service", channel, raw_id)
    time, text = moment(message.get("timestamp")), _text(message)
    if time is None or text is None:
        return Rejected(position, "bad_record", channel, raw_id)
    forwarded, author = _is_forward(message), message.get("author")
    return RawMessage(
        position=position,
        chat=channel,
        message=raw_id,
        user=_id_of(author),
        reply_to=None if forwarded else _reply(channel, message.get("reference")),
        time=time,
        text=text,
        is_forward=forwarded,
        edited_at=moment(message.get("timestampEdited")),
        name=_shown_name(author),
        is_bot=isinstance(author, dict) and author.get("isBot") is True,
    )


def _shown_name(author: object) -> str | None:
    """What the author is called on the server, else everywhere."""
    names = (author.get("nickname"), author.get("name")) if isinstance(author, dict) else ()
    return next((name for name in names if isinstance(name, str) and name), None)


def _id_of(value: object) -> str | None:
    return identifier(value.get("id")) if isinstance(value, dict) else None


def _is_forward(message: Mapping[str, Any]) -> bool:
    reference = message.get("reference")
    kind = reference.get("type") if isinstance(reference, dict) else None
    return kind == "Forward" or isinstance(message.get("forwardedMessage"), dict)


def _reply(channel: str, reference: object) -> str | None:
    """The message that this one answers, which may be in another channel."""
    if not isinstance(reference, dict) or (number := identifier(reference.get("messageId"))) is None:
        return None
    return raw_ids.message(identifier(reference.get("channelId")) or channel, number)


def _text(message: Mapping[str, Any]) -> str | None:
    """The text, of a forward that of the message forwarded; None when it is no text."""
    text, forwarded = message.get("content"), message.get("forwardedMessage")
    if not text and isinstance(forwarded, dict):
        text = forwarded.get("content")
    if text is None:
        return ""
    if not isinstance(text, str):
        return None
    return _without_names(_EMOJI.sub("", text), message.get("mentions"))


def _without_names(text: str, mentions: object) -> str:
    """The text with a placeholder for everybody whom it mentions, by name or, when not formatted, by number."""
    text = _CODED.sub(PLACEHOLDERS["user"], text)
    for name in _names(mentions if isinstance(mentions, list) else []):
        text = text.replace(f"@{name}", PLACEHOLDERS["user"])
    return text


def _names(mentions: Sequence[object]) -> list[str]:
    """The names that the people mentioned go by, longest first, so that none is taken for the beginning of another."""
    people = [person for person in mentions if isinstance(person, dict)]
    names = [person.get(key) for person in people for key in ("nickname", "name")]
    return sorted({name for name in names if isinstance(name, str) and name}, key=len, reverse=True)
