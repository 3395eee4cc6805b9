"""The table ``messages`` as a ConvoKit corpus: a conversation a chat, ids as they are in the table (keyed pseudonyms).

Made for analysis with ConvoKit by whoever may read the workspace; what is shared with others is a release.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from core import __version__
from core.errors import WorkspaceError
from core.workspace import Workspace
from core.writing import atomic_folder

TABLE = "messages"

_INDEX = {
    "utterances-index": {"is_forward": ["<class 'bool'>"], "edited_at": ["<class 'float'>"]},
    "speakers-index": {},
    "conversations-index": {},
    "overall-index": {"made_by": ["<class 'str'>"]},
    "version": 1,
    "vectors": [],
}


@dataclass
class ConvokitReport:
    """What was written. replies_left_out: replies to messages that are not in the table, written as no replies."""

    conversations: int = 0
    utterances: int = 0
    replies_left_out: int = 0
    speakers: set[str] = field(default_factory=set)

    def as_json(self) -> dict[str, Any]:
        """The counts, one key each."""
        return asdict(self) | {"speakers": len(self.speakers)}


def export_convokit(workspace: Workspace, folder: Path) -> ConvokitReport:
    """Write ``utterances.jsonl``, ``speakers.json``, ``conversations.json``, ``corpus.json`` and ``index.json``.

    An utterance has id, speaker, conversation_id, reply-to, timestamp (Unix seconds) and text, and as meta is_forward
    and, where it was edited, edited_at. All or nothing, for the owner only. Raises WorkspaceError when there are no
    messages, when the folder holds something already or cannot be written.
    """
    store = workspace.store
    chats = store.parts(TABLE)
    if not chats:
        raise WorkspaceError("there are no messages in this workspace yet; collect some with: assay collect PATH")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise WorkspaceError(f"{folder} exists and is not an empty folder; name a new one")
    report = ConvokitReport(conversations=len(chats))
    with atomic_folder(folder) as working:
        with _file(working / "utterances.jsonl") as stream:
            for chat in chats:
                for utterance in _utterances(store.read(chat), report):
                    stream.write(json.dumps(utterance) + "\n")
        plain = {"meta": {}, "vectors": []}
        _write(working / "speakers.json", dict.fromkeys(sorted(report.speakers), plain))
        _write(working / "conversations.json", {chat.partition("/")[2]: plain for chat in chats})
        _write(working / "corpus.json", {"made_by": f"Assay {__version__}"})
        _write(working / "index.json", _INDEX)
    return report


def _utterances(messages: pl.DataFrame, report: ConvokitReport) -> Iterator[dict[str, Any]]:
    """The utterances of one chat; counted in the report."""
    known = set(messages.get_column("message_id"))
    report.utterances += messages.height
    report.speakers.update(messages.get_column("user_id"))
    for row in messages.iter_rows(named=True):
        answered = row["reply_id"] if row["reply_id"] in known else None
        report.replies_left_out += answered is None and row["reply_id"] is not None
        edited = {} if row["edited_at"] is None else {"edited_at": row["edited_at"].timestamp()}
        yield {
            "id": row["message_id"],
            "conversation_id": row["chat_id"],
            "text": row["content"],
            "speaker": row["user_id"],
            "meta": {"is_forward": row["is_forward"], **edited},
            "reply-to": answered,
            "timestamp": row["timestamp"].timestamp(),
            "vectors": [],
        }


@contextmanager
def _file(path: Path) -> Iterator[TextIO]:
    """A new file that only its owner can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        yield stream


def _write(path: Path, value: object) -> None:
    with _file(path) as stream:
        json.dump(value, stream)
