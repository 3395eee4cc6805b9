"""A ruling on its way into the database and out of it."""

from datetime import datetime

from core.people import Ruling
from lexicon.review.opinions import Opinion, Recorded


def ruling_row(candidate: int, user_id: int, stage: str, revision: int, opinion: Opinion, at: datetime) -> Ruling:
    """A ruling as the database keeps it; ``candidate``: the id of the candidate's row."""
    return Ruling(
        review_candidate_id=candidate,
        user_id=user_id,
        stage=stage,
        revision=revision,
        decision=opinion.decision,
        kind=opinion.kind,
        category=opinion.category,
        note=opinion.note,
        ruled_at=at,
    )


def recorded(row: Ruling, letter: str) -> Recorded:
    """A ruling from its row; ``letter``: of the expert whose row it is."""
    opinion = Opinion(row.decision, row.kind, row.category, row.note)
    return Recorded(opinion, row.revision, row.ruled_at, letter)
