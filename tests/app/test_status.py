"""What to do next, and what the tables hold."""

import shutil
from dataclasses import replace

import polars as pl
import pytest

import segmenter.segmenting
from annotation.human.work import assignments, submit
from annotation.silver.voting import vote_recipe
from app.status import StageStatus, _next_command, status
from app.tuning import Stages
from app.wiring import close
from core.contracts import empty
from core.errors import DataError
from core.workspace import Workspace
from segmenter.tuning.development import draw_development

GOLD = StageStatus("gold", None, 0, None, "not made", (), "resolve")


def before_gold(bench):
    """What `assay status` names where gold alone is missing."""
    return _next_command([GOLD], status(bench.workspace, bench.engine).batches, bench.engine)


def test_without_a_batch_that_is_closed_people_come_before_gold(make_bench):
    assert before_gold(make_bench()) == "assay ui"


def test_with_a_closed_batch_there_is_gold_to_make(closed):
    assert before_gold(closed) == "assay resolve"


def test_a_closed_development_set_makes_no_gold(make_bench):
    bench = make_bench()
    draw_development(bench.workspace)
    Stages().open_batch(bench.workspace, ())
    for name in ("anna", "bo", "陈晨"):
        for task in assignments(bench.engine, name):
            if task.batch == "development":
                submit(bench.engine, task.assignment_id, name, {"risk": 1}, codebook=bench.workspace.codebook)
    close(bench.workspace, bench.engine, "development")
    assert before_gold(bench) == "assay ui"


def test_messages_are_counted(make_bench):
    bench = make_bench()
    messages = bench.workspace.store.read("messages")
    bench.workspace.store.rejected_path("messages").unlink(missing_ok=True)
    counted = status(bench.workspace, bench.engine).stages[0]
    assert (counted.table, counted.rows, counted.rejected) == ("messages", messages.height, 0)
    messages.head(2).write_parquet(bench.workspace.store.rejected_path("messages"))
    assert status(bench.workspace, bench.engine).stages[0].rejected == 2


@pytest.mark.parametrize("folder", ["a[1]b", "a*b"])
def test_a_folder_whose_name_is_a_pattern_is_taken_as_it_is(make_bench, folder):
    bench = make_bench()
    store = bench.workspace.store
    rows = status(bench.workspace, bench.engine).stages[0].rows
    for name in (folder, "aXb"):
        shutil.copytree(store.folder, store.folder.parent / name)
    store.folder = store.folder.parent / folder
    assert status(bench.workspace, bench.engine).stages[0].rows == rows


@pytest.mark.parametrize("rejects", [False, True])
def test_a_broken_file_of_messages_is_named(make_bench, rejects):
    bench = make_bench()
    store = bench.workspace.store
    part = store.path(store.parts("messages")[0])
    path = store.rejected_path("messages") if rejects else part.with_name("zz.parquet")
    path.write_bytes(part.read_bytes()[:200])
    wanted = f"^{path.parent.name}/{path.name} is not a readable Parquet file of the table 'messages'; delete it"
    with pytest.raises(DataError, match=wanted):
        status(bench.workspace, bench.engine)


@pytest.fixture
def with_a_voter(make_bench):
    """A bench whose panel is the voter v."""
    bench = make_bench()
    panel = '[[vote.voters]]\nname = "v"\nbackend = "embedded"\n'
    (bench.workspace.root / "assay.toml").write_text(panel, encoding="utf-8")
    return replace(bench, workspace=Workspace(bench.workspace.root))


def cast(workspace, *statuses):
    """Let the voter v have voted, a segment for each of these statuses."""
    schema = dict(empty("votes").schema)
    rows = [
        (f"{n:016x}", "v", "risk", 1 if one == "ok" else -1, one, None, None, "m", "p", None)
        for n, one in enumerate(statuses)
    ]
    recipe = vote_recipe(workspace, workspace.settings.vote.voters[0])
    workspace.store.write("votes/v", pl.DataFrame(rows, schema=schema, orient="row"), recipe)


@pytest.mark.parametrize(
    ("statuses", "state", "why"),
    [
        (("ok", "refused", "unparsed"), "fresh", ()),
        (("failed", "ok", "failed"), "fresh", ("2 votes failed (assay vote asks again)",)),
    ],
)
def test_votes_that_failed_are_told_and_make_nothing_stale(with_a_voter, statuses, state, why):
    cast(with_a_voter.workspace, *statuses)
    told = status(with_a_voter.workspace, with_a_voter.engine).stages[4]
    assert (told.table, told.rows, told.state, told.why, told.command) == ("votes", 3, state, why, "vote")


def test_a_broken_file_of_votes_is_named(with_a_voter):
    workspace = with_a_voter.workspace
    cast(workspace, "ok")
    path = workspace.store.path("votes/v")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"^votes/v\.parquet is not a readable Parquet file of the table 'votes'"):
        status(workspace, with_a_voter.engine)


def test_without_any_segment_there_is_nothing_to_vote_on(with_a_voter):
    workspace = with_a_voter.workspace
    recipe = segmenter.segmenting.recipe(workspace)
    workspace.store.write("segments", workspace.store.read("segments").clear(), recipe)
    told = status(workspace, with_a_voter.engine)
    fresh = tuple(
        replace(stage, state="fresh") if stage.table in ("lexicon", "matches") else stage for stage in told.stages
    )
    wanted = "assay lexicon stats, then assay segment: there are no segments yet"
    assert _next_command(fresh, told.batches, with_a_voter.engine) == wanted


def test_without_a_panel_voters_come_first(make_bench):
    bench = make_bench()
    (bench.workspace.root / "assay.toml").write_text("", encoding="utf-8")
    votes = status(Workspace(bench.workspace.root), bench.engine).stages[4]
    assert votes.command == "vote, once assay.toml has a [[vote.voters]] table for every voter"
