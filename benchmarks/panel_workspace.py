"""A made-up workspace with a panel's votes, as `assay vote` leaves it: through the store, with every column filled."""

from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.contracts import empty
from core.store import Recipe
from core.workspace import Workspace, create_workspace

VARIABLE, N_LABELS, ABSTAINS = "risk", 6, 0.05
VOTER = '[[vote.voters]]\nname = "{}"\nbackend = "embedded"\n'
REASONS = ("", "说话人反复说很累，没有说到计划。", "只是转述别人的话，自己没有表示。", "语气平静，看不出风险。")


def write_panel(folder: Path, n_items: int, voters: list[str], missing: float = 0) -> Workspace:
    """A workspace with the tables ``segments`` and ``votes``: one row a segment in each voter's table, in one order.

    missing: the share of votes that are not there, another one for each voter.

    Voters are right on 55 to 85 of 100 segments, and wrong towards the neighbouring label more often than not; they
    abstain on 5. Ids and prompt hashes are random digits, as hashes are.
    """
    rng = np.random.default_rng(1)
    workspace = create_workspace(folder, settings="".join(VOTER.format(voter) for voter in voters))
    ids = _digits(rng, n_items, 8)
    workspace.store.write("segments", _segments(ids), Recipe(inputs={}))
    truth = rng.choice(N_LABELS, n_items, p=(0.4, 0.2, 0.15, 0.1, 0.1, 0.05))
    for voter, skill in zip(voters, rng.uniform(0.55, 0.85, len(voters)), strict=True):
        votes = _votes(rng, ids, voter, _labels(rng, truth, skill))
        there = rng.random(n_items) >= missing
        workspace.store.write(f"votes/{voter}", votes.filter(pl.Series(there)), Recipe(inputs={}))
    return workspace


def _labels(rng: np.random.Generator, truth: NDArray[np.int64], skill: float) -> NDArray[np.int64]:
    near = np.clip(truth + rng.choice([-1, 1], len(truth)), 0, N_LABELS - 1)
    wrong = np.where(rng.random(len(truth)) < 0.6, near, rng.integers(0, N_LABELS, len(truth)))
    labels = np.where(rng.random(len(truth)) < skill, truth, wrong)
    return np.where(rng.random(len(truth)) < ABSTAINS, -1, labels)


def _votes(rng: np.random.Generator, ids: pl.Series, voter: str, labels: NDArray[np.int64]) -> pl.DataFrame:
    frame = pl.DataFrame({"segment_id": ids, "label": labels, "prompt_hash": _digits(rng, len(ids), 32)})
    reasons = pl.Series([reason or None for reason in REASONS])
    return frame.with_columns(
        voter=pl.lit(voter),
        variable=pl.lit(VARIABLE),
        status=pl.when(pl.col("label") >= 0).then(pl.lit("ok")).otherwise(pl.lit("unparsed")),
        rationale=reasons.gather(rng.integers(0, len(REASONS), len(ids))),
        probability=pl.lit(None, pl.Float64),
        model=pl.lit(f"made/{voter}"),
        seconds=pl.Series(rng.exponential(0.8, len(ids)).round(3)),
    ).select(pl.col(name).cast(dtype) for name, dtype in empty("votes").schema.items())


def _segments(ids: pl.Series) -> pl.DataFrame:
    """Three messages each."""
    number = pl.int_range(len(ids), eager=True).alias("number")
    messages = [(number * 3 + step).cast(pl.String).str.zfill(32) for step in range(3)]
    start = (1_600_000_000_000 + number * 60_000).cast(pl.Datetime("ms", "UTC"))
    return pl.DataFrame({"segment_id": ids, "start": start, "second": messages[1]}).select(
        "segment_id", "start", chat_id=pl.lit("c" * 32), end="start",
        message_ids=pl.concat_list(messages), suspicious_message_ids=pl.concat_list("second"),
        suspicious_message_id="second", at_risk_user_id=pl.lit("u" * 32),
        n_messages=pl.lit(3, pl.Int64), n_users=pl.lit(2, pl.Int64), n_chars=pl.lit(40, pl.Int64),
        n_signals=pl.lit(1, pl.Int64), risk_level=pl.lit(None, pl.Int64),
    ).select(empty("segments").columns)  # fmt: skip


def _digits(rng: np.random.Generator, n: int, n_bytes: int) -> pl.Series:
    """Random hexadecimal digits, two a byte."""
    raw = rng.bytes(n * n_bytes)
    return pl.Series([raw[at : at + n_bytes] for at in range(0, len(raw), n_bytes)], dtype=pl.Binary).bin.encode("hex")
