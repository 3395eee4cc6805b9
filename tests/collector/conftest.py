"""Exports and Telegram groups made for the tests of the collector, a workspace with a key, and what is in it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from collector.pseudonyms import create_key
from core.database import open_database, transaction
from core.people import Event
from core.settings import replace_settings
from core.workspace import Workspace

START = 1_700_000_000
Exporter = Callable[..., Path]


@pytest.fixture
def keyed(workspace: Workspace) -> Workspace:
    """A new workspace with its pseudonym key."""
    create_key(workspace)
    return workspace


@pytest.fixture
def export(tmp_path: Path) -> Exporter:
    """Writes a Telegram export of one chat: ``export("a.json", message(1, "…"), …, chat=77)`` → its path."""

    def write(name: str, *messages: dict[str, Any], chat: int = 77) -> Path:
        content = {"name": "A group", "type": "public_supergroup", "id": chat, "messages": list(messages)}
        (tmp_path / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def message() -> Callable[..., dict[str, Any]]:
    """One message of an export, sent ``number`` minutes after the start unless ``minute`` says otherwise."""

    def make(number: int, text: Any = "今天好累", minute: int | None = None, **more: Any) -> dict[str, Any]:
        sent = START + 60 * (number if minute is None else minute)
        made = {"id": number, "type": "message", "date_unixtime": str(sent), "from": "Name", "from_id": "user7"}
        return made | {"text": text} | more

    return make


@pytest.fixture
def contents() -> Callable[[Workspace], list[str]]:
    """The contents of all messages in the table, in its order."""
    return lambda workspace: workspace.store.read("messages").get_column("content").to_list()


@pytest.fixture
def tables() -> Callable[[Workspace], dict[str, bytes]]:
    """Every file of the tables, but for the empty lock."""

    def read_all(workspace: Workspace) -> dict[str, bytes]:
        folder = workspace.store.folder
        files = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size]
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}

    return read_all


class TelegramReader:
    """Reads groups of an offline Telegram into a workspace. slept: seconds of every wait; shown: all lines of progress.

    The clock stands at ``now``, a month after the offline Telegram's start.
    """

    ten_hours_ago = 31 * 24 * 60 - 600
    """Minutes after the offline Telegram's start, in the days that a later run reads again."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.now = datetime(2024, 2, 1, tzinfo=UTC)
        self.slept: list[float] = []
        self.shown: list[str] = []

    def __call__(self, telegram: Any, *names: str, at_once: int = 5_000, **settings: Any) -> Any:
        """The report of a run with these settings of ``[collect.telegram]``; no names: all groups."""
        from collector.telegram.collecting import choose_groups, read_groups

        changed = replace_settings(self.workspace.settings, "collect", {"telegram": settings})
        workspace = Workspace(self.workspace.root, lambda: self.now, changed)
        names = names or tuple(group.about.username for group in telegram.groups)
        with self.talk(telegram) as conversation:
            return read_groups(workspace, choose_groups(workspace, names), conversation, at_once)

    def with_settings(self, **collect: object) -> None:
        """Let later runs have other settings of ``[collect]``."""
        settings = replace_settings(self.workspace.settings, "collect", collect)
        self.workspace = Workspace(self.workspace.root, given_settings=settings)

    def contents(self) -> list[str]:
        """What the table of messages holds by now."""
        return self.workspace.store.read_or_empty("messages").get_column("content").to_list()

    def events(self, action: str) -> list[Event]:
        with transaction(open_database(self.workspace)) as session:
            return list(session.scalars(select(Event).where(Event.action == action)))

    def talk(self, telegram: Any) -> Any:
        from collector.telegram.asking import Conversation

        return Conversation(telegram.client(), 1e9, self.shown.append, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def read(keyed: Workspace) -> TelegramReader:
    """Reads groups of an offline Telegram into the workspace: ``read(telegram, "@name", limit=5)`` → its report."""
    return TelegramReader(keyed)


@pytest.fixture
def group() -> Callable[..., Any]:
    """``group(77, "night_talk", n=12)``: a public group of Telegram that says 第1句话 to 第12句话, one a minute."""
    offline = pytest.importorskip("collector.telegram.offline")

    def make(number: int = 77, name: str = "night_talk", n: int = 12, **about: object) -> Any:
        messages = [offline.said(number, k, f"第{k}句话") for k in range(1, n + 1)]
        return offline.OfflineGroup.public(number, name, messages, **about)

    return make


@pytest.fixture
def recent() -> Callable[..., Any]:
    """The group @night_talk with ``n`` messages that all lie in the last days, which a later run reads again."""
    offline = pytest.importorskip("collector.telegram.offline")

    def make(n: int = 12) -> Any:
        minute = TelegramReader.ten_hours_ago
        messages = [offline.said(77, k, f"第{k}句话", minute=minute + k) for k in range(1, n + 1)]
        return offline.OfflineGroup.public(77, "night_talk", messages)

    return make
