import json
import random

import polars as pl
import pytest
from typer.testing import CliRunner

from app.demo.generator import write_export
from app.demo.run import run_demo
from app.demo.simulated import Noise, noisy
from app.demo.truth import intended_levels, share_as_intended
from app.main import build
from collector.pseudonyms import load_pseudonyms
from core.errors import DataError, WorkspaceError
from core.workspace import open_workspace
from release.publishing import new_release


@pytest.fixture(scope="module")
def told():
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory, told):
    return run_demo(tmp_path_factory.mktemp("demo") / "corpus", seed=3, n_messages=1_500, tell=told.append)


@pytest.fixture(scope="module")
def intended(tmp_path_factory):
    return write_export(tmp_path_factory.mktemp("again"), seed=3, n_messages=1_500)


@pytest.mark.slow
def test_every_stage_made_its_table(demo):
    store = demo.workspace.store
    tables = ("messages", "lexicon", "matches", "segments", "votes", "verdicts", "gold")
    assert [name for name in tables if not store.exists(name)] == []
    assert store.read("votes").height == 17 * store.read("segments").height
    assert (demo.workspace.reports / "report.html").exists()


@pytest.mark.slow
def test_every_record_is_kept_or_dropped_with_a_reason(demo):
    assert demo.figures["read"] == demo.figures["kept"] + sum(demo.figures["dropped"].values())


@pytest.mark.slow
def test_no_identifier_of_the_export_is_anywhere_in_the_workspace(demo, intended):
    written = {path: path.read_bytes() for path in demo.workspace.root.rglob("*") if path.is_file()}
    assert len(intended.identifiers) > 100
    leaks = [
        (text, path.name) for text in intended.identifiers for path, data in written.items() if text.encode() in data
    ]
    assert leaks == []


@pytest.mark.slow
def test_tables_hold_no_identifier_even_when_they_are_unpacked(demo, intended):
    tables = [pl.read_parquet(path) for path in demo.workspace.root.rglob("*.parquet")]
    text = "\n".join(table.write_ndjson() for table in tables)
    assert [identifier for identifier in intended.identifiers if identifier in text] == []


@pytest.mark.slow
def test_what_happened_is_told_in_about_twenty_lines(demo, told):
    assert 15 <= len(told) <= 25
    assert [line for line in told if "SIMULATED" in line] != []
    assert told[-1].endswith(f"(sign in as visitor, password {demo.password})")


@pytest.mark.slow
def test_running_it_again_goes_on_where_it_stopped(demo):
    again = run_demo(demo.workspace.root, seed=3, n_messages=1_500)
    same = ("entries", "matches", "segments", "batch_items", "batch_kappa", "gold", "gold_as_intended")
    assert {key: again.figures[key] for key in same} == {key: demo.figures[key] for key in same}
    assert again.password is None


@pytest.mark.slow
def test_simulated_gold_is_not_released_by_accident(demo):
    from core.database import open_database

    with pytest.raises(DataError, match="come from simulated annotators"):
        new_release(demo.workspace, open_database(demo.workspace))


@pytest.mark.slow
def test_status_is_one_json_object(demo):
    result = CliRunner().invoke(build(), ["status", "--json", "-w", str(demo.workspace.root)])
    assert result.exit_code == 0
    stages = {stage["table"]: stage["state"] for stage in json.loads(result.stdout)["stages"]}
    assert stages["segments"] == "fresh"


@pytest.mark.slow
def test_the_intention_is_found_again_after_pseudonymising(demo, intended):
    workspace = open_workspace(demo.workspace.root)
    store = workspace.store
    levels = intended_levels(intended, store.read("segments"), store.read("messages"), load_pseudonyms(workspace))
    assert set(levels) == set(store.read("segments")["segment_id"])
    assert len({level for level in levels.values() if level}) >= 3


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="is there and is no demo"):
        run_demo(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_simulated_annotator_errs_as_often_as_stated():
    rng = random.Random(1)
    labels = [noisy(2, (0, 1, 2, 3, 4, 5), 0.8, Noise(), rng) for _ in range(10_000)]
    assert labels.count(2) / 10_000 == pytest.approx(0.8, abs=0.02)
    assert (labels.count(1) + labels.count(3)) / 2_000 == pytest.approx(0.7 + 0.3 * 2 / 5, abs=0.05)


def test_agreement_with_the_intention_leaves_out_what_has_no_label():
    labels = pl.DataFrame({"segment_id": ["a", "b", "c"], "label": [1, None, 0]})
    assert share_as_intended(labels, {"a": 1, "b": 2, "c": 3}) == (1, 2)
