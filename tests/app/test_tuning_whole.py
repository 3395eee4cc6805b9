"""The whole parameter search: killed and gone on with, and on the demo's chat."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.resources import as_file, files

import pytest
import typer
from typer.testing import CliRunner

from annotation.human.users import add_user
from annotation.human.work import assignments, submit
from app.demo.generator import write_export
from app.demo.simulated import Noise, annotate
from app.demo.truth import intended_levels
from app.tuning import Stages
from app.wiring import close
from app.workspaces import init
from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms
from core.database import open_database
from core.scripted_llm import ScriptedServer, says
from core.workspace import open_workspace
from lexicon.drafts import freeze, import_entries
from lexicon.matching import match
from segmenter import tune_cli
from segmenter.tuning.searching import search

SIMULATED = ("sim_1", "sim_2", "sim_3")
ANNOTATORS = ("anna", "bo", "陈晨")
VOTER = """
[[vote.voters]]
name = "llm"
backend = "openai"
model = "m"
base_url = "{url}"
retries = 0
concurrency = 2
"""


def cli():
    group = typer.Typer(invoke_without_command=True)
    group.callback()(lambda: None)
    tune_cli.mount(group, Stages())
    return group


def items(bench):
    """Suspicious message → item."""
    current = bench.workspace.store.read("development").filter("current")
    return dict(current.select("suspicious_message_id", "segment_id").iter_rows())


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


RUN = """
import sys, typer
from app.tuning import Stages
from segmenter import tune_cli
group = typer.Typer(invoke_without_command=True)
group.callback()(lambda: None)
tune_cli.mount(group, Stages())
group()
"""


def running(workspace, *words):
    options = ["tune", "run", "-w", str(workspace.root), "--json", *words]
    return subprocess.Popen([sys.executable, "-c", RUN, *options], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def settled(opened):
    """The bench with a labelled development set: 2 for the longest conversation, 0 for the others."""
    store = opened.workspace.store.read("development")
    longest = store.sort("n_messages")["segment_id"][-1]
    for name in ANNOTATORS:
        for task in assignments(opened.engine, name):
            code = {"risk": 2 if task.segment_id == longest else 0}
            submit(opened.engine, task.assignment_id, name, code, codebook=opened.workspace.codebook)
    close(opened.workspace, opened.engine, "development")
    return opened


@pytest.mark.slow
def test_a_killed_search_goes_on_and_finds_the_same(settled):
    with ScriptedServer(lambda body: by_size(body)) as server:
        workspace = with_server(settled, server)
        process = running(workspace)
        deadline = time.monotonic() + 60
        while len(server.asked) < 4 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        asked = len(server.asked)
        found = json.loads(running(workspace).communicate(timeout=120)[0])
        again = json.loads(running(workspace).communicate(timeout=120)[0])
    assert asked >= 4
    assert len(server.asked) <= found["n_distinct"] + 2
    assert {**again, "changed": True, "made_at": found["made_at"]} == found
    assert (found["n_items"], found["n_contexts"]) == (len(items(settled)), 100 * len(items(settled)))


def test_the_search_from_labels_to_a_winner(settled):
    with ScriptedServer(by_size) as server:
        workspace = with_server(settled, server)
        stages = Stages()
        evidence = search(workspace, stages.labels(workspace, "risk"), stages.judge(workspace, "risk"))
    n = len(items(settled))
    assert (evidence.voter, evidence.n_items, evidence.by_source) == ("llm", n, {"unanimous": n})
    assert len(server.asked) == evidence.n_distinct < evidence.n_contexts == 100 * n
    assert evidence.winner.macro_f1.value == max(one.macro_f1.value for one in evidence.scored)


@pytest.fixture
def demo(tmp_path, monkeypatch):
    """The demo's chat, collected and matched, with simulated annotators; and what its generator intended."""
    monkeypatch.delenv("ASSAY_DATABASE_URL", raising=False)
    workspace = init(tmp_path / "corpus", "suichat6")
    engine = open_database(workspace)
    intended = write_export(tmp_path / "export", seed=3, n_messages=1_500)
    collect(workspace, [tmp_path / "export" / "result.json"])
    with as_file(files("lexicon").joinpath("data", "signals_zh.csv")) as signals:
        import_entries(workspace, engine, signals)
    freeze(workspace, engine)
    match(workspace)
    for name in SIMULATED:
        add_user(engine, name, "annotator", "correct horse battery", simulated=True)
    return workspace, engine, intended


@pytest.mark.slow
def test_the_demo_corpus_from_drawing_to_the_settings(demo):
    workspace, engine, intended = demo

    def tune(*words):
        return CliRunner().invoke(cli(), ["tune", *words, "-w", str(workspace.root), "--json"])

    drawn = json.loads(tune().stdout)["drawn"]
    assert (drawn["n_items"], drawn["coverage"]["kind"]["n_drawn"]) == (50, 3)
    assert json.loads(tune().stdout)["assigned"] == dict.fromkeys(SIMULATED, 50)
    tables = (workspace.store.read(name) for name in ("development", "messages"))
    levels = intended_levels(intended, *tables, load_pseudonyms(workspace))
    annotate(engine, workspace.codebook, SIMULATED, levels, noise=Noise(), seed=3, clock=workspace.clock)
    close(workspace, engine, "development")
    assert json.loads(tune().stdout)["step"]["name"] == "discuss"
    found = json.loads(tune("run", "--write", "--yes").stdout)
    assert found["simulated"] == list(SIMULATED)
    assert (found["voter"], found["n_contexts"]) == ("ridge", 100 * found["n_items"])
    assert found["n_distinct"] < found["n_contexts"] / 10
    assert 0.2 < found["winner"]["macro_f1"]["value"] < 1
    winner = found["winner"]["configuration"]
    assert open_workspace(workspace.root).settings.segment.model_dump(include=set(winner)) == winner
