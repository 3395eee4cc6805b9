"""`assay vote plan --example`: one whole prompt a voter, whether or not anything is left to ask."""

from typer.testing import CliRunner

from annotation.silver.planning import plan_votes
from annotation.silver.voting import vote
from core.fence import FENCE_MARK
from core.scripted_llm import fails, says
from core.workspace import Workspace


def asked_first(server) -> dict[str, str]:
    """The messages of the first request that came to a server."""
    return {message["role"]: message["content"] for message in server.asked[0]["messages"]}


def test_before_a_vote_the_example_is_what_is_sent_first(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, extra="concurrency = 1"), n=3)
    [plan] = plan_votes(workspace).voters
    vote(workspace)
    assert plan.example == asked_first(server)


def test_after_a_vote_it_is_the_prompt_about_the_first_segment(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, extra="concurrency = 1"), n=3)
    vote(workspace)
    [plan] = plan_votes(Workspace(workspace.root)).voters
    assert (plan.n_standing, plan.n_requests, plan.prompt_tokens, plan.hours) == (6, 0, 0, None)
    assert plan.example == asked_first(server)


def test_with_something_left_it_is_what_is_left(make_silver, chat_panel, model_server):
    label = says('{"context": "c", "analysis": "a", "labels": {"mood": 0, "asks": 0}}')
    server = model_server(lambda body: fails(400) if "第1次" in body["messages"][1]["content"] else label)
    workspace = make_silver(chat_panel(server, extra="retries = 0"), n=3)
    vote(workspace)
    [plan] = plan_votes(Workspace(workspace.root)).voters
    assert (plan.n_standing, plan.n_requests) == (4, 1)
    assert plan.example is not None
    assert "第1次" in plan.example["user"]


def test_each_voter_shows_its_own_prompt(make_silver, chat_panel, model_server):
    panel = chat_panel(model_server(), "a") + chat_panel(model_server(), "b", extra='prompt = "zero_shot"')
    workspace = make_silver(panel, n=3)
    vote(workspace)
    cot, zero_shot = (one.example or {} for one in plan_votes(Workspace(workspace.root)).voters)
    assert "context" in cot["system"]
    assert "rationale" in zero_shot["system"]
    assert cot["user"] != zero_shot["user"]


def test_the_command_prints_a_whole_prompt_after_the_vote(app, make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), n=3)
    vote(workspace)
    done = CliRunner().invoke(app, ["vote", "plan", "--example", "-w", str(workspace.root)])
    assert done.exit_code == 0, done.output
    assert "in all: 0 requests" in done.output
    assert done.output.count("[system]") == 1
    assert done.output.count("[user]") == 1
    assert "第0次" in done.output
    assert done.output.count(FENCE_MARK * 5) >= 4  # both fence lines have the mark on either side


def test_without_segments_there_is_nothing_to_show(app, make_silver, chat_panel, model_server):
    workspace = make_silver(chat_panel(model_server()), contents=[])
    assert plan_votes(workspace).voters[0].example is None
    done = CliRunner().invoke(app, ["vote", "plan", "--example", "-w", str(workspace.root)])
    assert done.exit_code == 0, done.output
    assert "[system]" not in done.output
