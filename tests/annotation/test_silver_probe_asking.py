"""What a probe asks: its plan, the segments it draws, and what it asks again after a failure or a vote."""

from math import ceil

import pytest

from annotation.silver.probing import plan_probe, probe, some_segments
from annotation.silver.voting import vote
from core.codebook import shipped_text
from core.scripted_llm import Scripted, fails
from core.tokens import estimated_tokens
from core.workspace import Workspace

SUICHAT = shipped_text("suichat6")
PER_SEGMENT = 108 + 1 + 4


def test_the_plan_asks_nothing_and_counts_what_is_asked_then(make_silver, chat_panel, model_server, models):
    server = model_server(models.firm)
    workspace = make_silver(chat_panel(server), n=4, codebook=SUICHAT)
    [cost] = plan_probe(workspace, n_segments=2).voters
    assert server.asked == []
    assert (cost.n_kept, cost.n_requests, cost.n_later) == (0, 2 * PER_SEGMENT, 0)
    a_reply = 2 * 70 + 0.3 * len('{"context": "", "analysis": "", "labels": {"risk": 0}}')
    assert cost.completion_tokens == ceil(2 * PER_SEGMENT * a_reply)
    probe(workspace, n_segments=2)
    sent = sum(estimated_tokens(message["content"]) for body in server.asked for message in body["messages"])
    assert (len(server.asked), cost.prompt_tokens) == (2 * PER_SEGMENT, pytest.approx(sent, abs=1))
    [after] = plan_probe(Workspace(workspace.root), n_segments=2).voters
    assert (after.n_kept, after.n_requests, after.prompt_tokens) == (2 * PER_SEGMENT, 0, 0)


def test_the_plan_names_what_answers_may_lead_to(make_silver, chat_panel, model_server):
    panel = chat_panel(model_server(), extra='prompt = "questions"')
    workspace = make_silver(panel, n=1, codebook=shipped_text("ideation4"))
    [cost] = plan_probe(workspace).voters
    assert (cost.n_requests, cost.n_later) == (PER_SEGMENT, PER_SEGMENT)


def test_segments_are_drawn_by_their_ids(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=12)
    assert some_segments(workspace, 3).get_column("segment_id").to_list() == [f"{n:016x}" for n in (2, 8, 9)]
    assert some_segments(workspace, 99).height == 12
    fewer = make_silver(chat_panel(model_server()), n=10, name="fewer")
    assert some_segments(fewer, 3).equals(some_segments(workspace, 3))


def test_a_second_run_asks_nothing_and_says_the_same(make_silver, chat_panel, model_server, models):
    server = model_server(models.obedient)
    workspace = make_silver(chat_panel(server), n=3, codebook=SUICHAT)
    first = probe(workspace, n_segments=1)
    assert len(server.asked) == PER_SEGMENT
    assert probe(Workspace(workspace.root), n_segments=1) == first
    assert len(server.asked) == PER_SEGMENT


def test_no_vote_is_written_and_votes_already_cast_are_not_asked_again(make_silver, chat_panel, model_server, models):
    server = model_server(models.firm)
    workspace = make_silver(chat_panel(server), n=3, codebook=SUICHAT)
    vote(workspace)
    before = workspace.store.read("votes/llm")
    assert len(server.asked) == 3
    probe(Workspace(workspace.root), n_segments=1)
    assert len(server.asked) == 2 + PER_SEGMENT
    assert workspace.store.parts("votes") == ["votes/llm"]
    assert workspace.store.read("votes/llm").equals(before)
    assert not vote(Workspace(workspace.root)).changed


def test_what_fails_is_no_change_and_is_all_that_the_next_run_asks(make_silver, chat_panel, model_server, models):
    broken = [True]

    def script(body: dict) -> Scripted:
        return fails(400) if broken[0] and len("".join(models.chat(body))) > 1500 else models.firm(body)

    server = model_server(script)
    workspace = make_silver(chat_panel(server), n=1, codebook=SUICHAT)
    [voter] = probe(workspace).voters
    # Of the 12 long attempts, two are blanks and empty lines, of which a prompt shows next to nothing.
    failed = {tally.kind: tally.n_failed for tally in voter.tallies if tally.n_failed}
    assert voter.n_failed == failed["long"] + 2
    assert failed == {"long": 10, "all attempts": 10, "long control": 2}
    long = voter.tally("long")
    assert long.control is not None
    assert (long.changed.of, long.control.share, voter.changes) == (2, None, ())
    broken[0], n_asked = False, len(server.asked)
    [again] = probe(workspace).voters
    assert (len(server.asked) - n_asked, again.n_failed, again.tally("long").changed.of) == (12, 0, 12)
