"""The reviews there are: their state, how far each expert is, and who may do what in them."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from core.database import transaction
from core.errors import SettingsError, WorkspaceError
from core.people import Review, ReviewCandidate, ReviewExpert, Ruling, User
from core.texts import closest

COMMAND_LINE = "command line"
INDEPENDENT, JOINT = "independent", "joint"
_USER = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True)
class ExpertProgress:
    """An expert of a review. n_done: candidates that they ruled on alone."""

    letter: str
    name: str
    simulated: bool
    n_done: int


@dataclass(frozen=True)
class ReviewSummary:
    """A review without any ruling in it. state: open, joint or closed; agreement: the κ of the two, once closed."""

    name: str
    state: str
    n_candidates: int
    experts: tuple[ExpertProgress, ...]
    created_at: datetime
    closed_at: datetime | None
    agreement: dict[str, Any] | None

    def letter_of(self, user: str) -> str | None:
        """The letter of a user in this review; None when they are no expert of it."""
        return next((expert.letter for expert in self.experts if expert.name == spelled(user)), None)

    def as_json(self) -> dict[str, Any]:
        """The attributes, times as ISO 8601."""
        closed = self.closed_at.isoformat() if self.closed_at else None
        return {**asdict(self), "created_at": self.created_at.isoformat(), "closed_at": closed}


def list_reviews(engine: Engine, user: str | None = None) -> list[ReviewSummary]:
    """Every review, oldest first; with ``user`` those in which they are an expert."""
    with transaction(engine) as session:
        counted = select(ReviewCandidate.review_id, func.count()).group_by(ReviewCandidate.review_id)
        sizes = dict(session.execute(counted).all())
        experts = _experts(session)
        found = [
            ReviewSummary(
                name=review.name,
                state=review.state,
                n_candidates=sizes.get(review.id, 0),
                experts=tuple(experts.get(review.id, ())),
                created_at=review.created_at,
                closed_at=review.closed_at,
                agreement=review.agreement,
            )
            for review in session.scalars(select(Review).order_by(Review.id))
        ]
    return [review for review in found if user is None or review.letter_of(user)]


def _experts(session: Session) -> dict[int, list[ExpertProgress]]:
    """Review id → its experts by letter. Counts rulings and reads none."""
    done = (
        select(ReviewCandidate.review_id, Ruling.user_id, func.count(Ruling.review_candidate_id.distinct()).label("n"))
        .join(ReviewCandidate, Ruling.review_candidate_id == ReviewCandidate.id)
        .where(Ruling.stage == INDEPENDENT)
        .group_by(ReviewCandidate.review_id, Ruling.user_id)
        .subquery()
    )
    rows = session.execute(
        select(ReviewExpert.review_id, ReviewExpert.letter, User.name, User.simulated, func.coalesce(done.c.n, 0))
        .join(User, ReviewExpert.user_id == User.id)
        .outerjoin(
            done, (done.c.review_id == ReviewExpert.review_id) & (done.c.user_id == ReviewExpert.user_id)
        )
        .order_by(ReviewExpert.review_id, ReviewExpert.letter)
    )  # fmt: skip
    found: dict[int, list[ExpertProgress]] = {}
    for review_id, letter, name, simulated, n_done in rows:
        found.setdefault(review_id, []).append(ExpertProgress(letter, name, simulated, n_done))
    return found


def review_named(engine: Engine, name: str | None, user: str | None = None, *, state: str = "open") -> ReviewSummary:
    """The review of that name; without one, the only review in ``state`` (of ``user``, if given).

    Raises WorkspaceError when there is none, or when several could be meant.
    """
    known = list_reviews(engine, user)
    if name is not None:
        found = [review for review in known if review.name == spelled(name)]
        whose = f" of {user!r}" if user else ""
        hint = closest(name, [review.name for review in known]) if known else "open one: assay lexicon review new"
        if not found:
            raise WorkspaceError(f"no review {name!r}{whose}; {hint}")
        return found[0]
    found = [review for review in known if review.state == state]
    if len(found) != 1:
        names = ", ".join(review.name for review in found)
        came = f"there are several, say which with --name: {names}" if found else "there is none in that state"
        whose = f" of {user!r}" if user else ""
        raise WorkspaceError(f"wanted the review{whose} that is {state}; {came} (see: assay lexicon review list)")
    return found[0]


def spelled(name: str) -> str:
    """A name in its one spelling: no blanks around it, letters composed."""
    return unicodedata.normalize("NFC", name.strip())


def enabled_user(session: Session, name: str) -> User:
    """The user of that name. Raises SettingsError when there is none, or they are disabled."""
    name = spelled(name)
    user = session.scalar(select(User).where(User.name == name)) if _USER.fullmatch(name) else None
    if user is None:
        known = sorted(session.scalars(select(User.name)))
        raise SettingsError(f"no user {name!r}; {closest(name, known) if known else 'add one: assay user add NAME'}")
    if user.disabled:
        raise SettingsError(f"wanted enabled users; {name!r} is disabled (see: assay user list)")
    return user


def held(session: Session, name: str) -> Review:
    """The review, held until the transaction ends, so that rulings come in turn.

    The lock is an update: SQLite knows no SELECT FOR UPDATE, and a write that comes first waits instead of failing.
    """
    hold = update(Review).where(Review.name == name).values(state=Review.state)
    session.execute(hold, execution_options={"synchronize_session": False})
    return the_review(session, name)


def the_review(session: Session, name: str) -> Review:
    """The review of that name. Raises WorkspaceError when there is none."""
    found = session.scalar(select(Review).where(Review.name == name))
    if found is None:
        raise WorkspaceError(f"no review {name!r}; see: assay lexicon review list")
    return found


def letter_in(session: Session, review: Review, user: User) -> str:
    """The letter of an expert. Raises WorkspaceError when the user is no expert of the review."""
    query = select(ReviewExpert.letter).where(ReviewExpert.review_id == review.id, ReviewExpert.user_id == user.id)
    letter = session.scalar(query)
    if letter is None:
        raise WorkspaceError(f"{user.name!r} is no expert of review {review.name!r}; see: assay lexicon review list")
    return letter
