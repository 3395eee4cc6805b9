"""Lines of the audit log that the collector writes: what was discovered, decided, read and taken back."""

from typing import Any

from core.database import open_database, transaction
from core.people import Event
from core.workspace import Workspace

ACTOR = "cli"


def note(workspace: Workspace, action: str, subject: str, detail: dict[str, Any]) -> None:
    """Add a line. ``subject`` and ``detail`` hold pseudonyms and counts, never names or raw ids."""
    engine = open_database(workspace)
    try:
        with transaction(engine) as session:
            session.add(Event(at=workspace.clock(), actor=ACTOR, action=action, subject=subject, detail=detail))
    finally:
        engine.dispose()


def noted_message_ids(workspace: Workspace, action: str, subject: str) -> set[str]:
    """All ``message_ids`` in the details of such lines so far."""
    from sqlalchemy import select

    engine = open_database(workspace)
    try:
        with transaction(engine) as session:
            details = session.scalars(select(Event.detail).where(Event.action == action, Event.subject == subject))
            return {message_id for detail in details for message_id in detail["message_ids"]}
    finally:
        engine.dispose()
