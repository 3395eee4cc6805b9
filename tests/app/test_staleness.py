"""What is out of date reaches whoever gates, reads the report or publishes."""

import json
import re
from html import unescape

import polars as pl
import pytest
from typer.testing import CliRunner

import lexicon.matching
import segmenter.segmenting
from annotation.silver.voting import vote_recipe
from app.main import build
from app.staleness import out_of_date
from app.votes_status import vote_command, votes_out_of_date
from consensus.gating import run_gate
from consensus.gold import resolve
from core.contracts import empty
from core.workspace import Workspace
from release.staleness import StaleTable

PANEL = '[[vote.voters]]\nname = "v"\nbackend = "embedded"\nabstain_below = {}\n'
VOTES = StaleTable("votes", ("codebook changed",), "assay vote")
VERDICTS = StaleTable("verdicts", ("codebook changed",), "assay gate")


def up_to_date(bench):
    """The bench's workspace with every table made by its own recipe: a voter v that says 1, and its verdicts."""
    root = bench.workspace.root
    (root / "assay.toml").write_text(PANEL.format(0.5), encoding="utf-8")
    workspace = Workspace(root)
    store = workspace.store
    store.write("matches", store.read("matches"), lexicon.matching.recipe(workspace))
    store.write("segments", store.read("segments"), segmenter.segmenting.recipe(workspace))
    rows = [(one, "v", "risk", 1, "ok", None, None, "m", "p", None) for one in bench.segments]
    votes = pl.DataFrame(rows, schema=dict(empty("votes").schema), orient="row")
    store.write("votes/v", votes, vote_recipe(workspace, workspace.settings.vote.voters[0]))
    run_gate(workspace)
    return workspace


@pytest.fixture
def fresh(make_bench):
    bench = make_bench()
    return up_to_date(bench), bench.engine


def with_another_codebook(workspace):
    path = workspace.root / "codebook.toml"
    path.write_text(path.read_text("utf-8").replace('version = "1"', 'version = "2"', 1), encoding="utf-8")
    return Workspace(workspace.root)


def assay(workspace, *arguments):
    return CliRunner().invoke(build(), [*arguments, "-w", str(workspace.root)])


def banner(workspace):
    """The words of the banner of a report made now; None where it has none."""
    assert assay(workspace, "report").exit_code == 0
    html = (workspace.reports / "report.html").read_text("utf-8")
    found = re.search(r'<div class="banner" role="note">(.*?)</div>', html)
    return found and re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", found[1]))).strip()


def test_where_nothing_changed_nothing_is_out_of_date(fresh):
    assert out_of_date(*fresh) == ()
    assert (votes_out_of_date(fresh[0]), vote_command(fresh[0])) == ([], "vote")
    assert banner(fresh[0]) is None
    assert json.loads(assay(fresh[0], "gate", "--json").stdout)["votes_out_of_date"] == []
    assert "out of date" not in assay(fresh[0], "gate").stdout
    assert json.loads(assay(fresh[0], "release", "new", "--json").stdout)["stale"] == []


def test_an_edited_codebook_stands_in_the_way_of_a_release(fresh):
    workspace = with_another_codebook(fresh[0])
    assert out_of_date(workspace, fresh[1]) == (VOTES, VERDICTS)
    refused = assay(workspace, "release", "new")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "assay: wanted tables that are up to date; out of date: votes (codebook changed), made again by: assay vote; "
        "verdicts (codebook changed), made again by: assay gate. Run these in this order; assay status names what "
        "follows. To release them as they are, add --stale: the release then says so\n"
    )
    assert list(workspace.releases.iterdir()) == []


def test_with_the_option_it_is_released_and_says_so(fresh):
    workspace = with_another_codebook(fresh[0])
    released = assay(workspace, "release", "new", "--stale", "--json")
    assert released.exit_code == 0
    assert json.loads(released.stdout)["stale"] == [
        {"table": "votes", "why": ["codebook changed"], "command": "assay vote", "blocks": True},
        {"table": "verdicts", "why": ["codebook changed"], "command": "assay gate", "blocks": True},
    ]
    text = (workspace.releases / "v1" / "README.md").read_text("utf-8")
    assert ">\n> - `votes`: codebook changed\n> - `verdicts`: codebook changed\n" in text
    shown = assay(workspace, "release", "new", "--stale").stdout.splitlines()
    assert shown[-1] == "verdicts: out of date, and the README says so: codebook changed (assay gate)"


def test_segments_and_what_was_made_of_them(fresh):
    workspace = fresh[0]
    with (workspace.root / "assay.toml").open("a", encoding="utf-8") as settings:
        settings.write("[segment]\nmax_gap = 7\n")
    wanted = (StaleTable("segments", ("setting max_gap changed",), "assay segment"),)
    assert out_of_date(Workspace(workspace.root), fresh[1]) == wanted
    assert "made again by: assay segment. " in assay(workspace, "release", "new").stderr


def test_a_threshold_given_as_an_option_is_told_how_to_stay(fresh):
    assert assay(fresh[0], "gate", "--threshold", "3/4").exit_code == 0
    refused = assay(fresh[0], "release", "new").stderr
    assert "verdicts (setting threshold changed), made again by: assay gate" in refused
    assert "given as an option counts as changed until assay.toml says the same" in refused


def test_the_report_says_it_at_the_top(fresh):
    assert banner(with_another_codebook(fresh[0])) == (
        "Out of date : these tables are not what their inputs, the settings and the codebook would make today. What is "
        "below comes from them as they are, and may mix the old with the new. votes: codebook changed; make it again "
        "with assay vote verdicts: codebook changed; make it again with assay gate"
    )


def test_the_gate_counts_old_votes_and_says_so(fresh):
    (fresh[0].root / "assay.toml").write_text(PANEL.format(0.9), encoding="utf-8")
    shown = assay(fresh[0], "gate")
    assert shown.exit_code == 0
    assert shown.stdout.startswith("nothing changed: 3 segments, a panel of 1")
    assert (
        "the votes are out of date, and were counted as they are: setting abstain_below changed "
        "(run: assay vote, then: assay gate)\n"
    ) in shown.stdout
    told = json.loads(assay(fresh[0], "gate", "--json").stdout)
    assert told["votes_out_of_date"] == ["setting abstain_below changed"]


def test_new_gold_blocks_nothing_but_is_told(closed):
    workspace = up_to_date(closed)
    resolve(workspace, closed.engine)
    learned = StaleTable("votes", ("gold changed",), "assay vote", blocks=False)
    assert out_of_date(workspace, closed.engine) == (learned,)
    assert banner(workspace) is None
    report = (workspace.reports / "report.html").read_text("utf-8")
    assert report.count(">not made again: gold changed</td>") == 1
    released = assay(workspace, "release", "new")
    assert released.exit_code == 0
    assert released.stdout.splitlines()[-1] == "votes: not made again: gold changed (assay vote)"
    text = (workspace.releases / "v1" / "README.md").read_text("utf-8")
    assert "Not made again since something that they may learn from changed: `votes` (gold changed).\n" in text


def test_new_segments_make_everything_after_them_old(closed):
    workspace = up_to_date(closed)
    resolve(workspace, closed.engine)
    store = workspace.store
    store.write("segments", store.read("segments").head(2), segmenter.segmenting.recipe(workspace))
    assert [(one.table, one.why, one.blocks) for one in out_of_date(workspace, closed.engine)] == [
        ("votes", ("gold changed", "segments changed"), True),
        ("verdicts", ("segments changed",), True),
        ("gold", ("segments changed",), True),
    ]


def test_a_prompt_that_cannot_be_read_stops_who_votes_and_not_who_counts(fresh):
    workspace = fresh[0]
    panel = '[[vote.voters]]\nname = "v"\nbackend = "openai"\nmodel = "m"\nbase_url = "http://127.0.0.1:1/v1"\n'
    (workspace.root / "assay.toml").write_text(panel, encoding="utf-8")
    assert assay(workspace, "vote", "prompts").exit_code == 0
    for path in (workspace.root / "prompts").glob("*.j2"):
        path.write_bytes(b"\xff")
    done = assay(workspace, "gate", "--json")
    assert done.exit_code == 0
    [told] = json.loads(done.stdout)["votes_out_of_date"]
    assert told.startswith("v cannot vote: ")
    assert "v cannot vote" in banner(workspace)
