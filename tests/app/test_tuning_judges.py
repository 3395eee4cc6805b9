"""Real voters as judges of the parameter search: what they read, what they never learn, what is asked twice."""

import json
import re
from collections import Counter

import polars as pl
import pytest

from annotation.silver.journal import Journal
from app.tuning import Stages, judging_voter
from core.contracts import empty
from core.errors import SettingsError
from core.scripted_llm import ScriptedServer, fails, says
from core.store import Recipe
from core.workspace import open_workspace, with_options
from segmenter.tuning.contexts import contexts
from segmenter.tuning.grid import configurations
from segmenter.tuning.outside import Judgement

VOTER = """
[[vote.voters]]
name = "llm"
backend = "openai"
model = "m"
base_url = "{url}"
retries = 0
concurrency = 2
"""


def with_server(bench, server):
    """The workspace with one voter, behind this server."""
    path = bench.workspace.root / "assay.toml"
    text, _, _ = path.read_text(encoding="utf-8").partition("[[vote.voters]]")
    path.write_text(text + VOTER.format(url=server.base_url), encoding="utf-8")
    return open_workspace(bench.workspace.root)


def by_size(body):
    """A model that calls every chat of five messages or more a 2, and any other a 0."""
    n_lines = len(re.findall(r"^\[\d+\]", body["messages"][1]["content"], re.MULTILINE))
    return says(json.dumps({"rationale": "r", "labels": {"risk": 2 if n_lines >= 5 else 0}}))


def all_contexts(workspace):
    store, grid = workspace.store, configurations(workspace.settings.segment.tune)
    return contexts(store.read("development"), store.read("messages"), grid)


def test_an_embedded_voter_judges_every_context_and_remembers(drawn):
    found = all_contexts(drawn.workspace).distinct
    judge = Stages().judge(drawn.workspace, "risk")
    assert (judge.name, judge.model, judge.waiting(found)) == ("ridge", "recipe ridge", found.height)
    judged = {one.context_id: one for one in judge.judge(found)}
    assert set(judged) == set(found["segment_id"])
    assert {one.status for one in judged.values()} <= {"ok", "abstained"}
    assert all((one.label is None) == (one.status != "ok") for one in judged.values())
    assert judge.waiting(found) == 0
    assert {one.context_id: one for one in judge.judge(found)} == judged


def test_an_embedded_voter_never_learns_from_gold(drawn):
    found = all_contexts(drawn.workspace).distinct
    judge = Stages().judge(drawn.workspace, "risk")
    before = list(judge.judge(found))
    # Gold on the very contexts and on the segments they come from, which use_gold would teach the voter.
    ids = [*found["segment_id"], *drawn.segments]
    at = drawn.workspace.store.read("messages")["timestamp"][0]
    rows = [(segment, "risk", 5, "unanimous", 3, at) for segment in ids]
    gold = pl.DataFrame(rows, schema=empty("gold").schema, orient="row")
    drawn.workspace.store.write("gold", gold, Recipe(inputs={}))
    after = Stages().judge(open_workspace(drawn.workspace.root), "risk")
    assert after.waiting(found) == 0, "gold is no part of what determines a judgement"
    (drawn.workspace.cache / "tune" / "ridge.jsonl").unlink()
    assert list(after.judge(found)) == before


def named(workspace, voter):
    tune = {**workspace.settings.segment.tune.model_dump(), "voter": voter}
    return with_options(workspace, "segment", {"tune": tune})


def test_the_judge_is_the_voter_named_else_one_that_reads_everything(drawn):
    workspace = drawn.workspace
    assert judging_voter(workspace).name == "ridge"
    assert judging_voter(named(workspace, "svm-rbf")).name == "svm-rbf"
    path = workspace.root / "assay.toml"
    path.write_text(path.read_text(encoding="utf-8") + VOTER.format(url="http://127.0.0.1:1/v1"), encoding="utf-8")
    assert judging_voter(open_workspace(workspace.root)).name == "llm"


@pytest.mark.parametrize(
    ("voter", "said"),
    [("logistic", "'logistic' reads the suspicious message alone"), ("gpt", "no voter 'gpt' in assay.toml")],
)
def test_a_judge_that_cannot_be_used_is_refused(drawn, voter, said):
    with pytest.raises(SettingsError, match=said):
        judging_voter(named(drawn.workspace, voter))


def test_a_model_that_declines_or_breaks_down_gives_no_label(drawn):
    found = all_contexts(drawn.workspace).distinct.head(3)
    replies = iter([says('{"labels": {"risk": -1}}'), says("no idea"), fails(500)])
    with ScriptedServer(lambda _: next(replies)) as server:
        workspace = with_server(drawn, server)
        judged = list(Stages().judge(workspace, "risk").judge(found))
    assert Counter((one.label, one.status) for one in judged) == {(None, "abstained"): 2, (None, "failed"): 1}
    assert Stages().judge(workspace, "risk").waiting(found) == 1, "what failed is asked again"


def test_contexts_that_read_alike_are_asked_about_once(drawn):
    found = all_contexts(drawn.workspace).distinct.head(1)
    twice = pl.concat([found, found.with_columns(segment_id=pl.lit("f" * 16))])
    with ScriptedServer(by_size) as server:
        judged = list(Stages().judge(with_server(drawn, server), "risk").judge(twice))
    assert (len(judged), len(server.asked)) == (2, 1)


def test_an_interrupted_search_asks_only_for_what_is_left(drawn, monkeypatch):
    found = all_contexts(drawn.workspace).distinct
    kept = []

    def stopping(journal, votes):
        if len(kept) == 3:
            raise KeyboardInterrupt
        kept.append(votes)
        append(journal, votes)

    append = Journal.append
    with ScriptedServer(by_size) as server:
        judge = Stages().judge(with_server(drawn, server), "risk")
        monkeypatch.setattr(Journal, "append", stopping)
        with pytest.raises(KeyboardInterrupt):
            list(judge.judge(found))
        monkeypatch.setattr(Journal, "append", append)
        assert judge.waiting(found) == found.height - 3
        judged = list(judge.judge(found))
    assert len(judged) == found.height
    assert {type(one) for one in judged} == {Judgement}
    # The two under way when it stopped may be asked twice; nothing else is.
    assert len(server.asked) <= found.height + 2
