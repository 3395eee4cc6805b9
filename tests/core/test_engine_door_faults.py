"""Faults of an engine that a real one cannot be made to show at will: a worker of our own, which speaks as vLLM's does.

What the real engine does when it is killed or hangs is in tests/engines.
"""

import datetime
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest
from core.errors import SettingsError
from core.llm import engine_door, engine_process
from core.llm.engine_door import GIVE_UP_AFTER, EngineDoor
from core.llm.engine_process import EngineGone, EngineProcess
from core.setting_tables.voting import EngineSettings, Voter

SAY = "import json, os, sys, time\nsys.stdin.readline()\nsay = lambda text: print(text, end='', flush=True)\n"
READY = SAY + "say('{\"ready\": true}\\n')\n"
DIE = "os.kill(os.getpid(), 9)\n"
BAD_ONES_KILL = """
with open(sys.argv[0] + ".starts", "a") as starts:
    starts.write("x")
for line in sys.stdin:
    question = json.loads(line)
    if "close" in question:
        break
    if "number" in question:
        text = question["messages"][0][1]
        if text.startswith("bad"):
            os.kill(os.getpid(), 9)
        waiting = globals().setdefault("waiting", []) + [question["number"]]
    else:
        say("".join(json.dumps({"number": n, "text": "fine", "finish_reason": "stop"}) + "\\n" for n in waiting))
        waiting = []
"""
MakeEngine = Callable[[str], EngineProcess]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeEngine]:
    """Start a worker that does what a script says; it need not end by itself."""
    monkeypatch.setattr(engine_process, "POLITELY", 0.3)
    engines: list[EngineProcess] = []

    def make(script: str) -> EngineProcess:
        (tmp_path / "worker.py").write_text(script)
        engines.append(EngineProcess(sys.executable, tmp_path / "worker.py", {"model": "m", "options": {}}))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


class Engine(EngineDoor):
    """A door to a worker of our own; the file beside it holds one letter for each time it was started."""

    def __init__(self, script: Path, backend: str = "vllm", **settings: float) -> None:
        self.script = script
        super().__init__(Voter(name="v", backend=backend, model="m"), EngineSettings(**settings))

    def _start(self) -> EngineProcess:
        return EngineProcess(sys.executable, self.script, {"model": "m", "options": {}})

    @property
    def n_starts(self) -> int:
        return len(Path(f"{self.script}.starts").read_text())


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Engine]:
    monkeypatch.setattr(engine_door, "_python_with", lambda voter, wanted: sys.executable)

    def make(script: str = READY + BAD_ONES_KILL, **options: object) -> Engine:
        (tmp_path / "worker.py").write_text(script)
        return Engine(tmp_path / "worker.py", **options)

    return make


def ask(door: EngineDoor, texts: Sequence[str]) -> list[Answer]:
    """The answers in the order of the requests, each of which came once."""
    found = list(door.ask(ChatRequest("m", (("user", text),)) for text in texts))
    door.close()
    assert sorted(number for number, _ in found) == list(range(len(texts)))
    return [answer for _, answer in sorted(found, key=lambda numbered: numbered[0])]


def failed(answers: Sequence[Answer]) -> list[int]:
    return [number for number, answer in enumerate(answers) if isinstance(answer, ChatFailure)]


def texts_with(n: int, *bad: int) -> list[str]:
    return [f"bad {number}" if number in bad else f"good {number}" for number in range(n)]


@pytest.mark.timeout(30)
def test_an_engine_killed_in_the_middle_of_a_line_is_gone_at_once(start: MakeEngine):
    engine = start(READY + 'say(\'{"number": 0, "text": "go\')\n' + DIE)
    engine.wait_until_ready()
    with pytest.raises(EngineGone, match="the engine's process was killed"):
        engine.receive(20)


@pytest.mark.timeout(30)
def test_an_engine_killed_before_it_is_ready_is_gone_at_once(start: MakeEngine):
    engine = start(SAY + "say('{\"rea')\n" + DIE)
    with pytest.raises(EngineGone, match="the engine's process was killed"):
        engine.wait_until_ready()


@pytest.mark.timeout(30)
def test_a_line_that_is_no_message_is_passed_over(start: MakeEngine):
    engine = start(READY + "sys.stdin.readline()\nsay('warning: hot\\n{\"number\": 3}\\n')\ntime.sleep(60)\n")
    engine.wait_until_ready()
    engine.send([{"go": True}])
    assert engine.receive(20) == [{"number": 3}]


@pytest.mark.timeout(30)
def test_an_engine_that_says_no_more_and_does_not_end_is_ended(start: MakeEngine):
    engine = start(READY + "os.close(1)\ntime.sleep(60)\n")
    engine.wait_until_ready()
    with pytest.raises(EngineGone, match="the engine's process was killed"):
        engine.receive(20)


@pytest.mark.timeout(30)
def test_nobody_waits_for_a_stopped_engine_to_listen(start: MakeEngine):
    engine = start(READY + "time.sleep(60)\n")
    engine.wait_until_ready()
    os.kill(engine.process.pid, signal.SIGSTOP)
    engine.send([{"text": "long" * 500_000}])
    with pytest.raises(EngineGone, match=r"the engine hung: no answer for 0\.5 seconds"):
        engine.receive(0.5)
    engine.close()
    assert engine.process.returncode == -signal.SIGKILL


def test_what_is_said_to_an_engine_arrives_in_order(start: MakeEngine):
    engine = start(READY + "for line in sys.stdin: say(line)\n")
    engine.wait_until_ready()
    for number in range(200):
        engine.send([{"number": number}])
    heard: list[int] = []
    while len(heard) < 200:
        heard += [message["number"] for message in engine.receive(20)]
    assert heard == list(range(200))


def test_a_process_that_has_ended_is_not_ended_again(start: MakeEngine, monkeypatch: pytest.MonkeyPatch):
    ended: list[int | None] = []
    engine = start(SAY + DIE)
    monkeypatch.setattr(engine_process, "end_session", lambda leader: ended.append(engine.process.returncode))
    with pytest.raises(EngineGone):
        engine.wait_until_ready()
    engine.close()
    engine.close()
    assert set(ended) <= {None}  # Its status was not taken yet, so that its number was no other process's.


def test_what_json_cannot_hold_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    started: list[object] = []
    monkeypatch.setattr(engine_process.subprocess, "Popen", lambda *args, **options: started.append(args))
    n_threads = threading.active_count()
    with pytest.raises(TypeError):
        EngineProcess(sys.executable, tmp_path / "worker.py", {"day": datetime.date(2024, 1, 1)})
    assert started == []
    assert threading.active_count() == n_threads


@pytest.mark.parametrize(
    "value", [datetime.date(2024, 1, 1), [datetime.time(8)], {"at": datetime.datetime(2024, 1, 1)}]
)
def test_an_option_that_cannot_be_handed_on_is_a_fault_of_the_settings(engine, value: object):
    voter = Voter(name="v", backend="vllm", model="m", engine={"dtype": "float16", "since": value})
    with pytest.raises(SettingsError, match=r"voter 'v' has the engine option since = .*put a date or a time in quot"):
        EngineDoor(voter, EngineSettings())


@pytest.mark.parametrize(
    ("n", "bad", "batch_size", "n_starts"),
    [
        (300, [10], 64, 5),  # Twice all 64, once the eight with it, once alone, and the one that goes on.
        (300, [0], 64, 5),
        (300, [299], 64, 5),
        (50, [10, 11, 12], 16, 9),
        (40, [3, 30], 512, 7),
        (1, [0], 512, 2),
        (9, [4], 1, 3),
    ],
)
def test_a_request_that_ends_the_engine_fails_alone(engine, n: int, bad: list[int], batch_size: int, n_starts: int):
    door = engine(batch_size=batch_size)
    answers = ask(door, texts_with(n, *bad))
    assert failed(answers) == bad
    assert {answers[number].reason for number in bad} == {
        "alone in the engine when it ended: the engine's process was killed, "
        "which is what a system does that runs out of memory"
    }
    assert door.n_starts <= n_starts


def test_requests_are_read_on_only_when_a_bad_one_is_found(engine):
    read: list[int] = []

    def requests() -> Iterator[ChatRequest]:
        for number, text in enumerate(texts_with(40, 5)):
            read.append(number)
            yield ChatRequest("m", (("user", text),))

    with closing(engine(batch_size=16)) as door:
        for _, answer in door.ask(requests()):
            if isinstance(answer, ChatFailure):
                break
            assert len(read) == 16
        assert isinstance(answer, ChatFailure)


def test_an_engine_that_ends_again_and_again_is_given_up(engine):
    door = engine(batch_size=4)
    answers = ask(door, texts_with(100, *range(100)))
    assert door.n_starts == GIVE_UP_AFTER
    assert failed(answers) == list(range(100))
    assert answers[99].reason.startswith("not asked: the engine's process was killed")


def test_an_engine_that_does_not_come_back_is_given_up(engine):
    once = "if os.path.exists(sys.argv[0] + '.starts'): os._exit(3)\n"
    door = engine(SAY + once + READY.removeprefix(SAY) + BAD_ONES_KILL, batch_size=4)
    answers = ask(door, texts_with(20, 6))
    assert failed(answers) == list(range(4, 20))
    assert answers[19].reason == "not asked: the engine's process ended with the status 3"


def test_ray_which_loads_anew_for_each_run_is_started_once_more_only(engine):
    door = engine(backend="ray")
    answers = ask(door, texts_with(20, 6))
    assert failed(answers) == list(range(20))
    assert door.n_starts == 2


def test_an_engine_that_hangs_for_one_request_costs_that_one(engine):
    hanging = BAD_ONES_KILL.replace("os.kill(os.getpid(), 9)", "time.sleep(60)")
    started = time.perf_counter()
    door = engine(READY + hanging, batch_size=4, patience=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_process, "POLITELY", 0.1)
        answers = ask(door, texts_with(10, 2))
    assert failed(answers) == [2]
    assert answers[2].reason == "alone in the engine when it ended: the engine hung: no answer for 0.5 seconds"
    assert all(isinstance(answer, ChatReply) for answer in answers[3:])
    assert time.perf_counter() - started < 20
