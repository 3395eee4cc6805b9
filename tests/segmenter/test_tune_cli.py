"""`assay segment tune` step by step, with people and a voter that a test scripts."""

import json

import pytest
import typer
from typer.testing import CliRunner

from core.workspace import open_workspace
from segmenter import tune_cli
from segmenter.tuning.grid import Configuration
from segmenter.tuning.outside import Labelling

SETTLED, ANSWERS = {"m2": 2, "d1": 0}, {2: 0, 3: 0, 5: 2}


@pytest.fixture
def outside(scripted):
    return scripted(SETTLED, ANSWERS)


@pytest.fixture
def tune(two_chats, outside):
    """Run `tune WORDS` on the workspace."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(lambda: None)
    tune_cli.mount(group, outside)

    def run(*words, typed=None):
        return CliRunner().invoke(group, ["tune", *words, "-w", str(two_chats.root)], input=typed)

    return run


def settled(outside):
    outside.state = Labelling("development", "closed", 6, 6, 1, 0)


def test_each_call_does_the_next_step_and_says_what_comes_after(tune, outside):
    first, second, third = tune(), tune(), tune()
    assert "2 of 2 suspicious messages drawn (50 were wanted" in first.stdout
    assert first.stdout.endswith("next: assay segment tune label\n")
    assert "batch 'development' is open" in second.stdout
    assert "next: assay ui" in second.stdout
    assert "0 of 6 labels given; annotators go on in assay ui" in third.stdout
    outside.state = Labelling("development", "open", 6, 6, 0, 0)
    assert "has to be closed" in tune().stdout
    outside.state = Labelling("development", "closed", 6, 6, 2, 2)
    assert "2 of 2 disagreements are to be discussed" in tune().stdout
    settled(outside)
    assert "the best: MTS 5 min, SS 10, STS 60 min" in tune().stdout


def test_waiting_in_json(tune, outside):
    tune("draw")
    tune("label")
    step = json.loads(tune("--json").stdout)["step"]
    assert (step["name"], step["command"], step["labelling"]["n_total"]) == ("wait", "assay ui", 6)


def test_drawing_again_says_nothing_changed(tune):
    assert json.loads(tune("draw", "--json").stdout)["drawn"]["changed"]
    assert tune("draw").stdout.startswith("nothing changed: 2 of 2")


def test_a_set_that_people_label_is_not_drawn_anew_by_mistake(tune, two_chats, outside):
    tune("draw")
    tune("label")
    path = two_chats.root / "assay.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("spans = [60]", "spans = [90]"), encoding="utf-8")
    refused = tune("draw")
    assert (refused.exit_code, "or draw another one with --again" in refused.stderr) == (1, True)
    assert tune("draw", "--again").exit_code == 0


def test_labelling_begins_once_and_with_whom_one_wants(tune, outside):
    tune("draw")
    assert json.loads(tune("label", "--annotator", "anna", "--annotator", "bo", "--json").stdout) == {
        "batch": "development", "changed": True, "assigned": {"anna": 2, "bo": 2},
    }  # fmt: skip
    assert "nothing changed: batch 'development' has" in tune("label").stdout
    assert outside.opened == [("anna", "bo")]


def test_without_a_development_set_the_message_says_what_to_run(tune):
    ran = tune("run")
    assert (ran.exit_code, ran.stderr.count("\n")) == (1, 1)
    assert "assay segment tune draw" in ran.stderr


@pytest.fixture
def labelled(tune, outside):
    tune("draw")
    settled(outside)
    return tune


def test_a_run_shows_what_would_change_and_changes_nothing(labelled, two_chats):
    before = (two_chats.root / "assay.toml").read_bytes()
    ran = labelled("run")
    assert "+max_size = 10" in ran.stdout
    assert "to write this: assay segment tune run --write" in ran.stdout
    assert "8 contexts, 4 of them different, judged by scripted" in ran.stdout
    assert (two_chats.root / "assay.toml").read_bytes() == before
    assert "nothing changed: reports/segment-tune.json" in labelled("run").stdout


@pytest.mark.parametrize(("typed", "size"), [("y\n", 10), ("n\n", 30)])
def test_writing_asks_first(labelled, two_chats, typed, size):
    ran = labelled("run", "--write", typed=typed)
    assert "write this to assay.toml?" in ran.stderr
    assert open_workspace(two_chats.root).settings.segment.max_size == size


def test_json_holds_the_evidence_and_writes_without_asking_only_when_told(labelled, two_chats):
    refused = labelled("run", "--write", "--json")
    assert (refused.exit_code, "add --yes" in refused.stderr, refused.stdout) == (1, True, "")
    found = json.loads(labelled("run", "--write", "--yes", "--json").stdout)
    assert (found["written"], found["n_distinct"], found["figures"]) == (
        True, 4, ["segment-tune.svg", "segment-tune.png"],
    )  # fmt: skip
    assert Configuration.of(open_workspace(two_chats.root).settings.segment) == Configuration(5, 10, 60)
    assert "assay.toml has the best configuration already" in labelled("run").stdout


def test_a_dry_run_counts_and_asks_nobody(labelled, outside):
    assert (
        "2 labelled messages in 4 configurations: 8 contexts, 4 of them different"
        in labelled("run", "--dry-run").stdout
    )
    assert json.loads(labelled("run", "--dry-run", "--json").stdout)["n_waiting"] == 4
    assert outside.judged == []


def test_failed_judgements_end_with_what_to_do_and_are_not_written(labelled, outside, two_chats):
    outside.answers = {2: 0, 3: "failed", 5: 2}
    ran = labelled("run")
    assert (ran.exit_code, "3 judgements failed and counted as wrong" in ran.stderr) == (1, True)
    refused = labelled("run", "--write", "--yes")
    assert (refused.exit_code, "so the scores are not final" in refused.stderr) == (1, True)
    assert open_workspace(two_chats.root).settings.segment.max_size == 30


def test_simulated_labels_are_said_to_be_so(labelled, outside):
    outside.simulated = ("sim_1",)
    assert labelled("run").stdout.startswith("SIMULATED labels: sim_1 are programs")
