"""The people's half of the pipeline as the app wires it: draw, label, close with κ, adjudicate, resolve."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from sqlalchemy import Engine

from annotation.human.batches import close_batch, list_batches, new_batch
from annotation.human.drawing import BatchPlan
from annotation.human.users import Person, add_user
from annotation.human.work import assignments, next_assignment, submit
from consensus.adjudication import adjudicate, disagreements
from consensus.gold import resolve
from consensus.measuring import agreement_json
from core.store import Recipe
from core.workspace import Workspace

IDS = [f"{number:016x}" for number in range(4)]
LABELS = {"ann": [0, 1, 2, 3], "bo": [0, 1, 2, 4], "cy": [0, 1, 5, 5]}


@pytest.fixture
def workspace_with_segments(workspace: Workspace) -> Workspace:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    row = {
        "chat_id": "c", "message_ids": ["m"], "suspicious_message_ids": ["m"], "suspicious_message_id": "m",
        "at_risk_user_id": "u", "start": noon, "end": noon, "n_messages": 1, "n_users": 1, "n_chars": 9,
        "n_signals": 1, "risk_level": None,
    }  # fmt: skip
    times = pl.col("start", "end").cast(pl.Datetime("ms", "UTC"))
    frame = pl.DataFrame([{"segment_id": one, **row} for one in IDS]).with_columns(times)
    workspace.store.write("segments", frame, Recipe({}))
    return workspace


def label_everything(engine: Engine, workspace: Workspace, user: str) -> bool:
    """Work through a user's assignments; whether the last one completed the batch."""
    complete = False
    while (task := next_assignment(engine, user)) is not None:
        label = {"risk": LABELS[user][IDS.index(task.segment_id)]}
        complete = submit(engine, task.assignment_id, user, label, codebook=workspace.codebook).batch_complete
    return complete


def test_from_pool_to_gold(each_engine: Engine, workspace_with_segments: Workspace) -> None:
    engine, workspace = each_engine, workspace_with_segments
    people = [add_user(engine, name, "annotator", "long enough", simulated=name == "cy") for name in LABELS]
    add_user(engine, "judge", "adjudicator", "long enough")
    assert all(isinstance(person, Person) for person in people)
    pool = pl.DataFrame({"segment_id": IDS, "origin": ["no_consensus"] * 4})
    new_batch(engine, segments=pool, plan=BatchPlan("pilot"), codebook_hash=workspace.codebook_hash)
    assert [label_everything(engine, workspace, user) for user in LABELS] == [False, False, True]
    closed = close_batch(engine, "pilot", agreement_json)
    # P = 1, 1, 1/3, 0; shares 3, 3, 2, 1, 1, 2 of 12: (7/12 − 28/144) / (1 − 28/144) = 56/116.
    assert closed.agreement["variables"]["risk"]["fleiss_kappa"]["value"] == pytest.approx(56 / 116)
    assert list_batches(engine)[0].agreement == json.loads(json.dumps(closed.agreement, allow_nan=False))
    [outvoted, split] = sorted(disagreements(engine, "pilot"), key=lambda one: one.segment_id)
    assert (outvoted.segment_id, outvoted.majority) == (IDS[2], 2)
    assert (split.segment_id, split.majority) == (IDS[3], None)
    adjudicate(engine, split.item_id, "risk", 4, "旧伤", "judge", codebook=workspace.codebook)
    report = resolve(workspace, engine)
    assert report.by_source == {"unanimous": 2, "majority": 1, "adjudicated": 1}
    assert (report.resolved_batches, report.simulated_raters, report.rejected) == (("pilot",), ("cy",), {})
    assert workspace.store.read("gold").select("segment_id", "label").rows() == list(
        zip(IDS, [0, 1, 2, 4], strict=True)
    )
    assert assignments(engine, "ann") == []
