"""The command `assay lexicon extract`: its output, its options, its exit codes, its dry run and its prompt."""

import json

from typer.testing import CliRunner

from core.command import group
from core.scripted_llm import Scripted, fails
from core.workspace import Workspace
from lexicon.extract_cli import mount


def run(workspace: Workspace, *arguments: str):
    app = group("test")
    app.callback()(lambda: None)
    mount(app)
    return CliRunner().invoke(app, ["extract", *arguments, "-w", str(workspace.root)])


def test_the_command_reports_and_then_says_that_nothing_changed(make_corpus, model_server):
    workspace = make_corpus(model_server())
    first, second = run(workspace), run(workspace)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "llm (m): 4 proposals of 3 terms in 3 windows" in first.stdout
    assert "discarded, repeated: 1" in first.stdout
    told = "3 candidates from all proposals; next: assay lexicon review new"
    assert second.stdout == f"nothing changed: 4 proposals of 3 terms in 3 windows\n{told}\n"


def test_the_command_takes_voter_and_windows_as_options(make_corpus, model_server, edit_settings):
    workspace = edit_settings(make_corpus(model_server(), {"a": 40}), 'voter = "llm"', 'voter = ""')
    assert run(workspace).exit_code == 1
    done = run(workspace, "--voter", "llm", "--windows", "2", "--json")
    assert json.loads(done.stdout)["n_windows"] == 2
    assert run(workspace, "--voter", "ridge").stderr.startswith("assay: voter 'ridge' has the backend 'embedded'")


def test_the_command_exits_with_1_when_windows_failed_and_keeps_the_others(make_corpus, model_server, attentive):
    def script(body: dict) -> Scripted:
        return fails(500) if "第3句" in attentive.lines(body)[0][1] else attentive(body)

    done = run(make_corpus(model_server(script), {"a": 10}), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["n_proposals"] == 8
    assert "1 of 3 windows failed, the first because" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_shows_a_dry_run_with_its_prompt(make_corpus, model_server):
    server = model_server()
    workspace = make_corpus(server)
    done, as_json = run(workspace, "--dry-run"), run(workspace, "--dry-run", "--json")
    assert "── system ──\n你是自杀预防研究的词汇助手" in done.stdout
    assert "[2] user_2 (+1 min): 今天好累啊" in done.stdout
    assert "0.6 tokens a Chinese character, 0.3 any other" in done.stdout
    assert json.loads(as_json.stdout)["n_requests"] == 3
    assert server.asked == []


def test_the_command_writes_the_prompt_and_never_over_an_edited_one(make_corpus, model_server):
    workspace = make_corpus(model_server())
    assert run(workspace, "--write-prompt").stdout.startswith("written to")
    path = workspace.root / "prompts" / "lexicon-extract.zh.j2"
    path.write_text("edited", "utf-8")
    assert run(workspace, "--write-prompt").stdout.startswith("left as it is")
    assert path.read_text("utf-8") == "edited"
    assert "there is no {% block system %}" in run(workspace).stderr
