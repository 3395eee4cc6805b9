"""Making a workspace complete: folders, key, database."""

from pathlib import Path

from annotation.silver.panels import with_panel
from collector.pseudonyms import create_key
from core.database import open_database
from core.workspace import Workspace, create_workspace, settings_template


def init(folder: Path, codebook: str, panel: str = "embedded") -> Workspace:
    """A new workspace with its pseudonym key and its database. panel: of `annotation.silver.panels`."""
    workspace = create_workspace(folder, codebook, settings=with_panel(settings_template(), panel))
    create_key(workspace)
    open_database(workspace).dispose()
    return workspace
