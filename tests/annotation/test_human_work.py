import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, event, func, select

from annotation.human import work
from annotation.human.batches import close_batch, new_batch
from annotation.human.drawing import BatchPlan
from annotation.human.users import disable_user
from annotation.human.work import Progress, Submitted, Work, assignments, next_assignment, progress, submit
from core.codebook import shipped_codebook
from core.database import transaction
from core.errors import AssayError, DataError, WorkspaceError
from core.people import Assignment, Event, Submission, User
from core.ratings import human_ratings

RISK = shipped_codebook("suichat6")
ELEVEN = shipped_codebook("psysuicide11")
CREW = ("ann", "bo", "cy")


def at(minute: int) -> Callable[[], datetime]:
    return lambda: datetime(2026, 5, 1, 12, minute, tzinfo=UTC)


@pytest.fixture
def batch(each_engine: Engine, crew) -> Engine:
    """A database with an open batch of two items, every annotator having both."""
    return batch_in(each_engine, crew)


@pytest.fixture
def lite(engine: Engine, crew) -> Engine:
    return batch_in(engine, crew)


def batch_in(engine: Engine, crew) -> Engine:
    crew(engine, *CREW)
    segments = pl.DataFrame({"segment_id": ["s1", "s2"], "origin": ["no_consensus", "audit"]})
    plan = BatchPlan("pilot", size=2, audit_share=0.5)
    new_batch(engine, segments=segments, plan=plan, codebook_hash="h")
    return engine


def rate(engine: Engine, user: str, label: int, number: int = 0, **more: Any) -> Submitted:
    task = assignments(engine, user)[number]
    return submit(engine, task.assignment_id, user, {"risk": label}, codebook=RISK, **more)


def n_submissions(engine: Engine) -> int:
    with transaction(engine) as session:
        return session.scalar(select(func.count(Submission.id))) or 0


def test_work_is_taken_in_order_until_it_is_done(batch: Engine) -> None:
    first = next_assignment(batch, "ann")
    assert first is not None
    assert (first.batch, first.number, first.done, first.work) == ("pilot", 1, False, None)
    done = submit(batch, first.assignment_id, "ann", {"risk": 3}, codebook=RISK, rationale=" 说到了告别 ", seconds=4.5)
    assert done == Submitted(first.assignment_id, "pilot", 1, changed=True, batch_complete=False)
    tasks = assignments(batch, "ann")
    assert tasks[0].work == Work({"risk": 3}, "说到了告别", 1)
    assert progress(tasks) == Progress(1, 2)
    second = next_assignment(batch, "ann")
    assert second is not None
    assert (second.number, {first.segment_id, second.segment_id}) == (2, {"s1", "s2"})
    submit(batch, second.assignment_id, "ann", {"risk": -1}, codebook=RISK)
    assert next_assignment(batch, "ann") is None
    assert progress(assignments(batch, "ann")) == Progress(2, 2)


def test_a_revision_is_a_new_row_and_the_old_one_stays(batch: Engine) -> None:
    assert rate(batch, "ann", 1, clock=at(1)).revision == 1
    assert rate(batch, "ann", 2, clock=at(2), rationale="再读一遍").revision == 2
    assert rate(batch, "ann", 2, clock=at(3), rationale="改了理由").revision == 3
    assert assignments(batch, "ann")[0].work == Work({"risk": 2}, "改了理由", 3)
    with transaction(batch) as session:
        rows = [(row.revision, row.label) for row in session.scalars(select(Submission).order_by(Submission.id))]
        when = session.scalar(select(func.max(Assignment.submitted_at)))
    assert rows == [(1, 1), (2, 2), (3, 2)]
    assert when == at(3)()


def test_the_same_again_changes_nothing(batch: Engine) -> None:
    rate(batch, "ann", 1, rationale="低落", seconds=3)
    again = rate(batch, "ann", 1, rationale="低落 ", seconds=9)
    assert (again.revision, again.changed) == (1, False)
    assert n_submissions(batch) == 1


def test_every_variable_of_a_multi_label_codebook_is_rated(lite: Engine) -> None:
    names = [variable.name for variable in ELEVEN.rating_variables]
    task = assignments(lite, "bo")[0]
    submit(lite, task.assignment_id, "bo", dict.fromkeys(names, 0), codebook=ELEVEN)
    revised = {name: int(name == names[4]) for name in names}
    submit(lite, task.assignment_id, "bo", revised, codebook=ELEVEN)
    assert assignments(lite, "bo")[0].work == Work(revised, "", 2)
    assert n_submissions(lite) == 22


@pytest.mark.parametrize(
    ("ratings", "more", "message"),
    [
        ({}, {}, "wanted a label for every variable; risk has none"),
        ({"risk": 6}, {}, "wanted one of .* or −1 for 'risk'; got 6"),
        ({"risk": -2}, {}, "got -2"),
        ({"risk": True}, {}, "got True"),
        ({"risk": "1"}, {}, "got '1'"),
        ({"risk": 1, "rsik": 1}, {}, "no variable 'rsik' in codebook 'suichat6'; did you mean 'risk'"),
        ({"risk": 1}, {"seconds": -1}, "wanted the seconds spent"),
        ({"risk": 1}, {"seconds": float("nan")}, "wanted the seconds spent"),
        ({"risk": 1}, {"seconds": float("inf")}, "wanted the seconds spent"),
    ],
)
def test_bad_submissions(lite: Engine, ratings: dict[str, Any], more: dict[str, Any], message: str) -> None:
    task = assignments(lite, "ann")[0]
    with pytest.raises(DataError, match=message):
        submit(lite, task.assignment_id, "ann", ratings, codebook=RISK, **more)
    assert n_submissions(lite) == 0


def test_characters_that_a_database_refuses_are_taken_out(batch: Engine) -> None:
    rate(batch, "ann", 1, rationale="空\x00字符 \ud83d")
    assert assignments(batch, "ann")[0].work == Work({"risk": 1}, "空字符 \ufffd", 1)


def test_the_last_assignment_completes_the_batch(batch: Engine) -> None:
    complete = [rate(batch, user, 1, number).batch_complete for user in CREW for number in (0, 1)]
    assert complete == [False] * 5 + [True]


def test_nobody_submits_for_somebody_else(lite: Engine) -> None:
    task = assignments(lite, "ann")[0]
    for user, wrong in (("bo", task.assignment_id), ("nobody", task.assignment_id), ("ann", 999)):
        with pytest.raises(WorkspaceError, match=f"assignment {wrong} does not belong to '{user}'"):
            submit(lite, wrong, user, {"risk": 1}, codebook=RISK)
    disable_user(lite, "ann")
    with pytest.raises(WorkspaceError, match="does not belong to"):
        submit(lite, task.assignment_id, "ann", {"risk": 1}, codebook=RISK)
    assert assignments(lite, "ann") == []
    assert n_submissions(lite) == 0


def test_a_closed_batch_takes_no_labels(lite: Engine) -> None:
    task = assignments(lite, "ann")[0]
    rate(lite, "ann", 1)
    close_batch(lite, "pilot", lambda ratings: {}, force=True)
    with pytest.raises(WorkspaceError, match="batch 'pilot' is closed"):
        submit(lite, task.assignment_id, "ann", {"risk": 2}, codebook=RISK)
    assert next_assignment(lite, "ann") is None


def test_the_log_names_the_assignment_and_no_label_or_text(lite: Engine) -> None:
    task = assignments(lite, "ann")[0]
    rate(lite, "ann", 4, rationale="他提到〔方法〕")
    rate(lite, "ann", 3, rationale="他提到〔方法〕")
    with transaction(lite) as session:
        log = [(row.actor, row.action, row.subject, row.detail) for row in session.scalars(select(Event))][1:]
    assert log == [
        ("ann", "submitted", "pilot", {"assignment": task.assignment_id, "revision": 1}),
        ("ann", "revised", "pilot", {"assignment": task.assignment_id, "revision": 2}),
    ]


def values(thing: object) -> Iterator[object]:
    """Everything that can be reached from a returned value."""
    yield thing
    inner = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else None
    for part in vars(thing).values() if inner is None and hasattr(thing, "__dict__") else inner or ():
        yield from values(part)


def test_nothing_that_an_annotator_gets_holds_anothers_work(batch: Engine) -> None:
    for number in (0, 1):
        rate(batch, "bo", 4, number, rationale="bo的理由")
        rate(batch, "cy", 5, number, rationale="cy的理由")
    rate(batch, "ann", 1, rationale="ann的理由")
    own = Work({"risk": 1}, "ann的理由", 1)
    tasks = assignments(batch, "ann")
    assert [task.work for task in tasks] == [own, None]
    for given in (tasks, next_assignment(batch, "ann"), progress(tasks), rate(batch, "ann", 1, rationale="ann的理由")):
        seen = list(values(given))
        assert [one for one in seen if isinstance(one, Work) and one != own] == []
        assert [one for one in seen if isinstance(one, str) and one.startswith(("bo", "cy"))] == []


def test_nothing_that_an_annotator_gets_tells_why_an_item_was_drawn(lite: Engine) -> None:
    seen = [one for task in assignments(lite, "ann") for one in values(task)]
    assert not {"no_consensus", "audit"} & {one for one in seen if isinstance(one, str)}


def test_every_public_function_reads_the_submissions_of_one_user_only(lite: Engine) -> None:
    """Blindness by construction: whatever reads submissions is bound to the annotator's name."""
    rate(lite, "bo", 4)
    with transaction(lite) as session:
        bo = session.scalar(select(User.id).where(User.name == "bo"))
    read: list[tuple[str, Any]] = []
    event.listen(lite, "before_cursor_execute", lambda *call: read.append((call[2], call[3])))
    assignments(lite, "ann")
    next_assignment(lite, "ann")
    rate(lite, "ann", 2)
    reading = [(query, values) for query, values in read if "FROM submissions" in query]
    assert len(reading) == 4
    assert all("users.name = " in query and "ann" in values for query, values in reading)
    assert bo is not None
    readers = {name for name, _ in inspect.getmembers(work, inspect.isfunction) if not name.startswith("_")}
    own = {"assignments", "next_assignment", "progress", "submit"}
    assert own <= readers
    assert {name for name in readers if getattr(work, name).__module__ == work.__name__} == own


def test_ratings_of_an_open_batch_stay_hidden(lite: Engine) -> None:
    rate(lite, "ann", 2)
    assert human_ratings(lite).is_empty()
    close_batch(lite, "pilot", lambda ratings: {}, force=True)
    assert human_ratings(lite).select("rater", "label").rows() == [("ann", 2)]


def at_once(*calls: Callable[[], object]) -> list[AssayError]:
    """Run the calls in threads that start together; the errors that they raised."""
    errors: list[AssayError] = []
    start = Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        start.wait()
        try:
            call()
        except AssayError as error:
            errors.append(error)

    threads = [Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_a_double_click_is_one_submission(batch: Engine) -> None:
    assert at_once(*[lambda: rate(batch, "ann", 2, clock=at(1))] * 4) == []
    assert n_submissions(batch) == 1


def test_different_labels_at_once_become_revisions(batch: Engine) -> None:
    assert at_once(*[lambda label=label: rate(batch, "ann", label) for label in range(6)]) == []
    with transaction(batch) as session:
        rows = session.scalars(select(Submission.revision).order_by(Submission.revision)).all()
    assert rows == [1, 2, 3, 4, 5, 6]


def test_of_two_last_submissions_at_once_one_completes_the_batch(batch: Engine) -> None:
    for user, number in (("ann", 0), ("ann", 1), ("bo", 0), ("cy", 0)):
        rate(batch, user, 1, number)
    told: list[bool] = []
    calls = [lambda user=user: told.append(rate(batch, user, 1, 1).batch_complete) for user in ("bo", "cy")]
    assert at_once(*calls) == []
    assert sorted(told) == [False, True]
