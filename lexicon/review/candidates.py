"""A candidate as the experts see it: the term, what is suggested, and what the corpus says about it."""

from dataclasses import dataclass
from typing import Any

from core.people import ReviewCandidate

FIGURES = ("n_matches", "n_messages", "n_users", "n_chats", "keyness")


@dataclass(frozen=True)
class Candidate:
    """A candidate of a review. candidate_id: as entry_id; kind, category: suggested; the figures as in ``candidates``.

    similar: terms of its group of near-duplicates, which are not ruled on with it. line_ids: messages that hold it.
    """

    candidate_id: str
    term: str
    kind: str | None
    category: str | None
    sources: tuple[str, ...]
    reasons: tuple[str, ...]
    n_matches: int
    n_messages: int
    n_users: int
    n_chats: int
    keyness: float | None
    similar: tuple[str, ...]
    line_ids: tuple[str, ...]

    @classmethod
    def of(cls, row: ReviewCandidate) -> "Candidate":
        """From its row in the database."""
        lists = {name: tuple(row.snapshot[name]) for name in ("sources", "reasons", "similar", "line_ids")}
        figures = {name: row.snapshot[name] for name in FIGURES}
        return cls(row.candidate_id, row.term, row.kind, row.category, **lists, **figures)

    def snapshot(self) -> dict[str, Any]:
        """What the database keeps of it beside term, kind and category."""
        lists = {name: list(getattr(self, name)) for name in ("sources", "reasons", "similar", "line_ids")}
        return lists | {name: getattr(self, name) for name in FIGURES}
