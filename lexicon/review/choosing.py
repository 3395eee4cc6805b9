"""Which candidates a review gets, and in which order an expert sees them: pure functions of a plan."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import polars as pl

from core.errors import SettingsError
from lexicon.review.candidates import FIGURES, Candidate


@dataclass(frozen=True)
class ReviewPlan:
    """What a review should be.

    experts: names of two users, A and B. name: empty for the next free ``review-N``. size: candidates; None: all.
    min_messages: messages that a candidate has to stand in. members: every member of a group of near-duplicates, and
    not the first alone. again: candidates that were ruled on in a closed review too. seed: of each expert's order.
    """

    experts: tuple[str, ...]
    name: str = ""
    size: int | None = None
    min_messages: int = 1
    members: bool = False
    again: bool = False
    seed: int = 7

    def check(self) -> None:
        """Raises SettingsError for a plan that cannot be carried out."""
        if len(self.experts) != 2 or self.experts[0] == self.experts[1]:
            raise SettingsError(
                f"wanted two different experts (--expert A --expert B); got {len(set(self.experts))}: "
                f"{', '.join(self.experts) or 'none'}"
            )
        if (self.size is not None and self.size < 1) or self.min_messages < 0:
            raise SettingsError(
                f"wanted a size of at least 1 and at least 0 messages; got {self.size} and {self.min_messages}"
            )


def choose(candidates: pl.DataFrame, plan: ReviewPlan, taken: Collection[str]) -> list[Candidate]:
    """The candidates of a review, by keyness, then frequency, then term; those without keyness last.

    candidates: the table of that name. taken: candidate_ids that are left out. Of each group of near-duplicates the
    member that stands for it is chosen (where it is taken: the first in the order above) and the others are named in
    ``similar``; they stay candidates for a later review. With ``plan.members`` all are chosen, next to each other.
    """
    left = candidates.filter(
        ~pl.col("candidate_id").is_in(list(taken)), pl.col("n_messages") >= plan.min_messages
    ).sort(["keyness", "n_matches", "term"], descending=[True, True, False], nulls_last=True)
    stands = pl.col("candidate_id") != pl.col("group")
    ordered = (
        left.with_row_index("rank")
        .sort([pl.col("rank").min().over("group"), "group", stands, "rank"])
        .with_columns(same=pl.col("term").implode().over("group", mapping_strategy="join"))
    )
    if not plan.members:
        ordered = ordered.unique("group", keep="first", maintain_order=True)
    if plan.size is not None:
        ordered = ordered.head(plan.size)
    return [_candidate(row) for row in ordered.iter_rows(named=True)]


def _candidate(row: Mapping[str, Any]) -> Candidate:
    return Candidate(
        candidate_id=row["candidate_id"],
        term=row["term"],
        kind=row["kind"],
        category=row["category"],
        sources=tuple(row["sources"]),
        reasons=tuple(row["reasons"]),
        similar=tuple(term for term in row["same"] if term != row["term"]),
        line_ids=(),
        **{name: row[name] for name in FIGURES},
    )


def shuffled(items: Iterable[str], *seed: object) -> list[str]:
    """The items in a random order that depends on the seed and each item alone, not on how many others there are."""

    def key(item: str) -> str:
        return sha256("\n".join([*map(str, seed), item]).encode()).hexdigest()

    return sorted(items, key=key)
