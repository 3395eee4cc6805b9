"""A group's messages, oldest first, in steps between which the work may stop.

Pages of 100 are asked for by the number behind the last one, as Telethon's ``iter_messages(reverse=True, min_id=…)``
does. Every page is a question of its own, so that after a flood wait or a dropped connection it is simply asked again,
and a message that Telegram left out of a page ends nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from collector.repeats import FLOOD_SECONDS
from collector.telegram.asking import Conversation
from collector.telegram.groups import Group
from collector.telegram.messages import Person, is_gap, people_in
from collector.telegram.state import ChatState
from core.setting_tables.collecting import TelegramSettings

PAGE = 100


@dataclass(frozen=True)
class Bounds:
    """What is read. since: from this time on; until: before this time; limit: messages in all, 0: any number.
    reread_from: messages since then are read again by a later pass; None: none are.
    """

    since: datetime | None
    until: datetime | None
    limit: int
    reread_from: datetime | None

    @classmethod
    def of(cls, settings: TelegramSettings, now: datetime) -> "Bounds":
        since = settings.since and datetime.combine(settings.since, time(), UTC)
        until = settings.until and datetime.combine(settings.until, time(), UTC) + timedelta(days=1)
        days = settings.edits_window_days
        again = max(filter(None, (now - timedelta(days=days), since))) if days else None
        return cls(since, until, settings.limit, again)


@dataclass(frozen=True)
class Step:
    """messages: every message of the group with a number above ``after`` and up to ``upto``, in order, as Telethon
    gives them. ended: whether there are no more within the bounds. n_new: those that no pass had read before. before:
    the messages of the minute before them, by which repetitions are told. people: senders, by canonical raw id.
    """

    after: int
    upto: int
    messages: list[Any]
    ended: bool
    n_new: int
    before: list[Any]
    people: dict[str, Person]


def steps(conversation: Conversation, group: Group, state: ChatState, bounds: Bounds, at_once: int) -> Iterator[Step]:
    """Read on from where the state says; a step holds about ``at_once`` messages, the last one whatever is left."""
    reader = _Reader(state, bounds, _begin(conversation, group, state, bounds))
    ended = False
    while not ended:
        page = _page(conversation, group, reader.position)
        if page.messages and reader.before is None:
            reader.before = _minute_before(conversation, group, reader.position)
        ended = reader.take(page)
        if ended or len(reader.messages) >= at_once:
            yield reader.step(ended)


@dataclass(frozen=True)
class _Page:
    """Some messages, ascending, and who sent them."""

    messages: list[Any]
    people: dict[str, Person]


class _Reader:
    """Takes pages until a step is full. before: the minute before the next step; None: not looked up yet."""

    def __init__(self, state: ChatState, bounds: Bounds, begin: int) -> None:
        self.position = begin
        self.messages: list[Any] = []
        self.before: list[Any] | None = None
        self._people: dict[str, Person] = {}
        self._after = begin
        self._newest = state.newest
        self._left = bounds.limit - state.n_read if bounds.limit else None
        self._until = bounds.until
        self._n_new = 0

    def take(self, page: _Page) -> bool:
        """Take what lies within the bounds; whether that was the end."""
        self._people |= page.people
        for message in page.messages:
            is_new = message.id > self._newest
            late = self._until is not None and message.date is not None and message.date >= self._until
            if late or (is_new and self._left is not None and self._left <= self._n_new):
                return True
            self.messages.append(message)
            self.position = message.id
            self._n_new += is_new
        if not page.messages:  # what lay behind the last message is gone
            self.position = max(self.position, self._newest)
        return not page.messages

    def step(self, ended: bool) -> Step:
        """What was taken since the last step."""
        before = self.before or []
        taken = Step(self._after, self.position, self.messages, ended, self._n_new, before, self._people)
        self.before = _last_minute([*before, *self.messages])
        self.messages, self._people = [], {}
        self._after, self._newest = self.position, max(self._newest, self.position)
        if self._left is not None:
            self._left -= self._n_new
        self._n_new = 0
        return taken


def _begin(conversation: Conversation, group: Group, state: ChatState, bounds: Bounds) -> int:
    """The number behind which to read: where an unfinished pass stopped, else where a new one has to begin.

    That is the last message before the window, not the first one in it, which may have been deleted.
    """
    if state.passing:
        return state.position or _last_before(conversation, group, bounds.since)
    if bounds.reread_from is None:
        return state.newest
    return min(state.newest, _last_before(conversation, group, bounds.reread_from))


def _page(conversation: Conversation, group: Group, after: int) -> _Page:
    """The next messages with numbers above ``after``; none at the end."""
    found = conversation.ask(_history(group, offset_id=after + 1, limit=PAGE, add_offset=-PAGE))
    return _Page(_ascending(message for message in found.messages if message.id > after), people_in(found))


def _minute_before(conversation: Conversation, group: Group, number: int) -> list[Any]:
    """The messages up to a number that `_last_minute` keeps; a new run knows them no more."""
    if number == 0:
        return []
    found = conversation.ask(_history(group, offset_id=number + 1, limit=PAGE, add_offset=0))
    return _last_minute(_ascending(message for message in found.messages if message.id <= number))


def _last_minute(messages: list[Any]) -> list[Any]:
    """Of some messages in order those of the last minute, a page at most, however they were got."""
    said = [message for message in messages if not is_gap(message)][-PAGE:]
    if not said or said[-1].date is None:
        return []
    begin = said[-1].date - timedelta(seconds=FLOOD_SECONDS)
    return [message for message in said if message.date is not None and message.date >= begin]


def _ascending(messages: Iterable[Any]) -> list[Any]:
    return sorted(messages, key=lambda message: message.id)


def _last_before(conversation: Conversation, group: Group, moment: datetime | None) -> int:
    """The number of the last message that was sent before a moment; 0: there is none, or no moment."""
    if moment is None:
        return 0
    found = conversation.ask(_history(group, offset_date=moment, limit=1, add_offset=0))
    return next((message.id for message in found.messages if message.date is None or message.date < moment), 0)


def _history(group: Group, limit: int, add_offset: int, offset_id: int = 0, offset_date: datetime | None = None) -> Any:
    """The request for messages before an offset; those behind it are ``add_offset`` of minus the limit away."""
    from telethon.tl.functions.messages import GetHistoryRequest

    return GetHistoryRequest(
        peer=group.peer,
        offset_id=offset_id,
        offset_date=offset_date,
        add_offset=add_offset,
        limit=limit,
        max_id=0,
        min_id=0,
        hash=0,
    )
