"""Batches: drawn from the no-consensus pool, given to annotators, closed with their agreement."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.orm import Session

from annotation.human.batch_reports import BatchSummary, ClosedBatch, Load, NewBatch
from annotation.human.drawing import AUDIT, BatchPlan, assign, draw, item_pool
from annotation.human.users import COMMAND_LINE, spelled, the_user
from core.clock import Clock, utc_now
from core.database import transaction
from core.errors import SettingsError, WorkspaceError
from core.people import Assignment, Batch, Event, Item, User
from core.ratings import human_ratings
from core.texts import closest
from core.workspace import Workspace

Agreement = Callable[[pl.DataFrame], dict[str, Any]]
_NAME = re.compile(r"[\w. -]{1,64}")


def open_batch(workspace: Workspace, engine: Engine, plan: BatchPlan, *, by: str = COMMAND_LINE) -> NewBatch:
    """Make a batch from the workspace's verdicts. Raises as `new_batch`, and when the gate has not run yet."""
    store = workspace.store
    pool = item_pool(store.read("verdicts", maker="gate"), store.read("segments", maker="segment"))
    return new_batch(
        engine, segments=pool, plan=plan, codebook_hash=workspace.codebook_hash, by=by, clock=workspace.clock
    )


def new_batch(
    engine: Engine,
    *,
    segments: pl.DataFrame,
    plan: BatchPlan,
    codebook_hash: str,
    by: str = COMMAND_LINE,
    clock: Clock = utc_now,
) -> NewBatch:
    """Draw a batch from ``segments`` (the shape of `item_pool`) and give its items to annotators.

    Takes what there is when fewer items are left than the plan asks for. Raises SettingsError for a plan that cannot
    be carried out or too few annotators, WorkspaceError when no item is left.
    """
    plan.check()
    with transaction(engine) as session:
        _one_at_a_time(session)
        plan = _named(session, plan)
        people = _annotators(session, plan)
        drawn = draw(_left(session, segments, plan), plan)
        if not drawn:
            raise WorkspaceError(
                f"wanted {plan.size} items for batch {plan.name!r}; none is left that is in no batch yet. Gate more "
                "segments (assay vote, assay gate), or allow items of earlier batches with --again"
            )
        given = assign([segment for segment, _ in drawn], list(people), plan)
        batch = Batch(name=plan.name, overlap=plan.overlap, seed=plan.seed, codebook_hash=codebook_hash)
        _store(session, batch, drawn, {people[name]: mine for name, mine in given.items()}, clock())
        made = NewBatch(
            name=plan.name,
            n_asked=plan.size,
            n_items=len(drawn),
            n_audit=sum(origin == AUDIT for _, origin in drawn),
            overlap=plan.overlap,
            assigned={name: len(mine) for name, mine in given.items()},
        )
        session.add(Event(at=clock(), actor=by, action="batch_opened", subject=plan.name, detail=made.as_json()))
    return made


def list_batches(engine: Engine) -> list[BatchSummary]:
    """Every batch, oldest first. An open batch shows counts and nothing else."""
    with transaction(engine) as session:
        counts = session.execute(select(Item.batch_id, func.count()).group_by(Item.batch_id))
        n_items = dict(counts.all())
        loads = _loads(session)
        return [
            BatchSummary(
                name=batch.name,
                state=batch.state,
                overlap=batch.overlap,
                n_items=n_items[batch.id],
                loads=tuple(loads[batch.id]),
                created_at=batch.created_at,
                closed_at=batch.closed_at,
                agreement=batch.agreement,
            )
            for batch in session.scalars(select(Batch).order_by(Batch.id))
        ]


def batches_with(engine: Engine, segments: Iterable[str]) -> list[BatchSummary]:
    """The batches that hold any of these items (segment ids), oldest first."""
    with transaction(engine) as session:
        holding = select(Batch.name).join(Item, Item.batch_id == Batch.id).where(Item.segment_id.in_(list(segments)))
        names = set(session.scalars(holding))
    return [batch for batch in list_batches(engine) if batch.name in names]


def close_batch(
    engine: Engine,
    batch: str,
    agreement: Agreement,
    force: bool = False,
    *,
    by: str = COMMAND_LINE,
    clock: Clock = utc_now,
) -> ClosedBatch:
    """Close a batch: no more submissions, and its agreement is measured and kept.

    ``agreement`` gets the ratings (item, rater, variable, label) and returns a JSON object; it is not asked when
    nobody rated anything. Raises WorkspaceError when the batch is not open, or when assignments are open and
    ``force`` does not say to close without them.
    """
    with transaction(engine) as session:
        found = _held(session, batch)
        if found.state != "open":
            raise WorkspaceError(f"batch {batch!r} is {found.state} already; see: assay batch list")
        loads = _loads(session)[found.id]
        n_total = sum(load.n_total for load in loads)
        n_missing = n_total - sum(load.n_done for load in loads)
        if n_missing and not force:
            raise WorkspaceError(
                f"batch {batch!r} has {n_missing} of {n_total} assignments open (see: assay batch list); wait for "
                f"them, or leave them out with: assay batch close {batch!r} --force"
            )
        # Nobody can submit while this transaction holds the batch: what is read on another connection is final.
        ratings = human_ratings(engine, batch=found.name, include_open=True)
        measured = agreement(ratings.select("item", "rater", "variable", "label")) if ratings.height else {}
        found.state, found.closed_at, found.agreement = "closed", clock(), measured
        n_items = session.scalar(select(func.count(Item.id)).where(Item.batch_id == found.id)) or 0
        detail = {"n_assignments": n_total, "n_missing": n_missing}
        session.add(Event(at=clock(), actor=by, action="batch_closed", subject=found.name, detail=detail))
    return ClosedBatch(found.name, n_items, n_total, n_missing, measured)


def _one_at_a_time(session: Session) -> None:
    """Let other makers of batches wait, so that no item is drawn twice."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    session.execute(text("BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE batches IN SHARE ROW EXCLUSIVE MODE"))


def _named(session: Session, plan: BatchPlan) -> BatchPlan:
    """The plan with a name that is free: its own, else the next ``batch-N``."""
    taken = set(session.scalars(select(Batch.name)))
    name = spelled(plan.name)
    if not name:
        name = next(f"batch-{number}" for number in range(1, len(taken) + 2) if f"batch-{number}" not in taken)
    if not _NAME.fullmatch(name):
        raise SettingsError(f"wanted a batch name of 1 to 64 letters, digits, blanks, '_', '.' or '-'; got {name!r}")
    if name in taken:
        raise SettingsError(f"there already is a batch {name!r}; choose another name")
    return replace(plan, name=name)


def _annotators(session: Session, plan: BatchPlan) -> dict[str, User]:
    """Who gets items, by name: those whom the plan names, else every annotator who is not disabled."""
    if not plan.annotators:
        enabled = select(User).where(User.role == "annotator", User.disabled.is_(False)).order_by(User.name)
        return {user.name: user for user in session.scalars(enabled)}
    people = [the_user(session, name) for name in plan.annotators]
    for user in people:
        if user.disabled or user.role != "annotator":
            came = "is disabled" if user.disabled else f"is an {user.role}"
            raise SettingsError(f"wanted enabled annotators; {user.name!r} {came} (see: assay user list)")
    return {user.name: user for user in people}


def _left(session: Session, segments: pl.DataFrame, plan: BatchPlan) -> pl.DataFrame:
    """The pool without the items of earlier batches, unless the plan allows those."""
    if plan.again:
        return segments
    drawn = session.scalars(select(Item.segment_id).distinct()).all()
    return segments.filter(~pl.col("segment_id").is_in(drawn))


def _store(
    session: Session,
    batch: Batch,
    drawn: Sequence[tuple[str, str]],
    given: Mapping[User, Sequence[str]],
    now: datetime,
) -> None:
    batch.created_at = now
    batch.items = [
        Item(segment_id=segment, position=position, origin=origin)
        for position, (segment, origin) in enumerate(drawn, 1)
    ]
    session.add(batch)
    by_segment = {item.segment_id: item for item in batch.items}
    for user, mine in given.items():
        session.add_all(
            Assignment(item=by_segment[segment], user=user, position=position)
            for position, segment in enumerate(mine, 1)
        )


def _loads(session: Session) -> dict[int, list[Load]]:
    """Batch id → how far each of its annotators is, by name."""
    rows = session.execute(
        select(Item.batch_id, User.name, User.simulated, func.count(Assignment.submitted_at), func.count())
        .join(Item, Assignment.item_id == Item.id)
        .join(User, Assignment.user_id == User.id)
        .group_by(Item.batch_id, User.name, User.simulated)
        .order_by(Item.batch_id, User.name)
    )
    loads: dict[int, list[Load]] = defaultdict(list)
    for batch_id, name, simulated, n_done, n_total in rows:
        loads[batch_id].append(Load(name, simulated, n_done, n_total))
    return loads


def _held(session: Session, name: str) -> Batch:
    """The batch, held against submissions until the transaction ends."""
    session.execute(update(Batch).where(Batch.name == name).values(state=Batch.state))
    found = session.scalar(select(Batch).where(Batch.name == name))
    if found is None:
        known = session.scalars(select(Batch.name).order_by(Batch.id)).all()
        raise WorkspaceError(
            f"no batch {name!r}; {closest(name, known) if known else 'make one with: assay batch new'}"
        )
    return found
