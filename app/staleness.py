"""What is out of date in a workspace, for whoever publishes, reads or counts it: the judgement of `app.status`."""

from sqlalchemy import Engine

from app.status import stages
from core.workspace import Workspace
from release.staleness import StaleTable

LEARNS_FROM_GOLD = "gold changed"
"""Why votes are stale after each `assay resolve`: embedded voters learn from gold. To ask them again is a choice."""


def out_of_date(workspace: Workspace, engine: Engine) -> tuple[StaleTable, ...]:
    """The tables that `assay status` calls stale, in the order of the pipeline.

    Votes block nothing where all that changed is the gold that voters may learn from. Raises DataError for a broken
    table, SettingsError for settings that no stage could use.
    """
    return tuple(
        StaleTable(one.table, one.why, f"assay {one.command}", blocks=set(one.why) != {LEARNS_FROM_GOLD})
        for one in stages(workspace, engine)
        if one.state == "stale"
    )
