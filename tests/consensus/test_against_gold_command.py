import json
from datetime import UTC, datetime

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from consensus.cli import mount
from consensus.gold import resolve
from consensus.showing_gold import show_against_gold
from core.contracts import empty
from core.store import Recipe

ONE, TWO, THREE = (f"{number:016x}" for number in range(1, 4))
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def voted(workspace, segments, votes):
    """Three segments: accepted as 2, accepted as 1, and without consensus."""
    segments(workspace, [ONE, TWO, THREE])
    for voter, labels in (("v1", (2, 1, 0)), ("v2", (2, 1, 3)), ("v3", (2, -1, -1))):
        votes(workspace, voter, list(zip((ONE, TWO, THREE), labels, strict=True)))
    voters = "".join(f'[[vote.voters]]\nname = "v{n}"\nbackend = "embedded"\n' for n in (1, 2, 3))
    (workspace.root / "assay.toml").write_text(voters, encoding="utf-8")
    return workspace


def gate(workspace, *options):
    app = typer.Typer()
    mount(app)
    app.command("other")(lambda: None)
    result = CliRunner().invoke(app, ["gate", "-w", str(workspace.root), "--details", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def told(workspace):
    return json.loads(gate(workspace, "--json"))["variables"]["risk"]["details"]["against_gold"]


def test_it_is_null_without_gold(voted):
    assert told(voted) is None
    assert "against gold" not in gate(voted)


def test_details_hold_the_panel_against_gold(voted, engine, rated):
    rated(engine, [(segment, rater, label) for segment, label in ((ONE, 2), (TWO, 3), (THREE, 0)) for rater in "xyz"])
    resolve(voted, engine)
    found = told(voted)
    assert (found["n_gold"], found["drawn"]) == (3, {"no_consensus": 3})
    gate_found = found["gate"]
    assert (gate_found["n_labelled"], gate_found["n_right"], gate_found["n_abstained"]) == (2, 1, 1)
    assert found["gate_where_drawn"]["no_consensus"]["value"] == 0.5
    assert [(one["voter"], one["n_right"], one["n_labelled"]) for one in found["voters"]] == [
        ("v1", 2, 3), ("v2", 1, 3), ("v3", 1, 1)
    ]  # fmt: skip
    assert gate_found["confusion"]["abstained"] == [1, 0, 0, 0, 0, 0]
    shown = gate(voted)
    assert "risk: against gold, 3 items (3 no consensus)" in shown
    assert "the gate by how the items were drawn: no consensus 0.500 [0.095, 0.905]" in shown


def test_votes_that_do_not_count_are_not_measured(voted, votes):
    gold = pl.DataFrame([(ONE, "risk", 2, "majority", 3, NOON)], schema=empty("gold").schema, orient="row")
    voted.store.write("gold", gold, Recipe({}))
    votes(voted, "stranger", [(ONE, 5)])
    votes(voted, "v3", [(ONE, 99)])
    found = told(voted)
    assert [(one["voter"], one["n_labelled"]) for one in found["voters"]] == [("v1", 1), ("v2", 1)]
    # Gold that came from elsewhere is in no batch of this database.
    assert found["drawn"] == {"in_no_closed_batch": 1}


def test_what_was_left_out_is_shown(capsys):
    nothing = {"value": None, "low": None, "high": None}
    row = {"n_labelled": 0, "n_abstained": 2, "n_right": 0, "accuracy": nothing, "where_silver": nothing}
    row["calibration"] = {"brier": nothing}
    left_out = [{"reason": "no verdict on the segment", "n": 1}]
    shown = {"n_gold": 2, "drawn": None, "left_out": left_out, "n_full_panel": 1}
    at_large = {"value": None, "reason": "how the gold items were drawn is not known"}
    measured = {"gate": row, "voters": [], "gate_where_drawn": {}, "gate_at_large": at_large}
    show_against_gold("risk", {**shown, **measured})
    out = capsys.readouterr().out
    assert "left out: 1 gold item, no verdict on the segment" in out
    assert "on the 1 of them that the whole panel was asked about" in out
    assert "weighted to all segments: not known, how the gold items were drawn is not known" in out
