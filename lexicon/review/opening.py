"""Opening a review: two experts, and the candidates that they will rule on."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from core.counting import counted
from core.database import transaction
from core.errors import SettingsError, WorkspaceError
from core.people import DraftEntry, Event, Review, ReviewCandidate, ReviewExpert
from core.workspace import Workspace
from lexicon.review.candidates import Candidate
from lexicon.review.choosing import ReviewPlan, choose
from lexicon.review.concordance import with_lines
from lexicon.review.outcomes import decided_ids, ids_in_unfinished_reviews
from lexicon.review.reviews import COMMAND_LINE, enabled_user, spelled

_NAME = re.compile(r"[\w. -]{1,64}")
_MAKER = "lexicon propose (or assay lexicon extract)"


@dataclass(frozen=True)
class NewReview:
    """A review as it was opened. experts: letter → name; n_similar: near-duplicates that wait for a later review."""

    name: str
    n_candidates: int
    n_similar: int
    n_without_lines: int
    experts: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def open_review(workspace: Workspace, engine: Engine, plan: ReviewPlan, *, by: str = COMMAND_LINE) -> NewReview:
    """Open a review of the candidates that no review has taken yet.

    Left out: candidates of unfinished reviews, those decided in a closed one (unless ``plan.again``), and terms that
    were imported. Raises SettingsError for a plan that cannot be carried out or people who cannot be experts,
    WorkspaceError when no candidate is left.
    """
    plan = replace(plan, experts=tuple(spelled(name) for name in plan.experts))
    plan.check()
    table = workspace.store.read("candidates", maker=_MAKER)
    with transaction(engine) as session:
        chosen = choose(table, plan, _taken(session, plan))
    if not chosen:
        raise WorkspaceError(
            f"no candidate is left to review: {table.height} in the table, each of them ruled on, in a review, "
            f"imported or in fewer than {counted(plan.min_messages, 'message')}; propose more with: assay {_MAKER}"
        )
    chosen = with_lines(workspace, chosen, table)
    with transaction(engine) as session:
        _one_at_a_time(session)
        if _taken(session, plan) & {candidate.candidate_id for candidate in chosen}:
            raise WorkspaceError("another review was opened at the same moment and took some candidates; try again")
        return _store(session, workspace, plan, chosen, by)


def _store(
    session: Session, workspace: Workspace, plan: ReviewPlan, chosen: Sequence[Candidate], by: str
) -> NewReview:  # fmt: skip
    name, now = _free_name(session, plan.name), workspace.clock()
    letters = {letter: enabled_user(session, expert) for letter, expert in zip("AB", plan.experts, strict=True)}
    review = Review(name=name, seed=plan.seed, created_at=now)
    session.add(review)
    session.flush()
    session.add_all(
        ReviewExpert(review_id=review.id, letter=letter, user_id=user.id) for letter, user in letters.items()
    )
    session.add_all(_rows(review.id, chosen))
    made = NewReview(
        name=name,
        n_candidates=len(chosen),
        n_similar=0 if plan.members else sum(len(candidate.similar) for candidate in chosen),
        n_without_lines=sum(not candidate.line_ids for candidate in chosen),
        experts={letter: user.name for letter, user in letters.items()},
    )
    session.add(Event(at=now, actor=by, action="review_opened", subject=name, detail=made.as_json()))
    return made


def _rows(review_id: int, chosen: Sequence[Candidate]) -> list[ReviewCandidate]:
    return [
        ReviewCandidate(
            review_id=review_id,
            candidate_id=candidate.candidate_id,
            position=position,
            term=candidate.term,
            kind=candidate.kind,
            category=candidate.category,
            snapshot=candidate.snapshot(),
        )
        for position, candidate in enumerate(chosen)
    ]


def _taken(session: Session, plan: ReviewPlan) -> set[str]:
    """candidate_ids that this review may not have. An entry_id is made like a candidate_id."""
    taken = set(session.scalars(select(DraftEntry.entry_id))) | ids_in_unfinished_reviews(session)
    return taken if plan.again else taken | decided_ids(session)


def _one_at_a_time(session: Session) -> None:
    """Let other openers wait, so that no candidate is in two reviews at once."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    session.execute(text("BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE reviews IN SHARE ROW EXCLUSIVE MODE"))


def _free_name(session: Session, wanted: str) -> str:
    """The name asked for, if it is free; without one the next ``review-N``."""
    taken = set(session.scalars(select(Review.name)))
    name = spelled(wanted)
    if not name:
        name = next(f"review-{number}" for number in range(1, len(taken) + 2) if f"review-{number}" not in taken)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"wanted a review name of 1 to 64 letters, digits, blanks, '_', '.' or '-'; got {name!r}")
    if name in taken:
        raise SettingsError(f"there already is a review {name!r}; choose another name")
    return name
