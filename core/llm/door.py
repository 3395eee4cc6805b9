"""What every way of reaching a language model has in common, and the replies that are kept.

What a model said is kept on disk by the hash of the request; errors never are. Equal requests are asked once.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
from itertools import chain
from typing import Protocol

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest, server_of
from core.errors import SettingsError
from core.reply_cache import ReplyCache
from core.setting_tables.voting import EngineSettings, Voter

PORTION = 100
"""Kept replies that are read before they are handed on, while the model has nothing to do."""
MOST_KEPT = 10_000
"""The same while it is at work. To hand them on sooner, the model would have to be left idle or, with Ray, reloaded."""


class Door(Protocol):
    """A model that can be asked. Nothing is loaded or sent before the first request is read."""

    def ask(self, requests: Iterable[ChatRequest]) -> Iterator[tuple[int, Answer]]:
        """(number of the request, its answer) for every request, in any order; may be called again when it ended.

        What goes wrong with a request, or with the model for good, is a ChatFailure for each request concerned.
        """
        ...

    def close(self) -> None:
        """Free what the model takes."""
        ...


def open_door(voter: Voter, engines: EngineSettings) -> AbstractContextManager[Door]:
    """The way to a voter's model, to be closed by leaving the context.

    Raises SettingsError for a voter that asks no model or lacks its key, MissingExtraError for a missing package.
    """
    if voter.backend == "openai":
        from core.llm.openai_door import OpenAIDoor

        return closing(OpenAIDoor(server_of(voter)))
    if voter.backend in ("vllm", "ray"):
        from core.llm.engine_door import EngineDoor

        return closing(EngineDoor(voter, engines))
    raise SettingsError(f"voter {voter.name!r} has the backend {voter.backend!r}, which asks no language model")


def ask_all(door: Door, requests: Iterable[ChatRequest], cache: ReplyCache) -> Iterator[tuple[int, Answer]]:
    """(number of the request, its answer) for every request, as the answers come; kept replies are not asked for.

    A request that failed is not asked again for its equals among ``requests``; they fail alike.
    """
    asking = _Asking(requests, cache)
    while True:
        missing = asking.missing()
        first = next(missing, None)
        if first is None and not asking.known:
            return
        yield from asking.hand_on()
        if first is not None:
            for place, answer in door.ask(chain([first], missing)):
                yield from asking.hand_on()
                for number in asking.take(place, answer):
                    yield number, answer


class _Asking:
    """Requests, read as they are needed: those that were asked, and those whose answer is known without asking."""

    def __init__(self, requests: Iterable[ChatRequest], cache: ReplyCache) -> None:
        self.left = enumerate(requests)
        self.cache = cache
        self.known: deque[tuple[int, Answer]] = deque()
        self.failed: dict[str, ChatFailure] = {}
        self.asked: dict[int, ChatRequest] = {}
        self.numbers: dict[str, list[int]] = {}

    def missing(self) -> Iterator[ChatRequest]:
        """What has to be asked, until there is no more or enough is known that was not handed on."""
        place = 0
        for number, request in self.left:
            if request.key in self.numbers:
                self.numbers[request.key].append(number)
            elif (answer := self.failed.get(request.key) or self.cache.get(request)) is not None:
                self.known.append((number, answer))
                if len(self.known) >= (MOST_KEPT if self.numbers else PORTION):
                    return
            else:
                self.numbers[request.key] = [number]
                self.asked[place] = request
                place += 1
                yield request

    def hand_on(self) -> Iterator[tuple[int, Answer]]:
        while self.known:
            yield self.known.popleft()

    def take(self, place: int, answer: Answer) -> list[int]:
        """Keep an answer to what was asked at a place since `missing` was called; the numbers of all that it is for."""
        request = self.asked.pop(place)
        if isinstance(answer, ChatReply):
            self.cache.put(request, answer)
        else:
            self.failed[request.key] = answer
        return self.numbers.pop(request.key)
