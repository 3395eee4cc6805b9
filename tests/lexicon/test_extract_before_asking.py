"""Before a model is asked for terms: what cannot be run is refused, and a dry run counts what would be sent."""

import pytest

from core.errors import SettingsError, WorkspaceError
from core.workspace import open_workspace
from lexicon.extraction.extracting import extract
from lexicon.extraction.planning import estimated_tokens, plan_extraction


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('voter = "llm"', 'voter = "ridge"', "'ridge' has the backend 'embedded' and .*voters that can: llm"),
        ('voter = "llm"', 'voter = ""', "who is to read the chat?.*voters that can: llm"),
        ('voter = "llm"', 'voter = "lm"', "no voter 'lm' in assay.toml; did you mean 'llm'"),
        ("overlap = 1", "overlap = 4", "overlap must be smaller than window, which is 4"),
        ("http://127.0.0.1", "https://models.example", "needs an API key: wanted it in the environment variable"),
    ],
)
def test_what_cannot_be_run_is_refused(
    make_corpus, model_server, monkeypatch, edit_settings, old: str, new: str, why: str
):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server = model_server()
    workspace = edit_settings(make_corpus(server), old, new)
    with pytest.raises(SettingsError, match=f"(?s){why}"):
        extract(workspace)
    assert server.asked == []


def test_a_panel_without_a_model_server_is_told_how_to_add_one(make_corpus, model_server):
    workspace = make_corpus(model_server())
    path = workspace.root / "assay.toml"
    path.write_text('[lexicon.extract]\nvoter = "r"\n[[vote.voters]]\nname = "r"\nbackend = "embedded"\n', "utf-8")
    with pytest.raises(SettingsError, match=r"'embedded' .*add a \[\[vote.voters\]\] table with backend"):
        extract(open_workspace(workspace.root))


def test_without_messages_it_says_what_to_do(make_corpus, model_server):
    with pytest.raises(WorkspaceError, match=r"there is no table 'messages'.*assay collect PATH"):
        extract(make_corpus(model_server(), {}))


def test_a_dry_run_counts_and_asks_nothing(make_corpus, model_server):
    server = model_server()
    workspace = make_corpus(server, {"a": 40}, extra="max_tokens = 300")
    plan = plan_extraction(workspace)
    assert (plan.n_windows, plan.n_kept, plan.n_requests) == (13, 0, 13)
    assert plan.completion_tokens_at_most == 13 * 300
    assert plan.completion_tokens == 13 * (80 + 50 * 4 // 10)  # every window has four messages
    assert plan.example is not None
    assert plan.example["user"].count("[1] user_1: 第0句话，好累") == 1
    assert plan.n_characters > 13 * len(plan.example["system"])
    assert 0.3 * plan.n_characters < plan.prompt_tokens < 0.6 * plan.n_characters
    assert server.asked == []
    assert (workspace.root / "prompts" / "lexicon-extract.zh.j2").exists()


def test_a_dry_run_after_a_trial_counts_what_is_left_and_knows_how_long_replies_are(
    make_corpus, model_server, edit_settings
):
    server = model_server()
    workspace = make_corpus(server, {"a": 40}, extra="windows = 3")
    extract(workspace)
    plan = plan_extraction(edit_settings(workspace, "windows = 3", "windows = 0"))
    assert (plan.n_windows, plan.n_kept, plan.n_requests) == (13, 3, 10)
    assert plan.completion_basis == "the mean of 3 replies kept"
    extract(edit_settings(workspace, "windows = 3", "windows = 0"))
    assert len(server.asked) == 13


@pytest.mark.parametrize(("text", "wanted"), [("", 0), ("好累", 1.2), ("ab c", 1.2), ("好，ok", 1.8), ("𠮷", 0.6)])
def test_tokens_are_estimated_by_characters(text: str, wanted: float):
    assert estimated_tokens(text) == pytest.approx(wanted)
