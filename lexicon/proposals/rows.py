"""Proposals of one source, from strongest to weakest, in the shape of the table."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from core.contracts import empty


@dataclass(frozen=True)
class Proposal:
    """One proposed term; the columns of the table ``proposals`` but for source and number."""

    term: str
    reason: str
    score: float | None
    message_id: str | None = None
    quote: str | None = None
    kind: str | None = None
    category: str | None = None


def proposals_frame(source: str, found: Iterable[Proposal], limit: int) -> pl.DataFrame:
    """The strongest ``limit`` proposals, numbered; ties in the order of terms, those without a score last."""
    ordered = sorted(found, key=lambda proposal: (proposal.score is None, -(proposal.score or 0.0), proposal.term))
    rows = [{"source": source, "number": number, **asdict(one)} for number, one in enumerate(ordered[:limit])]
    return pl.DataFrame(rows, schema=empty("proposals").schema)
