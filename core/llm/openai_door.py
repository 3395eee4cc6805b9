"""The door to language models: any server that speaks OpenAI's chat protocol (vLLM, a cloud).

`ask_all` asks many requests at once and yields every answer as it comes. Retries are the client's own: exponential
waits with jitter on 408, 409, 429, 5xx, timeouts and dropped connections, or as long as the server's Retry-After says
(up to two minutes). What the model said is kept on disk by the hash of the request; errors never are.
The package ``openai`` has its only home here.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest, ChatServer, ReplyCache, is_local
from core.errors import MissingExtraError

if TYPE_CHECKING:
    from openai import APIError, AsyncOpenAI

GIVE_UP_AFTER = 20
"""After this many failures in a row, none of them the request's own fault, a server is not asked again in this run."""
_EVERY_REQUEST_FAILS = {401, 402, 403, 404, 405}


def ask_all(server: ChatServer, requests: Iterable[ChatRequest], cache: ReplyCache) -> Iterator[tuple[int, Answer]]:
    """(number of the request, its answer) for every request, as the answers come.

    At most ``server.concurrency`` requests are under way. A server that wants another key or does not know the model
    is not asked again, nor one that failed `GIVE_UP_AFTER` times in a row; what is left then fails without being sent.
    Raises MissingExtraError when ``openai`` is not installed.
    """
    with asyncio.Runner() as runner:
        door = _Door(server, cache)
        waiting = enumerate(requests)
        running: set[asyncio.Task[tuple[int, Answer]]] = set()
        try:
            while True:
                for number, request in islice(waiting, server.concurrency - len(running)):
                    running.add(runner.get_loop().create_task(door.answer(number, request)))
                if not running:
                    return
                done, running = runner.run(asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED))
                yield from sorted((task.result() for task in done), key=lambda answered: answered[0])
        finally:
            for task in running:
                task.cancel()
            runner.run(door.client.close())


class _Door:
    """One run's conversation with one server."""

    def __init__(self, server: ChatServer, cache: ReplyCache) -> None:
        self.server = server
        self.cache = cache
        self.client = _client(server)
        self.follows_schemas = True
        self.failures_in_a_row = 0
        self.closed_because: str | None = None

    async def answer(self, number: int, request: ChatRequest) -> tuple[int, Answer]:
        kept = self.cache.get(request)
        if kept is not None:
            return number, kept
        if self.closed_because is not None:
            return number, ChatFailure(f"not asked: {self.closed_because}", 0.0)
        answer = await self._ask(request)
        if isinstance(answer, ChatReply):
            self.failures_in_a_row = 0
            self.cache.put(request, answer)
        return number, answer

    async def _ask(self, request: ChatRequest) -> Answer:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        started = time.perf_counter()
        try:
            body = await self._ask_with_schema_if_possible(request)
            return _read_reply(body, request.model, time.perf_counter() - started)
        except _UnreadableAnswer as error:
            reason = f"{self.server.name} answered what is no chat completion: {error}"
            self._count_failure(reason)
        except APIStatusError as error:
            reason = f"{self.server.name} answered {error.status_code}{_code_of(error)}"
            if error.status_code in _EVERY_REQUEST_FAILS:
                self.closed_because = reason
            elif error.status_code == 429 or error.status_code >= 500:
                self._count_failure(reason)
        except APIConnectionError as error:
            slow = isinstance(error, APITimeoutError)
            what = f"was silent for {self.server.timeout:g} s" if slow else "could not be reached or hung up"
            reason = f"{self.server.name} {what}"
            self._count_failure(reason)
        return ChatFailure(reason, time.perf_counter() - started)

    async def _ask_with_schema_if_possible(self, request: ChatRequest) -> str:
        """The body of the answer. A 400 or 422 to a schema: one try without it; if that works, all do without."""
        from openai import BadRequestError, UnprocessableEntityError

        if request.schema is None or not self.follows_schemas:
            return await self._send(request, None)
        try:
            return await self._send(request, request.schema)
        except (BadRequestError, UnprocessableEntityError):
            body = await self._send(request, None)
            self.follows_schemas = False
            return body

    async def _send(self, request: ChatRequest, schema: Mapping[str, Any] | None) -> str:
        options = dict(request.parameters)
        if schema is not None:
            wanted = {"name": "answer", "strict": True, "schema": dict(schema)}
            options["response_format"] = {"type": "json_schema", "json_schema": wanted}
        messages: list[Any] = [{"role": role, "content": content} for role, content in request.messages]
        create = self.client.chat.completions.with_raw_response.create
        return (await create(model=request.model, messages=messages, **options)).text

    def _count_failure(self, reason: str) -> None:
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= GIVE_UP_AFTER:
            self.closed_because = f"{GIVE_UP_AFTER} failures in a row, the last one: {reason}"


class _UnreadableAnswer(Exception):
    """The server said 200 and sent something that is not the chat protocol."""


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


def _read_reply(body: str, model: str, seconds: float) -> ChatReply:
    """The first choice of a chat completion, read leniently: servers leave fields out."""
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        return ChatReply(
            text=text if isinstance(text, str) else "",
            finish_reason=str(choice.get("finish_reason") or ""),
            refusal=refusal if isinstance(refusal, str) and refusal else None,
            model=str(answer.get("model") or model),
            seconds=seconds,
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _UnreadableAnswer(type(error).__name__) from error


def _code_of(error: "APIError") -> str:
    """The server's error code in brackets, if it is a plain word; its text may quote the chat and is left out."""
    code = getattr(error, "code", None)
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[A-Za-z_.-]{1,60}", code) else ""
