"""`assay vote plan`: what a round would ask, counted before anything is spent."""

import json
from math import ceil

import pytest
from typer.testing import CliRunner

from annotation.silver.planning import plan_votes
from annotation.silver.voting import vote
from core.scripted_llm import fails
from core.settings import parse_settings
from core.tokens import estimated_tokens
from core.workspace import Workspace

REPLY = 2 * 70 + 0.3 * len('{"context": "", "analysis": "", "labels": {"mood": 0, "asks": 0}}')
"""Tokens assumed of a reply: two thoughts, and the rest by its characters."""
PRICES = "price_in = 1000.0\nprice_out = 2000.0\ntokens_per_second = 10.0"


def test_nothing_is_sent_and_everything_is_counted(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, extra=PRICES), n=6)
    [plan] = plan_votes(workspace).voters
    assert server.asked == []
    assert (plan.n_ballots, plan.n_standing, plan.n_kept, plan.n_requests) == (12, 0, 0, 6)
    assert plan.completion_tokens == ceil(6 * REPLY)
    assert plan.completion_tokens_at_most == 6 * 1024
    assert plan.cost == pytest.approx(plan.prompt_tokens / 1000 + 6 * REPLY / 500, rel=1e-3)
    assert plan.hours == pytest.approx(6 * REPLY / 10 / 3600, rel=1e-3)
    assert plan.example is not None
    assert "第0次" in plan.example["user"]


def test_the_tokens_are_those_of_the_prompts_that_are_sent(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=3)
    [plan] = plan_votes(workspace).voters
    vote(workspace)
    sent = sum(estimated_tokens(message["content"]) for body in server.asked for message in body["messages"])
    assert plan.prompt_tokens == pytest.approx(sent, abs=1)


def test_votes_that_stand_are_not_planned_again(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=3)
    vote(workspace)
    [plan] = plan_votes(Workspace(workspace.root)).voters
    assert (plan.n_standing, plan.n_requests, plan.prompt_tokens) == (6, 0, 0)


def test_failed_votes_are_planned_again(make_silver, chat_panel, model_server):
    server = model_server(lambda _: fails(400))
    workspace = make_silver(chat_panel(server), n=3)
    vote(workspace)
    assert plan_votes(Workspace(workspace.root)).voters[0].n_requests == 3


def test_replies_that_are_kept_cost_nothing_and_say_how_long_replies_are(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=4)
    vote(workspace)
    for path in (workspace.root / "tables" / "votes").iterdir():
        path.unlink()
    again = Workspace(workspace.root)
    [plan] = plan_votes(again).voters
    assert (plan.n_standing, plan.n_kept, plan.n_requests, plan.completion_tokens) == (0, 4, 0, 0)


def test_a_machine_has_its_price_by_the_hour(make_silver, chat_panel, model_server):
    by_hour = "price_hour = 36.0\ntokens_per_second = 10.0"
    [plan] = plan_votes(make_silver(chat_panel(model_server(), extra=by_hour), n=6)).voters
    assert plan.cost == pytest.approx(6 * REPLY / 1000, rel=1e-3)
    both = make_silver(chat_panel(model_server(), extra=f"{PRICES}\nprice_hour = 36.0"), n=6, name="both")
    [plan] = plan_votes(both).voters
    assert plan.cost == pytest.approx(6 * REPLY / 1000 + plan.prompt_tokens / 1000 + 6 * REPLY / 500, rel=1e-3)


def test_a_price_by_the_hour_needs_to_know_how_many_hours():
    text = '[[vote.voters]]\nname = "a"\nbackend = "vllm"\nmodel = "m"\nprice_hour = 2.0'
    with pytest.raises(Exception, match="'a' has a price_hour and needs tokens_per_second"):
        parse_settings(text)


def test_an_embedded_voter_asks_nobody(make_silver, embedded_panel):
    [plan] = plan_votes(make_silver(embedded_panel("ridge"), n=6)).voters
    assert (plan.backend, plan.n_ballots, plan.n_requests, plan.cost, plan.example) == ("embedded", 12, 0, None, None)


def test_the_command_prints_the_plan_and_a_prompt(app, make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(), extra=PRICES), n=3)
    done = CliRunner().invoke(app, ["vote", "plan", "--example", "-w", str(workspace.root)])
    assert done.exit_code == 0, done.output
    assert "in all: 3 requests" in done.output
    assert "cost" in done.output
    assert "[system]" in done.output
    told = CliRunner().invoke(app, ["vote", "plan", "--json", "-w", str(workspace.root)])
    assert json.loads(told.stdout)["total"]["n_requests"] == 3


def test_with_economy_the_plan_says_that_it_is_the_most(app, make_silver, chat_panel, model_server):
    workspace = make_silver("[vote]\neconomy = true\n" + chat_panel(model_server()), n=3)
    done = CliRunner().invoke(app, ["vote", "plan", "-w", str(workspace.root)])
    assert "with vote.economy this is the most it can take" in done.output


def test_prices_belong_to_servers():
    text = '[[vote.voters]]\nname = "a"\nbackend = "embedded"\nprice_in = 1.0'
    with pytest.raises(Exception, match="has no key 'price_in'"):
        parse_settings(text)


def test_prices_do_not_make_votes_stale(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=3)
    vote(workspace)
    (workspace.root / "assay.toml").write_text(chat_panel(server, extra=PRICES), encoding="utf-8")
    assert not vote(Workspace(workspace.root)).changed
    assert len(server.asked) == 3
