"""What an expert holds about a candidate, and when two experts hold the same."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from core.errors import DataError
from core.text import tidy
from lexicon.entries import KINDS

DECISIONS = ("accept", "reject", "unsure")
JOINT_DECISIONS = ("accept", "reject")
"""A joint ruling settles: it cannot be unsure."""


@dataclass(frozen=True)
class Opinion:
    """A decision about a candidate. kind, category: None unless it is accepted."""

    decision: str
    kind: str | None = None
    category: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Recorded:
    """An opinion as it was ruled. revision: from 1; letter: of the expert who was signed in."""

    opinion: Opinion
    revision: int
    ruled_at: datetime
    letter: str


@dataclass(frozen=True)
class Pair:
    """What experts A and B ruled alone, and what they ruled together; None where there is no ruling."""

    a: Recorded | None = None
    b: Recorded | None = None
    joint: Recorded | None = None

    @property
    def alone(self) -> tuple[Opinion, Opinion] | None:
        """What A and B ruled alone; None until both did."""
        return (self.a.opinion, self.b.opinion) if self.a and self.b else None

    @property
    def differs(self) -> bool:
        """Both ruled, and the joint session has to settle it: not alike, or one of them was unsure."""
        return self.alone is not None and not _alike(*self.alone)

    @property
    def final(self) -> Opinion | None:
        """The joint ruling of what they differ on, else what both hold; None where it is undecided.

        The note is that of the joint session, else what the two noted, joined by " / ".
        """
        if self.alone is None:
            return None
        if self.differs:
            return self.joint.opinion if self.joint else None
        notes = dict.fromkeys(opinion.note for opinion in self.alone if opinion.note)
        return replace(self.alone[0], note=" / ".join(notes))


def _alike(a: Opinion, b: Opinion) -> bool:
    settles = a.decision in JOINT_DECISIONS
    return settles and (a.decision, a.kind, a.category) == (b.decision, b.kind, b.category)


def checked_opinion(
    decision: str | None,
    kind: str | None = None,
    category: str | None = None,
    note: str | None = None,
    *,
    categories: Collection[str] = (),
    allowed: Collection[str] = DECISIONS,
) -> Opinion:
    """The opinion that was given, tidied; a kind or category beside anything but accept is left out.

    categories: those of ``lexicon.categories`` in assay.toml; empty: any. Raises DataError for a decision that is not
    ``allowed``, or for an accepted candidate without a kind and a category that can be used.
    """
    decision, kind, category = (tidy(text or "") or None for text in (decision, kind, category))
    if decision is None or decision not in allowed:
        raise DataError(f"wanted a decision of {', '.join(allowed)}; got {decision!r}")
    if decision != "accept":
        return Opinion(decision, note=tidy(note or ""))
    if kind not in KINDS:
        raise DataError(f"an accepted candidate needs a kind, explicit or implicit; got {kind!r}")
    if category is None or (categories and category not in categories):
        wanted = f"one of {sorted(categories)} (lexicon.categories in assay.toml)" if categories else "a word"
        raise DataError(f"an accepted candidate needs a category, {wanted}; got {category!r}")
    return Opinion(decision, kind, category, tidy(note or ""))
