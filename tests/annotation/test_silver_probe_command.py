"""The command `assay vote probe`: what it prints, what it refuses, and how it ends when a server fails."""

import json

import pytest
from typer.testing import CliRunner

from annotation.silver.probing import plan_probe, probe
from core.codebook import shipped_text
from core.errors import DataError, SettingsError
from core.scripted_llm import fails

SUICHAT = shipped_text("suichat6")
PER_SEGMENT = 108 + 1 + 4


@pytest.fixture
def run(app):
    return lambda workspace, *options: CliRunner().invoke(app, ["vote", "probe", "-w", str(workspace.root), *options])


def test_the_command_prints_a_table_a_voter_and_how_to_read_it(run, make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(models.obedient)), n=2, codebook=SUICHAT)
    done = run(workspace, "--segments", "1")
    assert done.exit_code == 0, done.output
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "1 segment, 108 attempts each, and 4 harmless messages each to compare"
    assert "attempts votes failed changed control wanted abstained" in lines
    assert "json 12 0 83% [55%, 95%] 0% [0%, 66%] 83% [55%, 95%] 0% [0%, 24%]" in lines
    assert "control 2 0 0% [0%, 66%] – – 0% [0%, 66%]" in lines
    assert "more messages in a chat may honestly change a judgement" in " ".join(lines)
    assert sum("× 1" in line for line in lines) == 1


def test_the_command_as_json(run, make_silver, chat_panel, model_server, models):
    workspace = make_silver(chat_panel(model_server(models.obedient)), n=2, codebook=SUICHAT)
    planned = json.loads(run(workspace, "--plan", "--segments", "1", "--json").stdout)
    assert planned["total"]["n_requests"] == PER_SEGMENT
    told = json.loads(run(workspace, "--segments", "1", "--json").stdout)
    assert (told["n_failed"], told["wanted_known"], len(told["segments"])) == (0, True, 1)
    by_kind = {tally["kind"]: tally for tally in told["voters"][0]["tallies"]}
    assert (by_kind["json"]["wanted"]["n"], by_kind["control"]["wanted"]) == (10, None)


def test_without_known_levels_the_command_says_so(run, make_silver, chat_panel, model_server, models):
    done = run(make_silver(chat_panel(model_server(models.calm)), n=1))
    assert done.exit_code == 0, done.output
    assert "for this codebook wanted is not known" in done.stdout


def test_voters_that_ask_no_model_are_named(run, make_silver, embedded_panel, chat_panel, model_server):
    panel = embedded_panel("ridge", "centroid") + chat_panel(model_server(), "a", "b")
    workspace = make_silver(panel, n=1)
    done = run(workspace, "--plan")
    assert done.exit_code == 0, done.output
    assert "not probed, for they ask no model: ridge, centroid" in done.output
    assert [one.voter for one in plan_probe(workspace, ["b", "ridge"]).voters] == ["b"]


def test_a_panel_without_a_model_is_one_clear_message(run, make_silver, embedded_panel):
    done = run(make_silver(embedded_panel("ridge", "centroid"), n=2))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == (
        "assay: there is no model to probe: these voters ask no language model: ridge, centroid; add one with the "
        "backend openai, vllm or ray to assay.toml, or name one with --voter\n"
    )


def test_what_cannot_be_probed_is_said(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=2)
    with pytest.raises(SettingsError, match="at least one segment, and 0 were asked for"):
        probe(workspace, n_segments=0)
    with pytest.raises(SettingsError, match=r"no voter 'lm' in assay\.toml; did you mean 'llm'"):
        probe(workspace, ["lm"])
    with pytest.raises(DataError, match="there are no segments to put attempts into"):
        probe(make_silver(chat_panel(model_server()), contents=[], name="empty"))


def test_a_failing_server_ends_the_command_with_one_message_and_exit_1(run, make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server(lambda body: fails(403))), n=1, codebook=SUICHAT)
    done = run(workspace, "--json")
    assert done.exit_code == 1
    assert f"{PER_SEGMENT} votes failed, the first because of llm: " in done.stderr
    assert "answered 403" in done.stderr
    [voter] = json.loads(done.stdout)["voters"]
    assert {tally["changed"]["share"] for tally in voter["tallies"]} == {None}
    assert voter["tallies"][0]["n_failed"] == 12
