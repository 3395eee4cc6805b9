"""A process with an engine in it: started, spoken to in JSON lines, and gone when it is to be gone."""

import json
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
        """Start it. The model is not loaded yet when this returns."""
        self.ready = False
        self._last_word: dict[str, Any] | None = None
        self._causes: deque[str] = deque(maxlen=20)
        self._inbox: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        # A session of its own: Ctrl-C in the terminal reaches Assay alone, and all that it starts ends with it.
        self.process = subprocess.Popen(
            [python, str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=self._read_answers, args=[self.process.stdout], daemon=True),
            threading.Thread(target=self._read_errors, args=[self.process.stderr], daemon=True),
            threading.Thread(target=self._wait, daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        self.send([hello])

    def send(self, messages: Iterable[Mapping[str, Any]]) -> None:
        """Say something. That nobody listens any more shows in `receive`."""
        lines = "".join(json.dumps(message) + "\n" for message in messages)
        if self.process.stdin is not None:
            with suppress(OSError, ValueError):
                self.process.stdin.write(lines.encode())
                self.process.stdin.flush()

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
        if self.ready and self.process.poll() is None:
            self.send([{"close": True}])
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(POLITELY)
        self._end_all()
        self.process.wait()
        for thread in self._threads:
            thread.join(POLITELY)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _checked(self, message: dict[str, Any]) -> dict[str, Any]:
        if "over" in message:
            raise EngineGone(_how_it_ended(self.process.wait()))
        if "broken" in message:
            self.process.wait()
            self._threads[1].join()
            raise EngineGone(self._why(message))
        return message

    def _why(self, message: Mapping[str, Any]) -> str:
        if self.ready:
            return f"the engine broke down ({message['broken']})"
        text = f"{message['broken']}: {message['text']}"
        if _SEE_ABOVE in text and self._causes:
            text = next((cause for cause in reversed(self._causes) if _SEE_ABOVE not in cause), text)
        return f"the model could not be loaded ({_in_one_line(text)})"

    def _read_answers(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._inbox.put(json.loads(line))
        self._inbox.put({"over": True})

    def _read_errors(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            if not self.ready and (found := _CAUSE.search(line.decode("utf-8", "replace"))):
                self._causes.append(f"{found[1]}: {found[2]}")

    def _wait(self) -> None:
        # A child of a dead engine may live on with its memory, and with its end of the pipe.
        self.process.wait()
        self._end_all()

    def _end_all(self) -> None:
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
