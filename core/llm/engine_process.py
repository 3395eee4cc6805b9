"""A process with an engine in it: started, spoken to in JSON lines, and gone when it is to be gone."""

import json
import os
import queue
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from core.llm.engine_protocol import end_session

POLITELY = 10.0
"""Seconds that an engine has to end by itself."""
_CAUSE = re.compile(r"(?:^|\s|\])([A-Za-z_][\w.]*(?:Error|Exception|Interrupt)): (\S.*)")
_SEE_ABOVE = "See root cause above"


class EngineGone(Exception):
    """The process ended, or could not load the model; the text says why, without chat text."""


class EngineProcess:
    """A running worker. Its standard error is read for the cause of a failure to load, and never kept after that."""

    def __init__(self, python: str, script: Path, hello: Mapping[str, Any]) -> None:
        """Start it. The model is not loaded yet when this returns. Nothing is started if JSON cannot hold ``hello``."""
        self.ready = False
        self._last_word: dict[str, Any] | None = None
        self._causes: deque[str] = deque(maxlen=20)
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._ending = threading.Lock()
        self.send([hello])
        # A session of its own: Ctrl-C in the terminal reaches Assay alone, and all that it starts ends with it.
        self.process = subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._writer = threading.Thread(target=self._write, args=[self.process.stdin], daemon=True)
        self._answers = threading.Thread(target=self._read_answers, args=[self.process.stdout], daemon=True)
        self._errors = threading.Thread(target=self._read_errors, args=[self.process.stderr], daemon=True)
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        for thread in (self._writer, self._answers, self._errors, self._waiter):
            thread.start()

    def send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Say something, and do not wait until it is heard. That nobody listens any more shows in `receive`."""
        self._outbox.put("".join(json.dumps(message) + "\n" for message in messages).encode())

    def receive(self, patience: float | None = None) -> Sequence[dict[str, Any]]:
        """Wait for what the engine says, at least one message, and at most ``patience`` seconds. Raises EngineGone."""
        try:
            message = self._last_word or self._inbox.get(timeout=patience)
        except queue.Empty:
            raise EngineGone(f"the engine hung: no answer for {patience:g} seconds") from None
        received = [self._checked(message)]
        while not self._inbox.empty():
            message = self._inbox.get()
            if "broken" in message or "over" in message:
                self._last_word = message
                break
            received.append(message)
        return received

    def wait_until_ready(self) -> None:
        """Until the model is loaded. Raises EngineGone."""
        while not self.ready:
            self.ready = any("ready" in message for message in self.receive())

    def close(self) -> None:
        """End it and wait until it and its children are gone."""
        if self.ready:
            self.send([{"close": True}])
            self._waiter.join(POLITELY)
        self._end_all()
        self._waiter.join()
        self._outbox.put(None)
        for thread in (self._writer, self._answers, self._errors):
            thread.join(POLITELY)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _checked(self, message: dict[str, Any]) -> dict[str, Any]:
        if "over" in message:
            raise EngineGone(_how_it_ended(self._status()))
        if "broken" in message:
            self._status()
            self._errors.join(POLITELY)
            raise EngineGone(self._why(message))
        return message

    def _why(self, message: Mapping[str, Any]) -> str:
        if self.ready:
            return f"the engine broke down ({message['broken']})"
        text = f"{message['broken']}: {message['text']}"
        if _SEE_ABOVE in text and self._causes:
            text = next((cause for cause in reversed(self._causes) if _SEE_ABOVE not in cause), text)
        return f"the model could not be loaded ({_in_one_line(text)})"

    def _write(self, pipe: IO[bytes]) -> None:
        # A process that is stopped leaves its pipe full, and who writes into that waits until it is ended.
        while (lines := self._outbox.get()) is not None:
            with suppress(OSError, ValueError):
                pipe.write(lines)
                pipe.flush()

    def _read_answers(self, pipe: IO[bytes]) -> None:
        try:
            for line in pipe:
                # A process that is killed may leave half a line.
                with suppress(ValueError):
                    self._inbox.put(json.loads(line))
        finally:
            self._inbox.put({"over": True})

    def _read_errors(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            if not self.ready and (found := _CAUSE.search(line.decode("utf-8", "replace"))):
                self._causes.append(f"{found[1]}: {found[2]}")

    def _status(self) -> int:
        """How a process ended that says no more; it is made to end if it does not by itself."""
        self._waiter.join(POLITELY)
        self._end_all()
        self._waiter.join()
        return self.process.wait()

    def _wait(self) -> None:
        """Wait until the process ends, and end what it started: a child may live on with its memory and its pipes.

        Until its status is taken, its number is no other process's. A Mac's Python cannot wait without taking it.
        """
        if hasattr(os, "waitid"):
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        else:
            self.process.wait()
        with self._ending:
            end_session(self.process.pid)
            self.process.wait()

    def _end_all(self) -> None:
        with self._ending:
            if self.process.returncode is None:
                end_session(self.process.pid)


def _how_it_ended(status: int) -> str:
    if status == -signal.SIGKILL:
        return "the engine's process was killed, which is what a system does that runs out of memory"
    if status < 0:
        return f"the engine's process ended with {signal.Signals(-status).name}"
    return f"the engine's process ended with the status {status}"


def _in_one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:299] + "…"
