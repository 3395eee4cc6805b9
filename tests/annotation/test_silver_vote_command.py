"""What `assay vote` says to people and to programs."""

import json

import polars as pl
from typer.testing import CliRunner

from core.scripted_llm import fails, says
from core.store import Recipe


def test_the_command_prints_a_table_and_then_that_nothing_changed(app, make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge"), n=3)
    runner = CliRunner()
    first = runner.invoke(app, ["vote", "-w", str(workspace.root)])
    assert (first.exit_code, first.stdout.splitlines()[0].strip()) == (0, "3 segments, 2 variables")
    assert first.stdout.splitlines()[2].split()[:4] == ["ridge", "f", "6", "6"]
    second = runner.invoke(app, ["vote", "-w", str(workspace.root)])
    assert second.stdout == "nothing changed: 6 votes of 1 voter\n"


def test_the_command_as_json(app, make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge", "centroid"), n=3)
    result = CliRunner().invoke(app, ["vote", "--voter", "centroid", "--json", "-w", str(workspace.root)])
    printed = json.loads(result.stdout)
    assert (printed["changed"], printed["n_failed"], printed["n_segments"]) == (True, 0, 3)
    assert [turn["voter"] for turn in printed["voters"]] == ["centroid"]


def test_failed_votes_end_the_command_with_one_message(app, make_silver, embedded_panel, chat_panel, model_server):
    workspace = make_silver(embedded_panel("ridge") + chat_panel(model_server(lambda body: fails(403))), n=3)
    result = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert result.exit_code == 1
    assert "6 votes failed, the first because of llm: " in result.stderr
    assert "answered 403" in result.stderr
    assert workspace.store.read("votes/ridge").height == 6


def test_the_cause_is_named_and_not_what_came_of_it(app, make_silver, chat_panel, model_server):
    server = model_server(lambda body: fails(403))
    workspace = make_silver(chat_panel(server), n=9)
    result = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert "18 votes failed, the first because of llm: " in result.stderr
    assert "not asked" not in result.stderr
    assert "not asked" in result.stdout


def test_what_could_not_be_read_is_counted_and_kept(app, make_silver, chat_panel, model_server):
    replies = iter([says('{"labels": {"mood": 7, "asks": 1}}'), says(""), says('{"labels": {"mood": 1, "asks": 0}}')])
    workspace = make_silver(chat_panel(model_server(lambda body: next(replies))), n=3)
    result = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert "llm: 3 votes unparsed: no label could be read" in result.stdout
    unread = workspace.store.read("votes/llm").filter(pl.col("status") == "unparsed")
    assert set(unread["rationale"]) == {'{"labels": {"mood": 7, "asks": 1}}', "(an empty reply)"}
    read = workspace.store.read("votes/llm").filter(pl.col("status") == "ok")
    assert read["rationale"].to_list() == [None] * 3


def test_without_segments_it_says_where_to_look(app, make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge"), n=2)
    workspace.store.write("segments", workspace.store.read("segments").clear(), Recipe(inputs={}))
    result = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert (result.exit_code, result.stdout[:77]) == (
        0,
        "there is nothing to vote on: the table segments has no rows. Look at what the",
    )


def test_another_model_that_answers_is_named(app, make_silver, chat_panel, model_server):
    answer = '{"labels": {"mood": 1, "asks": 0}}'
    workspace = make_silver(chat_panel(model_server(lambda body: says(answer, model="other\x1b[31m"))), n=2)
    result = CliRunner().invoke(app, ["vote", "-w", str(workspace.root)])
    assert "llm: replies say that they are of another model: 'other\\x1b[31m'\n" in result.stdout
