"""A server that speaks OpenAI's chat protocol (vLLM, a cloud), asked many requests at once.

Retries are the client's own: exponential waits with jitter on 408, 409, 429, 5xx, timeouts and dropped connections, or
as long as the server's Retry-After says (up to two minutes). The package ``openai`` has its only home here.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest, ChatServer, is_local
from core.errors import MissingExtraError
from core.json_replies import without_bounds
from core.llm.openai_answers import WRONG_PLACE, UnreadableAnswer, read_reply

if TYPE_CHECKING:
    from openai import APIError, APIStatusError, AsyncOpenAI

GIVE_UP_AFTER = 20
"""After this many failures in a row, whatever the answer was, a server is not asked again in this run."""
GIVE_UP_AFTER_BAD_REQUESTS = 200
"""The same for failures that look like the fault of single requests, most of them too long for the model.

A corpus may have many of those one after another: its segments may come sorted, and those that failed in one run may
come first in the next. That so many are too long says that max_tokens or the model does not suit the corpus at all.
"""
MOST_LOGPROBS = 20
"""Most tokens whose log-probabilities the protocol lets one ask for."""
_MOST_WAYS = 3
_EVERY_REQUEST_FAILS = {401, 402, 403, 404, 405}
_WRONG_KEY = "look at the key (api_key_env) and at what it may do"
_TOO_LONG = "it says that this is too long for the model: look at max_tokens and at the model's context length"
_BAD_REQUEST = "look at the model's name, at max_tokens, and at what else is set for the voter"
_ADVICE = {401: _WRONG_KEY, 402: _WRONG_KEY, 403: _WRONG_KEY, 404: WRONG_PLACE, 405: WRONG_PLACE}
_REFUSED = {400, 422}
"""What may be the fault of one request, of the form of the reply, or of what all requests share."""
_TOO_LARGE = 413
_SAYS_TOO_LONG = re.compile(r"context.?(length|size|window)|too.?long|longer than the|number of tokens", re.IGNORECASE)
"""How vLLM, SGLang, llama.cpp and the clouds put it, in an error's code, type or first words."""
_FIRST_WORDS = 300
"""Characters of an error that are looked at: further on, a server may quote the whole request."""
_FILTER_STATUSES = {400, 403, 422}
FILTER_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "data_inspection_failed",
        "moderation_blocked",
        "sensitive",
        "sensitive_content",
    }
)
"""Codes of errors by which servers decline to have a model answer a chat."""


class OpenAIDoor:
    """One run's conversation with one server; at most ``server.concurrency`` requests are under way.

    A server that wants another key or does not know the model is not asked again, nor one that cannot be connected to
    before it has replied, nor one that failed `GIVE_UP_AFTER` times in a row (`GIVE_UP_AFTER_BAD_REQUESTS`, where the
    requests seem to be at fault); what is left then fails without being sent.
    """

    def __init__(self, server: ChatServer) -> None:
        """Raises MissingExtraError when ``openai`` is not installed."""
        self.server = server
        self.runner = asyncio.Runner()
        self.client = _client(server)
        self.failures_in_a_row: Counter[int] = Counter()  # by how many of their kind are too many
        self.has_replied = False
        self.takes_nothing = False
        self.knows_form = False
        self.closed_because: str | None = None
        self.strictest = -_MOST_WAYS

    def ask(self, requests: Iterable[ChatRequest]) -> Iterator[tuple[int, Answer]]:
        """See `core.llm.door.Door`. An answer comes as soon as it is there; requests are read as there is room."""
        waiting = enumerate(requests)
        running: set[asyncio.Task[tuple[int, Answer]]] = set()
        try:
            while True:
                for number, request in islice(waiting, self.server.concurrency - len(running)):
                    running.add(self.runner.get_loop().create_task(self._answer(number, request)))
                if not running:
                    return
                done, running = self.runner.run(asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED))
                yield from sorted((task.result() for task in done), key=lambda answered: answered[0])
        finally:
            for task in running:
                task.cancel()

    def close(self) -> None:
        self.runner.run(self.client.close())
        self.runner.close()

    async def _answer(self, number: int, request: ChatRequest) -> tuple[int, Answer]:
        if self.closed_because is not None:
            return number, ChatFailure(f"not asked: {self.closed_because}", 0.0)
        answer = await self._ask(request)
        if isinstance(answer, ChatReply):
            self.failures_in_a_row.clear()
            self.has_replied = True
            self.takes_nothing = False
        return number, answer

    async def _ask(self, request: ChatRequest) -> Answer:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        started = time.perf_counter()
        try:
            body = await self._ask_as_strictly_as_possible(request)
            return read_reply(body, request, time.perf_counter() - started)
        except UnreadableAnswer as error:
            reason = f"{self.server.name} answered what is no chat completion: {error}"
            self._count_failure(reason)
        except APIStatusError as error:
            if _is_filtered(error):
                return _filtered(request, time.perf_counter() - started)
            reason = f"{self.server.name} answered {error.status_code}{_code_of(error)}{_advice(error)}"
            if error.status_code in _REFUSED and (self.knows_form or not _is_too_long(error)):
                self.takes_nothing = True
            if error.status_code in _EVERY_REQUEST_FAILS:
                self.closed_because = reason
            else:
                self._count_failure(reason, self._most_in_a_row(error))
        except APIConnectionError as error:
            slow = isinstance(error, APITimeoutError)
            what = f"was silent for {self.server.timeout:g} s" if slow else "could not be reached or hung up"
            reason = f"{self.server.name} {what}"
            # Nobody is there, and whoever waits for one voter after another waits long enough for all retries of one.
            self._count_failure(reason, 1 if _nobody_is_there(error) and not self.has_replied else GIVE_UP_AFTER)
        return ChatFailure(reason, time.perf_counter() - started)

    async def _ask_as_strictly_as_possible(self, request: ChatRequest) -> str:
        """The body of the answer. A 400 or 422 to a form of the reply: a laxer one; if that works, all go on so.

        Not where the server's filter says that it is the chat that it does not take. A server that took a request in no
        form at all may take none: until it replies, each is first sent plainly, and in a form only if that works; or
        once only, in the form that it has taken before.
        """
        from openai import BadRequestError, UnprocessableEntityError

        ways = _ways_of_asking(request)
        forms = range(max(self.strictest, -len(ways)), -1)
        if self.takes_nothing and self.knows_form:
            return await self._send(request, ways[max(self.strictest, -len(ways))])
        plain = await self._send(request, ways[-1]) if self.takes_nothing and forms else None
        for place in forms:
            try:
                body = await self._send(request, ways[place])
            except (BadRequestError, UnprocessableEntityError) as error:
                if _is_filtered(error):
                    raise
                continue
            self.strictest = max(self.strictest, place)
            self.knows_form = True
            return body
        plain = await self._send(request, ways[-1]) if plain is None else plain
        if forms:
            self.strictest = -1
            self.knows_form = True
        return plain

    async def _send(self, request: ChatRequest, form: Mapping[str, Any]) -> str:
        messages = [{"role": role, "content": content} for role, content in request.messages]
        body = {"model": request.model, "messages": messages, **request.parameters, **form}
        # As a plain body: the client's own types would be checked and copied field by field for nothing.
        return await self.client.post("/chat/completions", cast_to=str, body=body)

    def _most_in_a_row(self, error: "APIStatusError") -> int:
        """How many such errors in a row are too many.

        A server that has replied in this run takes the model's name and the voter's settings, so that what it calls bad
        is the one request. One that has not may call every request bad, unless it says that this one is too long.
        """
        is_bad = _is_too_long(error) or (self.has_replied and error.status_code in _REFUSED)
        return GIVE_UP_AFTER_BAD_REQUESTS if is_bad else GIVE_UP_AFTER

    def _count_failure(self, reason: str, most: int = GIVE_UP_AFTER) -> None:
        self.failures_in_a_row[most] += 1
        if self.failures_in_a_row[most] >= most:
            self.closed_because = reason if most == 1 else f"{most} failures in a row, the last one: {reason}"


def _ways_of_asking(request: ChatRequest) -> Sequence[Mapping[str, Any]]:
    """What is sent along to get a reply of the wanted form, the strictest way first; at most `_MOST_WAYS`.

    Not every server takes bounds in a schema, a schema, or vLLM's own ``structured_outputs``.
    """
    if request.choices:
        probabilities = {"logprobs": True, "top_logprobs": MOST_LOGPROBS}
        exactly = {"structured_outputs": {"regex": f"({'|'.join(request.choices)})"}}
        return ({**probabilities, **exactly}, probabilities)
    if request.schema is None:
        return ({},)
    free = without_bounds(request.schema)
    bounded = (_as_format(request.schema),) if free != request.schema else ()
    return (*bounded, _as_format(free), {})


def _as_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {"name": "answer", "strict": True, "schema": dict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": wanted}}


def _client(server: ChatServer) -> "AsyncOpenAI":
    try:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient
    except ImportError as error:
        raise MissingExtraError("openai", "llm", f"asking the model server {server.name}") from error
    return AsyncOpenAI(
        base_url=server.base_url,
        api_key=server.api_key,
        timeout=server.timeout,
        max_retries=server.retries,
        # A proxy cannot reach a server on this machine; a redirect would send chat to a server that nobody named.
        http_client=DefaultAsyncHttpxClient(
            trust_env=not is_local(server.base_url), timeout=server.timeout, follow_redirects=False
        ),
    )


def _nobody_is_there(error: Exception) -> bool:
    """Whether no connection came about, rather than one that broke."""
    # By its name: which library the client speaks HTTP with has changed before.
    return type(error.__cause__).__name__ == "ConnectError"


def _is_filtered(error: "APIStatusError") -> bool:
    """Whether it is this chat that the server does not take, and no fault of the request or the server."""
    return error.status_code in _FILTER_STATUSES and error.code in FILTER_CODES


def _filtered(request: ChatRequest, seconds: float) -> ChatReply:
    return ChatReply("", "content_filter", None, request.model, seconds)


def _code_of(error: "APIError") -> str:
    """The server's error code in brackets, if it is a plain word; its text may quote the chat and is left out."""
    code = getattr(error, "code", None)
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[A-Za-z_.-]{1,60}", code) else ""


def _is_too_long(error: "APIStatusError") -> bool:
    """Whether the server says so. If only a chat that it quotes does, more is asked of it, and nothing worse."""
    said = f"{error.code} {error.type} {error.message[:_FIRST_WORDS]}"
    says_so = error.status_code in _REFUSED and _SAYS_TOO_LONG.search(said) is not None
    return says_so or error.status_code == _TOO_LARGE


def _advice(error: "APIStatusError") -> str:
    """What to look at, after a semicolon, if that is known; free of the server's words, which may quote the chat."""
    status = error.status_code
    if _is_too_long(error):
        advice = _TOO_LONG
    elif status in _REFUSED:
        advice = _BAD_REQUEST
    else:
        advice = WRONG_PLACE if 300 <= status < 400 else _ADVICE.get(status)
    return f"; {advice}" if advice else ""
