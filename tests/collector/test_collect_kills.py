"""kill -9 at random moments of an import: the table comes out as if nothing had happened, and nothing raw is left."""

import io
import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from collector.collecting import collect
from collector.keys import KEY_FILE
from core.workspace import Workspace, create_workspace, write_secret

KEY = "0123456789abcdef" * 4
KILLS = 25
CHATS, MESSAGES = 8, 600
START = 1_700_000_000
RUN = """
import sys
sys.modules["sqlalchemy"] = None  # a library of ours would load it for nothing, which takes long
from pathlib import Path
from collector.collecting import collect
from core.text import simplified
from core.workspace import open_workspace
simplified("")
print("ready", flush=True)
collect(open_workspace(Path(sys.argv[1])), [Path(path) for path in sys.argv[2:]])
"""
CHAT, USER, MESSAGE = 8_800_100_000, 555_123_000_000, 987_654_321_000
PLANTED = [
    str(CHAT)[:-1], str(USER)[:-3], str(MESSAGE)[:-3], "Zhang-Planted", "planted_user", "planted@example.com",
    "13900001111", "planted.example.org", "PlantedGroup", "planted-file",
]  # fmt: skip
"""Beginnings of chat, user and message ids; names; what texts are full of."""
TEXTS = [
    "今天好累，不想上班", "請找 @planted_user 吧", "打13900001111或者139 0000 1111", "寫信到planted@example.com 謝謝",
    "看 https://planted.example.org/x?y=1 这里", "大家晚安，明天見", "好", "睡不著，有人在嗎",
]  # fmt: skip


def planted_chat(number: int, first: int, last: int, edited: bool) -> dict[str, object]:
    """Messages ``first`` to ``last`` of a chat; ``edited``: every ninth has a newer version."""
    rng = random.Random(number)
    messages = []
    for place in range(last):
        made = {
            "id": MESSAGE + place, "type": "service" if place % 50 == 7 else "message",
            "date_unixtime": str(START + 20 * place), "from": "Zhang-Planted", "from_id": f"user{USER + place % 40}",
            "text": rng.choice(TEXTS), "reply_to_message_id": MESSAGE + max(0, place - rng.randrange(1, 9)),
        }  # fmt: skip
        if edited and place % 9 == 0:
            made |= {"text": "改過的話：" + rng.choice(TEXTS), "edited_unixtime": str(START + 90_000)}
        messages.append(made)
    return {"name": "PlantedGroup", "type": "private_group", "id": CHAT + number, "messages": messages[first:]}


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two exports of an account; the second goes on where the first ends, and holds newer versions of its messages."""
    folder = tmp_path_factory.mktemp("exports")
    paths = []
    for number, (first, last) in enumerate([(0, MESSAGES), (MESSAGES // 2, MESSAGES * 3 // 2)]):
        chats = [planted_chat(chat, first, last, edited=bool(number)) for chat in range(CHATS)]
        paths.append(folder / f"planted-file-{number}.json")
        paths[-1].write_text(json.dumps({"chats": {"list": chats}}, ensure_ascii=False), encoding="utf-8")
    return paths


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Workspace]:
    """Makes new workspaces that share one key: ``made(files…)``, with these files collected."""
    monkeypatch.delenv("ASSAY_DATABASE_URL", raising=False)
    numbers = iter(range(1000))

    def make(*files: Path) -> Workspace:
        workspace = create_workspace(tmp_path / f"w{next(numbers)}")
        write_secret(workspace, KEY_FILE, KEY)
        if files:
            collect(workspace, files)
        return workspace

    return make


class Victim:
    """Runs imports in processes of their own. seconds: how long one takes when nobody disturbs it."""

    def __init__(self, workspace: Workspace, files: list[Path]) -> None:
        self._rng = random.Random(7)
        self.seconds = run_for(60.0, workspace, files)
        assert self.seconds < 60

    def killed(self, workspace: Workspace, files: list[Path]) -> bool:
        """Start an import and kill it at a random moment; False when it was done before."""
        moment = self._rng.uniform(0, self.seconds)
        return run_for(moment, workspace, files) >= moment


def run_for(seconds: float, workspace: Workspace, files: list[Path]) -> float:
    """Start an import and kill it after so many seconds of its work; how many it worked."""
    call = [sys.executable, "-c", RUN, str(workspace.root), *map(str, files)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        assert ready == b"ready\n", process.stderr.read().decode()
        started = time.monotonic()
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            return seconds
        assert code == 0, process.stderr.read().decode()
        return min(time.monotonic() - started, seconds)


def traces(workspace: Workspace) -> list[tuple[str, str]]:
    """Planted identifiers in any name or byte of a workspace. Parquet packs text, so what is whole is also unpacked."""
    found = []
    for path in workspace.root.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".parquet":
            content += unpacked(path)
        found += [(path.name, trace) for trace in PLANTED if trace.encode() in content or trace in path.name]
    return found


def unpacked(path: Path) -> bytes:
    """A Parquet file as text; b"" of one that is half written, which only the working folder may hold."""
    try:
        return pl.read_parquet(path).with_columns(pl.all().cast(pl.String)).write_csv().encode()
    except pl.exceptions.PolarsError:
        assert ".collecting-" in str(path) or path.name.startswith(".writing-")
        return b""


def contents(workspace: Workspace) -> dict[str, bytes]:
    """Every table of a workspace in bytes, its rows sorted, and what its manifest says of it."""
    store, found = workspace.store, {}
    for path in store.folder.rglob("*.parquet"):
        packed = io.BytesIO()
        frame = pl.read_parquet(path)
        frame.sort(frame.columns).write_ipc(packed)
        found[str(path.relative_to(store.folder))] = packed.getvalue()
    manifest = store.manifest("messages")
    found["manifest"] = json.dumps([manifest.recipe.inputs, manifest.rows, manifest.rejected], sort_keys=True).encode()
    assert not [path.name for path in store.folder.rglob(".*") if path.name != ".collecting.lock"]
    return found


def in_two_lanes(work: Callable[[int], int], times: int) -> int:
    """The sum of what the work returns, done so often, two at once: most of it is waiting for a process to begin."""
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(work, range(times)))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_import_killed_at_any_moment_is_finished_by_the_next(made, exports):
    undisturbed = made()
    victim = Victim(undisturbed, exports[:1])

    def kill_and_finish(_: int) -> int:
        while True:
            workspace = made()
            killed = victim.killed(workspace, exports[:1])
            assert traces(workspace) == []
            n_left = len(list(workspace.store.folder.glob(".collecting-*")))
            collect(workspace, exports[:1])
            assert contents(workspace) == contents(undisturbed)
            shutil.rmtree(workspace.root)
            if killed:
                return n_left

    assert in_two_lanes(kill_and_finish, KILLS) > KILLS // 3


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_import_into_a_table_killed_again_and_again_comes_to_the_same_end(made, exports):
    undisturbed = made(exports[0])
    before = contents(undisturbed)
    victim = Victim(undisturbed, exports)
    assert contents(undisturbed) != before

    def kill_again_and_again(_: int) -> int:
        workspace, n_killed = made(exports[0]), 0
        # On a machine that got slower since it was measured, no run would ever be done before it is killed.
        while n_killed < KILLS // 10 and victim.killed(workspace, exports):
            n_killed += 1
            assert traces(workspace) == []
        collect(workspace, exports)
        assert traces(workspace) == []
        assert contents(workspace) == contents(undisturbed)
        return n_killed

    n_killed = 0
    while n_killed < KILLS:
        n_killed += in_two_lanes(kill_again_and_again, 2)
