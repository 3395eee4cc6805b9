"""What is told about batches: plain values, counts only where a batch may be open."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class NewBatch:
    """A batch just made. n_asked: items wanted; n_items: drawn; n_audit: of these, accepted ones; assigned: by name."""

    name: str
    n_asked: int
    n_items: int
    n_audit: int
    overlap: int
    assigned: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Keys name, n_asked, n_items, n_audit, overlap, assigned (annotator → items)."""
        return dict(vars(self))


@dataclass(frozen=True)
class Load:
    """How far an annotator is with a batch: n_done of n_total assignments."""

    annotator: str
    simulated: bool
    n_done: int
    n_total: int


@dataclass(frozen=True)
class BatchSummary:
    """A batch in numbers.

    state: open, closed or resolved. n_done of n_total: assignments. agreement: what closing found, None before that.
    """

    name: str
    state: str
    overlap: int
    n_items: int
    loads: tuple[Load, ...]
    created_at: datetime
    closed_at: datetime | None
    agreement: Mapping[str, Any] | None

    @property
    def n_done(self) -> int:
        return sum(load.n_done for load in self.loads)

    @property
    def n_total(self) -> int:
        return sum(load.n_total for load in self.loads)

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys, times in ISO 8601."""
        return {
            **vars(self),
            "n_done": self.n_done,
            "n_total": self.n_total,
            "loads": [dict(vars(load)) for load in self.loads],
            "created_at": self.created_at.isoformat(),
            "closed_at": self.closed_at.isoformat() if self.closed_at else None,
        }


@dataclass(frozen=True)
class ClosedBatch:
    """A batch just closed. n_missing: assignments that nobody did; agreement: as the given function returned it."""

    name: str
    n_items: int
    n_assignments: int
    n_missing: int
    agreement: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Keys name, n_items, n_assignments, n_missing, agreement."""
        return dict(vars(self))
