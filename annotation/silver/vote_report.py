"""What a round of voting came to, voter by voter."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import polars as pl

from core.setting_tables.voting import Voter


@dataclass(frozen=True)
class VoterReport:
    """One voter's turn.

    n: rows of its table; by_status: rows by status; coverage: share of rows with a label, 0 to 1 (None without rows).
    n_forms: into how many turns reading one segment is divided, for a voter that asks a model, else 0; n_turns: turns
    that its rows took. n_new: votes cast in this run that did not fail; n_dropped: earlier votes on what is no longer
    there, or out of date and, with ``vote.economy``, not asked for again.
    problems: what went wrong with failed votes → how many. other_models: names, other than the one asked for, by which
    replies called their model. seconds: of this turn. left_out: why rows of the file of a replayed voter are no votes
    here (`annotation.silver.vote_file`) → how many.
    """

    voter: str
    family: str
    n: int
    n_forms: int
    n_turns: int
    by_status: Mapping[str, int]
    coverage: float | None
    n_new: int
    n_dropped: int
    problems: Mapping[str, int]
    other_models: tuple[str, ...]
    seconds: float
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def n_abstained(self) -> int:
        return self.by_status["refused"] + self.by_status["unparsed"]

    @property
    def n_failed(self) -> int:
        return self.by_status["failed"]

    @property
    def changed(self) -> bool:
        return bool(self.n_new or self.n_dropped)

    def and_then(self, later: "VoterReport") -> "VoterReport":
        """Both turns as one, with the table as the later one left it."""
        return replace(
            later,
            n_new=self.n_new + later.n_new,
            n_dropped=self.n_dropped + later.n_dropped,
            seconds=self.seconds + later.seconds,
        )


@dataclass(frozen=True)
class VoteReport:
    """A round of voting. outside_panel: voters whose votes are kept though the settings no longer name them.

    n_full: with ``vote.economy``, the segments that the whole panel votes on; None without.
    """

    voters: tuple[VoterReport, ...]
    n_segments: int
    n_variables: int
    outside_panel: tuple[str, ...]
    n_full: int | None = None

    @property
    def n_saved(self) -> int:
        """Votes that nobody needed, of segments × variables × voters."""
        return self.n_segments * self.n_variables * len(self.voters) - sum(report.n for report in self.voters)

    @property
    def models_spared(self) -> tuple[int, int]:
        """Turns of a model that were not needed, and all that there could be, added up over the voters that ask one.

        Where one request asks for all variables of a segment, it is made as long as one of them is open.
        """
        at_most = self.n_segments * sum(report.n_forms for report in self.voters)
        return at_most - sum(report.n_turns for report in self.voters if report.n_forms), at_most

    @property
    def changed(self) -> bool:
        return any(report.changed for report in self.voters)

    @property
    def n_failed(self) -> int:
        return sum(report.n_failed for report in self.voters)

    def as_json(self) -> dict[str, Any]:
        spared, _ = self.models_spared
        own = {"changed": self.changed, "n_failed": self.n_failed, "n_saved": self.n_saved, "n_models_spared": spared}
        return {**asdict(self), **own}


def voter_report(
    voter: Voter,
    votes: pl.DataFrame,
    *,
    n_forms: int,
    n_new: int,
    n_dropped: int,
    seconds: float,
    left_out: Mapping[str, int] | None = None,
) -> VoterReport:
    """The report of one voter from its ``votes`` frame."""
    rows = votes.select(pl.col("status").cast(pl.String), "rationale").rows()
    counted = Counter(status for status, _ in rows)
    return VoterReport(
        voter=voter.name,
        family=voter.family,
        n=len(rows),
        n_forms=n_forms,
        n_turns=votes.select("segment_id", "prompt_hash").unique().height if n_forms else 0,
        by_status={status: counted[status] for status in ("ok", "unparsed", "refused", "failed")},
        coverage=counted["ok"] / len(rows) if rows else None,
        n_new=n_new,
        n_dropped=n_dropped,
        problems=dict(
            Counter(why or "no reason was given" for status, why in rows if status == "failed").most_common()
        ),
        other_models=_other_models(votes, voter) if voter.asks_a_model else (),
        seconds=seconds,
        left_out=left_out or {},
    )


def _other_models(votes: pl.DataFrame, voter: Voter) -> tuple[str, ...]:
    return tuple(votes.filter(pl.col("model") != voter.model)["model"].unique().sort())
