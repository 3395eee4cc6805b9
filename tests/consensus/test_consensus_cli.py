import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from consensus.cli import mount
from core.workspace import Workspace

ONE, TWO = "0" * 15 + "1", "0" * 15 + "2"
LONG = "item,rater,label\na,x,1\na,y,1\nb,x,2\nb,y,1\nc,x,2\nc,y,2\nd,x,1\nd,y,\n"
WIDE = "item,x,y\na,1,1\nb,2,1\nc,2,2\nd,1,\n"


def run(*arguments: object) -> Result:
    app = typer.Typer()
    mount(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def voted(workspace: Workspace, segments, votes) -> Workspace:
    segments(workspace, [ONE, TWO])
    for voter, label in (("v1", 1), ("v2", 1), ("v3", 3)):
        votes(workspace, voter, [(ONE, 4), (TWO, label)])
    voters = "".join(f'[[vote.voters]]\nname = "{voter}"\nbackend = "embedded"\n' for voter in ("v1", "v2", "v3"))
    (workspace.root / "assay.toml").write_text(voters, encoding="utf-8")
    return workspace


def test_gate(voted: Workspace) -> None:
    result = run("gate", "-w", voted.root, "--threshold", "3/4", "--json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["variables"]["risk"]["n_accepted"] == 1
    assert report["variables"]["risk"]["acceptance_rate"] == 0.5
    assert (report["threshold"], report["changed"]) == ("3/4", True)
    assert run("gate", "-w", voted.root).stdout.startswith("2 segments, a panel of 3, ρ ≥ 2/3\n")
    again = run("gate", "-w", voted.root).stdout
    assert again.startswith("nothing changed: 2 segments")
    assert "1.000" in again


def test_gate_tells_of_votes_that_failed(voted: Workspace, votes) -> None:
    votes(voted, "v3", [(ONE, -1), (TWO, -1)], abstained="failed")
    told = "votes that failed count as abstentions: 2 of v3 (run assay vote to ask again)\n"
    assert told in run("gate", "-w", voted.root).stdout


@pytest.mark.parametrize("threshold", ["0", "1.1", "-1", "2/0", "many", ""])
def test_a_threshold_that_cannot_be(voted: Workspace, threshold: str) -> None:
    result = run("gate", "-w", voted.root, "--threshold", threshold)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("assay: wanted a threshold above 0 and at most 1")
    assert not voted.store.exists("verdicts")


@pytest.mark.parametrize(("text", "options"), [(LONG, ()), (WIDE, ("--wide",))])
def test_agreement_of_anybodys_table(tmp_path: Path, text: str, options: tuple[str, ...]) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(text, encoding="utf-8")
    result = run("agreement", file, *options, "--json")
    assert result.exit_code == 0
    [measured] = json.loads(result.stdout)["variables"].values()
    kappa, alpha, pairs = (measured.pop(key) for key in ("fleiss_kappa", "krippendorff_alpha", "cohen_kappa"))
    assert measured == {
        "n_items": 4,
        "n_items_used": 3,
        "n_raters": 2,
        "n_ratings": 7,
        "percent_agreement": pytest.approx(2 / 3),
        "left_out": [{"reason": "missing label", "n": 1}, {"reason": "fewer than two ratings", "n": 1}],
    }
    # Three of six ratings in each category: (2/3 − 1/2) / (1 − 1/2) = 1/3; α = 1 − (6−1)·2/(2·3·3) = 4/9.
    assert kappa["value"] == pytest.approx(1 / 3)
    assert alpha["nominal"]["value"] == pytest.approx(4 / 9)
    assert [(pair["a"], pair["b"], pair["n"], round(pair["value"], 6)) for pair in pairs] == [("x", "y", 3, 0.4)]


def test_agreement_for_a_person(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("item,rater,variable,label\na,x,mood,1\na,y,mood,1\nb,x,mood,1\nb,y,mood,1\n", encoding="utf-8")
    shown = run("agreement", file).stdout
    assert shown.startswith("mood: 4 ratings of 2 items by 2 raters; 2 items with two or more\n")
    assert "only one category was used" in shown
    assert "Cohen's κ of" in shown


def test_agreement_without_a_file(tmp_path: Path) -> None:
    result = run("agreement", tmp_path / "none.csv")
    assert result.exit_code == 1
    assert "there is none at" in result.stderr


def test_resolve(workspace: Workspace, engine, rated, segments) -> None:
    refused = run("resolve", "-w", workspace.root)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "assay batch close NAME" in refused.stderr
    segments(workspace, [ONE, TWO])
    rated(engine, [(ONE, "sim-1", 1), (ONE, "bo", 1), (TWO, "bo", 2)])
    result = run("resolve", "-w", workspace.root, "--json")
    assert json.loads(result.stdout)["by_source"] == {"unanimous": 1, "majority": 0, "adjudicated": 0}
    assert run("resolve", "-w", workspace.root).stdout.splitlines() == [
        "nothing changed: 1 gold label (1 unanimous, 0 majority, 0 adjudicated) on 2 items of 1 batch",
        "not gold: 1, too few ratings",
        "simulated raters took part: sim-1",
    ]


@pytest.mark.parametrize("command", ["gate", "agreement", "resolve"])
def test_help_has_an_example(command: str) -> None:
    assert f"assay {command}" in run(command, "--help").stdout
