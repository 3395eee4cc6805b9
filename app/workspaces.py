"""Making a workspace complete: folders, key, database."""

from pathlib import Path

from collector.pseudonyms import create_key
from core.database import open_database
from core.workspace import Workspace, create_workspace


def init(folder: Path, codebook: str) -> Workspace:
    """A new workspace with its pseudonym key and its database."""
    workspace = create_workspace(folder, codebook)
    create_key(workspace)
    open_database(workspace).dispose()
    return workspace
