"""A run that is killed while the database is made leaves none, and the next run makes it."""

import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from core.database import open_database, transaction
from core.people import User

DIE_AT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from core.database import open_database
from core.workspace import Workspace

made = []

def count(connection, cursor, statement, *_):
    made.append(statement)
    if statement.lstrip().startswith("CREATE") and len([s for s in made if "CREATE" in s]) == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, "after_cursor_execute", count)
open_database(Workspace(Path(sys.argv[1])))
"""


@pytest.mark.slow
@pytest.mark.parametrize("statement", ["2", "7"])
def test_a_database_is_made_whole_or_not_at_all(workspace, statement):
    killed = subprocess.run([sys.executable, "-c", DIE_AT, str(workspace.root), statement])
    assert killed.returncode == -signal.SIGKILL
    with transaction(open_database(workspace)) as session:
        assert session.scalars(select(User)).all() == []
