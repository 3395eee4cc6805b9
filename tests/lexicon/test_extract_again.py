"""Extracting again: no answer that is kept is asked for twice, and what failed, changed or was left out is."""

from collections import Counter

import pytest

from core.errors import ServiceError
from core.scripted_llm import Scripted, fails
from core.workspace import Workspace, open_workspace
from lexicon.extraction.extracting import extract
from lexicon.extraction.reader import recipe


def again(workspace: Workspace) -> Workspace:
    return open_workspace(workspace.root)


def test_a_second_run_says_that_nothing_changed_and_asks_nothing(make_corpus, model_server):
    server = model_server()
    workspace = make_corpus(server)
    first, second = extract(workspace).as_json(), extract(again(workspace)).as_json()
    assert len(server.asked) == 3
    assert (first.pop("changed"), second.pop("changed")) == (True, False)
    assert first | {"seconds": 0} == second | {"seconds": 0}


def test_failed_windows_are_counted_and_only_they_are_asked_again(make_corpus, model_server, attentive):
    broken = [True]

    def script(body: dict) -> Scripted:
        return fails(500) if broken[0] and "第3句" in attentive.lines(body)[0][1] else attentive(body)

    server = model_server(script)
    workspace = make_corpus(server, {"a": 10})
    first = extract(workspace)
    assert (first.n_failed, first.n_read, first.n_proposals) == (1, 2, 8)
    assert list(first.problems) == [f"{server.base_url[7:-3]} answered 500"]
    broken[0] = False
    second = extract(again(workspace))
    assert (second.n_failed, second.n_read, second.n_proposals) == (0, 3, 10)
    assert len(server.asked) == 3 + 1
    assert "第3句" in attentive.lines(server.asked[-1])[0][1]


def test_when_every_window_fails_what_was_there_stays(make_corpus, model_server, edit_settings):
    server = model_server()
    workspace = make_corpus(server, {"a": 4})
    extract(workspace)
    server.script = lambda body: fails(500)
    with pytest.raises(ServiceError, match=r"no window could be read: .* answered 500. Nothing was written"):
        extract(edit_settings(workspace, 'model = "m"', 'model = "n"'))
    assert workspace.store.read("proposals/llm").height == 4


def test_a_lost_table_is_made_again_from_the_answers_kept(make_corpus, model_server):
    server = model_server()
    workspace = make_corpus(server)
    extract(workspace)
    before = workspace.store.read("proposals/llm")
    workspace.store.path("proposals/llm").unlink()
    extract(again(workspace))
    assert workspace.store.read("proposals/llm").equals(before)
    assert len(server.asked) == 3


def test_an_edited_prompt_asks_anew_and_a_comment_in_it_does_not(make_corpus, model_server):
    server = model_server()
    workspace = make_corpus(server)
    extract(workspace)
    path = workspace.root / "prompts" / "lexicon-extract.zh.j2"
    path.write_text("{# mine #}" + path.read_text("utf-8"), "utf-8")
    assert extract(again(workspace)).changed
    assert len(server.asked) == 3
    path.write_text(path.read_text("utf-8").replace("你是自杀预防研究的词汇助手", "你是词汇助手"), "utf-8")
    assert extract(again(workspace)).changed
    assert len(server.asked) == 6
    assert server.asked[-1]["messages"][0]["content"].startswith("你是词汇助手")


def test_only_the_windows_drawn_are_read_and_a_larger_draw_asks_for_the_rest(make_corpus, model_server, edit_settings):
    server = model_server()
    workspace = make_corpus(server, {"a": 40}, extra="windows = 4")
    assert extract(workspace).n_windows == 4
    assert extract(edit_settings(workspace, "windows = 4", "windows = 9")).n_windows == 9
    assert len(server.asked) == 9
    assert max(Counter(body["messages"][1]["content"] for body in server.asked).values()) == 1


def test_the_recipe_names_what_matters_and_not_where_the_server_is(make_corpus, model_server, edit_settings):
    workspace = make_corpus(model_server())
    before = recipe(workspace)
    assert set(before.inputs) == {"messages/a", "messages/b", "prompt"}
    assert recipe(edit_settings(workspace, "127.0.0.1", "localhost")) == before
    assert recipe(edit_settings(workspace, "retries = 0", "retries = 3")) == before
    assert recipe(edit_settings(workspace, 'model = "m"', 'model = "n"')) != before
    assert recipe(edit_settings(workspace, "overlap = 1", "overlap = 2")) != before
