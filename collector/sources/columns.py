"""One record of a file with named columns (CSV) or keys (JSONL), by the map in ``[collect.columns]``."""

from collections.abc import Collection, Mapping
from pathlib import Path

from collector import raw_ids
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.values import identifier, moment
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings, ColumnMap

_OPTIONAL = ("chat_id", "reply_id")


class ColumnReader:
    """Turns records of one file into messages. A file without chat ids is one chat, named after the file."""

    def __init__(self, path: Path, present: Collection[str], settings: CollectSettings) -> None:
        """``present``: columns or keys of the file. Raises DataError when one that is needed is not among them."""
        self._columns = settings.columns
        self._platform = settings.platform
        self._file_chat = f"file:{path.stem}" if settings.columns.chat_id not in present else None
        missing = _missing(settings.columns, present)
        if missing:
            raise DataError(
                f"{path.name} lacks {missing}; it has: {', '.join(sorted(present)) or 'nothing'}. "
                f"Name your columns in [collect.columns] of assay.toml"
            )

    def record(self, values: Mapping[str, object], position: int) -> Record:
        """One record. A missing id, an unreadable time or a text that is no text makes it a bad record."""
        columns, platform = self._columns, self._platform
        chat = self._file_chat or _chat(values.get(columns.chat_id), platform)
        number = identifier(values.get(columns.message_id))
        if chat is None or number is None:
            return Rejected(position, "bad_record", chat)
        message = raw_ids.message(chat, number)
        time = moment(values.get(columns.timestamp))
        text = values.get(columns.content)
        if time is None or not (text is None or isinstance(text, str)):
            return Rejected(position, "bad_record", chat, message)
        user = identifier(values.get(columns.user_id))
        reply = identifier(values.get(columns.reply_id))
        return RawMessage(
            position=position,
            chat=chat,
            message=message,
            user=None if user is None else raw_ids.sender(user, platform),
            reply_to=None if reply is None else raw_ids.message(chat, reply),
            time=time,
            text=text or "",
        )


def _chat(value: object, platform: str) -> str | None:
    raw = identifier(value)
    return None if raw is None else raw_ids.chat(raw, platform)


def _missing(columns: ColumnMap, present: Collection[str]) -> str:
    """The needed columns that are not there, in words."""
    needed = {key: name for key, name in columns.model_dump().items() if key not in _OPTIONAL}
    return " and ".join(f"the column {name!r} ({key})" for key, name in needed.items() if name not in present)
