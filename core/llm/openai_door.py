"""A server that speaks OpenAI's chat protocol (vLLM, a cloud), asked many requests at once.

Retries are the client's own: exponential waits with jitter on 408, 409, 429, 5xx, timeouts and dropped connections, or
as long as the server's Retry-After says (up to two minutes). The package ``openai`` has its only home here.
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest, ChatServer, is_local
from core.errors import MissingExtraError
from core.json_replies import without_bounds

if TYPE_CHECKING:
    from openai import APIError, APIStatusError, AsyncOpenAI

GIVE_UP_AFTER = 20
"""After this many failures in a row, none of them the request's own fault, a server is not asked again in this run."""
MOST_LOGPROBS = 20
"""Most tokens whose log-probabilities the protocol lets one ask for."""
_MOST_WAYS = 3
_BROKEN_OFF = ("error", "abort", "aborted", "cancelled")
"""Reasons to finish by which servers and gateways say that they did not."""
_ROUNDING = 1e-6
"""How far above 0 a log-probability may lie."""
_EVERY_REQUEST_FAILS = {401, 402, 403, 404, 405}
_WRONG_PLACE = "look at base_url, which many servers end in /v1, and at the model's name"
_WRONG_KEY = "look at the key (api_key_env) and at what it may do"
_ADVICE = dict.fromkeys((301, 302, 307, 308, 404, 405), _WRONG_PLACE) | dict.fromkeys((401, 402, 403), _WRONG_KEY)
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

    A server that wants another key or does not know the model is not asked again, nor one that failed `GIVE_UP_AFTER`
    times in a row; what is left then fails without being sent.
    """

    def __init__(self, server: ChatServer) -> None:
        """Raises MissingExtraError when ``openai`` is not installed."""
        self.server = server
        self.runner = asyncio.Runner()
        self.client = _client(server)
        self.failures_in_a_row = 0
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
            self.failures_in_a_row = 0
        return number, answer

    async def _ask(self, request: ChatRequest) -> Answer:
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        started = time.perf_counter()
        try:
            body = await self._ask_as_strictly_as_possible(request)
            return _read_reply(body, request, time.perf_counter() - started)
        except _UnreadableAnswer as error:
            reason = f"{self.server.name} answered what is no chat completion: {error}"
            self._count_failure(reason)
        except APIStatusError as error:
            if _is_filtered(error):
                return _filtered(request, time.perf_counter() - started)
            advice = f"; {_ADVICE[error.status_code]}" if error.status_code in _ADVICE else ""
            reason = f"{self.server.name} answered {error.status_code}{_code_of(error)}{advice}"
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

    async def _ask_as_strictly_as_possible(self, request: ChatRequest) -> str:
        """The body of the answer. A 400 or 422 to a form of the reply: a laxer one; if that works, all go on so.

        Not where the server's filter says that it is the chat that it does not take.
        """
        from openai import BadRequestError, UnprocessableEntityError

        ways = _ways_of_asking(request)
        for place in range(max(self.strictest, -len(ways)), -1):
            try:
                body = await self._send(request, ways[place])
            except (BadRequestError, UnprocessableEntityError) as error:
                if _is_filtered(error):
                    raise
                continue
            self.strictest = max(self.strictest, place)
            return body
        body = await self._send(request, ways[-1])
        self.strictest = -1
        return body

    async def _send(self, request: ChatRequest, form: Mapping[str, Any]) -> str:
        messages = [{"role": role, "content": content} for role, content in request.messages]
        body = {"model": request.model, "messages": messages, **request.parameters, **form}
        # As a plain body: the client's own types would be checked and copied field by field for nothing.
        return await self.client.post("/chat/completions", cast_to=str, body=body)

    def _count_failure(self, reason: str) -> None:
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= GIVE_UP_AFTER:
            self.closed_because = f"{GIVE_UP_AFTER} failures in a row, the last one: {reason}"


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


def _read_reply(body: str, request: ChatRequest, seconds: float) -> ChatReply:
    """The first choice of a chat completion, read leniently: servers leave fields out."""
    try:
        answer = json.loads(body)
        choice = answer["choices"][0]
        message = choice["message"]
        text, refusal = message.get("content"), message.get("refusal")
        if choice.get("finish_reason") in _BROKEN_OFF:
            raise _UnreadableAnswer(f"it broke off ({choice['finish_reason']})")
        return ChatReply(
            text=text if isinstance(text, str) else "",
            finish_reason=_encodable(str(choice.get("finish_reason") or "")),
            refusal=refusal if isinstance(refusal, str) and refusal else None,
            model=_encodable(str(answer.get("model") or request.model)),
            seconds=seconds,
            logprobs=_first_logprobs(choice) if request.choices else None,
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        is_page = body.lstrip()[:1] == "<"
        raise _UnreadableAnswer(f"a web page; {_WRONG_PLACE}" if is_page else type(error).__name__) from error


def _first_logprobs(choice: Mapping[str, Any]) -> dict[str, float] | None:
    """Token → log-probability at the reply's first place; None where one of them is none.

    Raises what `_read_reply` calls unreadable.
    """
    places = (choice.get("logprobs") or {}).get("content")
    if not places:
        return None
    given = {str(top["token"]): _as_float(top["logprob"]) for top in places[0]["top_logprobs"]}
    if any(math.isnan(logprob) or logprob > _ROUNDING for logprob in given.values()):
        return None
    return {token: logprob for token, logprob in given.items() if math.isfinite(logprob)}


def _as_float(number: Any) -> float:
    """A number of JSON; NaN for one that is too large."""
    try:
        return float(number)
    except OverflowError:
        return math.nan


def _encodable(text: str) -> str:
    """Text without lone surrogates, which JSON escapes can make and no table takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_filtered(error: "APIStatusError") -> bool:
    """Whether it is this chat that the server does not take, and no fault of the request or the server."""
    return error.status_code in _FILTER_STATUSES and error.code in FILTER_CODES


def _filtered(request: ChatRequest, seconds: float) -> ChatReply:
    return ChatReply("", "content_filter", None, request.model, seconds)


def _code_of(error: "APIError") -> str:
    """The server's error code in brackets, if it is a plain word; its text may quote the chat and is left out."""
    code = getattr(error, "code", None)
    return f" ({code})" if isinstance(code, str) and re.fullmatch(r"[A-Za-z_.-]{1,60}", code) else ""
