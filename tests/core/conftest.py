"""A scripted model server, and the answers that come of asking it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from core.chat import Answer, ChatRequest, ChatServer
from core.llm.door import ask_all
from core.llm.openai_door import OpenAIDoor
from core.reply_cache import ReplyCache
from core.scripted_llm import Script, Scripted, ScriptedServer


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Starts a server that gives these answers in turn, the last one for ever; or follows a script."""
    servers: list[ScriptedServer] = []

    def start(*answers: Scripted, script: Script | None = None) -> ScriptedServer:
        left = list(answers)
        server = ScriptedServer(script or (lambda body: left.pop(0) if len(left) > 1 else left[0]))
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[Answer]]:
    """Asks a server, with the replies of the test kept; gives the answers in the order of the requests."""

    def ask_in_order(
        server: ScriptedServer, requests: Sequence[ChatRequest], *, retries: int = 2, **options: object
    ) -> list[Answer]:
        with closing(OpenAIDoor(ChatServer(server.base_url, "secret", retries=retries, **options))) as door:
            found = sorted(ask_all(door, requests, ReplyCache(tmp_path)), key=lambda answer: answer[0])
        return [answer for _, answer in found]

    return ask_in_order
