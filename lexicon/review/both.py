"""Both experts' rulings side by side. Nothing here may be asked about a review that is open: they rule blind."""

from collections import defaultdict
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import WorkspaceError
from core.people import Review, ReviewCandidate, ReviewExpert, Ruling
from lexicon.review.opinions import Pair
from lexicon.review.records import recorded
from lexicon.review.reviews import JOINT


def pairs(session: Session, review: Review) -> dict[str, Pair]:
    """candidate_id → what A, B and the joint session ruled, each at its newest. Raises WorkspaceError while open."""
    if review.state == "open":
        raise WorkspaceError(
            f"the experts of review {review.name!r} still rule alone; what they differ on is shown when both are done"
        )
    rows = session.execute(
        select(ReviewCandidate.candidate_id, ReviewExpert.letter, Ruling)
        .join(ReviewCandidate, Ruling.review_candidate_id == ReviewCandidate.id)
        .join(
            ReviewExpert,
            (ReviewExpert.review_id == ReviewCandidate.review_id) & (ReviewExpert.user_id == Ruling.user_id),
        )
        .where(ReviewCandidate.review_id == review.id)
        .order_by(Ruling.revision, Ruling.id)
    )
    found: dict[str, Pair] = defaultdict(Pair)
    for candidate_id, letter, row in rows:
        place = "joint" if row.stage == JOINT else letter.lower()
        found[candidate_id] = replace(found[candidate_id], **{place: recorded(row, letter)})
    return dict(found)
