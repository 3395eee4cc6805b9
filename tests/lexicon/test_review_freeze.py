"""Freezing what reviews decided: versions that are kept, and where every entry comes from."""

import json

import pytest

from app.wiring import expert_agreement
from core.errors import WorkspaceError
from core.store import Recipe, digest
from lexicon.drafts import drafts, freeze, import_entries, recipe
from lexicon.review.choosing import ReviewPlan
from lexicon.review.closing import close_review
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.rulings import rule
from lexicon.review.settling import settle
from lexicon.versions import list_versions

TERMS = "term,kind,category,note\n活着没意思,explicit,direct,\n谢幕,explicit,imported,由人导入\n"


@pytest.fixture
def closed(reviewing):
    """想消失 agreed, 重开 rejected jointly, 谢幕 accepted, 没盼头 accepted jointly."""
    reviewing.rule("lin", 想消失="accept explicit direct/直接", 重开="accept", 谢幕="accept", 没盼头="unsure")
    reviewing.rule("zhou", 想消失="accept explicit direct", 重开="reject", 谢幕="accept", 没盼头="accept")
    for term, opinion in (
        ("重开", Opinion("reject", note="多为游戏")),
        ("没盼头", Opinion("accept", "implicit", "distress")),
    ):
        settle(reviewing.engine, "first", reviewing.ids[term], "lin", opinion)
    close_review(reviewing.engine, "first", expert_agreement)
    return reviewing


def imported(closed, tmp_path, text=TERMS):
    (tmp_path / "terms.csv").write_text(text, encoding="utf-8")
    import_entries(closed.workspace, closed.engine, tmp_path / "terms.csv")


def frozen(closed):
    return freeze(closed.workspace, closed.engine)


def test_the_lexicon_is_what_was_imported_and_what_reviews_accepted(closed, tmp_path):
    imported(closed, tmp_path)
    assert frozen(closed).as_json() == {
        "entries": 4, "explicit": 3, "implicit": 1, "changed": True,
        "version": 1, "imported": 2, "reviewed": 2, "rejected": 1,
    }  # fmt: skip
    rows = closed.workspace.store.read("lexicon").sort("term").rows()
    assert [row[1:] for row in rows] == [
        ("想消失", "explicit", "direct", "直接"),
        ("没盼头", "implicit", "distress", None),
        ("活着没意思", "explicit", "direct", None),
        ("谢幕", "explicit", "imported", "由人导入"),
    ]
    assert frozen(closed).changed is False


def test_every_entry_and_every_rejected_candidate_can_be_traced(closed, tmp_path):
    imported(closed, tmp_path)
    frozen(closed)
    columns = ("term", "origin", "review", "decision", "decision_a", "decision_b", "settled", "note", "in_lexicon")
    rows = closed.workspace.store.read("lexicon_rulings").sort("term", "origin").select(columns).rows()
    assert rows == [
        ("想消失", "review", "first", "accept", "accept", "accept", "agreed", "直接", True),
        ("没盼头", "review", "first", "accept", "unsure", "accept", "joint", None, True),
        ("活着没意思", "imported", "", "accept", None, None, None, None, True),
        ("谢幕", "imported", "", "accept", None, None, None, "由人导入", True),
        ("谢幕", "review", "first", "accept", "accept", "accept", "agreed", None, False),
        ("重开", "review", "first", "reject", "accept", "reject", "joint", "多为游戏", False),
    ]


def test_each_freeze_that_changes_something_is_a_version_that_is_kept(closed, tmp_path):
    frozen(closed)
    first = closed.workspace.store.path("lexicon_versions/0001").read_bytes()
    imported(closed, tmp_path)
    assert frozen(closed).version == 2
    assert closed.workspace.store.path("lexicon_versions/0001").read_bytes() == first
    counts = [(one.version, one.entries, one.explicit, one.implicit, one.added, one.removed, one.changed, one.rejected)
              for one in list_versions(closed.workspace)]  # fmt: skip
    assert counts == [(1, 3, 1, 2, 3, 0, 0, 1), (2, 4, 3, 1, 1, 0, 1, 1)]
    versions = closed.workspace.store.read("lexicon_versions")
    assert versions.filter(version=1)["term"].sort().to_list() == ["想消失", "没盼头", "谢幕"]


def test_a_candidate_ruled_again_counts_as_the_later_review_says(closed):
    open_review(closed.workspace, closed.engine, ReviewPlan(("lin", "zhou"), "second", size=1, again=True))
    for user in ("lin", "zhou"):
        rule(closed.engine, "second", user, {closed.ids["想消失"]: Opinion("reject")})
    close_review(closed.engine, "second", expert_agreement)
    assert frozen(closed).reviewed == 2
    rows = closed.workspace.store.read("lexicon_rulings").filter(term="想消失").select("review", "in_lexicon").rows()
    assert rows == [("first", False), ("second", False)]


def test_a_lexicon_frozen_before_there_were_reviews_is_not_stale(workspace, engine, tmp_path):
    (tmp_path / "terms.csv").write_text(TERMS, encoding="utf-8")
    import_entries(workspace, engine, tmp_path / "terms.csv")
    old = Recipe(inputs={"draft_entries": digest(drafts(engine).rows())})
    workspace.store.write("lexicon", drafts(engine), old)
    assert workspace.store.stale("lexicon", recipe(engine)) == []
    before = workspace.store.path("lexicon").stat().st_mtime_ns
    assert (freeze(workspace, engine).version, freeze(workspace, engine).changed) == (1, False)
    assert workspace.store.path("lexicon").stat().st_mtime_ns == before


def test_a_closed_review_makes_the_lexicon_stale_and_an_open_one_does_not(reviewing, tmp_path):
    imported(reviewing, tmp_path)
    frozen(reviewing)
    reviewing.rule("lin", 想消失="accept")
    assert reviewing.workspace.store.stale("lexicon", recipe(reviewing.engine)) == []
    reviewing.rule("zhou", 想消失="accept")
    close_review(reviewing.engine, "first", expert_agreement, force=True)
    assert reviewing.workspace.store.stale("lexicon", recipe(reviewing.engine)) == ["rulings changed"]
    assert (frozen(reviewing).version, frozen(reviewing).version) == (2, 2)
    assert reviewing.workspace.store.stale("lexicon", recipe(reviewing.engine)) == []


def test_a_newer_release_of_the_tool_makes_no_new_version(closed):
    frozen(closed)
    for name in ("lexicon", "lexicon_versions/0001"):
        manifest = closed.workspace.store.folder / f"{name}.manifest.json"
        made = json.loads(manifest.read_text("utf-8"))
        made["recipe"]["version"] = "0.0.1"
        manifest.write_text(json.dumps(made), "utf-8")
    report = frozen(closed)
    assert (report.version, report.changed) == (1, True)


def test_a_version_that_a_crash_cut_short_is_made_again(closed):
    frozen(closed)
    store = closed.workspace.store
    store.path("lexicon_versions/0001").unlink()
    assert frozen(closed).version == 1
    assert store.stale("lexicon", recipe(closed.engine)) == []
    store.path("lexicon").unlink()
    assert (frozen(closed).version, store.read("lexicon").height) == (1, 3)


def test_without_a_version_it_says_what_makes_one(workspace, engine):
    with pytest.raises(WorkspaceError, match="assay lexicon freeze"):
        list_versions(workspace)
    with pytest.raises(WorkspaceError, match="no review accepted one"):
        freeze(workspace, engine)
