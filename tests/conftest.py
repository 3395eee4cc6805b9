"""Fixtures of several stages: a workspace, its database on SQLite and on a real PostgreSQL, and people in it."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from core.clock import utc_now
from core.database import open_database, transaction
from core.people import User
from core.workspace import Workspace, create_workspace

# How long an example takes says more about what else the machine does than about the code.
settings.register_profile("assay", deadline=None)
settings.load_profile("assay")

Crew = Callable[..., None]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A new workspace with the codebook suichat6, whatever database the environment names."""
    monkeypatch.delenv("ASSAY_DATABASE_URL", raising=False)
    return create_workspace(tmp_path / "workspace", "suichat6")


@pytest.fixture
def engine(workspace: Workspace) -> Iterator[Engine]:
    """The workspace's database: SQLite in a file."""
    opened = open_database(workspace)
    yield opened
    opened.dispose()


@pytest.fixture(scope="session")
def pg_folder() -> Iterator[Path]:
    """The socket folder of a PostgreSQL server that lives as long as the tests; skips where none is installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not programs:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    as_server: list[str] = []
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root.
        as_server = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres", "postgres")

    def server(program: str, *arguments: str) -> None:
        call = [*as_server, str(programs[-1].with_name(program)), "-D", str(folder / "data"), *arguments]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL, cwd="/")

    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    try:
        server("initdb", "-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        server("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        yield folder
        server("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg_url(pg_folder: Path) -> Iterator[str]:
    """The address of a new, empty PostgreSQL database."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed (pip install 'assay[postgres]')")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(host=str(pg_folder), user="postgres", dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        yield f"postgresql://postgres@/{name}?host={pg_folder}"
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def pg_engine(workspace: Workspace, pg_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The workspace's database on PostgreSQL."""
    monkeypatch.setenv("ASSAY_DATABASE_URL", pg_url)
    opened = open_database(workspace)
    yield opened
    opened.dispose()


@pytest.fixture(params=["engine", "pg_engine"], ids=["sqlite", "postgresql"])
def each_engine(request: pytest.FixtureRequest) -> Engine:
    """The same test on both databases."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def crew() -> Crew:
    """Adds users who never sign in, without the cost of hashing a password."""

    def add(engine: Engine, *names: str, role: str = "annotator", simulated: bool = False) -> None:
        with transaction(engine) as session:
            session.add_all(
                User(name=name, role=role, password_hash="!", simulated=simulated, created_at=utc_now())
                for name in names
            )

    return add


@pytest.fixture(scope="session")
def review_world() -> ModuleType:
    """The module beside this file: a corpus and candidates that two experts rule on."""
    spec = importlib.util.spec_from_file_location("review_world", Path(__file__).with_name("review_world.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
