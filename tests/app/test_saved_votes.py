"""Voters that save votes: the verdicts of the full panel, from fewer requests."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count

import polars as pl
import pytest
from typer.testing import CliRunner

from annotation.silver.voting import vote
from app.main import build
from app.report_facts import read_facts
from app.report_variables import panel_kappas, variable_sections
from app.status import status
from app.wiring import still_open_under
from consensus.gating import run_gate
from consensus.panel import voter_outcomes
from core.contracts import empty
from core.database import open_database
from core.errors import WorkspaceError
from core.full_share import full_share, in_full_share
from core.scripted_llm import ScriptedServer, fails, says
from core.store import Recipe
from core.workspace import Workspace, create_workspace

VOTERS = 5
PANEL = """
[vote]
economy = {economy}
full_share = 0.1
seed = 3
"""
VOTER = """
[[vote.voters]]
name = "{name}"
backend = "openai"
model = "{name}"
base_url = "{url}"
retries = 0
price_in = {price}
price_out = {price}
"""
N = 40


def label_of(model: str, number: int) -> int:
    """Segments 0 to 9 of every 20 have one label for all; on the others the voters differ, and m3 often abstains."""
    if number % 20 < 10:
        return number % 3
    if model == "m3" and number % 2:
        return -1
    return (number + int(model[1])) % 3


def answer(body: dict):
    number = int(re.findall(r"第(\d+)段", body["messages"][1]["content"])[0])
    return says(json.dumps({"rationale": "r", "labels": {"risk": label_of(body["model"], number)}}))


def made(folder, server: ScriptedServer, economy: bool) -> Workspace:
    workspace = create_workspace(folder)
    text = PANEL.format(economy=str(economy).lower())
    text += "".join(VOTER.format(name=f"m{n}", url=server.base_url, price=VOTERS - n) for n in range(VOTERS))
    (workspace.root / "assay.toml").write_text(text, encoding="utf-8")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    messages = [
        (f"m{n:02}", "c", f"u{n}", None, start + timedelta(hours=n), f"这是第{n}段 好累啊", False, None)
        for n in range(N)
    ]
    segments = [
        (f"{n:016x}", "c", [f"m{n:02}"], [f"m{n:02}"], f"m{n:02}", f"u{n}", *[start + timedelta(hours=n)] * 2,
         1, 1, 9, 1, None)
        for n in range(N)
    ]  # fmt: skip
    for name, rows in (("messages/c", messages), ("segments", segments)):
        frame = pl.DataFrame(rows, schema=empty(name.partition("/")[0]).schema, orient="row")
        workspace.store.write(name, frame, Recipe(inputs={}))
    return Workspace(workspace.root)


def verdicts(workspace: Workspace) -> list[tuple]:
    run_gate(workspace)
    return workspace.store.read("verdicts").select("segment_id", "label", "accepted", "reason").rows()


@pytest.fixture
def pair(tmp_path):
    """The same segments and panel twice: once everybody votes on everything, once votes are saved."""
    with ScriptedServer(answer) as all_asked, ScriptedServer(answer) as few_asked:
        full, thrifty = made(tmp_path / "full", all_asked, False), made(tmp_path / "thrifty", few_asked, True)
        vote(full)
        report = vote(thrifty, still_open=still_open_under(thrifty))
        yield full, thrifty, report, all_asked, few_asked


def test_the_verdicts_are_those_of_the_full_panel_and_votes_are_saved(pair):
    full, thrifty, report, all_asked, few_asked = pair
    assert len(all_asked.asked) == N * VOTERS
    assert verdicts(thrifty) == verdicts(full)
    assert len(few_asked.asked) == N * VOTERS - report.n_saved
    assert report.n_saved > 30


def test_the_full_share_has_the_whole_panel_and_statistics_are_its_own(pair):
    _, thrifty, report, *_ = pair
    segments = thrifty.store.read("segments")["segment_id"]
    full = [one for one in segments if in_full_share(one, 0.1, 3)]
    votes = thrifty.store.read("votes").filter(pl.col("segment_id").is_in(full))
    assert 0 < len(full) == report.n_full < N
    assert votes.height == len(full) * VOTERS
    gated = run_gate(thrifty, details=True)
    assert gated.n_full_panel == len(full)
    assert max(one.n for one in gated.variables["risk"].details.cohen_kappa) <= len(full)


def test_the_dear_voters_are_asked_last(pair):
    *_, few_asked = pair
    counts = {f"m{n}": sum(body["model"] == f"m{n}" for body in few_asked.asked) for n in range(VOTERS)}
    assert counts["m4"] == N
    assert counts["m0"] < counts["m4"]


def test_a_second_run_asks_nothing_and_a_full_one_only_the_rest(pair):
    _, thrifty, _, _, few_asked = pair
    before = len(few_asked.asked)
    again = Workspace(thrifty.root)
    assert not vote(again, still_open=still_open_under(again)).changed
    assert len(few_asked.asked) == before
    settings = thrifty.root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace("economy = true", "economy = false"), encoding="utf-8")
    vote(Workspace(thrifty.root))
    assert len(few_asked.asked) == N * VOTERS
    assert run_gate(Workspace(thrifty.root)).n_full_panel is None


def test_a_voter_that_fails_settles_nothing(tmp_path):
    def script(body: dict):
        return fails(400) if body["model"] == "m4" else answer(body)

    with ScriptedServer(script) as server, ScriptedServer(answer) as whole:
        thrifty, full = made(tmp_path / "thrifty", server, True), made(tmp_path / "full", whole, False)
        vote(full)
        assert vote(thrifty, still_open=still_open_under(thrifty)).n_failed > 0
        told = {one[0]: one[1:] for one in verdicts(full)}
        for segment_id, label, accepted, reason in verdicts(thrifty):
            if accepted:
                assert told[segment_id] == (label, accepted, reason)


def test_votes_saved_under_one_rule_make_no_verdicts_under_another(pair):
    _, thrifty, *_ = pair
    with pytest.raises(WorkspaceError, match=r"could still change verdicts: \d+ of \d+ on risk"):
        run_gate(thrifty, Fraction(1))
    assert not thrifty.store.exists("verdicts")
    settings = thrifty.root / "assay.toml"
    settings.write_text(settings.read_text("utf-8") + "\n[gate]\nthreshold = 1\n", encoding="utf-8")
    stricter = Workspace(thrifty.root)
    vote(stricter, still_open=still_open_under(stricter))
    run_gate(stricter)
    full = pair[0]
    run_gate(full, Fraction(1))
    told = [one.store.read("verdicts").select("segment_id", "label", "accepted") for one in (full, stricter)]
    assert told[0].equals(told[1])


def test_a_vote_that_was_stopped_makes_no_verdicts_before_it_has_gone_on(tmp_path):
    with ScriptedServer(answer) as server:
        workspace = made(tmp_path / "stopped", server, True)
        really, calls = still_open_under(workspace), count()

        def stopping(votes, ballots):
            if next(calls) == 2:
                raise KeyboardInterrupt
            return really(votes, ballots)

        with pytest.raises(KeyboardInterrupt):
            vote(workspace, still_open=stopping)
        done = CliRunner().invoke(build(), ["gate", "-w", str(workspace.root)])
        assert done.exit_code == 1
        assert "Run assay vote --economy" in done.output
        vote(workspace, still_open=really)
        assert run_gate(workspace).variables["risk"].n_items == N


def test_the_command_says_what_was_saved(pair):
    _, thrifty, report, *_ = pair
    done = CliRunner().invoke(build(), ["vote", "--economy", "-w", str(thrifty.root)])
    assert done.exit_code == 0, done.output
    assert f"saved {report.n_saved:,} of {N * VOTERS:,} votes" in done.output
    # One variable: a vote saved is a request saved.
    assert report.models_spared == (report.n_saved, N * VOTERS)
    assert f"spared {report.n_saved:,} of {N * VOTERS:,} turns of a model to read a segment" in done.output
    alone = CliRunner().invoke(build(), ["vote", "--economy", "--voter", "m1", "-w", str(thrifty.root)])
    assert alone.exit_code == 1
    assert "the whole panel votes" in alone.output


def test_the_report_counts_voters_on_the_share_that_all_were_asked_about(pair):
    _, thrifty, report, *_ = pair
    run_gate(thrifty)
    facts = read_facts(thrifty, open_database(thrifty))
    assert facts.votes_were_saved
    outcomes = voter_outcomes(facts.votes, facts.verdicts, "risk")
    accepted = facts.verdicts.filter("accepted").join(facts.votes, on="segment_id", how="semi").height
    totals = outcomes.select(pl.sum_horizontal("agrees", "disagrees", "abstains")).to_series().to_list()
    assert totals == [accepted] * VOTERS
    assert accepted <= report.n_full
    assert "random share that the whole panel" in str(variable_sections(facts, panel_kappas(facts)))


def test_votes_that_the_option_saved_are_not_stale(pair):
    thrifty = pair[1]
    settings = thrifty.root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace("economy = true", "economy = false"), encoding="utf-8")
    opened = Workspace(thrifty.root)
    [votes] = [stage for stage in status(opened, open_database(opened)).stages if stage.table == "votes"]
    assert (votes.state, votes.why) == ("fresh", ())


def votes_stage(workspace):
    return next(one for one in status(workspace, open_database(workspace)).stages if one.table == "votes")


def test_votes_saved_for_another_rule_or_panel_are_out_of_date(pair):
    _, thrifty, *_ = pair
    assert votes_stage(thrifty).state == "fresh"
    settings = thrifty.root / "assay.toml"
    before = settings.read_text("utf-8")
    changes = (
        "\n[gate]\nthreshold = 1\n",
        "\n[gate]\nquorum = 2\n",
        VOTER.format(name="m9", url="http://h/v1", price=1),
    )
    for change in changes:
        settings.write_text(before + change, encoding="utf-8")
        told = votes_stage(Workspace(thrifty.root))
        assert (told.state, told.command) == ("stale", "vote")
        assert told.why[-1] == "votes were saved for another panel or another rule of [gate]"
    settings.write_text(before, encoding="utf-8")
    assert votes_stage(Workspace(thrifty.root)).state == "fresh"


def test_a_vote_that_was_stopped_is_out_of_date_until_it_has_gone_on(tmp_path):
    with ScriptedServer(answer) as server:
        workspace = made(tmp_path / "stopped", server, True)
        really = still_open_under(workspace)

        def stopping(votes, ballots):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            vote(workspace, still_open=stopping)
        assert votes_stage(workspace).why == ("the vote was stopped",)
        vote(workspace, still_open=really)
        assert votes_stage(workspace).why == ()
        # A second run that is stopped has lost nothing.
        with pytest.raises(KeyboardInterrupt):
            vote(workspace, still_open=stopping)
        assert votes_stage(workspace).why == ()


def test_a_run_that_is_stopped_between_turns_is_out_of_date_whosever_turn_it_was(pair):
    _, thrifty, *_ = pair
    settings = thrifty.root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace('model = "m4"', 'model = "m4"\nmax_tokens = 99'), "utf-8")
    changed = Workspace(thrifty.root)
    really, calls = still_open_under(changed), count()

    def stopping(votes, ballots):
        if next(calls) == 1:  # m4, the cheapest, has had both its turns
            raise KeyboardInterrupt
        return really(votes, ballots)

    with pytest.raises(KeyboardInterrupt):
        vote(changed, still_open=stopping)
    assert votes_stage(changed).why == ("the vote was stopped",)
    vote(changed, still_open=really)
    assert votes_stage(changed).why == ()


def test_votes_saved_before_the_rule_was_kept(pair):
    _, thrifty, *_ = pair
    store = thrifty.store
    manifest = store.manifest("votes/m2")
    before = replace(manifest.recipe, settings={**manifest.recipe.settings, "economy": {"share": 0.1, "seed": 3}})
    store.write_manifest("votes/m2", before, manifest.rows, manifest.rejected)
    assert votes_stage(thrifty).why == ("votes were saved by an earlier version, which did not keep the rule",)


def test_failed_votes_are_no_earlier_votes(tmp_path):
    def script(body: dict):
        return fails(400) if body["model"] == "m4" else answer(body)

    with ScriptedServer(script) as server:
        workspace = made(tmp_path / "failing", server, True)
        for _ in range(2):
            report = vote(workspace, still_open=still_open_under(workspace))
            assert [turn.n_dropped for turn in report.voters] == [0] * VOTERS
        assert not report.changed


def test_the_full_share_does_not_move_when_segments_come_and_go():
    ids = pl.Series([f"{n:016x}" for n in range(2000)])
    share = full_share(ids, [{"economy": {"share": 0.1, "seed": 7}}])
    assert share is not None
    assert 150 < len(share) < 250
    assert full_share(ids.tail(1000), [{"economy": {"share": 0.1, "seed": 7}}]).is_in(share.implode()).all()
    assert full_share(ids, [{}]) is None


def test_voters_that_saved_under_different_shares_have_the_smaller_in_common():
    ids = pl.Series([f"{n:016x}" for n in range(300)])
    small, large, other = (
        {"economy": {"share": share, "seed": seed}} for share, seed in ((0.1, 7), (0.9, 7), (0.5, 8))
    )
    assert full_share(ids, [large, small, {}]).equals(full_share(ids, [small]))
    both = full_share(ids, [large, other])
    assert set(both) == set(full_share(ids, [large])) & set(full_share(ids, [other]))


def test_a_voter_that_left_the_panel_saves_no_votes(pair):
    _, thrifty, *_ = pair
    settings = thrifty.root / "assay.toml"
    left = settings.read_text("utf-8").replace("economy = true", "economy = false")
    before, _, _ = left.partition('\n[[vote.voters]]\nname = "m0"')
    settings.write_text(
        before + "".join(f"\n[[vote.voters]]{one}" for one in left.split("\n[[vote.voters]]")[2:]), "utf-8"
    )
    smaller = Workspace(thrifty.root)
    assert [voter.name for voter in smaller.settings.vote.voters] == ["m1", "m2", "m3", "m4"]
    vote(smaller)
    gated = run_gate(smaller)
    facts = read_facts(smaller, open_database(smaller))
    assert gated.n_full_panel is None
    assert not facts.votes_were_saved
    assert facts.votes.height == N * 4
