"""Where each group stands between runs.

To go on, a run has to know the number of the last message that it read, and that is a raw id, which must never lie on
the disk; nor must what members are called, which later steps look for in texts. So all of it is sealed
(`collector.sealed`) in ``secrets/telegram-state.sealed``, by the group's pseudonym. Without that file, or when the
table does not hold what it says, a group is read from the beginning; nothing is lost.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from collector.chat_files import reading
from collector.exports import TABLE
from collector.pseudonyms import Pseudonyms
from collector.sealed import SealedFile
from core import __version__
from core.setting_tables.collecting import CollectSettings
from core.store import Store, digest
from core.workspace import Workspace

STATE_FILE = "telegram-state"
_ABOUT_FILES = {"platform", "columns", "utc_offset_minutes", "day_first"}


@dataclass
class ChatState:
    """One group.

    made_with: digest of what decides how a message becomes a row. since: first day that was read, ISO; "": all.
    position: raw number up to which this pass has read; newest, oldest: the highest and lowest one that any pass read.
    n_read: messages read, each once.
    passing: whether the pass has not reached its end yet. anew: whether what it reads replaces what the table holds.
    last_row: message_id of the last row in the group's table after the last step. mark: pseudonym of ``newest``. names:
    user_id → what the member was called so far. unswept: whether names became known in this pass. fresh: whether older
    rows were not yet gone through for some of them. things: names that are words too, as decided for going through
    rows that has begun and may be unfinished.
    """

    made_with: str
    since: str = ""
    position: int = 0
    newest: int = 0
    oldest: int = 0
    n_read: int = 0
    passing: bool = True
    anew: bool = False
    last_row: str | None = None
    mark: str = ""
    names: dict[str, list[str]] = field(default_factory=dict)
    unswept: bool = False
    fresh: bool = False
    things: list[str] | None = None


class States:
    """The states of all groups, by chat_id."""

    def __init__(self, workspace: Workspace, pseudonyms: Pseudonyms) -> None:
        self._file = SealedFile(workspace, STATE_FILE, pseudonyms)
        self._chats: dict[str, dict[str, Any]] = self._file.read().get("chats", {})

    def get(self, chat_id: str) -> ChatState | None:
        return ChatState(**self._chats[chat_id]) if chat_id in self._chats else None

    def put(self, chat_id: str, state: ChatState) -> None:
        """Remember a group's state, on disk."""
        self._chats[chat_id] = asdict(state)
        self._file.write({"chats": self._chats})

    def fingerprint_with(self, chat_id: str, mark: str) -> str:
        """Digest of the last message read of each group; ``mark``: the one of a group that is just being read."""
        return digest({name: state["mark"] for name, state in self._chats.items()} | {chat_id: mark})


def starting_state(
    known: ChatState | None, settings: CollectSettings, resettled: bool, rows_are_there: bool
) -> ChatState:
    """Where to go on: the known state, or a new one when there is none that still fits the settings and the table."""
    made_with = form_of(settings)
    since = str(settings.telegram.since or "")
    if known is None:
        return ChatState(made_with, since, anew=resettled)
    names = {"names": known.names, "unswept": known.unswept, "fresh": known.fresh}
    if known.made_with != made_with:
        return ChatState(made_with, since, oldest=known.oldest, anew=True, **names)
    if not rows_are_there:
        return ChatState(made_with, since, oldest=known.oldest, anew=known.anew, **names)
    if since < known.since:
        return ChatState(made_with, since, anew=known.anew, **names)
    return known


def form_of(settings: CollectSettings) -> str:
    """Digest of what decides how a message of Telegram becomes a row."""
    return digest([settings.model_dump(mode="json", exclude=_ABOUT_FILES | {"telegram"}), __version__])


def last_row(store: Store, chat_id: str) -> str | None:
    """message_id of the last row of a chat; None when it has no rows."""
    path = store.path(f"{TABLE}/{chat_id}")
    if not path.exists():
        return None
    with reading(path):
        return pl.scan_parquet(path, glob=False).select(pl.col("message_id").last()).collect().item()


def holds(store: Store, chat_id: str, message_id: str | None) -> bool:
    """Whether the chat's table holds a message; None is held by every table."""
    if message_id is None:
        return True
    path = store.path(f"{TABLE}/{chat_id}")
    if not path.exists():
        return False
    with reading(path):
        return pl.scan_parquet(path, glob=False).filter(message_id=message_id).select(pl.len()).collect().item() > 0
