"""Fixtures that fill a workspace with segments and votes, and its database with rated batches."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.database import transaction
from core.people import Assignment, Batch, Item, Submission, User
from core.store import Recipe
from core.workspace import Workspace

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
Row = tuple[str, str, int] | tuple[str, str, int, str]


@pytest.fixture
def rated() -> Callable[..., None]:
    """Adds a batch with ratings (segment, rater, label[, variable]); raters called ``sim…`` are simulated.

    The ratings are a minute apart, starting at noon plus ``minute``. ``unrated`` items get no assignment.
    """

    def add(
        engine: Engine,
        rows: Sequence[Row],
        batch: str = "pilot",
        state: str = "closed",
        minute: int = 0,
        unrated: Iterable[str] = (),
    ) -> None:
        segments = list(dict.fromkeys([*(row[0] for row in rows), *unrated]))
        with transaction(engine) as session:
            made = Batch(name=batch, state=state, overlap=3, seed=7, codebook_hash="h", created_at=NOON)
            made.items = [
                Item(segment_id=segment, position=position, origin="no_consensus")
                for position, segment in enumerate(segments, 1)
            ]
            session.add(made)
            items = {item.segment_id: item for item in made.items}
            given: dict[tuple[str, str], Assignment] = {}
            for number, (segment, rater, label, *variable) in enumerate(rows):
                at = NOON + timedelta(minutes=minute + number)
                user = _user(session, rater)
                if (segment, rater) not in given:
                    given[segment, rater] = Assignment(item=items[segment], user=user, position=1, submitted_at=at)
                session.add(
                    Submission(
                        assignment=given[segment, rater],
                        variable=variable[0] if variable else "risk",
                        label=label,
                        rationale=f"{rater}的理由",
                        revision=1,
                        submitted_at=at,
                    )
                )

    return add


def _user(session: Session, name: str) -> User:
    found = session.scalar(select(User).where(User.name == name))
    if found is None:
        simulated = name.startswith("sim")
        found = User(name=name, role="annotator", password_hash="!", simulated=simulated, created_at=NOON)
        session.add(found)
        session.flush()
    return found


@pytest.fixture
def segments() -> Callable[[Workspace, Iterable[str]], None]:
    """Writes the table ``segments`` with one short segment for each id."""

    def write(workspace: Workspace, ids: Iterable[str]) -> None:
        row = {
            "chat_id": "c", "message_ids": ["m"], "suspicious_message_ids": ["m"], "suspicious_message_id": "m",
            "at_risk_user_id": "u", "start": NOON, "end": NOON, "n_messages": 1, "n_users": 1, "n_chars": 9,
            "n_signals": 1, "risk_level": None,
        }  # fmt: skip
        frame = pl.DataFrame([{"segment_id": one, **row} for one in ids])
        times = pl.col("start", "end").cast(pl.Datetime("ms", "UTC"))
        workspace.store.write("segments", frame.with_columns(times), Recipe({}))

    return write


@pytest.fixture
def votes() -> Callable[..., None]:
    """Writes one voter's part of ``votes``: (segment, label[, variable]); −1 carries the status ``abstained``."""

    def write(
        workspace: Workspace,
        voter: str,
        rows: Iterable[tuple[str, int] | tuple[str, int, str]],
        abstained: str = "unparsed",
    ) -> None:
        frame = pl.DataFrame(
            [
                {
                    "segment_id": segment, "voter": voter, "variable": variable[0] if variable else "risk",
                    "label": label, "status": "ok" if label >= 0 else abstained, "rationale": None,
                    "probability": None, "model": "m", "prompt_hash": "p", "seconds": 0.1,
                }
                for segment, label, *variable in rows
            ],
            schema_overrides={"rationale": pl.String, "probability": pl.Float64},
        )  # fmt: skip
        workspace.store.write(f"votes/{voter}", frame, Recipe({}))

    return write
