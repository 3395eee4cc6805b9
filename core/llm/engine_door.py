"""A model that vLLM loads on this machine, or Ray Data's vLLM processor on several: no server in between.

Each voter's engine is a process of its own, so that the memory it takes is free again for the next voter, and in the
environment of its own that such engines need (``[vote.engines] python``). Assay is not installed there.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest
from core.errors import SettingsError
from core.llm.engine_process import EngineGone, EngineProcess
from core.setting_tables.voting import EngineSettings, Voter

RAY_RUN = 100_000
"""Requests that one run of Ray's processor is given, which loads the model anew for each run."""
GIVE_UP_AFTER = 5
"""An engine that ends this many times with no answer in between is not started again in the same `EngineDoor.ask`."""
_NEEDS = {"vllm": ("vllm",), "ray": ("vllm", "ray", "pyarrow")}
_INSTALL = {"vllm": "pip install vllm", "ray": "pip install vllm 'ray[data]'"}


class EngineDoor:
    """One voter's engine. The model is loaded for the first request and stays until `close`.

    An engine that ends with work undone, or does not answer for the ``patience`` of the settings, is started once more
    in the same `ask`, if it had been at work. When it ends again, what was in it is put to it in smaller groups and
    then singly, and only a request that is in it alone when it ends fails. After `GIVE_UP_AFTER` ends without an
    answer all that is left fails; with Ray, after the second end. The next `ask` starts the engine again.
    """

    def __init__(self, voter: Voter, engines: EngineSettings) -> None:
        """Raises SettingsError when there is no Python with the engine, or an option cannot be handed to it."""
        if voter.model is None or voter.backend not in _NEEDS:
            raise SettingsError(f"voter {voter.name!r} needs a model and the backend vllm or ray")
        _check_options(voter)
        self.voter = voter
        self.engines = engines
        self.python = _python_with(voter, engines.python)
        self.running: EngineProcess | None = None
        self.scratch: tempfile.TemporaryDirectory[str] | None = None

    def ask(self, requests: Iterable[ChatRequest]) -> Iterator[tuple[int, Answer]]:
        """See `core.llm.door.Door`. At most ``batch_size`` requests are in the engine at a time (ray: `RAY_RUN`)."""
        work = _Work(requests, self._room)
        ends = ends_in_a_row = 0
        try:
            while True:
                fresh = work.take()
                if not work.under_way:
                    return
                try:
                    answers = self._exchange(fresh)
                except EngineGone as gone:
                    was_at_work = self.running is not None and self.running.ready
                    self.close()
                    ends, ends_in_a_row = ends + 1, ends_in_a_row + 1
                    too_often = ends_in_a_row == GIVE_UP_AFTER or (ends == 2 and self.voter.backend == "ray")
                    if too_often or not was_at_work:
                        yield from work.fail(str(gone))
                        return
                    if ends == 1:
                        work.put_back()
                    else:
                        yield from work.narrow_down(str(gone), math.isqrt(self.engines.batch_size))
                    continue
                for answer in answers:
                    ends_in_a_row = 0
                    number = answer["number"]
                    yield number, _read(answer, work.under_way.pop(number))
        finally:
            if work.under_way:
                self.close()

    def close(self) -> None:
        if self.running is not None:
            self.running.close()
            self.running = None
        if self.scratch is not None:
            self.scratch.cleanup()
            self.scratch = None

    def _room(self, n_under_way: int) -> int:
        if self.voter.backend == "vllm":
            return self.engines.batch_size - n_under_way
        return 0 if n_under_way else RAY_RUN

    def _exchange(self, questions: Mapping[int, "_Question"]) -> Sequence[dict[str, Any]]:
        """Send what is new, and wait for what is answered. Raises EngineGone."""
        if self.running is None:
            self.running = self._start()
        self.running.wait_until_ready()
        if questions:
            for question in questions.values():
                question.since = time.perf_counter()
            self.running.send([*(question.said(number) for number, question in questions.items()), {"go": True}])
        return self.running.receive(self.engines.patience)

    def _start(self) -> EngineProcess:
        hello: dict[str, Any] = {"model": self.voter.model, "options": self.voter.engine}
        if self.voter.backend == "ray":
            # Ray would make /tmp/ray open to everyone, and writes what does not fit in memory there. A socket's path
            # may have 107 characters, most of which Ray takes itself.
            self.scratch = tempfile.TemporaryDirectory(
                prefix="assay-ray-", dir=os.environ.get("RAY_TMPDIR", "/tmp"), ignore_cleanup_errors=True
            )
            names = ("batch_size", "ray_address", "ray_cpus", "ray_replicas", "ray_bundle")
            hello |= {name: getattr(self.engines, name) for name in names} | {"scratch": self.scratch.name}
        script = Path(__file__).with_name(f"{self.voter.backend}_worker.py")
        return EngineProcess(self.python, script, hello)


class _Question:
    """A request and when it was sent."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.since = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.since

    def said(self, number: int) -> dict[str, Any]:
        request = self.request
        return {
            "number": number,
            "messages": request.messages,
            "parameters": dict(request.parameters),
            "schema": request.schema,
            "choices": request.choices,
        }


class _Work:
    """Requests on their way: not read yet, in the engine, and in groups that wait for an engine to be put to apart."""

    def __init__(self, requests: Iterable[ChatRequest], room: Callable[[int], int]) -> None:
        self.left = enumerate(requests)
        self.room = room
        self.under_way: dict[int, _Question] = {}
        self.groups: deque[dict[int, _Question]] = deque()
        self.apart = False

    def take(self) -> dict[int, _Question]:
        """What is to be sent now, which is under way from here on. Nothing joins a group that is put apart."""
        if not self.under_way:
            self.apart = bool(self.groups)
            if self.groups:
                self.under_way = self.groups.popleft()
                return dict(self.under_way)
        if self.apart:
            return {}
        fresh = {number: _Question(request) for number, request in islice(self.left, self.room(len(self.under_way)))}
        self.under_way |= fresh
        return fresh

    def put_back(self) -> None:
        """All that was under way is to be sent again."""
        self.groups.append(self.under_way)
        self.under_way = {}

    def narrow_down(self, reason: str, small: int) -> Iterator[tuple[int, ChatFailure]]:
        """An engine ended of one of those under way: the failure of one that was alone; else they go in groups.

        More than ``small`` are parted into about as many groups as each then has members, so that of hundreds a single
        bad one is found with two more ends of the engine; fewer go singly. The others come first, whose answers show
        that the engine works.
        """
        ended_of, self.under_way = self.under_way, {}
        if len(ended_of) == 1:
            [(number, question)] = ended_of.items()
            yield number, ChatFailure(f"alone in the engine when it ended: {reason}", question.seconds)
            return
        size = math.isqrt(len(ended_of)) if len(ended_of) > small else 1
        members = iter(ended_of.items())
        while group := dict(islice(members, size)):
            self.groups.append(group)

    def fail(self, reason: str) -> Iterator[tuple[int, ChatFailure]]:
        """The failure of everything that has no answer."""
        while self.under_way or self.groups:
            self.under_way = self.under_way or self.groups.popleft()
            for number in list(self.under_way):
                yield number, ChatFailure(reason, self.under_way.pop(number).seconds)
        for number, _ in self.left:
            yield number, ChatFailure(f"not asked: {reason}", 0.0)


def _read(answer: Mapping[str, Any], question: _Question) -> Answer:
    if "failure" in answer:
        return ChatFailure(answer["failure"], question.seconds)
    return ChatReply(
        text=answer["text"],
        finish_reason=answer["finish_reason"],
        refusal=None,
        model=question.request.model,
        seconds=question.seconds,
        logprobs=answer.get("logprobs") if question.request.choices else None,
    )


def _check_options(voter: Voter) -> None:
    """Raises SettingsError for an option of the engine that JSON cannot hold: TOML has dates and times."""
    for name, value in voter.engine.items():
        try:
            json.dumps(value)
        except (TypeError, ValueError) as error:
            raise SettingsError(
                f"voter {voter.name!r} has the engine option {name} = {value}, and one is to be a text, a number, "
                f"true or false, or a list or table of these ({error}); put a date or a time in quotation marks"
            ) from error


def _python_with(voter: Voter, wanted: str) -> str:
    """The Python whose environment has the engine. Raises SettingsError."""
    needs = f"voter {voter.name!r} has the backend {voter.backend!r}"
    python = Path(wanted or sys.executable).expanduser()
    if not python.is_absolute() or not os.access(python, os.X_OK):
        raise SettingsError(
            f"{needs}, whose Python is to be the absolute path of a program, and [vote.engines] python is {wanted!r}; "
            f"name the bin/python of an environment in which you ran: {_INSTALL[voter.backend]}"
        )
    ask = f"import importlib.util as u; print(*[n for n in {_NEEDS[voter.backend]} if not u.find_spec(n)], 'asked')"
    try:
        asked = subprocess.run([python, "-c", ask], capture_output=True, text=True, timeout=60, check=True)
        *missing, last = asked.stdout.split() or [""]
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError) as error:
        raise SettingsError(f"{needs}, and {python} is no Python that runs ({type(error).__name__})") from error
    if last != "asked":
        raise SettingsError(f"{needs}, and {python} is no Python")
    if missing:
        raise SettingsError(
            f"{needs}, which needs {' and '.join(missing)}, and {python} has none; run there: "
            f"{_INSTALL[voter.backend]}; or name the Python of another environment in [vote.engines] python"
        )
    return str(python)
