"""An annotator's own work. Every query here names the annotator, so nobody's labels reach anybody else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from annotation.human.users import spelled
from core.clock import Clock, utc_now
from core.codebook import Codebook
from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Assignment, Batch, Event, Item, Submission, User
from core.text import tidy
from core.texts import closest

ABSTAIN = -1


@dataclass(frozen=True)
class Work:
    """What an annotator submitted: rating variable → code (−1: abstained), the reason, and how often it was revised."""

    labels: Mapping[str, int]
    rationale: str
    revision: int


@dataclass(frozen=True)
class Task:
    """An assignment as its annotator sees it: ``number`` in their own order, ``work`` None until it is done.

    It does not say why the segment is in the batch: that would give away what the voters thought.
    """

    assignment_id: int
    batch: str
    segment_id: str
    number: int
    work: Work | None

    @property
    def done(self) -> bool:
        return self.work is not None


@dataclass(frozen=True)
class Progress:
    """n_done of n_total assignments in open batches."""

    n_done: int
    n_total: int


@dataclass(frozen=True)
class Submitted:
    """What submitting did.

    changed: False when the same had been submitted before. batch_complete: no assignment of the batch is open any
    more, and whoever called may close it.
    """

    assignment_id: int
    batch: str
    revision: int
    changed: bool
    batch_complete: bool


def assignments(engine: Engine, user: str) -> list[Task]:
    """A user's assignments in open batches, older batches first, in the user's own order."""
    with transaction(engine) as session:
        own = _own_work(session, user)
        rows = session.execute(
            select(Assignment.id, Batch.name, Item.segment_id, Assignment.position)
            .join(Item, Assignment.item_id == Item.id)
            .join(Batch, Item.batch_id == Batch.id)
            .join(User, Assignment.user_id == User.id)
            .where(User.name == spelled(user), User.disabled.is_(False), Batch.state == "open")
            .order_by(Batch.id, Assignment.position)
        )
        return [Task(id_, batch, segment, number, own.get(id_)) for id_, batch, segment, number in rows]


def next_assignment(engine: Engine, user: str) -> Task | None:
    """The first assignment that the user has not done; None when all is done."""
    return next((task for task in assignments(engine, user) if not task.done), None)


def progress(tasks: Sequence[Task]) -> Progress:
    """How much of a list of assignments is done."""
    return Progress(sum(task.done for task in tasks), len(tasks))


def submit(
    engine: Engine,
    assignment_id: int,
    user: str,
    ratings: Mapping[str, int],
    *,
    codebook: Codebook,
    rationale: str = "",
    seconds: float | None = None,
    clock: Clock = utc_now,
) -> Submitted:
    """Submit labels for an assignment, or revise them while the batch is open.

    ratings: every rating variable of the codebook → a code, or −1 to abstain. seconds: time spent, 0 or more.
    Submitting the same labels and rationale again changes nothing. Raises DataError for ratings that do not fit the
    codebook, WorkspaceError when the assignment is not this user's or its batch is closed.
    """
    labels = _checked(ratings, codebook)
    reason = tidy(rationale)
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise DataError(f"wanted the seconds spent, 0 or more; got {seconds}")
    with transaction(engine) as session:
        assignment, batch = _held(session, assignment_id, user)
        before = _own_work(session, user).get(assignment_id)
        changed = before is None or (dict(before.labels), before.rationale) != (labels, reason)
        revision = (before.revision if before else 0) + changed
        if changed:
            now = clock()
            assignment.submitted_at = now
            session.add_all(
                Submission(
                    assignment_id=assignment_id,
                    variable=variable,
                    label=label,
                    rationale=reason,
                    revision=revision,
                    seconds=seconds,
                    submitted_at=now,
                )
                for variable, label in labels.items()
            )
            _note(session, now, user, batch, assignment, revision)
        return Submitted(assignment_id, batch.name, revision, changed, _n_open(session, batch) == 0)


def _checked(ratings: Mapping[str, int], codebook: Codebook) -> dict[str, int]:
    wanted = {variable.name: variable.codes for variable in codebook.rating_variables}
    unknown = [name for name in ratings if name not in wanted]
    if unknown:
        raise DataError(f"no variable {unknown[0]!r} in codebook {codebook.name!r}; {closest(unknown[0], wanted)}")
    missing = [name for name in wanted if name not in ratings]
    if missing:
        raise DataError(f"wanted a label for every variable; {', '.join(missing)} has none (−1 abstains)")
    for name, codes in wanted.items():
        if isinstance(ratings[name], bool) or ratings[name] not in (*codes, ABSTAIN):
            raise DataError(f"wanted one of {list(codes)} or −1 for {name!r}; got {ratings[name]!r}")
    return {name: int(ratings[name]) for name in wanted}


def _own_work(session: Session, user: str) -> dict[int, Work]:
    """Assignment id → the newest work of this user, in open batches."""
    rows = session.execute(
        select(
            Submission.assignment_id, Submission.revision, Submission.variable, Submission.label, Submission.rationale
        )
        .join(Assignment, Submission.assignment_id == Assignment.id)
        .join(User, Assignment.user_id == User.id)
        .join(Item, Assignment.item_id == Item.id)
        .join(Batch, Item.batch_id == Batch.id)
        .where(User.name == spelled(user), Batch.state == "open")
        .order_by(Submission.assignment_id, Submission.revision, Submission.id)
    )
    newest: dict[int, Work] = {}
    for assignment_id, revision, variable, label, rationale in rows:
        known = newest.get(assignment_id)
        labels = dict(known.labels) if known and known.revision == revision else {}
        newest[assignment_id] = Work({**labels, variable: label}, rationale, revision)
    return newest


def _held(session: Session, assignment_id: int, user: str) -> tuple[Assignment, Batch]:
    """The user's assignment and its open batch, held until the transaction ends, so that submissions come in turn.

    The lock is an update: SQLite knows no SELECT FOR UPDATE, and a write that comes first waits instead of failing.
    """
    mine = (
        select(Item.batch_id)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(User, Assignment.user_id == User.id)
        .where(Assignment.id == assignment_id, User.name == spelled(user), User.disabled.is_(False))
    )
    hold = update(Batch).where(Batch.id.in_(mine)).values(state=Batch.state)
    session.execute(hold, execution_options={"synchronize_session": False})
    batch = session.scalar(select(Batch).where(Batch.id.in_(mine)))
    assignment = session.get(Assignment, assignment_id)
    if batch is None or assignment is None:
        raise WorkspaceError(f"assignment {assignment_id} does not belong to {user!r}; open the list again")
    if batch.state != "open":
        raise WorkspaceError(f"batch {batch.name!r} is {batch.state}; labels in it can no longer be changed")
    return assignment, batch


def _n_open(session: Session, batch: Batch) -> int:
    session.flush()
    unfinished = (
        select(func.count(Assignment.id))
        .join(Item, Assignment.item_id == Item.id)
        .where(Item.batch_id == batch.id, Assignment.submitted_at.is_(None))
    )
    return session.scalar(unfinished) or 0


def _note(session: Session, at: datetime, user: str, batch: Batch, assignment: Assignment, revision: int) -> None:
    action = "submitted" if revision == 1 else "revised"
    detail = {"assignment": assignment.id, "revision": revision}
    session.add(Event(at=at, actor=spelled(user), action=action, subject=batch.name, detail=detail))
