"""A small workspace for the parameter search: two chats whose contexts can be counted by hand, and a scripted judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from core.contracts import empty
from core.store import Recipe
from core.workspace import Workspace, create_workspace
from segmenter.tuning.outside import Judge, Judgement, Labelled, Labelling

START = datetime(2026, 1, 1, tzinfo=UTC)
Row = tuple[str, str, float] | tuple[str, str, float, str]


@pytest.fixture
def said() -> Callable[..., pl.DataFrame]:
    """Messages from (message_id, user_id, minute[, answered message_id]) of one chat."""

    def make(chat: str, rows: Sequence[Row], content: str = "好累啊") -> pl.DataFrame:
        full = [
            (message, chat, user, rest[0] if rest else None, START + timedelta(minutes=minute), content, False, None)
            for message, user, minute, *rest in rows
        ]
        return pl.DataFrame(full, schema=empty("messages").schema, orient="row")

    return make


@pytest.fixture
def matched() -> Callable[..., pl.DataFrame]:
    """Matches from message_id → entries, each ``kind`` or ``kind/category``."""

    def make(found: Mapping[str, Sequence[str]]) -> pl.DataFrame:
        rows = []
        for message, entries in found.items():
            for number, entry in enumerate(entries):
                kind, _, category = entry.partition("/")
                rows.append((message, f"e{number}{entry}", "好累", kind, category or "distress", 0, 2 + number))
        return pl.DataFrame(rows, schema=empty("matches").schema, orient="row")

    return make


@pytest.fixture
def two_chats(tmp_path: Path, said: Callable[..., pl.DataFrame], matched: Callable[..., pl.DataFrame]) -> Workspace:
    """Chat c: m0 … m4 at the minutes 0, 2, 4, 8, 12.5, m2 suspicious. Chat d: d0 and d1 a minute apart, d1 suspicious.

    The grid is gaps 3 and 5, sizes 3 and 10, span 60.
    """
    made = create_workspace(tmp_path / "corpus")
    path = made.root / "assay.toml"
    text = path.read_text(encoding="utf-8").replace("gaps = [3, 4, 5, 7, 10]", "gaps = [3, 5]")
    text = text.replace("sizes = [20, 25, 30, 35, 40]", "sizes = [3, 10]").replace(
        "spans = [45, 60, 75, 90]", "spans = [60]"
    )
    path.write_text(text.replace("resamples = 2000", "resamples = 200"), encoding="utf-8")
    minutes = (0, 2, 4, 8, 12.5)
    c = said("c", [(f"m{number}", f"u{number % 2}", minute) for number, minute in enumerate(minutes)])
    d = said("d", [("d0", "u8", 0), ("d1", "u9", 1, "d0")])
    for chat, frame in (("c", c), ("d", d)):
        made.store.write(f"messages/{chat}", frame, Recipe(inputs={}))
    made.store.write("matches", matched({"m2": ["implicit"], "d1": ["explicit/direct"]}), Recipe(inputs={}))
    return made


@dataclass
class ScriptedOutside:
    """The other stages, as a test wants them. answers: number of messages of a context → the voter's label or status.

    judged: the contexts that the voter was asked about, in order; opened: annotators that got a batch.
    """

    settled: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[int, int | str] = field(default_factory=dict)
    state: Labelling | None = None
    simulated: tuple[str, ...] = ()
    judged: list[list[str]] = field(default_factory=list)
    opened: list[Sequence[str]] = field(default_factory=list)

    def labelling(self, workspace: Workspace) -> Labelling | None:
        return self.state

    def open_batch(self, workspace: Workspace, annotators: Sequence[str]) -> Mapping[str, int]:
        self.opened.append(annotators)
        self.state = Labelling("development", "open", 0, 6, 0, 0)
        return dict.fromkeys(annotators or ("anna", "bo", "chen"), 2)

    def labels(self, workspace: Workspace, variable: str) -> Labelled:
        """The label of an item by its suspicious message."""
        development = workspace.store.read("development", maker="segment tune draw")
        items = development.select("suspicious_message_id", "segment_id").iter_rows()
        labels = {item: self.settled[message] for message, item in items if message in self.settled}
        return Labelled(labels, {"unanimous": len(labels)}, {}, self.simulated)

    def judge(self, workspace: Workspace, variable: str) -> Judge:
        return Judge("scripted", "a script", self._judge, lambda contexts: contexts.height)

    def _judge(self, contexts: pl.DataFrame):
        for context, ids in contexts.select("segment_id", "message_ids").iter_rows():
            self.judged.append(ids)
            answer = self.answers[len(ids)]
            ok = isinstance(answer, int)
            yield Judgement(context, answer if ok else None, "ok" if ok else answer)


@pytest.fixture
def scripted() -> type[ScriptedOutside]:
    return ScriptedOutside
