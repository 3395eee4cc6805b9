"""Voters that save votes: the verdicts of the full panel, from fewer requests."""

from fractions import Fraction
from itertools import count

import pytest
from typer.testing import CliRunner

from annotation.silver.voting import vote
from app.main import build
from app.wiring import still_open_under
from consensus.gating import run_gate
from core.errors import WorkspaceError
from core.scripted_llm import ScriptedServer, fails
from core.workspace import Workspace

N, VOTERS = 40, 5


def verdicts(workspace: Workspace) -> list[tuple]:
    run_gate(workspace)
    return workspace.store.read("verdicts").select("segment_id", "label", "accepted", "reason").rows()


def test_the_verdicts_are_those_of_the_full_panel_and_votes_are_saved(pair):
    full, thrifty, report, all_asked, few_asked = pair
    assert len(all_asked.asked) == N * VOTERS
    assert verdicts(thrifty) == verdicts(full)
    assert len(few_asked.asked) == N * VOTERS - report.n_saved
    assert report.n_saved > 30


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


def test_a_voter_that_fails_settles_nothing(tmp_path, make_saving, answer_of):
    def script(body: dict):
        return fails(400) if body["model"] == "m4" else answer_of(body)

    with ScriptedServer(script) as server, ScriptedServer(answer_of) as whole:
        thrifty, full = make_saving(tmp_path / "thrifty", server, True), make_saving(tmp_path / "full", whole, False)
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


def test_a_vote_that_was_stopped_makes_no_verdicts_before_it_has_gone_on(tmp_path, make_saving, answer_of):
    with ScriptedServer(answer_of) as server:
        workspace = make_saving(tmp_path / "stopped", server, True)
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


def test_failed_votes_are_no_earlier_votes(tmp_path, make_saving, answer_of):
    def script(body: dict):
        return fails(400) if body["model"] == "m4" else answer_of(body)

    with ScriptedServer(script) as server:
        workspace = make_saving(tmp_path / "failing", server, True)
        for _ in range(2):
            report = vote(workspace, still_open=still_open_under(workspace))
            assert [turn.n_dropped for turn in report.voters] == [0] * VOTERS
        assert not report.changed
