from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, select

from consensus.adjudication import adjudicate
from consensus.gold import recipe, resolve
from core.codebook import shipped_codebook
from core.database import transaction
from core.errors import WorkspaceError
from core.people import Batch, Event, Item
from core.workspace import Workspace, create_workspace

RISK = shipped_codebook("suichat6")
AGREED, OUTVOTED, SPLIT, DECIDED, OVERRULED, ALONE, SILENT = (f"{number:016x}" for number in range(7))
ROWS = [
    (AGREED, "ann", 0), (AGREED, "bo", 0), (AGREED, "cy", -1),
    (OUTVOTED, "ann", 1), (OUTVOTED, "bo", 4), (OUTVOTED, "cy", 4),
    (SPLIT, "ann", 1), (SPLIT, "bo", 2), (SPLIT, "cy", 3),
    (DECIDED, "ann", 1), (DECIDED, "bo", 2), (DECIDED, "cy", 3),
    (OVERRULED, "ann", 5), (OVERRULED, "bo", 5), (OVERRULED, "cy", 5),
    (ALONE, "ann", 2), (ALONE, "bo", -1), (ALONE, "cy", -1),
]  # fmt: skip


def at(hour: int, minute: int) -> datetime:
    return datetime(2026, 5, 1, hour, minute, tzinfo=UTC)


def decide(engine: Engine, segment: str, label: int, hour: int = 15, user: str = "judge") -> None:
    with transaction(engine) as session:
        item = session.scalars(select(Item.id).where(Item.segment_id == segment).order_by(Item.id)).all()[-1]
    adjudicate(engine, item, "risk", label, "", user, codebook=RISK, clock=lambda: at(hour, 0))


def state(engine: Engine, batch: str = "pilot") -> str | None:
    with transaction(engine) as session:
        return session.scalar(select(Batch.state).where(Batch.name == batch))


@pytest.fixture
def decided(each_engine: Engine, workspace: Workspace, crew, rated, segments) -> Engine:
    """The seven cases, rated and adjudicated; what ``segments`` holds is all of them."""
    rated(each_engine, ROWS, unrated=[SILENT])
    crew(each_engine, "judge", role="adjudicator")
    decide(each_engine, DECIDED, 3, 14)
    decide(each_engine, DECIDED, 2, 15)
    decide(each_engine, OVERRULED, 0, 16)
    segments(workspace, [AGREED, OUTVOTED, SPLIT, DECIDED, OVERRULED, ALONE, SILENT])
    return each_engine


def test_gold_is_written_by_the_rules(decided: Engine, workspace: Workspace) -> None:
    resolve(workspace, decided)
    assert workspace.store.read("gold").rows() == [
        (AGREED, "risk", 0, "unanimous", 3, at(12, 2)),
        (OUTVOTED, "risk", 4, "majority", 3, at(12, 5)),
        (DECIDED, "risk", 2, "adjudicated", 3, at(15, 0)),
        (OVERRULED, "risk", 0, "adjudicated", 3, at(16, 0)),
    ]
    rejected = workspace.store.read_rejected("gold")
    assert rejected is not None
    assert rejected.columns == ["segment_id", "variable", "n_raters", "reason"]
    assert rejected.rows() == [
        (SPLIT, "risk", 3, "unresolved_disagreement"),
        (ALONE, "risk", 3, "too_few_ratings"),
        (SILENT, "risk", 0, "too_few_ratings"),
    ]


def test_the_report(decided: Engine, workspace: Workspace) -> None:
    assert resolve(workspace, decided).as_json() == {
        "changed": True,
        "n_batches": 1,
        "n_items": 7,
        "n_gold": 4,
        "by_source": {"unanimous": 1, "majority": 1, "adjudicated": 2},
        "rejected": {"too_few_ratings": 2, "unresolved_disagreement": 1},
        "resolved_batches": (),
        "simulated_raters": (),
    }


def test_the_same_decisions_make_the_same_table(decided: Engine, workspace: Workspace) -> None:
    resolve(workspace, decided)
    first = workspace.store.path("gold").read_bytes()
    assert not resolve(workspace, decided).changed
    assert workspace.store.stale("gold", recipe(workspace, decided)) == []
    workspace.store.path("gold").unlink()
    assert resolve(workspace, decided).changed
    assert workspace.store.path("gold").read_bytes() == first


def test_a_later_decision_makes_gold_stale(decided: Engine, workspace: Workspace) -> None:
    resolve(workspace, decided)
    decide(decided, SPLIT, 1, 17)
    assert workspace.store.stale("gold", recipe(workspace, decided)) == ["people changed"]
    report = resolve(workspace, decided)
    assert (report.changed, report.n_gold, report.rejected) == (True, 5, {"too_few_ratings": 2})


def test_a_batch_is_resolved_when_every_item_is_settled(
    engine: Engine, workspace: Workspace, crew, rated, segments
) -> None:
    crew(engine, "judge", role="adjudicator")
    segments(workspace, [AGREED, SPLIT])
    rated(engine, [row for row in ROWS if row[0] in (AGREED, SPLIT)])
    assert resolve(workspace, engine).resolved_batches == ()
    assert state(engine) == "closed"
    decide(engine, SPLIT, 1)
    assert resolve(workspace, engine).resolved_batches == ("pilot",)
    assert state(engine) == "resolved"
    assert resolve(workspace, engine).resolved_batches == ("pilot",)
    with transaction(engine) as session:
        assert [event.action for event in session.scalars(select(Event))] == ["adjudicated", "batch_resolved"]


def test_a_second_opinion_can_unsettle_a_batch(engine: Engine, workspace: Workspace, rated, segments) -> None:
    segments(workspace, [AGREED])
    rated(engine, [(AGREED, "ann", 0), (AGREED, "bo", 0)])
    assert resolve(workspace, engine).resolved_batches == ("pilot",)
    rated(engine, [(AGREED, "cy", 1), (AGREED, "di", 1)], batch="again", minute=60)
    report = resolve(workspace, engine)
    assert (report.resolved_batches, report.n_gold) == ((), 0)
    assert (state(engine), state(engine, "again")) == ("closed", "closed")


def test_open_batches_do_not_count(engine: Engine, workspace: Workspace, rated, segments) -> None:
    segments(workspace, [AGREED])
    with pytest.raises(WorkspaceError, match="wanted a closed batch"):
        resolve(workspace, engine)
    rated(engine, [(AGREED, "ann", 0), (AGREED, "bo", 0)], state="open")
    with pytest.raises(WorkspaceError, match="wanted a closed batch"):
        resolve(workspace, engine)
    assert not workspace.store.exists("gold")


def test_gold_of_a_segment_that_is_gone_is_set_aside(engine: Engine, workspace: Workspace, rated, segments) -> None:
    rated(engine, [(AGREED, "ann", 0), (AGREED, "bo", 0)])
    segments(workspace, [SPLIT])
    report = resolve(workspace, engine)
    assert (report.n_gold, report.rejected) == (0, {"segment_absent": 1})
    assert report.resolved_batches == ("pilot",)
    segments(workspace, [AGREED])
    assert resolve(workspace, engine).n_gold == 1


def test_what_the_codebook_no_longer_knows_is_set_aside(engine: Engine, workspace: Workspace, rated, segments) -> None:
    segments(workspace, [AGREED, SPLIT])
    rated(
        engine, [(AGREED, "ann", 9), (AGREED, "bo", 9), (SPLIT, "ann", 1), (SPLIT, "bo", 1), (SPLIT, "ann", 1, "mood")]
    )
    report = resolve(workspace, engine)
    rejected = workspace.store.read_rejected("gold")
    assert rejected is not None
    assert rejected.rows() == [(AGREED, "risk", 2, "not_in_codebook"), (SPLIT, "mood", 1, "not_in_codebook")]
    assert (report.n_gold, report.resolved_batches) == (1, ())


def test_every_variable_of_a_multi_label_codebook_must_be_settled(tmp_path, engine: Engine, rated, segments) -> None:
    eleven = create_workspace(tmp_path / "eleven", "psysuicide11")
    names = [variable.name for variable in eleven.codebook.rating_variables]
    segments(eleven, [AGREED])
    rated(engine, [(AGREED, rater, 0, name) for rater in ("ann", "bo") for name in names[:-1]])
    report = resolve(eleven, engine)
    assert (report.n_gold, report.rejected, report.resolved_batches) == (10, {"too_few_ratings": 1}, ())


@pytest.mark.parametrize(
    ("rater", "judge", "named"),
    [
        ("bo", "judge", []),
        ("sim-1", "judge", ["sim-1"]),
        ("bo", "sim-judge", ["sim-judge"]),
        ("sim-1", "sim-judge", ["sim-1", "sim-judge"]),
    ],
)
def test_the_manifest_names_simulated_people(
    engine: Engine, workspace: Workspace, crew, rated, segments, rater: str, judge: str, named: list[str]
) -> None:
    segments(workspace, [SPLIT])
    rated(engine, [(SPLIT, "ann", 0), (SPLIT, rater, 1)])
    crew(engine, judge, role="adjudicator", simulated=judge.startswith("sim"))
    decide(engine, SPLIT, 1, user=judge)
    resolve(workspace, engine)
    manifest = workspace.store.manifest("gold")
    assert manifest is not None
    assert manifest.recipe.settings == {"simulated_raters": named}


def test_sqlite_and_postgresql_make_the_same_gold(
    engine: Engine, pg_engine: Engine, workspace: Workspace, rated, segments
) -> None:
    segments(workspace, [AGREED, OUTVOTED, SPLIT, DECIDED, OVERRULED, ALONE])
    made: list[bytes] = []
    for database in (engine, pg_engine):
        rated(database, ROWS)
        resolve(workspace, database)
        made.append(workspace.store.path("gold").read_bytes())
    assert made[0] == made[1]
    assert not resolve(workspace, engine).changed
