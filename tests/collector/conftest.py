"""Exports made for the tests of the collector, and a workspace with a key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.pseudonyms import create_key
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


class TelegramReader:
    """Reads groups of an offline Telegram into a workspace. slept: seconds of every wait; shown: all lines of progress.

    The clock stands at ``now``, a month after the offline Telegram's start.
    """

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

    def talk(self, telegram: Any) -> Any:
        from collector.telegram.asking import Conversation

        return Conversation(telegram.client(), 1e9, self.shown.append, self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def read(keyed: Workspace) -> TelegramReader:
    """Reads groups of an offline Telegram into the workspace: ``read(telegram, "@name", limit=5)`` → its report."""
    return TelegramReader(keyed)
