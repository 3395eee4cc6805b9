"""When saved votes are out of date: another rule, another panel, a run that was stopped."""

from dataclasses import replace
from itertools import count

import pytest

from annotation.silver.voting import vote
from app.status import status
from app.wiring import still_open_under
from core.database import open_database
from core.scripted_llm import ScriptedServer
from core.workspace import Workspace


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
        '\n[[vote.voters]]\nname = "m9"\nbackend = "openai"\nmodel = "m9"\nbase_url = "http://h/v1"\n',
    )
    for change in changes:
        settings.write_text(before + change, encoding="utf-8")
        told = votes_stage(Workspace(thrifty.root))
        assert (told.state, told.command) == ("stale", "vote")
        assert told.why[-1] == "votes were saved for another panel or another rule of [gate]"
    settings.write_text(before, encoding="utf-8")
    assert votes_stage(Workspace(thrifty.root)).state == "fresh"


def test_a_vote_that_was_stopped_is_out_of_date_until_it_has_gone_on(tmp_path, make_saving, answer_of):
    with ScriptedServer(answer_of) as server:
        workspace = make_saving(tmp_path / "stopped", server, True)
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
