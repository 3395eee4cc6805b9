"""The polling: each vote cast once, votes that stand, votes that fall, and what is said about it all."""

import subprocess
import sys

import polars as pl
import pytest

from annotation.silver.voting import chosen_voters, vote, vote_recipe
from core.errors import DataError, SettingsError, WorkspaceError
from core.scripted_llm import Scripted, fails, says
from core.settings import parse_settings
from core.store import Recipe
from core.workspace import Workspace


def again(workspace: Workspace) -> Workspace:
    """The same workspace as the next command opens it."""
    return Workspace(workspace.root)


def moods(workspace: Workspace, voter: str = "llm") -> list[int]:
    return workspace.store.read(f"votes/{voter}").filter(pl.col("variable") == "mood")["label"].to_list()


def test_a_model_votes_once_on_every_segment(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=6)
    report = vote(workspace)
    assert len(server.asked) == 6
    assert moods(workspace) == [0, 1, 3, 0, 1, 3]
    assert report.voters[0].by_status == {"ok": 12, "unparsed": 0, "refused": 0, "failed": 0}
    assert report.voters[0].coverage == 1.0


def test_the_second_run_asks_nothing_and_says_so(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, "a", "b"), n=3)
    assert vote(workspace).changed
    assert not vote(again(workspace)).changed
    assert len(server.asked) == 6


def test_only_the_voters_named_vote(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, "a", "b"), n=3)
    assert [turn.voter for turn in vote(workspace, ["b"]).voters] == ["b"]
    assert {body["model"] for body in server.asked} == {"b"}


def test_new_segments_are_asked_about_and_lost_ones_dropped(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=6)
    segments = workspace.store.read("segments")
    workspace.store.write("segments", segments.head(4), Recipe(inputs={}))
    vote(workspace)
    workspace.store.write("segments", segments.tail(3), Recipe(inputs={}))
    [turn] = vote(again(workspace)).voters
    assert (turn.n, turn.n_new, turn.n_dropped) == (6, 4, 6)
    assert len(server.asked) == 6
    assert workspace.store.read("votes/llm")["segment_id"].unique().sort().to_list() == [f"{k:016x}" for k in (3, 4, 5)]


def test_an_edited_codebook_is_a_new_question(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server), n=3)
    vote(workspace)
    book = workspace.root / "codebook.toml"
    book.write_text(
        book.read_text(encoding="utf-8").replace("How does the speaker feel?", "Which mood?"), encoding="utf-8"
    )
    assert not vote(again(workspace)).changed  # the English words are not in a Chinese prompt
    book.write_text(book.read_text(encoding="utf-8").replace("说话人心情如何？", "心情怎样？"), encoding="utf-8")
    assert vote(again(workspace)).voters[0].n_new == 6
    assert len(server.asked) == 6


@pytest.mark.parametrize(
    ("extra", "n_asked"),
    [
        ("concurrency = 1\ntimeout = 9.0\nretries = 0\nweight = 2\nscale = 'big'\nfamily = 'other'", 3),
        ("temperature = 0.5", 6),
        ("max_tokens = 99", 6),
        ("seed = 4", 6),
    ],
)
def test_what_decides_the_answer_is_asked_anew_and_nothing_else(
    make_silver, chat_panel, model_server, extra: str, n_asked: int
):
    server = model_server()
    workspace = make_silver(chat_panel(server, extra=""), n=3)
    vote(workspace)
    (workspace.root / "assay.toml").write_text(chat_panel(server, extra=extra), encoding="utf-8")
    vote(again(workspace))
    assert len(server.asked) == n_asked


def test_a_chat_elsewhere_does_not_change_a_prompt(make_silver, chat_panel, model_server):
    """Users are numbered within their segment: a chat collected later leaves every vote standing."""
    server = model_server()
    workspace = make_silver(chat_panel(server), n=3)
    vote(workspace)
    earlier = workspace.store.read("messages/chat").head(3)
    renamed = earlier.with_columns(
        chat_id=pl.lit("a"), message_id="x" + pl.col("message_id"), user_id="x" + pl.col("user_id"), reply_id=None
    )
    workspace.store.write("messages/a", renamed, Recipe(inputs={}))
    assert not vote(again(workspace)).changed
    assert len(server.asked) == 3


def one_of_each(body: dict) -> Scripted:
    """Segment by segment: fine, declined, filtered, garbage, cut off, a code that does not exist, cannot tell."""
    text = body["messages"][1]["content"]
    number = next(k for k in range(7) if f"第{k}次" in text)
    return [
        says('{"rationale": "r", "labels": {"mood": 1, "asks": 0}}'),
        says(None, refusal="no"),
        says("", finish_reason="content_filter"),
        says("as an assistant"),
        says('{"rationale": "r", "labels": {"mood": 1, "as', finish_reason="length"),
        says('{"rationale": "r", "labels": {"mood": 2, "asks": 1}}'),
        says('{"rationale": "r", "labels": {"mood": -1, "asks": 1}}'),
    ][number]


def test_each_way_of_not_answering_has_its_status(make_silver, chat_panel, model_server):
    server = model_server(one_of_each)
    workspace = make_silver(chat_panel(server), n=7)
    report = vote(workspace)
    found = workspace.store.read("votes/llm").select("label", pl.col("status").cast(pl.String)).rows()
    assert list(zip(found[::2], found[1::2], strict=True)) == [
        ((1, "ok"), (0, "ok")),
        ((-1, "refused"), (-1, "refused")),
        ((-1, "refused"), (-1, "refused")),
        ((-1, "unparsed"), (-1, "unparsed")),
        ((-1, "unparsed"), (-1, "unparsed")),
        ((-1, "unparsed"), (1, "ok")),
        ((-1, "refused"), (1, "ok")),
    ]
    assert (report.n_failed, report.voters[0].n_abstained) == (0, 10)
    vote(again(workspace))
    assert len(server.asked) == 7  # an abstention is a vote: nobody asks twice


@pytest.mark.parametrize(
    ("trouble", "n_tries"),
    [(fails(500), 3), (fails(429), 3), (fails(400), 3), (Scripted("x" * 9, hang_up=True), 3), (Scripted("oops"), 1)],
)
def test_a_failure_is_no_label_and_is_tried_again_next_time(make_silver, chat_panel, model_server, trouble, n_tries):
    broken = [True]
    server = model_server(lambda body: trouble if broken[0] else says('{"labels": {"mood": 3, "asks": 0}}'))
    workspace = make_silver(chat_panel(server), n=1)
    [turn] = vote(workspace).voters
    assert (turn.by_status["failed"], turn.coverage, len(server.asked)) == (2, 0.0, n_tries)
    assert moods(workspace) == [-1]
    assert not (workspace.cache / "votes" / "llm.jsonl").exists()
    broken[0] = False
    assert vote(again(workspace)).n_failed == 0
    assert moods(workspace) == [3]


def test_a_failure_now_keeps_the_votes_of_before(make_silver, chat_panel, model_server):
    broken = [False]
    server = model_server(lambda body: fails(400) if broken[0] else says('{"labels": {"mood": 1, "asks": 0}}'))
    workspace = make_silver(chat_panel(server), n=4)
    segments = workspace.store.read("segments")
    workspace.store.write("segments", segments.head(2), Recipe(inputs={}))
    vote(workspace)
    workspace.store.write("segments", segments, Recipe(inputs={}))
    broken[0] = True
    vote(again(workspace))
    assert moods(workspace) == [1, 1, -1, -1]


def test_429_and_then_an_answer_is_an_answer(make_silver, chat_panel, model_server):
    answers = [fails(429), fails(503), says('{"labels": {"mood": 1, "asks": 0}}')]
    workspace = make_silver(chat_panel(model_server(lambda body: answers.pop(0))), n=1)
    assert vote(workspace).n_failed == 0
    assert moods(workspace) == [1]


def test_a_server_without_schemas_still_votes(make_silver, chat_panel, model_server):
    def script(body: dict) -> Scripted:
        plain = says('Sure! {"rationale": "r", "labels": {"mood": 1, "asks": 0}}')
        return fails(400) if "response_format" in body else plain

    server = model_server(script)
    workspace = make_silver(chat_panel(server, extra="concurrency = 1"), n=3)
    assert vote(workspace).voters[0].coverage == 1.0
    assert ["response_format" in body for body in server.asked] == [True, True, False, False, False]


def test_what_a_model_is_asked(make_silver, chat_panel, model_server):
    server = model_server()
    workspace = make_silver(chat_panel(server, extra="temperature = 0.3\nmax_tokens = 77\nseed = 5"), n=1)
    vote(workspace)
    [body] = server.asked
    assert (body["model"], body["temperature"], body["max_tokens"], body["seed"]) == ("llm", 0.3, 77, 5)
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["labels"]["properties"]["mood"] == {"type": "integer", "enum": [0, 1, 3, -1]}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert "作业写完了，第0次" in body["messages"][1]["content"]
    assert "u0" not in body["messages"][1]["content"]


def test_a_remote_server_needs_a_key_before_it_is_asked(make_silver, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    panel = '[[vote.voters]]\nname = "v"\nbackend = "openai"\nmodel = "m"\nbase_url = "https://models.invalid/v1"\n'
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        vote(make_silver(panel))


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ("", r"nobody to vote; add a \[\[vote.voters\]\] table"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\n' * 2, "two voters are named 'a'"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\n[[vote.voters]]\nname = "A"\nbackend = "embedded"', "two"),
        ('[[vote.voters]]\nname = "a"\nbackend = "openai"', "needs the key 'model'"),
        ('[[vote.voters]]\nname = "a"\nbackend = "openai"\nmodel = "m"', "needs the key 'base_url'"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\nmodel = "m"', "has no key 'model'"),
        ('[[vote.voters]]\nname = "../a"\nbackend = "embedded"', "name"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\nrecipe = "ridgy"', "did you mean 'ridge'"),
        (
            '[[vote.voters]]\nname = "a"\nbackend = "openai"\nmodel = "m"\nbase_url = "127.0.0.1:80"',
            "address of a server",
        ),
        ('[[vote.voters]]\nname = "a"\nbackend = "openai"\nmodel = "m"\nbase_url = "http://u:p@h/"', "password"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\nabstain_blow = 1', "did you mean 'abstain_below'"),
    ],
)
def test_a_panel_that_cannot_vote(make_silver, panel: str, message: str):
    with pytest.raises(SettingsError, match=message):
        vote(make_silver(panel))


def test_an_unknown_voter_is_named_with_its_neighbour():
    settings = parse_settings('[[vote.voters]]\nname = "ridge"\nbackend = "embedded"').vote
    with pytest.raises(SettingsError, match=r"no voter 'rigde' in assay.toml; did you mean 'ridge'\?"):
        chosen_voters(settings, ["rigde"])


def test_without_segments_the_command_that_makes_them_is_named(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge"))
    workspace.store.path("segments").unlink()
    with pytest.raises(WorkspaceError, match="assay segment"):
        vote(workspace)


def test_segments_of_messages_that_are_gone(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge"), n=3)
    messages = workspace.store.read("messages/chat")
    workspace.store.write("messages/chat", messages.head(7), Recipe(inputs={}))
    with pytest.raises(DataError, match="2 messages that the table messages no longer holds; run: assay segment"):
        vote(workspace)


def test_no_segments_make_an_empty_table(make_silver, embedded_panel, chat_panel, model_server):
    panel = embedded_panel("ridge") + chat_panel(model_server())
    workspace = make_silver(panel, contents=[])
    assert [(turn.n, turn.coverage) for turn in vote(workspace).voters] == [(0, None), (0, None)]


def test_a_voter_that_left_the_panel_is_mentioned(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge", "centroid"), n=3)
    vote(workspace)
    (workspace.root / "assay.toml").write_text(embedded_panel("ridge"), encoding="utf-8")
    assert vote(again(workspace)).outside_panel == ("centroid",)


def test_the_recipe_of_a_table_names_what_it_was_made_of(make_silver, embedded_panel, chat_panel, model_server):
    workspace = make_silver(embedded_panel("ridge") + chat_panel(model_server()), n=2)
    ridge, llm = (vote_recipe(workspace, voter) for voter in workspace.settings.vote.voters)
    assert sorted(ridge.inputs) == sorted(llm.inputs) == ["messages/chat", "segments"]
    assert sorted(ridge.settings) == ["backend", "code", "name", "seed"]
    of_the_model = ["engine", "max_tokens", "model", "self_consistency", "temperature"]
    of_the_prompt = ["language", "prompt", "prompts", "variables"]
    assert sorted(llm.settings) == sorted(["backend", "name", *of_the_model, *of_the_prompt])
    vote(workspace)
    assert workspace.store.unchanged("votes/ridge", ridge)


def test_saying_that_nothing_changed_loads_no_classifier(make_silver, embedded_panel):
    workspace = make_silver(embedded_panel("ridge"), n=2)
    vote(workspace)
    code = (
        "import sys; from pathlib import Path; from core.workspace import open_workspace; "
        "from annotation.silver.voting import vote; "
        "print(vote(open_workspace(Path(sys.argv[1]))).changed, 'sklearn' in sys.modules, 'openai' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(workspace.root)], capture_output=True, text=True, check=True)
    assert ran.stdout == "False False False\n"
