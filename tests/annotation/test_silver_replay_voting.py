"""`assay vote` with votes made elsewhere: what it writes and tells, and what it notices when their file changes."""

import json

import pytest
from typer.testing import CliRunner

from annotation.silver.replay import NO_VOTE
from annotation.silver.voting import vote
from core.workspace import Workspace

PANEL = '[[vote.voters]]\nname = "elsewhere"\nbackend = "replay"\nvotes = "votes.csv"\nfamily = "people"\n'


@pytest.fixture
def run(app):
    return lambda workspace, *options: CliRunner().invoke(app, ["vote", "-w", str(workspace.root), *options])


def rows_for(n: int, **changed: str) -> str:
    """Votes on the first n segments: a mood each, and nobody asks; by segment, a mood may be another."""
    head = "segment_id,variable,label\n"
    made = ((f"{k:016x}", changed.get(f"s{k}", ["plain", "sad", "glad"][k % 3])) for k in range(n))
    return head + "".join(f"{one},mood,{mood}\n{one},asks,no\n" for one, mood in made)


def test_the_command_replays_and_then_says_that_nothing_changed(run, make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    first = run(workspace)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[2].split()[:5] == ["elsewhere", "people", "6", "6", "100.0%"]
    votes = workspace.store.read("votes/elsewhere")
    assert votes.filter(variable="mood")["label"].to_list() == [0, 1, 3]
    assert run(workspace).stdout == "nothing changed: 6 votes of 1 voter\n"


def test_an_edited_file_is_noticed_and_only_its_changed_rows_are_new(make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    vote(workspace)
    (workspace.root / "votes.csv").write_text(rows_for(3, s1="glad"), encoding="utf-8")
    [turn] = vote(Workspace(workspace.root)).voters
    assert (turn.n, turn.n_new) == (6, 1)
    assert workspace.store.read("votes/elsewhere").filter(variable="mood")["label"].to_list() == [0, 3, 3]


def test_missing_rows_end_the_command_and_are_looked_for_again(run, make_silver):
    workspace = make_silver(PANEL, n=3)
    (workspace.root / "votes.csv").write_text(rows_for(2), encoding="utf-8")
    result = run(workspace)
    assert result.exit_code == 1
    assert f"2 votes failed, the first because of elsewhere: {NO_VOTE}" in result.stderr
    (workspace.root / "votes.csv").write_text(rows_for(3), encoding="utf-8")
    assert json.loads(run(workspace, "--json").stdout)["voters"][0]["n_new"] == 2


def test_the_votes_of_a_table_of_this_very_workspace(make_silver):
    workspace = make_silver(PANEL, n=4)
    (workspace.root / "votes.csv").write_text(rows_for(4), encoding="utf-8")
    vote(workspace)
    other = '[[vote.voters]]\nname = "copy"\nbackend = "replay"\n'
    other += 'votes = "tables/votes/elsewhere.parquet"\nvotes_as = "elsewhere"\n'
    (workspace.root / "assay.toml").write_text(PANEL + other, encoding="utf-8")
    vote(Workspace(workspace.root))
    first, copy = (workspace.store.read(f"votes/{name}").drop("voter") for name in ("elsewhere", "copy"))
    assert first.height == 8
    assert first.equals(copy)


def test_rows_left_out_are_told_every_time_and_kept(run, make_silver):
    workspace = make_silver(PANEL, n=2)
    more = "".join(f"{k:016x},mood,sad\n" for k in (7, 8)) + f"{0:016x},moods,sad\n"
    (workspace.root / "votes.csv").write_text(rows_for(2) + more, encoding="utf-8")
    for printed in (run(workspace).stdout, run(workspace).stdout):
        assert "elsewhere: 2 rows of its file left out: naming a segment that is not in this workspace" in printed
        assert "elsewhere: 1 row of its file left out: naming a variable that is none" in printed
    kept = workspace.store.read_rejected("votes/elsewhere")
    assert kept is not None
    assert kept.columns == ["segment_id", "variable", "label", "reason"]
    assert kept["segment_id"].to_list() == [f"{k:016x}" for k in (7, 8, 0)]
