"""An expert's own rulings. Every query here names the expert, so nobody's rulings reach the other while they are blind.

Of the other expert only one thing is asked: on how many candidates they ruled, to know when both are done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from core.clock import Clock, utc_now
from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Event, Review, ReviewCandidate, ReviewExpert, Ruling, User
from lexicon.review.candidates import Candidate
from lexicon.review.choosing import shuffled
from lexicon.review.opinions import Opinion, Recorded
from lexicon.review.records import recorded, ruling_row
from lexicon.review.reviews import INDEPENDENT, enabled_user, held, letter_in, spelled


@dataclass(frozen=True)
class Case:
    """A candidate before one expert. number: in their own order, from 1; own: their newest ruling, None before."""

    candidate: Candidate
    number: int
    own: Recorded | None


@dataclass(frozen=True)
class Ruled:
    """What ruling did. joint: both experts are done, and the review went to the joint session."""

    review: str
    n_new: int
    n_revised: int
    n_unchanged: int
    joint: bool


def own_cases(engine: Engine, review: str, user: str) -> list[Case]:
    """The candidates of an open review in the user's own order, with their own rulings and nobody else's.

    Empty when the review is not open or the user is no enabled expert of it.
    """
    with transaction(engine) as session:
        row = session.execute(
            select(Review, ReviewExpert.letter, User.id)
            .join(ReviewExpert, ReviewExpert.review_id == Review.id)
            .join(User, ReviewExpert.user_id == User.id)
            .where(Review.name == review, Review.state == "open")
            .where(User.name == spelled(user), User.disabled.is_(False))
        ).one_or_none()
        if row is None:
            return []
        found, letter, user_id = row
        rows = {row.candidate_id: row for row in _candidates(session, found)}
        own = _own(session, found, user_id, letter)
    order = shuffled(rows, found.seed, found.name, letter)
    return [
        Case(Candidate.of(rows[candidate_id]), number, own.get(rows[candidate_id].id))
        for number, candidate_id in enumerate(order, 1)
    ]


def _candidates(session: Session, review: Review) -> list[ReviewCandidate]:
    return list(session.scalars(select(ReviewCandidate).where(ReviewCandidate.review_id == review.id)))


def _own(session: Session, review: Review, user_id: int, letter: str) -> dict[int, Recorded]:
    """Row id of a candidate → the newest ruling of this user alone."""
    query = (
        select(Ruling)
        .join(ReviewCandidate, Ruling.review_candidate_id == ReviewCandidate.id)
        .where(ReviewCandidate.review_id == review.id, Ruling.user_id == user_id, Ruling.stage == INDEPENDENT)
        .order_by(Ruling.revision)
    )
    return {row.review_candidate_id: recorded(row, letter) for row in session.scalars(query)}


def rule(
    engine: Engine,
    review: str,
    user: str,
    opinions: Mapping[str, Opinion],
    *,
    by: str | None = None,
    clock: Clock = utc_now,
) -> Ruled:
    """Rule on candidates of an open review, or revise earlier rulings. All or nothing.

    opinions: candidate_id → an opinion made by `checked_opinion`. by: who acts in the log; the user themselves by
    default. The same opinion again changes nothing. When both experts have ruled on everything, the review goes to the
    joint session at once, and rulings made alone stay as they are. Raises WorkspaceError when the review is not open or
    the user is no expert of it, DataError for a candidate that it does not have.
    """
    with transaction(engine) as session:
        found = held(session, review)
        person = enabled_user(session, user)
        letter = letter_in(session, found, person)
        if found.state != "open":
            raise WorkspaceError(
                f"review {review!r} is {found.state}; what the experts ruled alone can no longer be changed"
            )
        rows = {row.candidate_id: row.id for row in _candidates(session, found)}
        own = _own(session, found, person.id, letter)
        now, counts = clock(), {"new": 0, "revised": 0, "unchanged": 0}
        for candidate_id, opinion in opinions.items():
            if candidate_id not in rows:
                raise DataError(f"review {review!r} has no candidate {candidate_id!r}; export it again")
            before = own.get(rows[candidate_id])
            did = "new" if before is None else "unchanged" if before.opinion == opinion else "revised"
            counts[did] += 1
            if did == "unchanged":
                continue
            revision = before.revision + 1 if before else 1
            session.add(ruling_row(rows[candidate_id], person.id, INDEPENDENT, revision, opinion, now))
            action = "candidate_ruled" if did == "new" else "ruling_revised"
            detail = {"candidate": candidate_id, "expert": letter, "revision": revision}
            session.add(Event(at=now, actor=by or person.name, action=action, subject=found.name, detail=detail))
        joint = _to_joint_session(session, found, len(rows), now)
    return Ruled(found.name, counts["new"], counts["revised"], counts["unchanged"], joint)


def _to_joint_session(session: Session, review: Review, n_candidates: int, now: datetime) -> bool:
    """Move the review on when both experts have ruled on every candidate; whether it was."""
    session.flush()
    ruled = (
        select(Ruling.user_id, func.count(Ruling.review_candidate_id.distinct()))
        .join(ReviewCandidate, Ruling.review_candidate_id == ReviewCandidate.id)
        .where(ReviewCandidate.review_id == review.id, Ruling.stage == INDEPENDENT)
        .group_by(Ruling.user_id)
    )
    done = [user_id for user_id, n in session.execute(ruled) if n == n_candidates]
    if len(done) < 2:
        return False
    review.state, review.joint_at = "joint", now
    session.add(Event(at=now, actor="assay", action="joint_session_opened", subject=review.name))
    return True
