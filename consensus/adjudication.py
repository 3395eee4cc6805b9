"""Adjudication: what annotators disagree on in closed batches, and what an adjudicator decides about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from consensus.pooling import ClosedItem, closed_items, pooled_ratings
from consensus.settlement import settle
from core.clock import Clock, utc_now
from core.codebook import Codebook
from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Adjudication, Assignment, Batch, Event, Item, Submission, User
from core.text import tidy

MAY_ADJUDICATE = ("adjudicator", "admin")


@dataclass(frozen=True)
class Opinion:
    """A rater's label (−1: abstained) and reason."""

    rater: str
    label: int
    rationale: str


@dataclass(frozen=True)
class Decision:
    """The newest decision of an adjudicator on an item and variable; ``simulated``: not made by a person."""

    label: int
    rationale: str
    by: str
    simulated: bool
    decided_at: datetime


@dataclass(frozen=True)
class Disagreement:
    """An item and variable on which the raters do not all agree, or of whom fewer than two gave a label.

    majority: the label that `resolve` takes if nobody decides; None where it would stay unresolved.
    """

    batch: str
    item_id: int
    segment_id: str
    variable: str
    opinions: tuple[Opinion, ...]
    majority: int | None
    decision: Decision | None


def disagreements(engine: Engine, batch: str | None = None) -> list[Disagreement]:
    """The disagreements of one closed batch, or of all, in the order of the batch's items.

    Ratings are pooled over batches, as `resolve` does; an item of several batches is listed in the newest unless
    ``batch`` names another. Raises WorkspaceError when the batch is open or does not exist.
    """
    items = _items_of(engine, batch)
    decided = decisions(engine)
    opinions: dict[str, dict[str, list[Opinion]]] = {}
    columns = ("item", "variable", "rater", "label", "rationale")
    for item, variable, *opinion in pooled_ratings(engine).select(columns).iter_rows():
        opinions.setdefault(item, {}).setdefault(variable, []).append(Opinion(*opinion))
    return [found for item in items for found in _of_item(item, opinions.get(item.segment_id, {}), decided)]


def _of_item(
    item: ClosedItem, opinions: Mapping[str, list[Opinion]], decided: Mapping[tuple[str, str], Decision]
) -> Iterator[Disagreement]:
    for variable, given in opinions.items():
        settlement = settle(opinion.label for opinion in given)
        if settlement.source != "unanimous":
            yield Disagreement(
                batch=item.batch,
                item_id=item.item_id,
                segment_id=item.segment_id,
                variable=variable,
                opinions=tuple(given),
                majority=settlement.label,
                decision=decided.get((item.segment_id, variable)),
            )


def _items_of(engine: Engine, batch: str | None) -> list[ClosedItem]:
    items = closed_items(engine)
    if batch is None:
        newest = {item.segment_id: item for item in items}
        return [item for item in items if newest[item.segment_id] == item]
    found = [item for item in items if item.batch == batch]
    if not found:
        raise WorkspaceError(f"wanted a closed batch; {batch!r} is open or does not exist (see: assay batch list)")
    return found


def decisions(engine: Engine) -> dict[tuple[str, str], Decision]:
    """(segment_id, variable) → the newest decision. An adjudication is never changed: a later one takes its place."""
    query = (
        select(Item.segment_id, Adjudication, User.name, User.simulated)
        .join(Item, Adjudication.item_id == Item.id)
        .join(User, Adjudication.user_id == User.id)
        .order_by(Adjudication.decided_at, Adjudication.id)
    )
    with transaction(engine) as session:
        return {
            (segment, row.variable): Decision(row.label, row.rationale, by, simulated, row.decided_at)
            for segment, row, by, simulated in session.execute(query)
        }


def adjudicate(
    engine: Engine,
    item: int,
    variable: str,
    label: int,
    rationale: str,
    user: str,
    *,
    codebook: Codebook,
    clock: Clock = utc_now,
) -> Decision:
    """Decide an item's variable. ``item``: item_id of a closed or resolved batch; ``user``: an adjudicator or admin.

    The decision is added to the earlier ones and overrides them and the ratings. Raises CodebookError for an unknown
    variable, DataError for a label outside its codes, WorkspaceError when the user may not decide, the batch is open,
    or nobody has rated the item (an adjudicator settles ratings, and does not replace them).
    """
    codes = codebook.rating_variable(variable).codes
    if isinstance(label, bool) or label not in codes:
        raise DataError(f"wanted one of {list(codes)} for {variable!r}; got {label!r}")
    with transaction(engine) as session:
        person, found = _adjudicator(session, user), _closed_item(session, item, variable)
        row = Adjudication(
            item_id=found.id,
            user_id=person.id,
            variable=variable,
            label=label,
            rationale=tidy(rationale),
            decided_at=clock(),
        )
        session.add(row)
        session.flush()
        detail: dict[str, Any] = {"adjudication": row.id, "variable": variable}
        session.add(
            Event(at=row.decided_at, actor=person.name, action="adjudicated", subject=found.segment_id, detail=detail)
        )
    return Decision(row.label, row.rationale, person.name, person.simulated, row.decided_at)


def _adjudicator(session: Session, name: str) -> User:
    person = session.scalar(select(User).where(User.name == name, User.disabled.is_(False)))
    if person is None or person.role not in MAY_ADJUDICATE:
        raise WorkspaceError(
            f"wanted an enabled adjudicator or admin; {name!r} is not (add one: assay user add NAME --role adjudicator)"
        )
    return person


def _closed_item(session: Session, item: int, variable: str) -> Item:
    found = session.get(Item, item)
    if found is None or found.batch.state == "open":
        came = "there is none" if found is None else f"batch {found.batch.name!r} is open"
        raise WorkspaceError(f"wanted an item of a closed batch as item {item}; {came}. Close the batch first.")
    n_rated = session.scalar(
        select(func.count(Submission.id))
        .join(Assignment, Submission.assignment_id == Assignment.id)
        .join(Item, Assignment.item_id == Item.id)
        .join(Batch, Item.batch_id == Batch.id)
        .where(Item.segment_id == found.segment_id, Submission.variable == variable, Batch.state != "open")
    )
    if not n_rated:
        raise WorkspaceError(
            f"nobody has rated item {item} on {variable!r}, so there is nothing to adjudicate; put it into another "
            "batch with: assay batch new --again"
        )
    return found
