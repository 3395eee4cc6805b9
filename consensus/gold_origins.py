"""How the segments with gold came before people."""

from sqlalchemy import Engine, select

from core.database import transaction
from core.people import DEVELOPMENT, Batch, Item


def drawn_as(engine: Engine) -> dict[str, str]:
    """segment_id → its origin in the first batch that held it, of batches that are not open.

    ``no_consensus``: drawn at random from the segments that the gate had not accepted then, on one variable at least;
    ``audit``: drawn at random from those accepted on every one. Items of the development set become no gold.
    """
    query = (
        select(Item.segment_id, Item.origin)
        .join(Batch, Item.batch_id == Batch.id)
        .where(Batch.state != "open", Item.origin != DEVELOPMENT)
        .order_by(Batch.id.desc())
    )
    with transaction(engine) as session:
        return dict(session.execute(query).all())
