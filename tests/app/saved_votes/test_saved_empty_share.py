"""A corpus so small that no segment is in the random share: verdicts are whole, and voters are not compared."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from annotation.silver.voting import vote
from app.report_facts import read_facts
from app.report_variables import panel_kappas, variable_sections
from app.wiring import still_open_under
from consensus.gating import NO_SHARE, run_gate
from core.contracts import empty
from core.database import open_database
from core.scripted_llm import ScriptedServer
from core.store import Recipe
from core.workspace import Workspace


@pytest.fixture
def gated(tmp_path, make_saving, answer_of):
    """A workspace with saved votes and gold on eight segments, none of which the whole panel was asked about."""
    with ScriptedServer(answer_of) as server:
        workspace = make_saving(tmp_path / "small", server, True)
        path = workspace.root / "assay.toml"
        path.write_text(path.read_text(encoding="utf-8").replace("full_share = 0.1", "full_share = 1e-9"))
        workspace = Workspace(workspace.root)
        vote(workspace, still_open=still_open_under(workspace))
    at = datetime(2026, 1, 2, tzinfo=UTC)
    gold = [(f"{n:016x}", "risk", n % 3, "unanimous", 3, at) for n in range(8)]
    workspace.store.write("gold", pl.DataFrame(gold, schema=empty("gold").schema, orient="row"), Recipe(inputs={}))
    run_gate(workspace)
    return workspace


def test_the_gate_still_measures_its_labels_by_gold(gated):
    told = run_gate(gated, details=True).as_json()
    risk = told["variables"]["risk"]
    assert told["n_full_panel"] == 0
    assert risk["fleiss_kappa"]["reason"] == NO_SHARE
    assert risk["details"]["against_gold"]["gate"]["accuracy"]["value"] == 1.0
    assert [voter["voter"] for voter in risk["details"]["against_gold"]["voters"]] == ["m0", "m1", "m2", "m3", "m4"]
    assert {voter["accuracy"]["value"] for voter in risk["details"]["against_gold"]["voters"]} == {None}


def test_the_report_does_not_say_that_there_are_no_votes(gated):
    facts = read_facts(gated, open_database(gated))
    told = re.sub(r"<[^>]*>", " ", str(variable_sections(facts, panel_kappas(facts))))
    assert f"Voters are not compared: {NO_SHARE}" in told
    assert "There are no votes" not in told
    assert "How often gold confirms the gate and the voters" in told
