"""The development set with real batches, pages and consensus."""

from collections import Counter

import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from annotation.human.batches import list_batches
from annotation.human.work import assignments, submit
from app.desk import desk_at
from app.tuning import Stages
from app.wiring import close
from consensus.adjudication import adjudicate, disagreements
from consensus.gold import resolve
from core.errors import WorkspaceError
from core.people import DEVELOPMENT, Item
from core.workspace import with_options
from segmenter.tuning.development import draw_development

ANNOTATORS = ("anna", "bo", "陈晨")


def items(bench):
    """Suspicious message → item."""
    current = bench.workspace.store.read("development").filter("current")
    return dict(current.select("suspicious_message_id", "segment_id").iter_rows())


def label(bench, user, code):
    """The user gives this label to every development item."""
    for task in assignments(bench.engine, user):
        submit(bench.engine, task.assignment_id, user, {"risk": code}, codebook=bench.workspace.codebook)


def page(root, user):
    from pathlib import Path

    from annotation.human.users import list_users
    from app.desk import desk_at
    from app.views import annotate
    from app.views.session import Visit

    desk = desk_at(Path(root))
    annotate.show(Visit(desk, next(person for person in list_users(desk.engine) if person.name == user)))


def test_annotators_see_the_items_of_the_development_set(opened):
    at = AppTest.from_function(page, args=(str(opened.workspace.root), "anna"), default_timeout=30).run()
    assert not at.exception
    (first, *_) = assignments(opened.engine, "anna")
    shown = "".join(element.proto.body for element in at.get("html"))
    assert first.segment_id in items(opened).values()
    assert f'id="chat-{first.segment_id}"' in shown
    next(button for button in at.button if button.label == "自杀意念").click().run()
    next(button for button in at.button if button.label == "提交").click().run()
    assert assignments(opened.engine, "anna")[0].work.labels == {"risk": 2}


def test_an_item_is_shown_in_its_widest_context_with_its_own_message_marked(opened):
    corpus = desk_at(opened.workspace.root).corpus
    for message, item in items(opened).items():
        display = corpus.display(item)
        row = opened.workspace.store.read("development").row(by_predicate=pl.col("segment_id") == item, named=True)
        assert [line.message_id for line in display.lines] == row["message_ids"]
        assert display.lines[display.suspicious - 1].message_id == message


def test_items_are_shown_before_there_are_segments(opened):
    opened.workspace.store.path("segments").unlink()
    corpus = desk_at(opened.workspace.root).corpus
    assert corpus.display(next(iter(items(opened).values()))).lines


def test_every_item_goes_to_three_annotators_and_is_marked_as_what_it_is(opened):
    batch = list_batches(opened.engine)[-1]
    assert (batch.name, batch.n_items, batch.overlap) == ("development", len(items(opened)), 3)
    assert {load.annotator: load.n_total for load in batch.loads} == dict.fromkeys(ANNOTATORS, batch.n_items)
    with Session(opened.engine) as session:
        origins = Counter(session.scalars(select(Item.origin)))
    assert origins == {"no_consensus": 3, DEVELOPMENT: batch.n_items}


def test_how_far_people_are(opened):
    stages, workspace, n = Stages(), opened.workspace, len(items(opened))
    assert (stages.labelling(workspace).state, stages.labelling(workspace).n_total) == ("open", 3 * n)
    for name, code in zip(ANNOTATORS, (2, 2, 0), strict=True):
        label(opened, name, code)
    close(workspace, opened.engine, "development")
    far = stages.labelling(workspace)
    assert (far.state, far.n_disputed, far.n_undecided) == ("closed", n, n)
    one = disagreements(opened.engine, "development")[0]
    adjudicate(opened.engine, one.item_id, "risk", 3, "", "judge", codebook=workspace.codebook)
    assert stages.labelling(workspace).n_undecided == n - 1


def test_labels_are_what_people_settled_and_why_not(opened):
    stages, workspace = Stages(), opened.workspace
    for name, code in zip(ANNOTATORS, (2, 0, 1), strict=True):
        label(opened, name, code)
    assert stages.labels(workspace, "risk").labels == {}, "open batches tell nothing"
    close(workspace, opened.engine, "development")
    first, *others = disagreements(opened.engine, "development")
    adjudicate(opened.engine, first.item_id, "risk", 2, "", "judge", codebook=workspace.codebook)
    found = stages.labels(workspace, "risk")
    assert (found.labels, found.by_source) == ({first.segment_id: 2}, {"adjudicated": 1})
    assert (found.left_out, found.simulated) == ({"unresolved_disagreement": len(others)}, ())


def test_development_items_never_become_gold(opened):
    for name in ANNOTATORS:
        label(opened, name, 2)
    close(opened.workspace, opened.engine, "development")
    report = resolve(opened.workspace, opened.engine)
    store = opened.workspace.store
    assert (report.n_items, report.n_gold, report.rejected) == (3, 3, {})
    assert set(store.read("gold")["segment_id"]) == set(opened.segments)
    assert store.read_rejected("gold") is None
    assert [batch.state for batch in list_batches(opened.engine)] == ["resolved", "closed"]


def test_a_development_batch_alone_is_nothing_to_make_gold_of(make_bench):
    bench = make_bench()
    draw_development(bench.workspace)
    Stages().open_batch(bench.workspace, ())
    for name in ANNOTATORS:
        label_only(bench, name, "development")
    close(bench.workspace, bench.engine, "development")
    with pytest.raises(WorkspaceError, match="wanted a closed batch"):
        resolve(bench.workspace, bench.engine)


def label_only(bench, user, batch):
    for task in assignments(bench.engine, user):
        if task.batch == batch:
            submit(bench.engine, task.assignment_id, user, {"risk": 2}, codebook=bench.workspace.codebook)


def test_another_development_set_gets_another_batch(opened):
    workspace, before = opened.workspace, set(items(opened).values())
    tune = {**workspace.settings.segment.tune.model_dump(), "gaps": (1,)}
    draw_development(with_options(workspace, "segment", {"tune": tune}))
    assert not before & set(items(opened).values())
    assert Stages().labelling(workspace) is None
    Stages().open_batch(workspace, ())
    assert Stages().labelling(workspace).batch == "development-2"
    corpus = desk_at(workspace.root).corpus
    for item in before:
        assert corpus.display(item).lines, "the batch of the earlier set can still be labelled"
