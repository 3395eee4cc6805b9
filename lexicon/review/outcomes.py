"""What closed reviews decided: the rulings that freezing turns into the lexicon."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.database import transaction
from core.people import Review, ReviewCandidate
from lexicon.review.both import pairs
from lexicon.review.opinions import Opinion, Pair


@dataclass(frozen=True)
class Outcome:
    """A candidate that a closed review decided. final: accepted or rejected; settled: ``agreed`` or ``joint``."""

    review: str
    candidate_id: str
    term: str
    pair: Pair
    final: Opinion

    @property
    def settled(self) -> str:
        return "joint" if self.pair.differs else "agreed"

    @property
    def ruled_at(self) -> datetime:
        """When the last ruling that counts was made."""
        counted = (self.pair.joint,) if self.pair.differs else (self.pair.a, self.pair.b)
        return max(ruling.ruled_at for ruling in counted if ruling is not None)


def outcomes(engine: Engine) -> list[Outcome]:
    """Every decision of every closed review, those closed earlier first, then by candidate_id."""
    with transaction(engine) as session:
        return _outcomes(session)


def _outcomes(session: Session) -> list[Outcome]:
    closed = select(Review).where(Review.state == "closed").order_by(Review.closed_at, Review.id)
    found: list[Outcome] = []
    for review in session.scalars(closed).all():
        terms = session.execute(
            select(ReviewCandidate.candidate_id, ReviewCandidate.term)
            .where(ReviewCandidate.review_id == review.id)
            .order_by(ReviewCandidate.candidate_id)
        )
        ruled = pairs(session, review)
        for candidate_id, term in terms:
            pair = ruled.get(candidate_id, Pair())
            if pair.final is not None:
                found.append(Outcome(review.name, candidate_id, term, pair, pair.final))
    return found


def decided_ids(session: Session) -> set[str]:
    """candidate_ids that a closed review decided. What it left undecided may be reviewed again."""
    return {outcome.candidate_id for outcome in _outcomes(session)}


def ids_in_unfinished_reviews(session: Session) -> set[str]:
    """candidate_ids that are in a review which is not closed."""
    query = (
        select(ReviewCandidate.candidate_id)
        .join(Review, ReviewCandidate.review_id == Review.id)
        .where(Review.state != "closed")
    )
    return set(session.scalars(query))
