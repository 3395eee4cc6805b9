import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
import typer
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from annotation.human.sign_ins import sign_in
from annotation.human.users import list_users
from annotation.human.work import assignments, submit
from annotation.human_cli import mount
from core.codebook import shipped_codebook
from core.store import Recipe
from core.workspace import Workspace

CODEBOOK = shipped_codebook("suichat6")
KAPPA = {"value": 0.5, "low": 0.25, "high": 0.75, "method": "by hand", "reason": None}


def measured(ratings: pl.DataFrame) -> dict[str, Any]:
    return {"variables": {"risk": {"n_ratings": ratings.height, "fleiss_kappa": KAPPA}}}


@pytest.fixture
def run(workspace: Workspace) -> Callable[..., Result]:
    """Runs a command in the workspace."""
    app = typer.Typer()
    mount(app, measured)

    def call(*arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, [*arguments, "-w", str(workspace.root)], input=given)

    return call


@pytest.fixture
def gated(workspace: Workspace) -> Workspace:
    """Six segments: four without consensus, two accepted."""
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    ids = [f"{number:016x}" for number in range(6)]
    segment = {
        "chat_id": "c", "message_ids": ["m"], "suspicious_message_ids": ["m"], "suspicious_message_id": "m",
        "at_risk_user_id": "u", "start": noon, "end": noon, "n_messages": 1, "n_users": 1, "n_chars": 9,
        "n_signals": 1, "risk_level": None,
    }  # fmt: skip
    times = pl.col("start", "end").cast(pl.Datetime("ms", "UTC"))
    segments = pl.DataFrame([{"segment_id": one, **segment} for one in ids]).with_columns(times)
    verdicts = pl.DataFrame({"segment_id": ids, "accepted": [False] * 4 + [True] * 2}).with_columns(
        variable=pl.lit("risk"),
        label=pl.when("accepted").then(pl.lit(1, pl.Int64)),
        rho=pl.lit(0.5),
        n_valid=pl.lit(2, pl.Int64),
        n_panel=pl.lit(2, pl.Int64),
        runner_up=pl.lit(2, pl.Int64),
        reason=pl.when("accepted").then(pl.lit("accepted")).otherwise(pl.lit("no_consensus")),
    )
    workspace.store.write("segments", segments, Recipe({}))
    workspace.store.write("verdicts", verdicts, Recipe({}))
    return workspace


def test_a_user_is_added_and_listed(run: Callable[..., Result], engine: Engine) -> None:
    added = run("user", "add", "林晚", "--role", "adjudicator", "--password-stdin", given="long enough\n")
    assert (added.exit_code, added.stdout) == (0, "added 林晚, adjudicator\n")
    assert sign_in(engine, "林晚", "long enough") is not None
    listed = json.loads(run("user", "list", "--json").stdout)
    assert [(one["name"], one["role"], one["disabled"]) for one in listed["users"]] == [("林晚", "adjudicator", False)]
    assert "林晚  adjudicator  enabled" in run("user", "list").stdout


def test_a_password_is_asked_for_twice_and_not_shown(run: Callable[..., Result], engine: Engine) -> None:
    added = run("user", "add", "ann", "--json", given="long enough\nlong enough\n")
    assert added.exit_code == 0
    assert json.loads(added.stdout)["role"] == "annotator"
    assert "long enough" not in added.output
    assert sign_in(engine, "ann", "long enough") is not None


def test_a_short_password_is_refused(run: Callable[..., Result], engine: Engine) -> None:
    refused = run("user", "add", "ann", "--password-stdin", given="")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "assay: wanted a password of at least 8 characters; got 0\n"
    assert list_users(engine) == []


def test_disabling_and_a_new_password(run: Callable[..., Result], engine: Engine) -> None:
    run("user", "add", "ann", "--password-stdin", given="long enough\n")
    assert run("user", "disable", "ann").stdout == "ann is disabled\n"
    assert "disabled" in run("user", "list").stdout
    assert run("user", "disable", "ann", "--undo").stdout == "ann is enabled\n"
    assert run("user", "password", "ann", "--password-stdin", given="another one\n").exit_code == 0
    assert sign_in(engine, "ann", "another one") is not None


def test_a_batch_from_pool_to_kappa(run: Callable[..., Result], engine: Engine, gated: Workspace, crew) -> None:
    crew(engine, "ann", "bo", "cy")
    made = run("batch", "new", "--name", "pilot", "--size", "4", "--audit-share", "0.25", "--json")
    assert json.loads(made.stdout) == {
        "name": "pilot",
        "n_asked": 4,
        "n_items": 4,
        "n_audit": 1,
        "overlap": 3,
        "assigned": {"ann": 4, "bo": 4, "cy": 4},
    }
    for task in assignments(engine, "bo"):
        submit(engine, task.assignment_id, "bo", {"risk": 1}, codebook=CODEBOOK)
    refused = run("batch", "close", "pilot")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "has 8 of 12 assignments open" in refused.stderr
    closed = json.loads(run("batch", "close", "pilot", "--force", "--json").stdout)
    assert (closed["n_missing"], closed["agreement"]) == (
        8,
        {"variables": {"risk": {"n_ratings": 4, "fleiss_kappa": KAPPA}}},
    )
    assert "pilot  closed" in run("batch", "list").stdout
    assert "ann 0/4, bo 4/4, cy 0/4" in run("batch", "list").stdout
    assert "risk 0.500" in run("batch", "list").stdout


def test_fewer_items_than_asked_for_is_said(run: Callable[..., Result], engine: Engine, gated: Workspace, crew) -> None:
    crew(engine, "ann", "bo")
    made = run("batch", "new", "--overlap", "1", "--annotator", "bo")
    assert made.stdout.splitlines()[:2] == [
        "batch batch-1: 6 items (50 were wanted; no more are left), 1 annotator each",
        "4 from the no-consensus pool, 2 accepted, as an audit",
    ]
    again = run("batch", "new", "--overlap", "1")
    assert again.exit_code == 1
    assert "none is left that is in no batch yet" in again.stderr


def test_what_an_open_batch_shows_is_counts(run: Callable[..., Result], engine: Engine, gated: Workspace, crew) -> None:
    crew(engine, "ann", "bo", "cy")
    run("batch", "new")
    task = assignments(engine, "bo")[0]
    submit(engine, task.assignment_id, "bo", {"risk": 5}, rationale="我的理由", codebook=CODEBOOK)
    [batch] = json.loads(run("batch", "list", "--json").stdout)["batches"]
    assert (batch["n_done"], batch["n_total"], batch["agreement"], batch["closed_at"]) == (1, 18, None, None)
    assert [load["n_done"] for load in batch["loads"]] == [0, 1, 0]
    assert set(batch) == {
        "name", "state", "overlap", "n_items", "n_done", "n_total", "loads", "created_at", "closed_at", "agreement",
    }  # fmt: skip


def test_options_are_checked_like_settings(run: Callable[..., Result], gated: Workspace) -> None:
    refused = run("batch", "new", "--audit-share", "1.5")
    assert refused.exit_code == 1
    assert "annotate.audit_share" in refused.stderr


def test_empty_lists_say_what_to_do(run: Callable[..., Result]) -> None:
    assert run("user", "list").stdout == "there is nobody yet; add somebody with: assay user add NAME\n"
    assert run("batch", "list").stdout == "there are no batches yet; make one with: assay batch new\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("batch", "close", "pilot"), "no batch 'pilot'"),
        (("user", "disable", "ann"), "no user 'ann'"),
        (("user", "add", "ann", "--role", "boss", "--password-stdin"), "wanted a role"),
        (("batch", "new"), "assay gate"),
    ],
)
def test_one_message_and_exit_1(run: Callable[..., Result], arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments, given="long enough\n")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("assay: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", ["batch new", "batch close", "batch list", "user add", "user password", "user disable", "user list"]
)
def test_help_has_an_example(run: Callable[..., Result], command: str) -> None:
    assert f"assay {command}" in run(*command.split(), "--help").stdout
