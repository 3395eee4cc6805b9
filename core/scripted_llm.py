"""A model server that says what it was told to: real HTTP on this machine, for trying things out without a model.

It speaks OpenAI's chat protocol as far as `core.llm` uses it and remembers what it was asked.
"""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from core.chat import ChatRequest


@dataclass(frozen=True)
class Scripted:
    """One answer. hang_up: cut the connection after half of the body. delay: seconds before answering."""

    body: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang_up: bool = False
    delay: float = 0.0


Script = Callable[[dict[str, Any]], Scripted]
"""The body of a request (``model``, ``messages``, …) → the answer to it."""


def says(
    text: str | None,
    *,
    finish_reason: str = "stop",
    refusal: str | None = None,
    model: str = "scripted",
    delay: float = 0.0,
) -> Scripted:
    """A chat completion with this text."""
    message = {"role": "assistant", "content": text, "refusal": refusal}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    answer = {"id": "1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice]}
    return Scripted(json.dumps(answer), delay=delay)


def fails(status: int, *, wait_ms: int = 1, code: str = "") -> Scripted:
    """An error, with the wish that the client come back after ``wait_ms`` milliseconds."""
    body = json.dumps({"error": {"message": "scripted failure", "code": code or None}})
    return Scripted(body, status, {"retry-after-ms": str(wait_ms)})


def chat_request(text: str = "hello", **options: Any) -> ChatRequest:
    """A short request; options: as in `core.chat.ChatRequest`."""
    return ChatRequest("m", (("system", "be brief"), ("user", text)), {"temperature": 0.0}, **options)


class ScriptedServer:
    """Runs a script while it is entered. asked: the bodies of all requests, in order of arrival.

    busiest: most requests under way at the same time. keys: the Authorization headers that came.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.busiest = 0
        self.under_way = 0
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = True

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.shutdown()
        self.http.server_close()

    def answer(self, body: dict[str, Any], key: str) -> Scripted:
        with self.lock:
            self.asked.append(body)
            self.keys.append(key)
            self.under_way += 1
            self.busiest = max(self.busiest, self.under_way)
        try:
            answer = self.script(body)
            time.sleep(answer.delay)
        finally:
            with self.lock:
                self.under_way -= 1
        return answer


def _handler(server: ScriptedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        """Buffered, so that head and body leave together: a client's system waits 40 ms before it confirms a head."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # The client has closed the line that was kept open for it.
                super().handle()

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = server.answer(body, self.headers.get("Authorization", ""))
            with suppress(ConnectionError):  # A client that waited no longer is gone.
                self.reply(answer)
            self.close_connection = answer.hang_up

        def reply(self, answer: Scripted) -> None:
            data = answer.body.encode()
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if answer.hang_up else data)
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    return Handler
