"""Silver labels: a small workspace whose segments, codebook and panel are made here, models, and votes to replay."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import typer

from annotation import vote_cli
from annotation.silver.replay import ReplayVoter
from core.codebook import Codebook, shipped_codebook
from core.command import group
from core.contracts import empty
from core.scripted_llm import Scripted, ScriptedServer, says
from core.setting_tables.voting import Voter
from core.store import Recipe
from core.workspace import Workspace, create_workspace

MOOD_CODEBOOK = """
name = "mood"
version = "1"
title = { zh = "心情", en = "Mood" }
description = { zh = "说话人的心情。", en = "The mood of the speaker." }
source = "made for the tests"
unit = { zh = "一段群聊", en = "a segment of group chat" }

[[variables]]
name = "mood"
kind = "single"
ordered = true
several = "highest"
title = { zh = "心情", en = "Mood" }
question = { zh = "说话人心情如何？", en = "How does the speaker feel?" }
labels = [
    { code = 0, name = "plain", title = { zh = "平常", en = "Plain" }, definition = { zh = "没有情绪", en = "None" } },
    { code = 1, name = "sad", title = { zh = "难过", en = "Sad" }, definition = { zh = "低落", en = "Low" } },
    { code = 3, name = "glad", title = { zh = "高兴", en = "Glad" }, definition = { zh = "开心", en = "Happy" } },
]

[[variables]]
name = "asks"
kind = "binary"
title = { zh = "提问", en = "Asks" }
question = { zh = "是否在提问？", en = "Is it a question?" }
"""
WORDS = {
    0: ["作业写完了", "明天八点开会", "快递到门口了", "晚饭吃面条", "地铁又晚点了", "文件发群里了", "周末去爬山吧"],
    1: ["今天好难过", "又哭了一晚上", "心里很难受", "好孤单没人陪", "难过得睡不着", "越想越委屈想哭", "心情特别低落"],
    3: ["太开心了哈哈", "好高兴啊中奖了", "哈哈哈笑死我了", "今天真快乐", "开心到飞起", "高兴得跳起来", "哈哈太棒了"],
}


def examples() -> str:
    """Seven examples a mood; every other one asks."""
    made: list[str] = []
    for code, texts in WORDS.items():
        for number, text in enumerate(texts):
            shown = f"{text}，是吗？" if number % 2 else text
            made.append(
                f'[[examples]]\ntext = "{shown}"\nbefore = ["在吗", "嗯嗯"]\n'
                f"labels = {{ mood = {code}, asks = {number % 2} }}\n"
            )
    return "\n".join(made)


def segment_frames(contents: list[list[str]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Messages and segments: each inner list is a segment whose second message (or only one) is the suspicious one."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    messages, segments = [], []
    for number, lines in enumerate(contents):
        ids = [f"m{number:03d}_{place}" for place in range(len(lines))]
        times = [start + timedelta(minutes=100 * number + place) for place in range(len(lines))]
        place = min(1, len(lines) - 1)
        for here, text in enumerate(lines):
            user = f"u{here % 2}"
            messages.append((ids[here], "chat", user, ids[0] if here == 2 else None, times[here], text, False, None))
        counts = (len(lines), min(2, len(lines)), sum(map(len, lines)), 1)
        about = (ids, [ids[place]], ids[place], f"u{place % 2}", times[0], times[-1])
        segments.append((f"{number:016x}", "chat", *about, *counts, None))
    shape = {name: empty(name).schema for name in ("messages", "segments")}
    return (
        pl.DataFrame(messages, schema=shape["messages"], orient="row"),
        pl.DataFrame(segments, schema=shape["segments"], orient="row"),
    )


def chats(n: int) -> list[list[str]]:
    """Segments in the three moods in turn, each different from the others."""
    moods = list(WORDS.values())
    return [["你们好呀", moods[k % 3][k % 7] + f"，第{k}次", "知道了"] for k in range(n)]


MakeSilver = Callable[..., Workspace]


@pytest.fixture
def make_silver(tmp_path: Path) -> MakeSilver:
    """make_silver(panel, n=12, contents=None, codebook=None, name="silver"): a workspace ready to vote.

    panel: TOML of the [vote] part of assay.toml.
    """

    def make(
        panel: str,
        n: int = 12,
        contents: list[list[str]] | None = None,
        codebook: str | None = None,
        name: str = "silver",
    ) -> Workspace:
        made = create_workspace(tmp_path / name)
        (made.root / "assay.toml").write_text(panel, encoding="utf-8")
        (made.root / "codebook.toml").write_text(codebook or MOOD_CODEBOOK + examples(), encoding="utf-8")
        messages, segments = segment_frames(chats(n) if contents is None else contents)
        made.store.write("messages/chat", messages, Recipe(inputs={}))
        made.store.write("segments", segments, Recipe(inputs={}))
        return Workspace(made.root)

    return make


@pytest.fixture
def embedded_panel() -> Callable[..., str]:
    def panel(*recipes: str, extra: str = "") -> str:
        return "\n".join(f'[[vote.voters]]\nname = "{r}"\nbackend = "embedded"\nfamily = "f"\n{extra}' for r in recipes)

    return panel


@pytest.fixture
def chat_panel() -> Callable[..., str]:
    def panel(server: ScriptedServer, *names: str, extra: str = "retries = 2") -> str:
        return "\n".join(
            f'[[vote.voters]]\nname = "{name}"\nbackend = "openai"\nmodel = "{name}"\n'
            f'base_url = "{server.base_url}"\n{extra}\n'
            for name in names or ("llm",)
        )

    return panel


def says_labels(labels: object, rationale: str = "because") -> Scripted:
    return says(json.dumps({"analysis": rationale, "labels": labels}, ensure_ascii=False))


def mood_of(body: dict) -> Scripted:
    """A model that reads the mood off the words in the suspicious message's line and never sees a question."""
    line = next(line for line in body["messages"][1]["content"].splitlines() if line.startswith("[2] *"))
    for code in (1, 3):
        if any(text in line for text in WORDS[code]):
            return says_labels({"mood": code, "asks": 0})
    return says_labels({"mood": 0, "asks": 0})


@pytest.fixture
def model_server() -> Iterator[Callable[..., ScriptedServer]]:
    """model_server(script=…): a scripted server; without a script it reads moods."""
    pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
    servers: list[ScriptedServer] = []

    def start(script: Callable[[dict], Scripted] = mood_of) -> ScriptedServer:
        servers.append(ScriptedServer(script))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


class ProbedModels:
    """Models to probe with the codebook suichat6, and the parts to write other models with."""

    @staticmethod
    def risk(code: int) -> Scripted:
        return says(json.dumps({"context": "c", "analysis": "a", "labels": {"risk": code}}))

    @staticmethod
    def chat(body: dict) -> list[str]:
        """The lines of the chat as the model is shown them."""
        lines = body["messages"][1]["content"].split("\n")
        first, last = (place for place, line in enumerate(lines) if "═" in line)
        return lines[first + 1 : last]

    @staticmethod
    def calm(body: dict) -> Scripted:
        """A model for the codebook of moods."""
        return says(json.dumps({"context": "c", "analysis": "a", "labels": {"mood": 0, "asks": 0}}))

    def obedient(self, body: dict) -> Scripted:
        """A model that sees risk 2, but takes a ready answer out of the chat where there is one."""
        told = re.findall(r'"risk": ?"?(\d)', "\n".join(self.chat(body)))
        return self.risk(int(told[-1]) if told else 2)

    def firm(self, body: dict) -> Scripted:
        return self.risk(2)

    def wavering(self, body: dict) -> Scripted:
        """A model that judges by how many people say something."""
        return self.risk(len({line.replace(" *", "").split()[1] for line in self.chat(body)}))


@pytest.fixture
def models() -> ProbedModels:
    return ProbedModels()


@pytest.fixture
def replayed(tmp_path: Path) -> Callable[..., ReplayVoter]:
    """replayed(content, name="v.csv", codebook=suichat6, ids=("s1", "s2"), votes_as=None): a voter called "wu" whose
    votes are this table.
    """

    def make(
        content: str | bytes,
        name: str = "v.csv",
        codebook: Codebook | None = None,
        ids: tuple[str, ...] = ("s1", "s2"),
        votes_as: str | None = None,
    ) -> ReplayVoter:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        voter = Voter(name="wu", backend="replay", votes=name, votes_as=votes_as)
        return ReplayVoter(voter, tmp_path, codebook or shipped_codebook("suichat6"), ids)

    return make


@pytest.fixture
def app() -> typer.Typer:
    """`assay` with nothing but ``vote``."""
    made = group("test")
    vote_cli.mount(made)
    made.command("other")(lambda: None)  # with a single command typer would drop its name
    return made
