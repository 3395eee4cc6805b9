"""Which candidates a review gets, in which order each expert sees them, and what is refused."""

import polars as pl
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select

from core.database import transaction
from core.errors import SettingsError, WorkspaceError
from core.people import Base, DraftEntry, Event
from lexicon.review.choosing import ReviewPlan, choose, shuffled
from lexicon.review.closing import close_review
from lexicon.review.opening import open_review
from lexicon.review.reviews import list_reviews, review_named
from lexicon.review.rulings import own_cases

AB = ("lin", "zhou")


def table(*rows):
    """Candidates as (id, group, keyness, n_matches, n_messages)."""
    return pl.DataFrame(
        [
            {
                "candidate_id": one, "term": one, "kind": None, "category": None, "sources": ["llm"], "reasons": [],
                "group": group, "keyness": keyness, "n_matches": n_matches, "n_messages": n_messages,
                "n_users": 1, "n_chats": 1,
            }
            for one, group, keyness, n_matches, n_messages in rows
        ],
        schema_overrides={"reasons": pl.List(pl.String), "kind": pl.String, "category": pl.String},
    )  # fmt: skip


TABLE = table(
    ("a", "a", None, 90, 9), ("b", "b", 5.0, 2, 2), ("c", "c", 5.0, 7, 7), ("d", "e", 8.0, 1, 1), ("e", "e", 2.0, 3, 3)
)  # fmt: skip


@pytest.mark.parametrize(
    ("plan", "taken", "wanted"),
    [
        (ReviewPlan(AB), (), "ecba"),
        (ReviewPlan(AB, size=2), (), "ec"),
        (ReviewPlan(AB, members=True), (), "edcba"),
        (ReviewPlan(AB, min_messages=3), (), "cea"),
        (ReviewPlan(AB), ("e", "c"), "dba"),
    ],
)
def test_the_candidates_come_by_keyness_then_frequency_one_a_group(plan, taken, wanted):
    assert "".join(candidate.term for candidate in choose(TABLE, plan, taken)) == wanted


def test_near_duplicates_are_listed_under_the_one_that_stands_for_them():
    similar = {candidate.term: candidate.similar for candidate in choose(TABLE, ReviewPlan(AB), ())}
    assert similar == {"e": ("d",), "c": (), "b": (), "a": ()}


def test_an_order_depends_on_the_seed_and_each_item_alone():
    items = [f"c{number}" for number in range(30)]
    mixed = shuffled(items, 7, "first", "A")
    assert mixed == shuffled(reversed(items), 7, "first", "A") != shuffled(items, 7, "first", "B")
    assert [item for item in mixed if item != "c3"] == shuffled(
        [item for item in items if item != "c3"], 7, "first", "A"
    )


def test_a_review_keeps_what_the_experts_see(candidates, each_engine):
    made = candidates(each_engine)
    report = open_review(made.workspace, each_engine, ReviewPlan(AB, size=3)).as_json()
    assert report == {
        "name": "review-1", "n_candidates": 3, "n_similar": 1, "n_without_lines": 0,
        "experts": {"A": "lin", "B": "zhou"},
    }  # fmt: skip
    made.workspace.store.path("candidates").unlink()
    seen = {case.candidate.term: case.candidate for case in own_cases(each_engine, "review-1", "lin")}
    first = seen["想消失"]
    assert (first.kind, first.category, first.sources, first.reasons) == (
        "explicit", "direct", ("llm",), ("直接说想从生活里消失",)
    )  # fmt: skip
    assert (first.n_matches, first.n_chats, first.keyness, first.similar) == (3, 3, 40.0, ("真想消失啊",))
    assert len(first.line_ids) == 3


def test_each_expert_has_an_order_of_their_own(candidates, engine):
    made = candidates(engine)
    open_review(made.workspace, engine, ReviewPlan(AB, "first"))
    a, b = ([case.candidate.term for case in own_cases(engine, "first", name)] for name in AB)
    assert sorted(a) == sorted(b) == sorted(made.ids)
    assert a != b != list(made.ids)
    assert [case.number for case in own_cases(engine, "first", "lin")] == list(range(1, 21))


def test_a_later_review_takes_what_earlier_ones_left(candidates, engine):
    made = candidates(engine, 4)
    assert open_review(made.workspace, engine, ReviewPlan(AB, size=3)).n_candidates == 3
    with transaction(engine) as session:
        session.add(DraftEntry(entry_id=made.ids["没盼头"], term="没盼头", kind="implicit", category="x",
                               imported_at=made.workspace.clock()))  # fmt: skip
    assert open_review(made.workspace, engine, ReviewPlan(AB)).n_candidates == 1
    with pytest.raises(WorkspaceError, match="no candidate is left to review: 5 in the table"):
        open_review(made.workspace, engine, ReviewPlan(AB))


def test_what_a_closed_review_decided_comes_again_only_when_asked(reviewing):
    for user in AB:
        reviewing.rule(user, 想消失="accept", 重开="reject")
    close_review(reviewing.engine, "first", lambda _: dict.fromkeys(("value", "low", "high", "method", "reason")), True)
    plan = ReviewPlan(AB, "second", members=True)
    assert open_review(reviewing.workspace, reviewing.engine, plan).n_candidates == 3
    close_review(reviewing.engine, "second", lambda _: {}, True)
    assert open_review(reviewing.workspace, reviewing.engine, ReviewPlan(AB, again=True)).n_candidates == 4


@pytest.mark.parametrize(
    ("plan", "error", "said"),
    [
        (ReviewPlan(("lin",)), SettingsError, "wanted two different experts"),
        (ReviewPlan(("lin", "lin ")), SettingsError, "wanted two different experts"),
        (ReviewPlan(("lin", "zhou", "old")), SettingsError, "wanted two different experts"),
        (ReviewPlan(("lin", "zho")), SettingsError, "no user 'zho'; did you mean 'zhou'"),
        (ReviewPlan(("lin", "\0")), SettingsError, "no user"),
        (ReviewPlan(("lin", "old")), SettingsError, "'old' is disabled"),
        (ReviewPlan(AB, "a/b"), SettingsError, "wanted a review name"),
        (ReviewPlan(AB, "first"), SettingsError, "there already is a review 'first'"),
        (ReviewPlan(AB, size=0), SettingsError, "wanted a size of at least 1"),
        (ReviewPlan(AB, min_messages=99), WorkspaceError, "no candidate is left to review"),
    ],
)
def test_a_review_that_cannot_be_opened_says_why(candidates, crew, engine, plan, error, said):
    made = candidates(engine)
    crew(engine, "old")
    with transaction(engine) as session:
        session.connection().exec_driver_sql("UPDATE users SET disabled = TRUE WHERE name = 'old'")
    open_review(made.workspace, engine, ReviewPlan(AB, "first", size=2))
    with pytest.raises(error, match=said):
        open_review(made.workspace, engine, plan)
    assert [review.name for review in list_reviews(engine)] == ["first"]


def test_without_candidates_it_says_what_makes_them(workspace, engine):
    with pytest.raises(WorkspaceError, match=r"no table 'candidates'.*assay lexicon propose"):
        open_review(workspace, engine, ReviewPlan(AB))


def test_opening_leaves_an_event_without_chat_text(reviewing):
    with transaction(reviewing.engine) as session:
        events = [(event.action, event.subject, event.detail) for event in session.scalars(select(Event))]
    detail = {"name": "first", "n_candidates": 4, "n_similar": 1, "n_without_lines": 0,
              "experts": {"A": "lin", "B": "zhou"}}  # fmt: skip
    assert events == [("review_opened", "first", detail)]


def test_a_review_is_found_by_name_or_when_it_is_the_only_one(reviewing, crew):
    crew(reviewing.engine, "gao")
    assert review_named(reviewing.engine, None, "lin").name == "first"
    for name, user, said in ((None, "gao", "there is none in that state"), ("frist", "lin", "did you mean 'first'"),
                             ("first", "gao", "no review 'first' of 'gao'")):  # fmt: skip
        with pytest.raises(WorkspaceError, match=said):
            review_named(reviewing.engine, name, user)


def test_the_migrations_make_exactly_the_tables_of_the_code(each_engine):
    with each_engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
