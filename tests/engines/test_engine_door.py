"""The door to engines that run here, each in a process of its own: a real vLLM, and Ray Data's vLLM processor."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest
from core.errors import SettingsError
from core.llm.engine_door import EngineDoor
from core.setting_tables.voting import EngineSettings, Voter

SCHEMA = {
    "type": "object",
    "properties": {
        "rationale": {"type": "string", "maxLength": 12},
        "mood": {"type": "integer", "enum": [0, 1, 3, -1]},
    },
    "required": ["rationale", "mood"],
    "additionalProperties": False,
}
TOO_LONG = "the prompt has at least {} tokens, which is more than the model takes (max_model_len)"
PARENT = """
import sys
from core.chat import ChatRequest
from core.llm.engine_door import EngineDoor
from core.setting_tables.voting import EngineSettings, Voter
door = EngineDoor(Voter(name="v", backend="vllm", model=sys.argv[2]), EngineSettings(python=sys.argv[1]))
list(door.ask([ChatRequest(sys.argv[2], (("user", "hi"),))]))
"""


def request(text: str = "今天好难过", most: int = 100, **form: object) -> ChatRequest:
    parameters = {"temperature": 0.0, "max_tokens": most}
    return ChatRequest("tiny", (("system", "判断这段群聊，只回答标签。"), ("user", text)), parameters, **form)


def answers(door: EngineDoor, requests: list[ChatRequest]) -> list[Answer]:
    """The answers in the order of the requests, each of which came once."""
    answered = dict(found := list(door.ask(requests)))
    assert len(found) == len(requests)
    return [answered[number] for number in range(len(requests))]


def worker_of(door: EngineDoor) -> int:
    assert door.running is not None
    return door.running.process.pid


def kill_the_worker(door: EngineDoor) -> None:
    os.kill(worker_of(door), signal.SIGKILL)


def is_alive(process: int) -> bool:
    """Whether a process runs; a zombie does not."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def children(process: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def gone_within(seconds: float, process: int) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_alive(process)


@pytest.fixture(scope="module")
def door(engine_python: str, tiny_models: list[str]) -> Iterator[EngineDoor]:
    """An engine for those tests that leave it at work."""
    options = {"dtype": "bfloat16", "max_model_len": 1024, "enforce_eager": True, "kv_cache_memory_bytes": 256 << 20}
    voter = Voter(name="tiny", backend="vllm", model=tiny_models[0], engine={**options, "block_size": 32})
    with closing(EngineDoor(voter, EngineSettings(python=engine_python, batch_size=16))) as opened:
        yield opened


@pytest.mark.slow
def test_every_reply_follows_the_schema(door: EngineDoor):
    replies = answers(door, [request(f"太开心了哈哈，第{number}次", schema=SCHEMA) for number in range(60)])
    for reply in replies:
        assert isinstance(reply, ChatReply)
        said = json.loads(reply.text)
        assert set(said) == {"rationale", "mood"}
        assert len(said["rationale"]) <= 12
        assert said["mood"] in (0, 1, 3, -1)
    assert {(reply.finish_reason, reply.model, reply.refusal) for reply in replies} == {("stop", "tiny", None)}
    assert len({reply.text for reply in replies}) > 5


@pytest.mark.slow
def test_of_letters_the_probability_of_each_is_known(door: EngineDoor):
    for reply in answers(door, [request(f"第{number}次", choices=("A", "B", "C")) for number in range(10)]):
        assert isinstance(reply, ChatReply)
        assert reply.logprobs is not None
        assert set(reply.logprobs) == {"A", "B", "C"}
        assert sum(math.exp(logprob) for logprob in reply.logprobs.values()) == pytest.approx(1, abs=1e-3)
        assert reply.text == max(reply.logprobs, key=reply.logprobs.__getitem__)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (
            request("长" * 2000),
            TOO_LONG.format(1025),
        ),
        (request(schema={"type": "nonsense"}), "the engine refuses this request (VLLMValidationError)"),
        (request(schema={"$ref": "#/nowhere"}), "the engine refuses this request (VLLMValidationError)"),
        (request("难过\ud83d"), "the prompt is not valid Unicode"),
        (ChatRequest("tiny", (("user", "hi"),), {"bogus": 1}), "the engine refuses this request (TypeError)"),
    ],
    ids=["long", "schema", "reference", "surrogate", "parameter"],
)
def test_what_the_engine_refuses_fails_alone(door: EngineDoor, bad: ChatRequest, reason: str):
    before, failure, after = answers(door, [request(schema=SCHEMA), bad, request(choices=("A", "B"))])
    assert isinstance(failure, ChatFailure)
    assert failure.reason == reason
    assert isinstance(before, ChatReply)
    assert isinstance(after, ChatReply)


@pytest.mark.slow
def test_requests_are_read_as_there_is_room(door: EngineDoor):
    read: list[int] = []

    def requests() -> Iterator[ChatRequest]:
        for number in range(40):
            read.append(number)
            yield request(f"第{number}次", choices=("A", "B"))

    asked = door.ask(requests())
    next(asked)
    assert len(read) == 16
    assert len(list(asked)) == 39


@pytest.mark.slow
def test_a_prompt_that_is_cut_short_says_so(door: EngineDoor):
    [reply] = answers(door, [request(most=3, schema=SCHEMA)])
    assert isinstance(reply, ChatReply)
    assert reply.finish_reason == "length"


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_killed_engine_costs_at_most_the_request_that_was_alone_in_it(
    engine_voter, engine_python, tiny_models, batch_size: int
):
    """Killed twice. Of several requests under way all are answered in the end; one that is alone may be the cause."""
    settings = EngineSettings(python=engine_python, batch_size=batch_size)
    with closing(EngineDoor(engine_voter(tiny_models[1]), settings)) as door:
        asked = door.ask(request(f"第{number}次", choices=("A", "B")) for number in range(30))
        found = dict([next(asked)])
        kill_the_worker(door)
        while len(found) < 12:
            found.update([next(asked)])
        kill_the_worker(door)
        found.update(asked)
        lost = [answer.reason for answer in found.values() if isinstance(answer, ChatFailure)]
        assert sorted(found) == list(range(30))
        assert len(lost) == (1 if batch_size == 1 else 0)
        assert all("alone in the engine when it ended: the engine's process was killed" in reason for reason in lost)
        assert all(isinstance(answer, ChatReply) for answer in answers(door, [request(choices=("A", "B"))]))
        worker = worker_of(door)
    assert not is_alive(worker)


@pytest.mark.slow
def test_an_engine_that_hangs_twice_costs_no_request_that_was_not_alone_in_it(engine_voter, engine_python, tiny_models):
    """Stopped twice with several requests under way: each is put to a third engine, and all are answered."""
    settings = EngineSettings(python=engine_python, batch_size=4, patience=3)
    with closing(EngineDoor(engine_voter(tiny_models[1]), settings)) as door:
        asked = door.ask(request(f"第{number}次", choices=("A", "B")) for number in range(30))
        found = dict([next(asked)])
        workers = [worker_of(door)]
        os.kill(workers[0], signal.SIGSTOP)
        while len(found) < 12:
            found.update([next(asked)])
        workers.append(worker_of(door))
        os.kill(workers[1], signal.SIGSTOP)
        found.update(asked)
        workers.append(worker_of(door))
        assert sorted(found) == list(range(30))
        assert all(isinstance(answer, ChatReply) for answer in found.values())
    assert len(set(workers)) == 3
    assert not any(map(is_alive, workers))


@pytest.mark.slow
def test_a_model_that_is_not_there_fails_every_request(engine_voter, engine_settings, tmp_path: Path):
    with closing(EngineDoor(engine_voter(str(tmp_path / "none")), engine_settings)) as door:
        first, second = answers(door, [request(), request("二")])
    assert isinstance(first, ChatFailure)
    assert isinstance(second, ChatFailure)
    assert first.reason.startswith("the model could not be loaded (")
    assert "none" in first.reason


@pytest.mark.slow
def test_the_engine_ends_with_the_process_that_asked(engine_python: str, tiny_models: list[str]):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, engine_python, tiny_models[0]])
    deadline = time.monotonic() + 60
    while not (workers := children(parent.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    workers = children(parent.pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert workers
    assert all(gone_within(5, worker) for worker in workers)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_ray_answers_as_vllm_does(door: EngineDoor, engine_voter, engine_settings, tiny_models: list[str]):
    requests = [request(f"第{number}次", schema=SCHEMA) for number in range(8)]
    requests += [request("长" * 9000, schema=SCHEMA), request("难过\ud83d", schema=SCHEMA)]
    with closing(EngineDoor(engine_voter(tiny_models[0], "ray"), engine_settings)) as by_ray:
        found = answers(by_ray, requests)
        worker = worker_of(by_ray)
    own = answers(door, requests[:8])
    assert not is_alive(worker)
    assert [(a.text, a.finish_reason) for a in found[:8]] == [(b.text, b.finish_reason) for b in own]
    assert [failure.reason for failure in found[8:]] == [
        TOO_LONG.format(27019),
        "the prompt is not valid Unicode",
    ]


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("bin/python", "is to be the absolute path of a program"),
        ("/nowhere/bin/python", "is to be the absolute path of a program"),
        ("/bin/ls", "is no Python"),
        ("/bin/true", "is no Python"),
        ("", "which needs vllm"),
    ],
)
def test_a_python_without_the_engine_is_a_fault_of_the_settings(python: str, says: str):
    voter = Voter(name="tiny", backend="vllm", model="m")
    with pytest.raises(SettingsError, match=says):
        EngineDoor(voter, EngineSettings(python=python))
