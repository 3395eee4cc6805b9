"""Telegram Desktop's JSON export: one chat (``id``, ``messages``) or a whole account (``chats``, ``left_chats``).

Of a message only its number, time, sender, text, reply, edit and whether it is a forward are read; names, usernames,
contacts, places and the account's own data are passed over. What Telegram marked in the text as a link, a number, an
address or a person's name is dropped or becomes a placeholder here, because its bounds are known exactly.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import ijson

from collector import raw_ids
from collector.scrubbing import LINK_REMOVED, PLACEHOLDERS
from collector.sources.json_events import Events, built, elements, members, skip
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.telegram_escapes import RepairedStream
from collector.sources.values import encoding_advice, first_bad_byte, identifier, moment
from core.errors import DataError
from core.settings import CollectSettings

_UNREAD = frozenset({"text_entities", "reactions", "inline_bot_buttons", "poll", "contact_information"})
_ENTITIES = {
    "link": LINK_REMOVED,
    "email": PLACEHOLDERS["email"],
    "phone": PLACEHOLDERS["phone"],
    "mention": PLACEHOLDERS["user"],
    "mention_name": PLACEHOLDERS["user"],
    "bank_card": PLACEHOLDERS["card"],
}


def recognises(head: bytes) -> bool:
    """Whether a file that begins so may be an export: a JSON object."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read(path: Path, _settings: CollectSettings) -> Iterator[Record]:
    """The records of an export, chat after chat, in the order of the file. No setting changes how it is read.

    Raises DataError when the file is cut off, is not UTF-8 or JSON, or holds no chat.
    """
    with path.open("rb") as stream:
        yield from _Export(path, RepairedStream(stream)).records()


class _Export:
    """One export being read. position: messages read so far; chats: lists of messages met so far."""

    def __init__(self, path: Path, stream: RepairedStream) -> None:
        self._path = path
        self._stream = stream
        self._position = 0
        self._chats = 0

    def records(self) -> Iterator[Record]:
        try:
            yield from self._root(ijson.basic_parse(self._stream, use_float=True))
        except ijson.JSONError as error:
            # Not chained: the parser's error quotes the chat.
            raise self._broken("premature EOF" in str(error)) from None

    def _root(self, events: Events) -> Iterator[Record]:
        if next(events)[0] == "start_map":
            yield from self._chat(events, whole_account=True)
        for _ in events:  # only then does the parser notice what stands behind the end
            pass
        if not self._chats:
            raise DataError(
                f"{self._path.name} holds no chat: wanted a Telegram Desktop export with a list 'messages' or 'chats'; "
                f"export the chat with the format JSON"
            )

    def _chat(self, events: Events, whole_account: bool = False) -> Iterator[Record]:
        """The records of a chat; the root of a file is a chat, an account (``whole_account`` allows it) or both."""
        number = None
        for key, kind, value in members(events):
            if key == "messages" and kind == "start_array":
                yield from self._messages(events, number)
            elif key in ("chats", "left_chats") and kind == "start_map" and whole_account:
                yield from self._account(events)
            else:
                number = value if key == "id" else number
                skip(kind, events)

    def _account(self, events: Events) -> Iterator[Record]:
        for key, kind, _ in members(events):
            if key != "list" or kind != "start_array":
                skip(kind, events)
                continue
            self._chats += 1
            for inner, _ in elements(events):
                if inner == "start_map":
                    yield from self._chat(events)
                else:
                    skip(inner, events)

    def _messages(self, events: Events, number: object) -> Iterator[Record]:
        self._chats += 1
        chat: _Chat | None = None
        for kind, value in elements(events):
            message = built(kind, value, events, _UNREAD)
            self._position += 1
            chat = chat or self._chat_of(number, message)
            yield chat.record(message, self._position)

    def _chat_of(self, number: object, first: object) -> "_Chat":
        """The chat with this id. Exports before 2021 write senders as numbers, and then the chat's id is packed too."""
        raw = identifier(number)
        if raw is None:
            raise DataError(
                f"{self._path.name}: the chat of message {self._position} has no 'id' before its 'messages'; "
                f"export it again with Telegram Desktop"
            )
        sender = first.get("from_id", first.get("actor_id")) if isinstance(first, dict) else None
        if isinstance(sender, int) and raw.isdecimal():
            return _Chat(raw_ids.old_chat(int(raw)))
        return _Chat(raw_ids.chat(raw, "telegram"))

    def _broken(self, cut_off: bool) -> DataError:
        name, place = self._path.name, f"after message {self._position}"
        if (offset := first_bad_byte(self._path)) is not None:
            return DataError(encoding_advice(self._path, f"byte {offset}, {place}"))
        if cut_off:
            return DataError(f"{name} ends in the middle ({place}): the file was cut off; export or copy it again")
        return DataError(
            f"{name} is not valid JSON ({place}, before byte {self._stream.consumed}); export the chat again"
        )


class _Chat:
    """One chat of an export. Remembers which of its lines opened a topic."""

    def __init__(self, chat_id: str) -> None:
        self._id = chat_id
        self._topics: set[str] = set()

    def record(self, message: object, position: int) -> Record:
        """One element of ``messages`` as a record."""
        if not isinstance(message, dict) or (number := identifier(message.get("id"))) is None:
            return Rejected(position, "bad_record", self._id)
        raw_id = raw_ids.message(self._id, number)
        kind = message.get("type")
        if kind == "service":
            if message.get("action") == "topic_created":
                self._topics.add(raw_id)
            return Rejected(position, "service", self._id, raw_id)
        if kind == "unsupported":  # a kind of message that the exporting program did not know: id and type only
            return Rejected(position, "empty", self._id, raw_id)
        time, text = _time(message, "date"), _text(message.get("text", ""))
        if time is None or text is None:
            return Rejected(position, "bad_record", self._id, raw_id)
        return RawMessage(
            position=position,
            chat=self._id,
            message=raw_id,
            user=_sender(message.get("from_id")),
            reply_to=self._reply(message),
            time=time,
            text=text,
            is_forward="forwarded_from" in message,
            edited_at=_time(message, "edited"),
        )

    def _reply(self, message: dict[str, Any]) -> str | None:
        """The message that this one answers. In a topic every message "replies" to the line that opened it."""
        number = identifier(message.get("reply_to_message_id"))
        if number is None:
            return None
        elsewhere = message.get("reply_to_peer_id")
        chat = raw_ids.peer_chat(elsewhere) if isinstance(elsewhere, str) else self._id
        target = raw_ids.message(chat, number)
        return None if target in self._topics else target


def _time(message: dict[str, Any], key: str) -> datetime | None:
    """Unix seconds where the export has them (since 2021), else the local time of the exporting computer, as UTC."""
    return moment(message.get(f"{key}_unixtime", message.get(key)))


def _sender(from_id: object) -> str | None:
    if isinstance(from_id, int) and not isinstance(from_id, bool):
        return raw_ids.old_sender(from_id)
    raw = identifier(from_id)
    return None if raw is None else raw_ids.sender(raw, "telegram")


def _text(text: object) -> str | None:
    """The text of a message, a string or a list of strings and entities; None for anything else."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        return None
    pieces = [_piece(part) for part in text]
    return None if None in pieces else "".join(piece for piece in pieces if piece is not None)


def _piece(part: object) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or not isinstance(part.get("text"), str):
        return None
    return _ENTITIES.get(str(part.get("type")), part["text"])
