"""What people said in closed batches, pooled over batches.

An item may be rated in several batches (`assay batch new --again`). Its ratings are pooled: every rater counts once,
with the newest rating. Open batches are never read here.
"""

from dataclasses import dataclass

import polars as pl
from sqlalchemy import Engine, select

from core.database import transaction
from core.people import DEVELOPMENT, Batch, Item
from core.ratings import human_ratings


@dataclass(frozen=True)
class ClosedItem:
    """An item of a closed or resolved batch."""

    batch: str
    item_id: int
    segment_id: str


def closed_items(engine: Engine, *, development: bool | None = None) -> list[ClosedItem]:
    """Every item of the batches that are not open, older batches first, each in its own order.

    development: only the items of the parameter search's development set, or only the others; None: all.
    """
    query = (
        select(Batch.name, Item.id, Item.segment_id)
        .join(Batch, Item.batch_id == Batch.id)
        .where(Batch.state != "open")
        .order_by(Batch.id, Item.position)
    )
    if development is not None:
        query = query.where((Item.origin == DEVELOPMENT) == development)
    with transaction(engine) as session:
        return [ClosedItem(*row) for row in session.execute(query)]


def pooled_ratings(engine: Engine) -> pl.DataFrame:
    """The newest rating of each rater, item and variable in closed batches, by item, variable and rater.

    Columns: item (segment_id), rater, simulated, variable (key: item, rater, variable), label (−1: abstained),
    rationale, submitted_at.
    """
    return (
        human_ratings(engine)
        .sort("submitted_at", maintain_order=True)
        .unique(["item", "rater", "variable"], keep="last", maintain_order=True)
        .drop("batch")
        .sort("item", "variable", "rater")
    )
