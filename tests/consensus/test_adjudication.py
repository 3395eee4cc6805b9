from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select

from consensus.adjudication import Decision, Opinion, adjudicate, decisions, disagreements
from consensus.pooling import closed_items, pooled_ratings
from core.codebook import shipped_codebook
from core.database import transaction
from core.errors import CodebookError, DataError, WorkspaceError
from core.people import Adjudication, Event, Item

RISK = shipped_codebook("suichat6")
MIXED = [("s1", "ann", 2), ("s1", "bo", 2), ("s2", "ann", 1), ("s2", "bo", 3), ("s3", "ann", -1), ("s3", "bo", -1)]


def at(minute: int) -> Callable[[], datetime]:
    return lambda: datetime(2026, 5, 2, 9, minute, tzinfo=UTC)


def item_of(engine: Engine, segment: str) -> int:
    with transaction(engine) as session:
        return session.scalars(select(Item.id).where(Item.segment_id == segment).order_by(Item.id)).all()[-1]


def decide(engine: Engine, segment: str, label: int, user: str = "judge", **more: Any) -> Decision:
    given = {"codebook": RISK, "clock": at(0), **more}
    return adjudicate(engine, item_of(engine, segment), "risk", label, "看上下文", user, **given)


def test_what_raters_disagree_on(each_engine: Engine, crew, rated) -> None:
    rated(each_engine, [*MIXED, ("s4", "ann", 5), ("s4", "bo", 5), ("s4", "cy", 0), ("s5", "cy", 2)])
    found = disagreements(each_engine, "pilot")
    assert [(one.batch, one.segment_id, one.variable, one.majority) for one in found] == [
        ("pilot", "s2", "risk", None),
        ("pilot", "s3", "risk", None),
        ("pilot", "s4", "risk", 5),
        ("pilot", "s5", "risk", None),
    ]
    assert found[0].opinions == (Opinion("ann", 1, "ann的理由"), Opinion("bo", 3, "bo的理由"))
    assert found[0].decision is None
    assert found[0].item_id == item_of(each_engine, "s2")
    assert disagreements(each_engine) == found


def test_a_decision_is_shown_and_the_newest_counts(each_engine: Engine, crew, rated) -> None:
    rated(each_engine, MIXED)
    crew(each_engine, "judge", role="adjudicator")
    crew(each_engine, "chief", role="admin")
    decide(each_engine, "s2", 1)
    newest = decide(each_engine, "s2", 3, "chief", clock=at(1))
    assert newest == Decision(3, "看上下文", "chief", False, at(1)())
    assert decisions(each_engine) == {("s2", "risk"): newest}
    assert disagreements(each_engine)[0].decision == newest
    with transaction(each_engine) as session:
        assert [row.label for row in session.scalars(select(Adjudication).order_by(Adjudication.id))] == [1, 3]


def test_two_decisions_in_one_millisecond_are_in_the_order_made(engine: Engine, crew, rated) -> None:
    rated(engine, MIXED)
    crew(engine, "judge", role="adjudicator")
    for label in (1, 2, 3):
        decide(engine, "s2", label)
    assert decisions(engine)["s2", "risk"].label == 3


def test_an_open_batch_shows_nothing_and_takes_no_decision(each_engine: Engine, crew, rated) -> None:
    rated(each_engine, MIXED, state="open")
    crew(each_engine, "judge", role="adjudicator")
    assert disagreements(each_engine) == []
    assert closed_items(each_engine) == []
    assert pooled_ratings(each_engine).is_empty()
    with pytest.raises(WorkspaceError, match="wanted a closed batch; 'pilot' is open or does not exist"):
        disagreements(each_engine, "pilot")
    with pytest.raises(WorkspaceError, match="batch 'pilot' is open"):
        decide(each_engine, "s2", 1)
    assert decisions(each_engine) == {}


@pytest.mark.parametrize("user", ["ann", "gone", "nobody", ""])
def test_only_adjudicators_decide(engine: Engine, crew, rated, user: str) -> None:
    rated(engine, MIXED)
    crew(engine, "gone", role="adjudicator")
    with transaction(engine) as session:
        session.connection().exec_driver_sql("UPDATE users SET disabled = 1 WHERE name = 'gone'")
    with pytest.raises(WorkspaceError, match="wanted an enabled adjudicator or admin"):
        decide(engine, "s2", 1, user)
    assert decisions(engine) == {}


@pytest.mark.parametrize(
    ("variable", "label", "error", "message"),
    [
        ("risk", 6, DataError, "wanted one of .* for 'risk'; got 6"),
        ("risk", -1, DataError, "got -1"),
        ("risk", True, DataError, "got True"),
        ("rsik", 1, CodebookError, "did you mean 'risk'"),
    ],
)
def test_decisions_fit_the_codebook(
    engine: Engine, crew, rated, variable: str, label: int, error: type[Exception], message: str
) -> None:
    rated(engine, MIXED)
    crew(engine, "judge", role="adjudicator")
    with pytest.raises(error, match=message):
        adjudicate(engine, item_of(engine, "s2"), variable, label, "", "judge", codebook=RISK)


def test_what_nobody_rated_cannot_be_adjudicated(engine: Engine, crew, rated) -> None:
    rated(engine, MIXED, unrated=["s9"])
    crew(engine, "judge", role="adjudicator")
    with pytest.raises(WorkspaceError, match="nobody has rated item"):
        decide(engine, "s9", 1)
    with pytest.raises(WorkspaceError, match="as item 999; there is none"):
        adjudicate(engine, 999, "risk", 1, "", "judge", codebook=RISK)


def test_ratings_are_pooled_over_batches(engine: Engine, rated) -> None:
    rated(engine, [("s1", "ann", 2), ("s1", "bo", 2), ("s2", "ann", 0), ("s2", "bo", 1)])
    rated(engine, [("s1", "ann", 3), ("s1", "cy", 3), ("s2", "cy", 1)], batch="again", minute=60)
    rated(engine, [("s1", "di", 5)], batch="still open", state="open", minute=90)
    ratings = pooled_ratings(engine).select("item", "rater", "label").rows()
    assert ratings == [
        ("s1", "ann", 3), ("s1", "bo", 2), ("s1", "cy", 3),
        ("s2", "ann", 0), ("s2", "bo", 1), ("s2", "cy", 1),
    ]  # fmt: skip
    assert [(one.batch, one.segment_id, one.majority) for one in disagreements(engine)] == [
        ("again", "s1", 3),
        ("again", "s2", 1),
    ]
    assert [one.batch for one in disagreements(engine, "pilot")] == ["pilot", "pilot"]


def test_the_log_names_the_decision_and_not_its_label_or_text(engine: Engine, crew, rated) -> None:
    rated(engine, MIXED)
    crew(engine, "judge", role="adjudicator")
    decide(engine, "s2", 1)
    with transaction(engine) as session:
        event = session.scalars(select(Event)).one()
    assert (event.actor, event.action, event.subject) == ("judge", "adjudicated", "s2")
    assert event.detail == {"adjudication": 1, "variable": "risk"}
