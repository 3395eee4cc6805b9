"""An extraction that is killed goes on where it was, and asks again only what was under way."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing

import pytest

from core.scripted_llm import Scripted, ScriptedServer
from core.workspace import Workspace, open_workspace
from lexicon.extraction.extracting import extract

RUN = "import sys; from pathlib import Path; from core.workspace import open_workspace; "
RUN += "from lexicon.extraction.extracting import extract; extract(open_workspace(Path(sys.argv[1])))"


class Turnstile:
    """Lets a model answer ``free`` requests and holds the next ones until it is opened."""

    def __init__(self, model: Callable[[dict], Scripted], free: int = 10**6) -> None:
        self.model = model
        self.free = free
        self.held = 0
        self.opened = threading.Event()
        self.lock = threading.Lock()

    def __call__(self, body: dict) -> Scripted:
        with self.lock:
            self.free -= 1
            held = self.free < 0
            self.held += held
        if held:
            self.opened.wait(60)
        return self.model(body)


def kill_when_held(server: ScriptedServer, workspace: Workspace, turnstile: Turnstile, concurrency: int) -> None:
    """Start an extraction, answer so many requests, and kill it with SIGKILL while it waits for all of the next ones.

    A slot is free again only once its answer is on disk: all slots waiting means that every answer has been kept.
    """
    server.script = turnstile
    process = subprocess.Popen([sys.executable, "-c", RUN, str(workspace.root)])
    deadline = time.monotonic() + 60
    while turnstile.held < concurrency and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    turnstile.opened.set()


@pytest.mark.slow
def test_a_killed_run_goes_on_and_ends_like_an_undisturbed_one(make_corpus, model_server, attentive):
    chats = {"a": 61, "b": [f"另一群第{k}句话，好累" for k in range(61)]}
    calm, server = model_server(Turnstile(attentive)), model_server()
    whole, killed = (
        make_corpus(s, chats, voter="concurrency = 3", name=n) for s, n in ((calm, "whole"), (server, "killed"))
    )
    extract(whole)
    for free, kept in ((8, 8), (14, 22)):
        kill_when_held(server, killed, Turnstile(attentive, free), 3)
        with closing(sqlite3.connect(killed.cache / "llm" / "replies.sqlite")) as replies:
            assert replies.execute("SELECT count(*) FROM replies").fetchone() == (kept,)
    assert not killed.store.exists("proposals/llm")
    server.script = Turnstile(attentive)
    extract(open_workspace(killed.root))
    asked = Counter(body["messages"][1]["content"] for body in server.asked)
    assert len(asked) == len(calm.asked) == 40
    assert sorted(asked.values()) == [1] * 34 + [2] * 6  # only what was under way at the two kills
    assert killed.store.read("proposals/llm").equals(whole.store.read("proposals/llm"))
