"""Votes in memory, and the interface between a voter and the polling that keeps what it says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import polars as pl

from core.contracts import empty

ABSTAIN = -1
Status = Literal["ok", "unparsed", "refused", "failed"]
Ballot = tuple[str, str]
"""What is voted on: (segment_id, rating variable)."""


@dataclass(frozen=True)
class Vote:
    """One row of the table ``votes``."""

    segment_id: str
    voter: str
    variable: str
    label: int
    status: Status
    rationale: str | None
    probability: float | None
    model: str
    prompt_hash: str
    seconds: float | None

    @property
    def ballot(self) -> Ballot:
        return self.segment_id, self.variable


class ReadyVoter(Protocol):
    """A member of the panel, ready to vote."""

    def hashes(self) -> Mapping[Ballot, str]:
        """Every ballot, in the order of the table, with the hash of all that determines the vote on it."""
        ...

    def cast(self, pending: Sequence[Ballot]) -> Iterator[Sequence[Vote]]:
        """The votes on these ballots, a few at a time. A vote may be ``failed``; it is then asked for again later."""
        ...

    def rounds(self, pending: Sequence[Ballot]) -> int:
        """How many times `cast` will yield."""
        ...


@runtime_checkable
class ReadsVotes(Protocol):
    """A voter whose votes come from a table that may hold more than can be votes here."""

    def rejected(self) -> pl.DataFrame:
        """The rows left out, with their ``reason``; they are kept beside the voter's table."""
        ...


def votes_frame(votes: Iterable[Vote]) -> pl.DataFrame:
    """Votes in the shape of the table ``votes``."""
    return pl.DataFrame([vars(vote) for vote in votes], schema=empty("votes").schema, orient="row")


def votes_of(frame: pl.DataFrame) -> list[Vote]:
    """The rows of a ``votes`` frame."""
    return [Vote(**row) for row in frame.iter_rows(named=True)]
