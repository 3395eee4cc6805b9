"""Closing a review: how far the two experts agreed alone, and what came out."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
from sqlalchemy import Engine, func, select

from core.clock import Clock, utc_now
from core.counting import counted
from core.database import transaction
from core.errors import WorkspaceError
from core.people import Event, Review, ReviewCandidate
from lexicon.entries import KINDS
from lexicon.review.both import pairs
from lexicon.review.opinions import DECISIONS, Pair
from lexicon.review.reviews import COMMAND_LINE, held

Agreement = Callable[[pl.DataFrame], Mapping[str, Any]]
"""Ratings of two raters, A and B, of one variable → the JSON object of Cohen's κ: a, b, n, value, low, high, method,
reason."""
CODES = {
    "decision": {"reject": 0, "accept": 1, "unsure": 2},
    "kind": {"explicit": 0, "implicit": 1},
}


@dataclass(frozen=True)
class ClosedReview:
    """What closing did. agreement: as `measured` gives it."""

    name: str
    n_candidates: int
    n_accepted: int
    n_rejected: int
    n_undecided: int
    n_differed: int
    agreement: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def close_review(
    engine: Engine,
    review: str,
    agreement: Agreement,
    force: bool = False,
    *,
    by: str = COMMAND_LINE,
    clock: Clock = utc_now,
) -> ClosedReview:
    """Close a review: its decisions count from now on, and the κ of its experts is kept.

    Raises WorkspaceError when it is closed already, or when something is undecided and ``force`` does not say to leave
    that undecided (a later review may take it).
    """
    with transaction(engine) as session:
        found = held(session, review)
        if found.state == "closed":
            raise WorkspaceError(f"review {review!r} is closed already; see: assay lexicon review list")
        n_candidates = session.scalar(
            select(func.count(ReviewCandidate.id)).where(ReviewCandidate.review_id == found.id)
        ) or 0  # fmt: skip
        was, found.state = found.state, "closed"
        ruled = pairs(session, found)
        finals = Counter(pair.final.decision if pair.final else None for pair in ruled.values())
        n_undecided = n_candidates - finals["accept"] - finals["reject"]
        if n_undecided and not force:
            raise WorkspaceError(_why_not(found, was, n_undecided, n_candidates))
        kept = measured(ruled, agreement)
        found.closed_at, found.agreement = clock(), kept
        closed = ClosedReview(
            name=found.name,
            n_candidates=n_candidates,
            n_accepted=finals["accept"],
            n_rejected=finals["reject"],
            n_undecided=n_undecided,
            n_differed=sum(pair.differs for pair in ruled.values()),
            agreement=kept,
        )
        detail = {key: value for key, value in closed.as_json().items() if key.startswith("n_")}
        session.add(Event(at=found.closed_at, actor=by, action="review_closed", subject=found.name, detail=detail))
    return closed


def _why_not(review: Review, state: str, n_undecided: int, n_candidates: int) -> str:
    missing = "rulings of one expert or both" if state == "open" else "joint rulings"
    return (
        f"review {review.name!r} lacks {missing} for {n_undecided:,} of {counted(n_candidates, 'candidate')}; wait for "
        f"them (assay ui), or leave those undecided with: assay lexicon review close --name {review.name!r} --force"
    )


def measured(ruled: Mapping[str, Pair], agreement: Agreement) -> dict[str, Any]:
    """How far A and B agreed alone: Cohen's κ of ``decision`` and of ``kind``, with the counts it is made of.

    decision: over the candidates on which both ruled, in three categories: accept, reject, unsure. kind: over those
    that both accepted, explicit against implicit. Each: n, n_agree, table (A's answer → B's answer → candidates), and
    value, low, high, method, reason of κ; value None, with the reason, where κ is undefined.
    """
    alone = {name: pair.alone for name, pair in ruled.items() if pair.alone is not None}
    decisions = {name: (a.decision, b.decision) for name, (a, b) in alone.items()}
    kinds = {
        name: (a.kind or "", b.kind or "") for name, (a, b) in alone.items() if decisions[name] == ("accept", "accept")
    }
    return {
        "decision": _one("decision", decisions, agreement, "no candidate has rulings of both experts"),
        "kind": _one("kind", kinds, agreement, "no candidate was accepted by both experts"),
    }


def _one(
    variable: str, answers: Mapping[str, tuple[str, str]], agreement: Agreement, none: str
) -> dict[str, Any]:  # fmt: skip
    kappa: Mapping[str, Any] = {"value": None, "low": None, "high": None, "method": None, "reason": none}
    if answers:
        codes = CODES[variable]
        rows = [
            (item, rater, variable, codes[answer])
            for item, pair in sorted(answers.items())
            for rater, answer in zip("AB", pair, strict=True)
        ]
        schema = {"item": pl.String, "rater": pl.String, "variable": pl.String, "label": pl.Int64}
        kappa = agreement(pl.DataFrame(rows, schema=schema, orient="row"))
    names = DECISIONS if variable == "decision" else KINDS
    return {
        "n": len(answers),
        "n_agree": sum(a == b for a, b in answers.values()),
        **{key: kappa[key] for key in ("value", "low", "high", "method", "reason")},
        "table": _table(names, answers.values()),
    }


def _table(names: Iterable[str], answers: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    counts = Counter(answers)
    names = tuple(names)
    return {a: {b: counts[a, b] for b in names} for a in names}
