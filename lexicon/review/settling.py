"""The joint session: what the two experts differ on, and what they rule together."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from core.clock import Clock, utc_now
from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Event, Review, ReviewCandidate, Ruling
from core.text import folded, normalised
from core.texts import closest
from lexicon.review.both import pairs
from lexicon.review.candidates import Candidate
from lexicon.review.opinions import JOINT_DECISIONS, Opinion, Pair, Recorded
from lexicon.review.records import ruling_row
from lexicon.review.reviews import JOINT, enabled_user, held, letter_in, the_review


@dataclass(frozen=True)
class Difference:
    """A candidate on which the experts differ, or of which one was unsure. joint: their ruling together, if any."""

    candidate: Candidate
    a: Recorded
    b: Recorded
    joint: Recorded | None


@dataclass(frozen=True)
class Standing:
    """A review after the experts ruled alone: what they differ on, and how many candidates they hold alike."""

    differences: tuple[Difference, ...]
    n_alike: int
    n_unruled: int

    @property
    def n_left(self) -> int:
        """Differences that no joint ruling settles yet."""
        return sum(difference.joint is None for difference in self.differences)


def standing(engine: Engine, review: str, user: str | None = None) -> Standing:
    """What the experts differ on, in the order of the review. With ``user``: as that expert asks for it.

    Raises WorkspaceError while the experts rule alone, and when the user is no expert of the review.
    """
    with transaction(engine) as session:
        found = the_review(session, review)
        if user is not None:
            letter_in(session, found, enabled_user(session, user))
        ruled = pairs(session, found)
        query = select(ReviewCandidate).where(ReviewCandidate.review_id == found.id)
        rows = session.scalars(query.order_by(ReviewCandidate.position)).all()
        return _standing(rows, ruled)


def _standing(rows: Iterable[ReviewCandidate], ruled: dict[str, Pair]) -> Standing:
    differences, n_alike, n_unruled = [], 0, 0
    for row in rows:
        pair = ruled.get(row.candidate_id, Pair())
        if pair.a is None or pair.b is None:
            n_unruled += 1
        elif pair.differs:
            differences.append(Difference(Candidate.of(row), pair.a, pair.b, pair.joint))
        else:
            n_alike += 1
    return Standing(tuple(differences), n_alike, n_unruled)


def difference_of(engine: Engine, review: str, term: str) -> Difference:
    """The difference about a term, as it is typed. Raises DataError when the experts do not differ on it."""
    wanted = folded(normalised(term))
    found = {difference.candidate.term: difference for difference in standing(engine, review).differences}
    if wanted not in found:
        hint = closest(wanted, found) if found else "they differ on nothing"
        raise DataError(f"the experts do not differ on {term!r}; {hint} (see: assay lexicon review joint)")
    return found[wanted]


def settle(
    engine: Engine,
    review: str,
    candidate_id: str,
    user: str,
    opinion: Opinion,
    *,
    by: str | None = None,
    clock: Clock = utc_now,
) -> bool:
    """Rule together on a candidate that the experts differ on; a later joint ruling takes the place of an earlier.

    user: the expert who is signed in. Whether anything changed. Raises WorkspaceError unless the review is in its
    joint session and the user is an expert of it, DataError for a decision that settles nothing or a candidate that
    the experts hold alike.
    """
    if opinion.decision not in JOINT_DECISIONS:
        raise DataError(f"a joint ruling settles: wanted {' or '.join(JOINT_DECISIONS)}; got {opinion.decision!r}")
    with transaction(engine) as session:
        found = held(session, review)
        person = enabled_user(session, user)
        letter = letter_in(session, found, person)
        if found.state != "joint":
            raise WorkspaceError(f"review {review!r} is {found.state}; joint rulings are made in its joint session")
        pair = pairs(session, found).get(candidate_id, Pair())
        if not pair.differs:
            raise DataError(f"the experts do not differ on candidate {candidate_id!r}; there is nothing to settle")
        if pair.joint is not None and pair.joint.opinion == opinion:
            return False
        row_id = _row_id(session, found, candidate_id)
        revision = _n_joint(session, row_id) + 1
        now = clock()
        session.add(ruling_row(row_id, person.id, JOINT, revision, opinion, now))
        detail = {"candidate": candidate_id, "expert": letter, "revision": revision}
        session.add(Event(at=now, actor=by or person.name, action="ruled_together", subject=found.name, detail=detail))
    return True


def _row_id(session: Session, review: Review, candidate_id: str) -> int:
    query = select(ReviewCandidate.id).where(
        ReviewCandidate.review_id == review.id, ReviewCandidate.candidate_id == candidate_id
    )
    return session.scalars(query).one()


def _n_joint(session: Session, row_id: int) -> int:
    query = select(func.count(Ruling.id)).where(Ruling.review_candidate_id == row_id, Ruling.stage == JOINT)
    return session.scalar(query) or 0
