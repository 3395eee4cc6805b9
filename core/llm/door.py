"""What every way of reaching a language model has in common, and the replies that are kept.

What a model said is kept on disk by the hash of the request; errors never are. Equal requests are asked once.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
from typing import Protocol

from core.chat import Answer, ChatReply, ChatRequest, server_of
from core.errors import SettingsError
from core.reply_cache import ReplyCache
from core.setting_tables.voting import EngineSettings, Voter


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
    """(number of the request, its answer) for every request, as the answers come; kept replies are not asked for."""
    kept: deque[tuple[int, Answer]] = deque()
    asked: list[tuple[ChatRequest, list[int]]] = []
    under_way: dict[str, list[int]] = {}

    def missing() -> Iterator[ChatRequest]:
        for number, request in enumerate(requests):
            if request.key in under_way:
                under_way[request.key].append(number)
            elif (reply := cache.get(request)) is not None:
                kept.append((number, reply))
            else:
                under_way[request.key] = [number]
                asked.append((request, under_way[request.key]))
                yield request

    for place, answer in door.ask(missing()):
        while kept:
            yield kept.popleft()
        request, numbers = asked[place]
        if isinstance(answer, ChatReply):
            cache.put(request, answer)
        del under_way[request.key]
        for number in numbers:
            yield number, answer
    yield from kept
