"""The random share that the whole panel votes on where votes are saved, and what is measured on it."""

import polars as pl

from annotation.silver.voting import vote
from app.report_facts import read_facts
from app.report_variables import panel_kappas, variable_sections
from consensus.gating import run_gate
from consensus.panel import voter_outcomes
from core.database import open_database
from core.full_share import full_share, in_full_share
from core.workspace import Workspace

N, VOTERS = 40, 5


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


def test_the_report_counts_voters_on_the_share_that_all_were_asked_about(pair):
    _, thrifty, report, *_ = pair
    run_gate(thrifty)
    facts = read_facts(thrifty, open_database(thrifty))
    assert facts.votes_were_saved
    outcomes = voter_outcomes(facts.votes, facts.verdicts, "risk")
    accepted = facts.verdicts.filter("accepted").join(facts.votes, on="segment_id", how="semi").height
    totals = outcomes.select(pl.sum_horizontal("agrees", "disagrees", "abstains", "no_answer")).to_series().to_list()
    assert totals == [accepted] * VOTERS
    assert accepted <= report.n_full
    assert "random share that the whole panel" in str(variable_sections(facts, panel_kappas(facts)))


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
