"""Telegram Desktop's HTML export of one chat: ``messages.html`` and the pages that continue it.

It holds message numbers, but no id of the chat and none of its members, so the chat is known by its title and people
by the names they show (`collector.sources.names`): nobody in it can be linked with a JSON export. Media, polls,
places and reactions are passed over; a caption is the text of its message.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from collector import raw_ids
from collector.sources import names
from collector.sources.local_time import to_utc
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.telegram_page import Block, Page
from collector.sources.values import encoding_advice, first_bad_byte
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

FIRST_PAGE = "messages.html"

_PAGE = re.compile(r"messages([1-9][0-9]{0,8})\.html")
_AT_ONCE = 1 << 20
_TOO_LONG = 1 << 23
_DATE = re.compile(
    r"([0-9]{2})\.([0-9]{2})\.([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2})(?: UTC(?:([+-])([0-9]{2}):?([0-9]{2}))?)?"
)
_VIA = re.compile(r" via @[A-Za-z0-9_]+$")
_NOBODY = frozenset({"Deleted Account", "Deleted"})
_DATE_LINES = range(-100_000_000, 0)  # the numbers of messages before a group became a supergroup are lower still


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is a page of a chat."""
    return b"chat_page" in head and b"page_header" in head


def pages(path: Path) -> list[Path]:
    """The pages to read for this one: ``messages.html`` and all that continue it in its folder; any other alone.

    Raises DataError when one in between is missing.
    """
    if path.name != FIRST_PAGE:
        return [path]
    numbers = (_PAGE.fullmatch(file.name) for file in path.parent.iterdir())
    found = sorted(int(number[1]) for number in numbers if number)
    missing = sorted(set(range(2, max(found, default=1) + 1)).difference(found))
    if missing:
        raise DataError(f"the export lacks the page messages{missing[0]}.html; copy the whole folder again")
    return [path, *(path.with_name(f"messages{number}.html") for number in found if number > 1)]


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of the pages, in their order. Lines that only show a date are none.

    Raises DataError when a page is cut off, is not UTF-8 or is no page of a chat.
    """
    position = 0
    for page in pages(path):
        for record in _Reader(page, settings.utc_offset_minutes, position).records():
            position = record.position
            yield record


class _Reader:
    """Reads one page. ``position``: messages on the pages before."""

    def __init__(self, path: Path, offset_minutes: int, position: int) -> None:
        self._path = path
        self._offset = offset_minutes
        self._position = position
        self._sender: str | None = None
        self._name: str | None = None
        self._topics: set[int] = set()

    def records(self) -> Iterator[Record]:
        page = Page()
        try:
            with self._path.open(encoding="utf-8-sig") as stream:
                while text := stream.read(_AT_ONCE):
                    page.feed(text)
                    yield from self._taken(page)
                page.close()
        except UnicodeDecodeError:
            raise DataError(encoding_advice(self._path, f"byte {first_bad_byte(self._path)}")) from None
        except (ValueError, AssertionError):
            # What html.parser raises on character references of thousands of digits and the like; it quotes the page.
            raise self._broken() from None
        page.finish()
        yield from self._taken(page)
        self._check_whole(page)

    def _taken(self, page: Page) -> Iterator[Record]:
        """Records of the blocks that are finished; they are taken off the page."""
        if len(page.rawdata) > _TOO_LONG:
            raise self._broken()
        blocks, page.blocks = page.blocks, []
        if blocks and not names.plain(page.title or ""):
            raise self._no_chat()
        chat = names.chat(page.title or "")
        yield from self._records_of(chat, blocks)

    def _records_of(self, chat: str, blocks: Sequence[Block]) -> Iterator[Record]:
        for block in blocks:
            if not (block.service and block.number in _DATE_LINES):
                self._position += 1
                yield self._record(chat, block)

    def _record(self, chat: str, block: Block) -> Record:
        if block.number is None:
            return Rejected(self._position, "bad_record", chat)
        raw_id = raw_ids.message(chat, str(block.number))
        if block.service:
            if " created topic «" in block.text:
                self._topics.add(block.number)
            return Rejected(self._position, "service", chat, raw_id)
        if not block.joined:
            self._sender, self._name = _sender(chat, block.sender), (block.sender or "").strip() or None
        time = _time(block.date, self._offset)
        if time is None:
            return Rejected(self._position, "bad_record", chat, raw_id)
        answers = block.reply_to is not None and block.reply_to not in self._topics
        return RawMessage(
            position=self._position,
            chat=chat,
            message=raw_id,
            user=self._sender,
            reply_to=raw_ids.message(chat, str(block.reply_to)) if answers else None,
            time=time,
            text=block.text,
            is_forward=block.forwarded,
            name=self._name,
        )

    def _check_whole(self, page: Page) -> None:
        if page.title is None:
            raise self._no_chat()
        if not page.ended:
            raise DataError(
                f"{self._path.name} ends in the middle (after message {self._position}): the file was cut off; export "
                f"or copy it again"
            )

    def _no_chat(self) -> DataError:
        return DataError(
            f"{self._path.name} shows no chat: wanted the page messages.html of a Telegram Desktop export with the "
            f"chat's title above it; of a whole account give the folders chats/chat_* one by one"
        )

    def _broken(self) -> DataError:
        return DataError(f"{self._path.name} is not valid HTML (after message {self._position}); export the chat again")


def _sender(chat: str, shown: str | None) -> str | None:
    """Who a name stands for. Deleted accounts all show the same one, which is nobody's."""
    name = _VIA.sub("", names.plain(shown or ""))
    return None if name in _NOBODY else names.sender(chat, name)


def _time(title: str, offset_minutes: int) -> datetime | None:
    """The time in a title; where the export names no zone, by the offset of the settings."""
    found = _DATE.fullmatch(title.strip())
    if found is None:
        return None
    day, month, year, hour, minute, second = (int(found[number]) for number in range(1, 7))
    try:
        shown = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return to_utc(shown, _offset(found, offset_minutes))


def _offset(found: re.Match[str], otherwise: int) -> int:
    if "UTC" not in found[0]:
        return otherwise
    minutes = 60 * int(found[8] or 0) + int(found[9] or 0)
    return -minutes if found[7] == "-" else minutes
