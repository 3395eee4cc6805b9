"""What a run of ``assay collect telegram`` did, group by group."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from collector.report import TableSummary, table_json


@dataclass
class GroupReport:
    """One group. read = new + updated + Σ dropped, always.

    name: its public name; shown and never written down. chat_id: its pseudonym. read: messages that Telegram sent. new,
    updated: rows that are new, or replaced an older version. dropped: reason → messages
    (`collector.sources.records.Reason`). deleted: messages of the table that are gone from Telegram and were removed
    here; deleted_kept: and were kept, as the settings say. marked: mark (`collector.repeats.MARKS`) → messages among
    those read that have it and are kept. complete: whether the end of what is to be read was reached.
    """

    name: str
    chat_id: str
    read: int = 0
    new: int = 0
    updated: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    deleted: int = 0
    deleted_kept: int = 0
    marked: Counter[str] = field(default_factory=Counter)
    complete: bool = False

    @property
    def changed(self) -> bool:
        return self.new + self.updated + self.deleted > 0

    def counts(self) -> dict[str, Any]:
        """The counts alone, for the audit log."""
        return {
            "read": self.read,
            "new": self.new,
            "updated": self.updated,
            "dropped": dict(self.dropped.most_common()),
            "deleted": self.deleted,
            "deleted_kept": self.deleted_kept,
            "marked": dict(self.marked.most_common()),
        }


@dataclass(frozen=True)
class TelegramReport:
    """One run. refused: group as the user gave it → why it was not read, or not to its end. waited: seconds of pauses
    that Telegram asked for. resettled: as in `collector.report.CollectReport`.
    """

    groups: list[GroupReport]
    refused: dict[str, str]
    waited: float
    resettled: bool
    table: TableSummary

    @property
    def changed(self) -> bool:
        return any(group.changed for group in self.groups)

    @property
    def marked(self) -> Counter[str]:
        """Mark → messages of all groups that have it and are kept."""
        return sum((group.marked for group in self.groups), Counter[str]())

    def as_json(self) -> dict[str, Any]:
        groups = [
            {"name": group.name, "chat_id": group.chat_id, "complete": group.complete, **group.counts()}
            for group in self.groups
        ]
        return {
            "changed": self.changed,
            "groups": groups,
            "refused": self.refused,
            "marked": dict(self.marked.most_common()),
            "waited_seconds": round(self.waited, 1),
            "resettled": self.resettled,
            **table_json(self.table),
        }
