"""Telegram Desktop's JSON export: one chat (``id``, ``messages``) or a whole account (``chats``, ``left_chats``).

Of a message its number, time, sender, text, reply, edit, whether it is a forward or comes through a bot, and the name
that its sender shows (looked for in texts, never kept) are read; usernames,
contacts, places and the account's own data are passed over. What Telegram marked in the text as a link, a number, an
address or a person's name is dropped or becomes a placeholder here, because its bounds are known exactly.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from collector import raw_ids
from collector.scrubbing import LINK_REMOVED, PLACEHOLDERS
from collector.sources.json_reader import JsonReader
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.telegram_escapes import RepairedStream
from collector.sources.values import identifier, moment
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

ENTITIES = {
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
        yield from _Export(path, JsonReader(path, RepairedStream(stream))).records()


class _Export:
    """One export being read, and in how many chats its messages are."""

    def __init__(self, path: Path, reader: JsonReader) -> None:
        self._path = path
        self._reader = reader
        self._chats = 0

    def records(self) -> Iterator[Record]:
        if self._reader.enters("{"):
            yield from self._chat(whole_account=True)
        else:
            self._reader.skip()
        self._reader.finish()
        if not self._chats:
            raise DataError(
                f"{self._path.name} holds no chat: wanted a Telegram Desktop export with a list 'messages' or 'chats'; "
                f"export the chat with the format JSON"
            )

    def _chat(self, whole_account: bool = False) -> Iterator[Record]:
        """The records of a chat; the root of a file is a chat, an account (``whole_account`` allows it) or both."""
        reader = self._reader
        number = None
        for key in reader.members():
            if key == "id":
                number = reader.value()
            elif key == "messages" and reader.enters("["):
                yield from self._messages(number)
            elif key in ("chats", "left_chats") and whole_account and reader.enters("{"):
                yield from self._account()
            else:
                reader.skip()

    def _account(self) -> Iterator[Record]:
        for key in self._reader.members():
            if key != "list" or not self._reader.enters("["):
                self._reader.skip()
                continue
            self._chats += 1
            for _ in self._reader.elements():
                if self._reader.enters("{"):
                    yield from self._chat()
                else:
                    self._reader.skip()

    def _messages(self, number: object) -> Iterator[Record]:
        self._chats += 1
        chat: _Chat | None = None
        for message in self._reader.values():
            self._reader.position += 1
            chat = chat or self._chat_of(number, message)
            yield chat.record(message, self._reader.position)

    def _chat_of(self, number: object, first: object) -> "_Chat":
        """The chat with this id. Exports before 2021 write senders as numbers, and then the chat's id is packed too.

        ``number``: the chat's id as it stands there; ``first``: the chat's first message, which tells the two apart.
        """
        raw = identifier(number)
        if raw is None:
            raise DataError(
                f"{self._path.name}: the chat of message {self._reader.position} has no 'id' before its 'messages'; "
                f"export it again with Telegram Desktop"
            )
        sender = first.get("from_id", first.get("actor_id")) if isinstance(first, dict) else None
        if isinstance(sender, int) and isinstance(number, int) and number > 0:
            return _Chat(raw_ids.old_chat(number))
        return _Chat(raw_ids.chat(raw, "telegram"))


class _Chat:
    """One chat of an export. Remembers which of its lines opened a topic."""

    def __init__(self, chat_id: str) -> None:
        self._id = chat_id
        self._topics: set[str] = set()
        self._senders: dict[str, str | None] = {}

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
        time, text = _time(message, "date_unixtime", "date"), _text(message.get("text", ""))
        if time is None or text is None:
            return Rejected(position, "bad_record", self._id, raw_id)
        sender, target, name = message.get("from_id"), message.get("reply_to_message_id"), message.get("from")
        return RawMessage(  # by position: names would take longer, and this is done for every message
            position,
            self._id,
            raw_id,
            self._sender(sender) if isinstance(sender, str) else _sender(sender),
            None if target is None else self._reply(target, message.get("reply_to_peer_id")),
            time,
            text,
            "forwarded_from" in message,
            _time(message, "edited_unixtime", "edited"),
            name if isinstance(name, str) else None,
            "via_bot" in message,
        )

    def _sender(self, from_id: str) -> str | None:
        """The sender by this name of a peer, made once."""
        if from_id not in self._senders:
            self._senders[from_id] = _sender(from_id)
        return self._senders[from_id]

    def _reply(self, target_number: object, elsewhere: object) -> str | None:
        """The message that is answered. In a topic every message "replies" to the line that opened it.

        An export that begins after the topic was opened does not hold that line; then the target counts as missing.
        """
        number = identifier(target_number)
        if number is None:
            return None
        chat = raw_ids.peer_chat(elsewhere) if isinstance(elsewhere, str) else self._id
        target = raw_ids.message(chat, number)
        return None if target in self._topics else target


def _time(message: dict[str, Any], unix: str, local: str) -> datetime | None:
    """Unix seconds where the export has them (since 2021), else the local time of the exporting computer, as UTC."""
    value = message[unix] if unix in message else message.get(local)
    return None if value is None else moment(value)


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
    return ENTITIES.get(str(part.get("type")), part["text"])
