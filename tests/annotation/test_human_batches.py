from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, select

from annotation.human.batch_reports import Load
from annotation.human.batches import close_batch, list_batches, new_batch, open_batch
from annotation.human.drawing import BatchPlan
from annotation.human.work import assignments, submit
from core.codebook import shipped_codebook
from core.database import transaction
from core.errors import AssayError, DataError, SettingsError, WorkspaceError
from core.people import Event, Item
from core.store import Recipe
from core.workspace import Workspace

CODEBOOK = shipped_codebook("suichat6")
CREW = ("ann", "bo", "cy")


def noon() -> datetime:
    return datetime(2026, 5, 1, 12, tzinfo=UTC)


def pool(n_no_consensus: int, n_audit: int = 0) -> pl.DataFrame:
    rows = [(f"n{number:03}", "no_consensus") for number in range(n_no_consensus)]
    rows += [(f"a{number:03}", "audit") for number in range(n_audit)]
    return pl.DataFrame(rows, schema={"segment_id": pl.String, "origin": pl.String}, orient="row")


def opened(engine: Engine, segments: pl.DataFrame, **plan: Any) -> dict[str, Any]:
    return new_batch(engine, segments=segments, plan=BatchPlan(**plan), codebook_hash="h", clock=noon).as_json()


def label_all(engine: Engine, label: Callable[[str, str], int] = lambda user, segment: 2) -> None:
    for user in CREW:
        for task in assignments(engine, user):
            chosen = {"risk": label(user, task.segment_id)}
            submit(engine, task.assignment_id, user, chosen, codebook=CODEBOOK, clock=noon)


def never(ratings: pl.DataFrame) -> dict[str, Any]:
    raise DataError("not asked for")


def counted(ratings: pl.DataFrame) -> dict[str, Any]:
    return {"columns": ratings.columns, "n": ratings.height, "raters": sorted(set(ratings["rater"]))}


def test_a_batch_is_drawn_and_given_out(each_engine: Engine, crew) -> None:
    crew(each_engine, *CREW)
    crew(each_engine, "judge", role="adjudicator")
    assert opened(each_engine, pool(20, 20), size=10, audit_share=0.2) == {
        "name": "batch-1",
        "n_asked": 10,
        "n_items": 10,
        "n_audit": 2,
        "overlap": 3,
        "assigned": {"ann": 10, "bo": 10, "cy": 10},
    }
    [batch] = list_batches(each_engine)
    assert (batch.name, batch.state, batch.n_items, batch.n_done, batch.n_total) == ("batch-1", "open", 10, 0, 30)
    assert batch.loads == tuple(Load(name, False, 0, 10) for name in CREW)
    assert (batch.created_at, batch.closed_at, batch.agreement) == (noon(), None, None)


def test_no_item_is_in_two_batches(engine: Engine, crew) -> None:
    crew(engine, *CREW)
    sizes = [opened(engine, pool(25), size=10, audit_share=0)["n_items"] for _ in range(3)]
    assert sizes == [10, 10, 5]
    with transaction(engine) as session:
        drawn = session.scalars(select(Item.segment_id)).all()
    assert sorted(drawn) == pool(25)["segment_id"].to_list()
    with pytest.raises(WorkspaceError, match="none is left that is in no batch yet"):
        opened(engine, pool(25), size=10)
    assert opened(engine, pool(25), size=10, audit_share=0, again=True)["n_items"] == 10


def test_two_makers_of_batches_do_not_draw_the_same_item(each_engine: Engine, crew) -> None:
    crew(each_engine, *CREW)
    makers = [Thread(target=opened, args=(each_engine, pool(20)), kwargs={"size": 10}) for _ in range(2)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    with transaction(each_engine) as session:
        drawn = session.scalars(select(Item.segment_id)).all()
    assert len(drawn) == len(set(drawn)) == 20


def test_the_same_seed_gives_the_same_batch(engine: Engine, pg_engine: Engine, crew) -> None:
    for database in (engine, pg_engine):
        crew(database, *CREW, "di")
        opened(database, pool(30, 30), size=12)
    tasks = [[assignments(database, name) for name in (*CREW, "di")] for database in (engine, pg_engine)]
    shown = [[[(task.segment_id, task.number) for task in mine] for mine in everybody] for everybody in tasks]
    assert shown[0] == shown[1]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"name": "taken"}, "there already is a batch 'taken'"),
        ({"name": "a/b"}, "wanted a batch name"),
        ({"overlap": 4}, "wanted 4 annotators .* got 3 enabled annotators"),
        ({"size": 0}, "wanted a size"),
        ({"annotators": ("nobody",)}, "no user 'nobody'"),
        ({"annotators": ("ann", "bo", "judge")}, "'judge' is an adjudicator"),
        ({"annotators": ("ann", "bo")}, "wanted 3 annotators .* got 2 enabled annotators"),
    ],
)
def test_refused_plans_leave_nothing(engine: Engine, crew, plan: dict[str, Any], message: str) -> None:
    crew(engine, *CREW)
    crew(engine, "judge", role="adjudicator")
    opened(engine, pool(5), name="taken", size=2)
    with pytest.raises(SettingsError, match=message):
        opened(engine, pool(5), **plan)
    assert [batch.name for batch in list_batches(engine)] == ["taken"]


def test_only_the_named_annotators_get_items(engine: Engine, crew) -> None:
    crew(engine, *CREW, "di")
    assert opened(engine, pool(4), annotators=("di", "bo"), overlap=1)["assigned"] == {"bo": 2, "di": 2}


def test_an_open_batch_is_not_closed_without_force(each_engine: Engine, crew) -> None:
    crew(each_engine, *CREW)
    opened(each_engine, pool(2), name="pilot")
    first = assignments(each_engine, "ann")[0]
    submit(each_engine, first.assignment_id, "ann", {"risk": 1}, codebook=CODEBOOK)
    with pytest.raises(WorkspaceError, match=r"has 5 of 6 assignments open .* --force"):
        close_batch(each_engine, "pilot", never)
    assert list_batches(each_engine)[0].state == "open"
    closed = close_batch(each_engine, "pilot", counted, force=True, clock=noon)
    assert (closed.n_items, closed.n_assignments, closed.n_missing) == (2, 6, 5)
    assert closed.agreement == {"columns": ["item", "rater", "variable", "label"], "n": 1, "raters": ["ann"]}
    assert assignments(each_engine, "bo") == []


def test_closing_keeps_the_agreement(each_engine: Engine, crew) -> None:
    crew(each_engine, *CREW)
    opened(each_engine, pool(3), name="pilot")
    opened(each_engine, pool(3, 3), name="other", audit_share=1.0)
    label_all(each_engine)
    close_batch(each_engine, "pilot", counted, clock=noon)
    pilot, other = list_batches(each_engine)
    assert (pilot.state, pilot.closed_at, pilot.n_done) == ("closed", noon(), 9)
    assert pilot.agreement == {"columns": ["item", "rater", "variable", "label"], "n": 9, "raters": list(CREW)}
    assert (other.state, other.agreement) == ("open", None)
    with pytest.raises(WorkspaceError, match="is closed already"):
        close_batch(each_engine, "pilot", never)


def test_a_batch_whose_agreement_fails_stays_open(engine: Engine, crew) -> None:
    crew(engine, *CREW)
    opened(engine, pool(1), name="pilot")
    label_all(engine)
    with pytest.raises(DataError, match="not asked for"):
        close_batch(engine, "pilot", never)
    assert list_batches(engine)[0].state == "open"


def test_nobody_rated_anything(engine: Engine, crew) -> None:
    crew(engine, *CREW)
    opened(engine, pool(1), name="pilot")
    assert close_batch(engine, "pilot", never, force=True).agreement == {}


def test_nobody_can_submit_while_a_batch_closes(each_engine: Engine, crew) -> None:
    crew(each_engine, *CREW)
    opened(each_engine, pool(1), name="pilot")
    late: list[AssayError] = []
    task = assignments(each_engine, "cy")[0]

    def submit_late() -> None:
        try:
            submit(each_engine, task.assignment_id, "cy", {"risk": 0}, codebook=CODEBOOK)
        except AssayError as error:
            late.append(error)

    thread = Thread(target=submit_late)

    def measure(ratings: pl.DataFrame) -> dict[str, Any]:
        thread.start()
        thread.join(0.3)
        return {"n": ratings.height, "waiting": thread.is_alive()}

    submit(each_engine, assignments(each_engine, "ann")[0].assignment_id, "ann", {"risk": 0}, codebook=CODEBOOK)
    assert close_batch(each_engine, "pilot", measure, force=True).agreement == {"n": 1, "waiting": True}
    thread.join()
    assert [str(error) for error in late] == ["batch 'pilot' is closed; labels in it can no longer be changed"]


def test_unknown_batch(engine: Engine, crew) -> None:
    with pytest.raises(WorkspaceError, match="no batch 'pilot'; make one with: assay batch new"):
        close_batch(engine, "pilot", never)
    crew(engine, *CREW)
    opened(engine, pool(1), name="pilot")
    with pytest.raises(WorkspaceError, match="did you mean 'pilot'"):
        close_batch(engine, "pilto", never)


def test_events_tell_who_did_what(engine: Engine, crew) -> None:
    crew(engine, *CREW)
    new_batch(engine, segments=pool(1), plan=BatchPlan("pilot"), codebook_hash="h", by="chief", clock=noon)
    close_batch(engine, "pilot", never, force=True, by="chief", clock=noon)
    with transaction(engine) as session:
        events = [(event.actor, event.action, event.subject, event.detail) for event in session.scalars(select(Event))]
    made = {"name": "pilot", "n_asked": 50, "n_items": 1, "n_audit": 0, "overlap": 3}
    assert events == [
        ("chief", "batch_opened", "pilot", {**made, "assigned": {"ann": 1, "bo": 1, "cy": 1}}),
        ("chief", "batch_closed", "pilot", {"n_assignments": 3, "n_missing": 3}),
    ]


def test_a_batch_from_the_tables_of_a_workspace(workspace: Workspace, engine: Engine, crew, tables) -> None:
    with pytest.raises(WorkspaceError, match="assay gate"):
        open_batch(workspace, engine, BatchPlan())
    tables(workspace, {"s1": True, "s2": False, "s3": False})
    crew(engine, *CREW)
    made = open_batch(workspace, engine, BatchPlan(size=3, audit_share=0))
    assert (made.n_asked, made.n_items, made.n_audit) == (3, 2, 0)


@pytest.fixture
def tables() -> Callable[[Workspace, dict[str, bool]], None]:
    """Writes ``segments`` and ``verdicts`` for segments that the gate accepted or not."""

    def write(workspace: Workspace, accepted: dict[str, bool]) -> None:
        ids = [name.replace("s", "0" * 15) for name in accepted]
        segment = {
            "chat_id": "c", "message_ids": ["m"], "suspicious_message_ids": ["m"], "suspicious_message_id": "m",
            "at_risk_user_id": "u", "start": noon(), "end": noon(), "n_messages": 1, "n_users": 1, "n_chars": 9,
            "n_signals": 1, "risk_level": None,
        }  # fmt: skip
        verdict = {"variable": "risk", "n_valid": 3, "n_panel": 3, "runner_up": None}
        outcomes = {
            True: {"label": 1, "rho": 1.0, "accepted": True, "reason": "accepted"},
            False: {"label": None, "rho": 0.5, "accepted": False, "reason": "no_consensus"},
        }
        segments = pl.DataFrame([{"segment_id": one, **segment} for one in ids])
        verdicts = pl.DataFrame(
            [{"segment_id": one, **verdict, **outcomes[yes]} for one, yes in zip(ids, accepted.values(), strict=True)],
            infer_schema_length=None,
        )
        times = pl.col("start", "end").cast(pl.Datetime("ms", "UTC"))
        workspace.store.write("segments", segments.with_columns(times), Recipe({}))
        workspace.store.write("verdicts", verdicts, Recipe({}))

    return write
