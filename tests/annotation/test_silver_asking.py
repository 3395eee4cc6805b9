"""A voter at work with each prompt, against a real HTTP server: what is asked how often, and what becomes of it."""

import json
import math

import polars as pl
import pytest
from typer.testing import CliRunner

from annotation.silver.voting import vote
from app.main import build as app
from core.codebook import shipped_text
from core.scripted_llm import Scripted, fails, says
from core.workspace import Workspace


def again(workspace: Workspace) -> Workspace:
    """The workspace as the next command opens it."""
    return Workspace(workspace.root)


def rows(workspace: Workspace, *columns: str, voter: str = "llm") -> list[tuple]:
    return workspace.store.read(f"votes/{voter}").with_columns(pl.col("status").cast(pl.String)).select(columns).rows()


def answered(**answers: str) -> Scripted:
    return says(json.dumps({"answers": {name: {"why": "w", "answer": answer} for name, answer in answers.items()}}))


def asks_for(body: dict, key: str) -> bool:
    return key in json.dumps(body["response_format"])


def test_the_moved_on_question_is_asked_only_of_attempts(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        if asks_for(body, "moved_on"):
            return answered(moved_on="yes")
        attempt = "第1次" in body["messages"][1]["content"]
        return answered(q1="yes", q2="no", q3="yes" if attempt else "no")

    server = model_server(script)
    panel = chat_panel(server, extra='prompt = "questions"')
    workspace = make_silver(panel, n=3, codebook=shipped_text("ideation4"))
    report = vote(workspace)
    assert rows(workspace, "label", "status") == [(1, "ok")] * 3
    assert sum(asks_for(body, "moved_on") for body in server.asked) == 1
    assert len(server.asked) == 4
    assert report.voters[0].n_new == 3
    assert not vote(again(workspace)).changed
    assert len(server.asked) == 4


def test_a_failure_of_the_later_question_is_a_failure_and_only_that_is_asked_again(
    make_silver, chat_panel, model_server
):
    broken = [True]

    def script(body: dict) -> Scripted:
        if asks_for(body, "moved_on"):
            return fails(500) if broken[0] else answered(moved_on="no")
        return answered(q1="yes", q2="no", q3="yes")

    server = model_server(script)
    panel = chat_panel(server, extra='prompt = "questions"\nretries = 0')
    workspace = make_silver(panel, n=2, codebook=shipped_text("ideation4"))
    assert vote(workspace).n_failed == 2
    assert rows(workspace, "label", "status") == [(-1, "failed")] * 2
    broken[0] = False
    first = len(server.asked)
    vote(again(workspace))
    assert rows(workspace, "label") == [(3,)] * 2
    assert [asks_for(body, "moved_on") for body in server.asked[first:]] == [True, True]


def test_one_variable_at_a_time(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        variable = "mood" if asks_for(body, "mood") else "asks"
        return says(json.dumps({"analysis": f"about {variable}", "labels": {variable: 1}}))

    server = model_server(script)
    workspace = make_silver('[vote]\nvariables = "each"\n' + chat_panel(server), n=2)
    vote(workspace)
    assert (
        rows(workspace, "variable", "label", "rationale")
        == [
            ("mood", 1, "about mood"),
            ("asks", 1, "about asks"),
        ]
        * 2
    )
    assert len(server.asked) == 4


def test_one_variable_that_fails_does_not_cost_the_other(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        return fails(500) if asks_for(body, "mood") else says('{"labels": {"asks": 1}}')

    workspace = make_silver('[vote]\nvariables = "each"\n' + chat_panel(model_server(script), extra="retries = 0"), n=1)
    assert vote(workspace).n_failed == 1
    assert rows(workspace, "variable", "status") == [("mood", "failed"), ("asks", "ok")]


def with_logprobs(text: str, **logprobs: float) -> Scripted:
    answer = json.loads(says(text).body)
    top = [{"token": token, "logprob": logprob} for token, logprob in logprobs.items()]
    answer["choices"][0]["logprobs"] = {"content": [{"token": text, "logprob": 0.0, "top_logprobs": top}]}
    return Scripted(json.dumps(answer))


def test_a_soft_vote_has_its_probability_in_the_table(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        of_mood = body["structured_outputs"] == {"regex": "(A|B|C)"}
        return with_logprobs("C", C=math.log(0.6), A=math.log(0.2)) if of_mood else with_logprobs("A", A=-0.01)

    server = model_server(script)
    workspace = make_silver(chat_panel(server, extra='prompt = "letter"'), n=1)
    vote(workspace)
    assert rows(workspace, "variable", "label", "probability", "rationale") == [
        ("mood", 3, pytest.approx(0.75), "p = {0: 0.2500, 1: 0.0000, 3: 0.7500}"),
        ("asks", 0, 1.0, "p = {0: 1.0000, 1: 0.0000}"),
    ]
    assert {body["max_tokens"] for body in server.asked} == {1}


def test_asked_several_times_the_majority_is_the_vote(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        mood = 1 if body["seed"] < 12 else 3
        return says(json.dumps({"analysis": f"seed {body['seed']}", "labels": {"mood": mood, "asks": 0}}))

    server = model_server(script)
    extra = "self_consistency = 3\ntemperature = 0.7\nseed = 10"
    workspace = make_silver(chat_panel(server, extra=extra), n=2)
    vote(workspace)
    assert sorted(body["seed"] for body in server.asked) == [10, 10, 11, 11, 12, 12]
    assert (
        rows(workspace, "variable", "label", "probability")
        == [
            ("mood", 1, pytest.approx(2 / 3)),
            ("asks", 0, 1.0),
        ]
        * 2
    )
    assert rows(workspace, "rationale")[0] == ("mood: 1 × 2, 3 × 1; asks: 0 × 3\nseed 10",)


def test_one_failed_time_fails_the_vote_and_the_others_are_kept(make_silver, chat_panel, model_server):
    broken = [True]

    def script(body: dict) -> Scripted:
        return fails(500) if broken[0] and body["seed"] == 2 else says('{"labels": {"mood": 1, "asks": 0}}')

    server = model_server(script)
    extra = "self_consistency = 3\ntemperature = 0.7\nretries = 0"
    workspace = make_silver(chat_panel(server, extra=extra), n=1)
    assert vote(workspace).n_failed == 2
    broken[0] = False
    first = len(server.asked)
    assert vote(again(workspace)).n_failed == 0
    assert [body["seed"] for body in server.asked[first:]] == [2]


def test_after_a_prompt_was_edited_only_its_voters_are_asked_again(make_silver, chat_panel, model_server):
    server = model_server()
    panel = chat_panel(server, "plain", extra='prompt = "zero_shot"') + chat_panel(server, "steps")
    workspace = make_silver(panel, n=3)
    vote(workspace)
    assert CliRunner().invoke(app(), ["vote", "prompts", "-w", str(workspace.root)]).exit_code == 0
    assert not vote(again(workspace)).changed
    prompt = workspace.root / "prompts" / "vote-zero_shot.zh.j2"
    prompt.write_text(prompt.read_text("utf-8").replace("不带示例", "没有示例"), encoding="utf-8")
    vote(again(workspace))
    assert len(server.asked) == 6  # a comment of the file is no part of what is asked
    prompt.write_text(prompt.read_text("utf-8").replace("一两句理由", "一句理由"), encoding="utf-8")
    report = vote(again(workspace))
    assert [body["model"] for body in server.asked[6:]] == ["plain"] * 3
    assert [(turn.voter, turn.n_new) for turn in report.voters] == [("plain", 6), ("steps", 0)]


def test_the_command_writes_the_prompts_and_leaves_edited_ones(make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=1)
    run = lambda: CliRunner().invoke(app(), ["vote", "prompts", "--json", "-w", str(workspace.root)])  # noqa: E731
    files = json.loads(run().stdout)["files"]
    assert len(files) == 7
    assert all(file["written"] for file in files)
    assert not any(file["written"] for file in json.loads(run().stdout)["files"])


def test_two_equal_segments_are_asked_about_once(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), contents=[["在吗", "今天好难过"], ["在吗", "今天好难过"]])
    vote(workspace)
    assert rows(workspace, "label") == [(1,), (0,)] * 2
    assert len(server.asked) == 1


def test_a_plan_counts_every_time_and_what_may_follow(make_silver, chat_panel, model_server):
    panel = chat_panel(model_server(), extra='prompt = "questions"\nself_consistency = 3\ntemperature = 0.5')
    workspace = make_silver(panel, n=2, codebook=shipped_text("ideation4"))
    done = CliRunner().invoke(app(), ["vote", "plan", "--json", "-w", str(workspace.root)])
    [plan] = json.loads(done.stdout)["voters"]
    assert (plan["n_requests"], plan["n_later"], plan["n_ballots"]) == (6, 6, 2)
    shown = CliRunner().invoke(app(), ["vote", "plan", "-w", str(workspace.root)]).stdout
    assert "the answers may lead to 6 more requests at most" in shown
