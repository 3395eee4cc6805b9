"""Ratings in their one shape: (item, rater, variable, label), for models and people."""

import polars as pl
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from core.people import Assignment, Batch, Item, Submission, User

HUMAN_SCHEMA = {
    "batch": pl.String,
    "item": pl.String,
    "rater": pl.String,
    "simulated": pl.Boolean,
    "variable": pl.String,
    "label": pl.Int64,
    "rationale": pl.String,
    "submitted_at": pl.Datetime("ms", "UTC"),
}


def votes_as_ratings(votes: pl.DataFrame) -> pl.DataFrame:
    """The ``votes`` table as ratings: item, rater, variable, label (−1: abstained)."""
    return votes.select(item="segment_id", rater="voter", variable="variable", label="label")


def human_ratings(engine: Engine, *, batch: str | None = None, include_open: bool = False) -> pl.DataFrame:
    """People's ratings, each at its newest revision.

    Columns: batch, item (segment_id), rater (user name), simulated, variable, label (−1: abstained), rationale,
    submitted_at. Open batches are left out unless ``include_open``: nobody sees another's label before then.
    """
    newest = (
        select(Submission.assignment_id, Submission.variable, func.max(Submission.revision).label("revision"))
        .group_by(Submission.assignment_id, Submission.variable)
        .subquery()
    )
    query = (
        select(
            Batch.name, Item.segment_id, User.name, User.simulated,
            Submission.variable, Submission.label, Submission.rationale, Submission.submitted_at,
        )
        .join(newest, (Submission.assignment_id == newest.c.assignment_id)
              & (Submission.variable == newest.c.variable) & (Submission.revision == newest.c.revision))
        .join(Assignment, Submission.assignment_id == Assignment.id)
        .join(User, Assignment.user_id == User.id)
        .join(Item, Assignment.item_id == Item.id)
        .join(Batch, Item.batch_id == Batch.id)
        .order_by(Batch.id, Item.position, User.name, Submission.variable)
    )  # fmt: skip
    if batch is not None:
        query = query.where(Batch.name == batch)
    if not include_open:
        query = query.where(Batch.state != "open")
    with Session(engine) as session:
        rows = [tuple(row) for row in session.execute(query)]
    return pl.DataFrame(rows, schema=HUMAN_SCHEMA, orient="row")
