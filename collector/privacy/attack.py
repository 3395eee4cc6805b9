"""``assay privacy attack``: what an outsider who got hold of the tables could do, measured on the tables themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from collector.chat_files import reading
from collector.exports import TABLE
from collector.privacy.enumeration import FIRST_ID, Enumeration, enumerate_ids
from collector.privacy.unicity import Unicity, unicity
from collector.privacy.verbatim import Verbatim, verbatim
from core.errors import SettingsError, WorkspaceError
from core.store import Store
from core.workspace import Workspace
from core.writing import write_atomically

REPORT, FIGURES = "privacy.md", "privacy.json"


@dataclass(frozen=True)
class AttackReport:
    """Three attacks. ``report``: the page in ``reports/`` that tells them."""

    messages: int
    users: int
    enumeration: Enumeration
    unicity: tuple[Unicity, ...]
    verbatim: tuple[Verbatim, ...]
    report: Path

    def as_json(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "users": self.users,
            "enumeration": self.enumeration.as_json(),
            "unicity": [row.as_json() for row in self.unicity],
            "verbatim": [row.as_json() for row in self.verbatim],
            "report": str(self.report),
        }


def attack(workspace: Workspace, n_ids: int = 2_000_000, first_id: int = FIRST_ID, seed: int = 7) -> AttackReport:
    """Enumerate ids, single out users by their times, count sentences that can be searched for; write the report.

    n_ids, first_id: the range of raw ids that is tried, about 10 seconds a million. Reads the messages and no key.
    Raises SettingsError for a range that is none, WorkspaceError when there are no messages.
    """
    from collector.privacy.attack_page import page

    if n_ids < 1 or first_id < 0:
        raise SettingsError(f"wanted at least 1 id from 0 or more on, got {n_ids} from {first_id}; change --ids")
    stored, messages = _stored_ids(workspace.store), _messages(workspace.store)
    codes = messages.get_column("user").rank("dense").cast(pl.Int64)
    report = AttackReport(
        messages=messages.height,
        users=codes.n_unique(),
        enumeration=enumerate_ids(stored, n_ids, first_id, seed),
        unicity=tuple(unicity(codes.to_numpy(), messages.get_column("time").to_numpy().astype(np.int64), seed)),
        verbatim=tuple(verbatim(messages)),
        report=workspace.reports / REPORT,
    )
    write_atomically(report.report, page(report, workspace.clock()).encode())
    figures = json.dumps(report.as_json() | {"report": REPORT}, indent=1)
    write_atomically(workspace.reports / FIGURES, figures.encode())
    return report


def _stored_ids(store: Store) -> set[str]:
    """Every user_id and chat_id."""
    columns = ("user_id", "chat_id")
    return {
        stored for column in columns for ids in _of_every_chat(store, pl.col(column).unique()) for stored in ids[column]
    }


def _messages(store: Store) -> pl.DataFrame:
    """One row a message: user and text as 64-bit hashes, time in milliseconds, n_chars. Small, and no text in it."""
    columns = (
        pl.col("user_id").hash().alias("user"),
        pl.col("timestamp").dt.epoch("ms").alias("time"),
        pl.col("content").hash().alias("text"),
        pl.col("content").str.len_chars().alias("n_chars"),
    )
    return pl.concat(_of_every_chat(store, *columns))


def _of_every_chat(store: Store, *columns: pl.Expr) -> Iterator[pl.DataFrame]:
    """Columns of one chat after another, so that no two texts are in memory at once."""
    parts = store.parts(TABLE)
    if not parts:
        raise WorkspaceError("there are no messages in this workspace yet; collect some with: assay collect PATH")
    for part in parts:
        with reading(store.path(part)):
            chat = pl.scan_parquet(store.path(part), glob=False).select(columns).collect()
        yield chat
