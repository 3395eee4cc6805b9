"""WhatsApp's text export of one chat, from Android or iPhone, in Chinese or English.

It holds no ids. The chat is known by the name of the file, people by the names that the exporting phone shows, and a
message by its time, sender and text, so that two overlapping exports by one phone give the same messages the same ids.
An edited text is another message; the export does not say when it was edited.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from collector import raw_ids
from collector.sources import names
from collector.sources.local_time import to_utc
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.values import encoding_advice, first_bad_byte
from collector.sources.whatsapp_dates import Numbers, Order, at_time, date_of, order_of, possible_orders
from collector.sources.whatsapp_lines import Beginning, Shape, beginning, parted
from collector.sources.whatsapp_notes import said
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

_LINES_TO_LOOK_AT = 20
_FILE = re.compile(
    r"WhatsApp[ _]Chat(?:[ _]with[ _]|[ _]-[ _])(?P<en>.+)|[与與](?P<zh>.+)的 ?WhatsApp ?(?:聊天|對話|对话)",
    re.IGNORECASE,
)
_COPY = re.compile(r" \([0-9]{1,3}\)$")


def recognises(head: bytes) -> bool:
    """Whether one of the first lines of a file that begins so is that of a message."""
    lines = head.decode("utf-8", "ignore").split("\n", _LINES_TO_LOOK_AT)[:_LINES_TO_LOOK_AT]
    return any(_dated(line.rstrip("\r")) for line in lines)


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of a file, by the number of the line on which they begin.

    Reads the file twice: once for its dates, whose order the whole file decides. Raises DataError when it does not,
    when no message is in it, or when it is not UTF-8.
    """
    try:
        yield from _Chat(path, settings).records()
    except UnicodeDecodeError:
        raise DataError(encoding_advice(path, f"byte {first_bad_byte(path)}")) from None


def title_of(path: Path) -> str:
    """The chat's name in a file's name; in that of its folder for ``_chat.txt``, as iPhones call it."""
    name = _COPY.sub("", path.stem)
    if name == "_chat":
        name = _COPY.sub("", path.resolve().parent.name)
    found = _FILE.fullmatch(name)
    return name if found is None else found["en"] or found["zh"]


class _Written(NamedTuple):
    """A message as it stands in the file. shown: its time on the phone; lines: its text, from the first line on."""

    position: int
    shown: datetime
    lines: list[str]


class _Chat:
    """One file being read."""

    def __init__(self, path: Path, settings: CollectSettings) -> None:
        self._path = path
        self._offset = settings.utc_offset_minutes
        self._id = names.chat(title_of(path))
        self._shape: Shape | None = None
        self._order: Order = order_of(self._dates(), path.name, settings.day_first)
        self._met: Counter[bytes] = Counter()

    def records(self) -> Iterator[Record]:
        message: _Written | None = None
        for position, line in self._lines():
            begun = self._begun(position, line)
            if begun is not None:
                if message is not None:
                    yield self._record(message)
                message = begun
            elif message is not None:
                message.lines.append(line)
            elif line.strip():
                yield Rejected(position, "bad_record", self._id)
        if message is not None:
            yield self._record(message)

    def _lines(self) -> Iterator[tuple[int, str]]:
        with self._path.open(encoding="utf-8-sig") as stream:
            for position, line in enumerate(stream, 1):
                yield position, line.removesuffix("\n")

    def _dates(self) -> list[Numbers]:
        """The dates of all messages, one after another, without repetitions. Learns the shape of their first lines."""
        dates: list[Numbers] = []
        for _, line in self._lines():
            begun = _dated(line)
            if begun is None:
                continue
            self._shape = self._shape or begun.shape
            if begun.shape == self._shape and (not dates or dates[-1] != begun.date):
                dates.append(begun.date)
        if not dates:
            raise DataError(
                f"{self._path.name} holds no message of a WhatsApp chat: wanted lines such as "
                f"'[2024/1/2 15:04:05] Name: text' or '2/1/24, 15:04 - Name: text'; export the chat again as text"
            )
        return dates

    def _begun(self, position: int, line: str) -> _Written | None:
        begun = beginning(line)
        if begun is None or begun.shape != self._shape:
            return None
        day = date_of(begun.date, self._order)
        shown = day and at_time(day, begun.hour, begun.minute, begun.second, begun.half)
        return None if shown is None else _Written(position, shown, [begun.rest])

    def _record(self, message: _Written) -> Record:
        shown_name, text = parted("\n".join(message.lines))
        sender = None if shown_name is None else names.sender(self._id, _without_tilde(shown_name))
        written = None if shown_name is None else said(text)
        raw_id = self._message_id(message.shown, sender, text if written is None else written)
        if written is None:
            return Rejected(message.position, "service", self._id, raw_id)
        time = to_utc(message.shown, self._offset)
        if time is None:
            return Rejected(message.position, "bad_record", self._id, raw_id)
        name = None if shown_name is None else _without_tilde(shown_name)
        return RawMessage(message.position, self._id, raw_id, sender, None, time, written, name=name)

    def _message_id(self, shown: datetime, sender: str | None, text: str) -> str:
        """Time as shown, sender and text; equal ones are numbered. Never the line, which differs between exports."""
        told = f"{shown.isoformat()}\x1f{sender or ''}\x1f{text}"
        digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        self._met[digest] += 1
        return raw_ids.message(self._id, f"{self._met[digest]}\x1f{told}")


def _dated(line: str) -> Beginning | None:
    """The line taken apart if it begins a message, with a date and time that exist in some order."""
    begun = beginning(line)
    if begun is None:
        return None
    orders = possible_orders(begun.date)
    day = date_of(begun.date, orders[0]) if orders else None
    there_is = day is not None and at_time(day, begun.hour, begun.minute, begun.second, begun.half)
    return begun if there_is else None


def _without_tilde(name: str) -> str:
    """The name without the tilde that stands before people who are not in the phone's contacts."""
    known = names.plain(name)
    return known.removeprefix("~ ")
