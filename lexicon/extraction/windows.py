"""Windows: consecutive messages of one chat, as many as a model reads in one request."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from core.errors import SettingsError

SHOWN = ("message_id", "chat_id", "user_id", "reply_id", "timestamp", "content")


@dataclass(frozen=True, eq=False)
class Window:
    """``size`` messages of a chat from place ``start`` on, counted from 0. chat: its columns `SHOWN`."""

    chat: pl.DataFrame
    start: int
    size: int

    @property
    def chat_id(self) -> str:
        return str(self.chat["chat_id"][0])

    @property
    def messages(self) -> pl.DataFrame:
        return self.chat.slice(self.start, self.size)


def windows_of(messages: pl.DataFrame, size: int, overlap: int) -> list[Window]:
    """The windows of every chat in the order of the corpus; each repeats the last ``overlap`` messages of the one
    before. The last window of a chat may be shorter, and holds at least one message that no other has.

    Windows are counted from a chat's beginning, so that a chat that grows keeps all but its last one.
    """
    if overlap >= size:
        raise SettingsError(
            f"lexicon.extract: overlap must be smaller than window, which is {size}; it is {overlap}; "
            f"each window repeats that many messages of the one before"
        )
    return [
        Window(chat, start, min(size, chat.height - start))
        for chat in messages.select(SHOWN).partition_by("chat_id", maintain_order=True)
        for start in range(0, max(1, chat.height - overlap), size - overlap)
    ]


def drawn(windows: Sequence[Window], n: int, seed: int) -> list[Window]:
    """``n`` of the windows at random, in their order; all of them for 0 or when there are no more.

    A window's lot is a hash of the seed and its first message. A larger draw therefore holds every smaller one, and
    a draw stays the same, but for the newcomers, when chats are added.
    """
    if not n or n >= len(windows):
        return list(windows)
    lots = {number: _lot(window, seed) for number, window in enumerate(windows)}
    return [windows[number] for number in sorted(sorted(lots, key=lambda number: (lots[number], number))[:n])]


def _lot(window: Window, seed: int) -> str:
    first = window.chat["message_id"][window.start]
    return hashlib.sha256(f"{seed}\n{window.chat_id}\n{first}".encode()).hexdigest()
