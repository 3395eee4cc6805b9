"""A real workspace for the pages: a small synthetic corpus, written through the store, and people to label it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine

from annotation.human import passwords
from annotation.human.batches import open_batch
from annotation.human.drawing import BatchPlan
from annotation.human.users import add_user
from annotation.human.work import Task, assignments, submit
from app.tuning import Stages
from app.wiring import close
from core.contracts import empty
from core.database import open_database
from core.store import Recipe
from core.workspace import Workspace, create_workspace
from segmenter.tuning.development import draw_development

PASSWORD = "correct horse battery"
START = datetime(2026, 3, 2, 22, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One message: who, minutes since the one before, what, which line of the chat it answers, its signal words."""

    who: str
    gap: float
    text: str
    answers: int | None = None
    signals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chat:
    """A segment: its messages, and the line in question (from 1)."""

    lines: tuple[Said, ...]
    suspicious: int


NIGHT = Chat(
    (
        Said("阿舟", 0, "今天图书馆闭馆前又被赶出来了，一个字没写"),
        Said("小满", 0.4, "期末周都这样，先吃饭"),
        Said("阿舟", 0.3, "吃不下"),
        Said("阿舟", 0.2, "这一年好像怎么努力都没有用，谁也帮不上", signals=("没有用",)),
        Said("林深", 2, "怎么了？跟家里又吵了吗", 4),
        Said("阿舟", 3, "他们说我就是矫情。我也觉得自己挺多余的", 5, ("多余",)),
        Said("小满", 1, "不是矫情。你这学期瘦了那么多，我们都看着呢", 6),
        Said("阿舟", 12, "有时候真的不想活了，觉得睡着了不用再醒来就好", signals=("不想活了", "不用再醒来")),
        Said("林深", 0.6, "你现在一个人吗？我过来找你，二十分钟到", 8),
        Said("小满", 0.2, "我也来，带你爱吃的那家粥"),
        Said("阿舟", 4, "在宿舍……你们别担心，我就是说说"),
        Said("林深", 0.5, "说说也好，都跟我们说", 11),
    ),
    8,
)
GAME = Chat(
    (
        Said("可乐", 0, "这把又是对面五杀"),
        Said("北北", 0.3, "我想死的心都有了哈哈哈哈", signals=("想死",)),
        Said("可乐", 0.2, "再来一把，这次我辅助你", 2),
        Said("北北", 7, "行，吃完外卖就来"),
    ),
    2,
)
WORK = Chat(
    (
        Said("周周", 0, "需求又改了，第四版"),
        Said("老唐", 1, "活着没意思，退群算了", signals=("活着没意思",)),
        Said("周周", 2, "别啊，周末爬山去", 2),
        Said("老唐", 65, "说真的，最近每天早上都不想起来，跟谁都不想说话", 3, ("不想起来",)),
        Said("可乐", 3, "要不要请几天假？我陪你去看看医生", 4),
    ),
    4,
)
MARKUP = Chat(
    (
        Said("北北", 0, "群公告改成 <img src=x onerror=\"document.title='broken'\"> 试试"),
        Said("可乐", 1, "**加粗** 和 $x^2$ 还有 <script>alert(1)</script> 能用吗"),
        Said("北北", 1, "不能 :smile: [链接](javascript:alert(1)) 活着没意思 </div></div>", 2, ("活着没意思",)),
    ),
    3,
)
CHATS = (NIGHT, GAME, WORK)


def digits(text: str, n: int) -> str:
    return sha256(text.encode()).hexdigest()[:n]


def write_corpus(workspace: Workspace, chats: Sequence[Chat] = CHATS) -> list[str]:
    """Write messages, matches, segments and verdicts (no consensus on any); the segment ids."""
    segments, matches, verdicts = [], [], []
    for number, chat in enumerate(chats):
        chat_id, ids, time = digits(f"chat {number}", 32), [], START + timedelta(days=number)
        rows = []
        for line, said in enumerate(chat.lines, 1):
            time += timedelta(minutes=said.gap)
            ids.append(digits(f"{number}/{line}", 32))
            answered = ids[said.answers - 1] if said.answers else None
            user = digits(said.who, 32)
            rows.append((ids[-1], chat_id, user, answered, time, said.text, False, None))
            for term in said.signals:
                start = said.text.index(term)
                matches.append((ids[-1], digits(term, 12), term, "explicit", "c", start, start + len(term)))
        segment = digits("\n".join([chat_id, *ids]), 16)
        risky = [row[0] for row, said in zip(rows, chat.lines, strict=True) if said.signals]
        marked = rows[chat.suspicious - 1]
        users, n_chars = len({row[2] for row in rows}), sum(len(row[5]) for row in rows)
        segments.append(
            (
                *(segment, chat_id, ids, risky, marked[0], marked[2]),
                *(rows[0][4], time, len(ids), users, n_chars, len(risky), None),
            )
        )
        verdicts += [
            (segment, variable.name, None, 0.5, False, 16, 17, None, "no_consensus")
            for variable in workspace.codebook.rating_variables
        ]
        put(workspace, f"messages/{chat_id}", rows)
    for name, table in (("matches", matches), ("segments", segments), ("verdicts", verdicts)):
        put(workspace, name, table)
    return [row[0] for row in segments]


def put(workspace: Workspace, name: str, rows: Sequence[tuple[object, ...]]) -> None:
    workspace.store.write(name, pl.DataFrame(rows, schema=empty(name).schema, orient="row"), Recipe(inputs={}))


@dataclass(frozen=True)
class Bench:
    """A workspace with people and an open batch that holds every segment. Everybody has the same password."""

    workspace: Workspace
    engine: Engine
    segments: list[str]
    password: str = PASSWORD

    def tasks(self, user: str) -> dict[str, Task]:
        """Segment id → the user's assignment."""
        return {task.segment_id: task for task in assignments(self.engine, user)}

    def label(self, user: str, *codes: int, rationale: str = "") -> None:
        """Submit one code a segment, in the order of the segments, for a codebook with one variable."""
        variable, tasks = self.workspace.codebook.rating_variables[0].name, self.tasks(user)
        for segment, code in zip(self.segments, codes, strict=False):
            submit(
                self.engine, tasks[segment].assignment_id, user, {variable: code},
                codebook=self.workspace.codebook, rationale=rationale,
            )  # fmt: skip


def build_bench(
    folder: Path,
    codebook: str = "suichat6",
    chats: Sequence[Chat] = CHATS,
    annotators: Sequence[str] = ("anna", "bo", "陈晨"),
    simulated: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
) -> Bench:
    """Make a bench. simulated: names of annotators who are; settings: keys of ``[annotate]`` as TOML values."""
    workspace = create_workspace(folder / "corpus", codebook)
    path = workspace.root / "assay.toml"
    before, table, after = path.read_text(encoding="utf-8").partition("[annotate]")
    for key, value in (settings or {}).items():
        after = re.sub(rf"^{key} = .*$", f"{key} = {value}", after, count=1, flags=re.MULTILINE)
    path.write_text(before + table + after, encoding="utf-8")
    segments = write_corpus(workspace, chats)
    engine = open_database(workspace)
    for name in annotators:
        add_user(engine, name, "annotator", PASSWORD, simulated=name in simulated)
    add_user(engine, "judge", "adjudicator", PASSWORD)
    add_user(engine, "chief", "admin", PASSWORD)
    plan = BatchPlan(name="batch-1", size=len(segments), overlap=len(annotators), audit_share=0)
    open_batch(workspace, engine, plan)
    return Bench(workspace, engine, segments)


@pytest.fixture
def make_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bench]:
    """`build_bench` in the test's own folder, with passwords that take no time: their cost is tested elsewhere."""
    monkeypatch.delenv("ASSAY_DATABASE_URL", raising=False)
    monkeypatch.setattr(passwords, "PASSES", 1)
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
    return partial(build_bench, tmp_path)


@pytest.fixture
def markup_chats() -> tuple[Chat, ...]:
    """A chat whose messages look like HTML, markdown and formulas."""
    return (MARKUP,)


@contextmanager
def serving(bench: Bench) -> Iterator[tuple[Bench, str]]:
    """The address of `assay ui` on a bench, in a process of its own as users run it."""
    options = ["-w", str(bench.workspace.root), "--port", "0", "--no-browser", "--json"]
    with subprocess.Popen([sys.executable, "-c", _UI, "ui", *options], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield bench, json.loads(process.stdout.readline())["address"]
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=20)
    assert process.returncode == 0, "Ctrl+C is how the pages are stopped"
    bench.engine.dispose()


@pytest.fixture
def serve() -> Callable[[Workspace, Engine], AbstractContextManager[tuple[Bench, str]]]:
    """Serves any workspace: ``with serve(workspace, engine) as (bench, address)``."""
    return lambda workspace, engine: serving(Bench(workspace, engine, []))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, str]]:
    """A bench with support contacts, served."""
    support = {"support_title": '"看这些内容不容易"', "support_text": '"累了就停下来，需要聊聊时找项目负责人。"'}
    with serving(build_bench(tmp_path_factory.mktemp("served"), settings=support)) as running:
        yield running


@pytest.fixture
def served_markup(tmp_path: Path) -> Iterator[tuple[Bench, str]]:
    """A bench whose only chat looks like markup, served."""
    with serving(build_bench(tmp_path, chats=(MARKUP,), annotators=("anna",))) as running:
        yield running


_UI = "import typer; from app.ui_cli import mount; app = typer.Typer(); app.callback()(lambda: None); mount(app); app()"


@pytest.fixture
def closed(make_bench):
    """A bench whose batch-1 is labelled and closed."""
    bench = make_bench()
    for name in ("anna", "bo", "陈晨"):
        bench.label(name, 2, 0, 1)
    close(bench.workspace, bench.engine, "batch-1")
    return bench


@pytest.fixture
def drawn(closed):
    """The same with a development set that nobody labels yet."""
    draw_development(closed.workspace)
    return closed


@pytest.fixture
def opened(drawn):
    """The same with the development set given to the three annotators."""
    Stages().open_batch(drawn.workspace, ())
    return drawn
