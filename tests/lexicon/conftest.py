"""A workspace with candidates and a review that two experts rule in, and one whose chats a scripted model reads."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine

from core.contracts import empty
from core.scripted_llm import Scripted, ScriptedServer, says
from core.store import Recipe
from core.workspace import Workspace, create_workspace, open_workspace
from lexicon.review.choosing import ReviewPlan
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.rulings import Ruled, rule

EXPERTS = ("lin", "zhou")
START = datetime(2026, 1, 1, tzinfo=UTC)
CHATS = {"a": ["在吗在吗", "今天好累啊", "嗯嗯嗯", "不想活了", "没意思真没意思"], "b": ["真的好累", "抱抱你呀"]}
TOLD = {"好累": ("implicit", "distress"), "不想活": ("explicit", "direct"), "没意思": ("explicit", "nihilism")}
"""Terms that stand in CHATS: kind, and category, of which one is none of the workspace's."""


@dataclass(frozen=True)
class Reviewing:
    """A review named ``first`` of the experts lin (A) and zhou (B). ids: term → candidate_id, by keyness."""

    workspace: Workspace
    engine: Engine
    ids: dict[str, str]

    def rule(self, user: str, **decisions: str) -> Ruled:
        """Rule on terms, which are keywords: ``accept`` takes the kind and category as suggested."""
        return rule(self.engine, "first", user, {self.ids[term]: opinion(said) for term, said in decisions.items()})


def opinion(said: str) -> Opinion:
    """``accept``, ``accept explicit direct``, ``reject``, ``unsure``; what follows a slash is the note."""
    words, _, note = said.partition("/")
    decision, *rest = words.split()
    kind, category = rest or (["implicit", "slang"] if decision == "accept" else [None, None])
    return Opinion(decision, kind, category, note)


@pytest.fixture
def candidates(workspace, review_world, crew) -> Callable[..., Reviewing]:
    """The workspace with the tables and the people, on an engine; ``n`` terms."""

    def make(engine: Engine, n: int = 20) -> Reviewing:
        crew(engine, *EXPERTS)
        return Reviewing(workspace, engine, review_world.write_review_corpus(workspace, n))

    return make


@pytest.fixture
def reviewing(candidates, each_engine) -> Reviewing:
    """A review of four candidates, 想消失 重开 谢幕 没盼头, on both databases."""
    made = candidates(each_engine, 4)
    open_review(made.workspace, made.engine, ReviewPlan(EXPERTS, "first"))
    return made


class AttentiveModel:
    """A model that proposes every term of TOLD where it stands, and the parts to write other models with."""

    @staticmethod
    def lines(body: dict) -> list[tuple[int, str]]:
        """What the model is shown: (line number, content)."""
        shown = body["messages"][1]["content"]
        return [(int(n), text) for n, text in re.findall(r"^\[(\d+)\] user_\d+[^:]*: (.*)$", shown, re.MULTILINE)]

    @staticmethod
    def item(line: int, quote: str, term: str, kind: str = "implicit", category: str | None = "distress") -> dict:
        return {"line": line, "quote": quote, "reason": "因为", "term": term, "kind": kind, "category": category}

    @staticmethod
    def proposes(*items: object) -> Scripted:
        return says(json.dumps({"thoughts": "1. …", "terms": list(items)}, ensure_ascii=False))

    def __call__(self, body: dict) -> Scripted:
        lines = self.lines(body)
        return self.proposes(
            *[self.item(n, text, term, *about) for n, text in lines for term, about in TOLD.items() if term in text]
        )


@pytest.fixture
def attentive() -> AttentiveModel:
    return AttentiveModel()


@pytest.fixture
def model_server() -> Iterator[Callable[..., ScriptedServer]]:
    """model_server(script): a scripted server; without a script it is the attentive model."""
    pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
    servers: list[ScriptedServer] = []

    def start(script: Callable[[dict], Scripted] | None = None) -> ScriptedServer:
        servers.append(ScriptedServer(script or AttentiveModel()))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def messages_of(chat: str, contents: list[str]) -> pl.DataFrame:
    """A message a minute, of three users in turn."""
    rows = [
        (f"{chat}{n}", chat, f"u{n % 3}", None, START + timedelta(minutes=n), text, False, None)
        for n, text in enumerate(contents)
    ]
    return pl.DataFrame(rows, schema=empty("messages").schema, orient="row")


@pytest.fixture
def make_corpus(tmp_path: Path) -> Callable[..., Workspace]:
    """make_corpus(server, chats=CHATS, extra="", voter="", name="corpus"): a workspace whose reader asks that server.

    chats: name → contents, or how many messages that say 好累 it has. Windows are of four messages and repeat one.
    extra, voter: more TOML for the tables [lexicon.extract] and [[vote.voters]].
    """

    def make(
        server: ScriptedServer,
        chats: dict[str, list[str] | int] = CHATS,
        extra: str = "",
        voter: str = "",
        name: str = "corpus",
    ) -> Workspace:
        workspace = create_workspace(tmp_path / name)
        (workspace.root / "assay.toml").write_text(
            f'[lexicon]\ncategories = ["distress", "direct"]\n'
            f'[lexicon.extract]\nvoter = "llm"\nwindow = 4\noverlap = 1\n{extra}\n'
            f'[[vote.voters]]\nname = "ridge"\nbackend = "embedded"\n'
            f'[[vote.voters]]\nname = "llm"\nbackend = "openai"\nmodel = "m"\nbase_url = "{server.base_url}"\n'
            f"retries = 0\n{voter}\n",
            encoding="utf-8",
        )
        for chat, said in chats.items():
            contents = [f"第{k}句话，好累" for k in range(said)] if isinstance(said, int) else said
            workspace.store.write(f"messages/{chat}", messages_of(chat, contents), Recipe(inputs={}))
        return open_workspace(workspace.root)

    return make


@pytest.fixture
def edit_settings() -> Callable[[Workspace, str, str], Workspace]:
    """edit_settings(workspace, old, new): the workspace opened anew, with another text in its assay.toml."""

    def edit(workspace: Workspace, old: str, new: str) -> Workspace:
        path = workspace.root / "assay.toml"
        path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
        return open_workspace(workspace.root)

    return edit
