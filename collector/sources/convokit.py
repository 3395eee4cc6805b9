"""A ConvoKit corpus: the file ``utterances.jsonl`` in its folder, one utterance a line. Nothing else of it is read.

A conversation becomes a chat. Ids hold within one corpus only, so the name of its folder is part of them.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from collector.sources import jsonl
from collector.sources.records import RawMessage, Record, Rejected
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings, ColumnMap

FILE = "utterances.jsonl"
PLATFORM = "convokit"

_BOM = b"\xef\xbb\xbf"
_SPEAKER = ("speaker", "user")
_CONVERSATION = ("conversation_id", "root")
_REPLY = ("reply-to", "reply_to")


def recognises(head: bytes) -> bool:
    """Whether the first line of a file that begins so is an utterance."""
    first, newline, _ = head.removeprefix(_BOM).lstrip().partition(b"\n")
    return bool(newline) and _columns(_keys(first)) is not None


def read(path: Path, settings: CollectSettings) -> Iterator[Record]:
    """The records of a corpus, by line number. Of the settings only those of cleaning change anything.

    Raises DataError when the file is cut off or not UTF-8, or its first line is no utterance.
    """
    with path.open("rb") as stream:
        columns = _columns(_keys(stream.readline().removeprefix(_BOM)))
    if columns is None:
        raise DataError(
            f"{path.name} is no list of utterances of a ConvoKit corpus: wanted a JSON object a line with id, speaker, "
            f"conversation_id, reply-to, timestamp and text; save the corpus again with Corpus.dump"
        )
    corpus = path.resolve().parent.name
    mapped = settings.model_copy(update={"columns": columns, "platform": PLATFORM})
    return (_within(corpus, record) for record in jsonl.read(path, mapped))


def _keys(line: bytes) -> set[str]:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return set()
    return set(values) if isinstance(values, dict) else set()


def _columns(keys: set[str]) -> ColumnMap | None:
    """The keys in which these utterances hold what is needed; they were renamed over time. None: these are none."""
    found = [next((name for name in names if name in keys), None) for names in (_SPEAKER, _CONVERSATION, _REPLY)]
    speaker, conversation, reply = found
    if speaker is None or conversation is None or reply is None or not {"id", "timestamp", "text"} <= keys:
        return None
    return ColumnMap(
        message_id="id", chat_id=conversation, user_id=speaker, reply_id=reply, timestamp="timestamp", content="text"
    )


def _within(corpus: str, record: Record) -> Record:
    """The record with ids that no other corpus has."""
    chat, message = _prefixed(corpus, record.chat), _prefixed(corpus, record.message)
    if isinstance(record, Rejected):
        return record._replace(chat=chat, message=message)
    return RawMessage(
        position=record.position,
        chat=f"{corpus}/{record.chat}",
        message=f"{corpus}/{record.message}",
        user=_prefixed(corpus, record.user),
        reply_to=_prefixed(corpus, record.reply_to),
        time=record.time,
        text=record.text,
    )


def _prefixed(corpus: str, raw: str | None) -> str | None:
    return None if raw is None else f"{corpus}/{raw}"
