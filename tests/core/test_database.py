import sqlite3
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from core.database import open_database, transaction
from core.errors import ServiceError, SettingsError
from core.people import Base, Event
from core.workspace import create_workspace

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path):
    workspace = create_workspace(tmp_path / "corpus")
    return workspace, open_database(workspace)


def test_the_migrations_make_exactly_the_tables_of_the_code(opened):
    with opened[1].connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    assert differences == []


def test_opening_again_keeps_what_is_there(opened):
    workspace, engine = opened
    with transaction(engine) as session:
        session.add(Event(at=NOON, actor="a", action="tested"))
    with transaction(open_database(workspace)) as session:
        assert session.scalars(select(Event.action)).all() == ["tested"]


def test_times_come_back_in_utc(opened):
    with transaction(opened[1]) as session:
        session.add(Event(at=NOON, actor="a", action="tested"))
    with transaction(opened[1]) as session:
        assert session.scalars(select(Event.at)).one() == NOON


def test_a_time_without_zone_is_refused(opened):
    with pytest.raises(StatementError, match="a time without a zone"), transaction(opened[1]) as session:
        session.add(Event(at=NOON.replace(tzinfo=None), actor="a", action="tested"))


def test_sqlite_lets_readers_and_writers_work_at_once(opened):
    with opened[1].connect() as connection:
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]
    assert pragmas == ["wal", 15_000, 1]


def test_a_failed_transaction_leaves_nothing(opened):
    def fail():
        with transaction(opened[1]) as session:
            session.add(Event(at=NOON, actor="a", action="tested"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with transaction(opened[1]) as session:
        assert session.scalars(select(Event)).all() == []


@pytest.mark.parametrize(
    ("url", "error", "said"),
    [
        ("nonsense", SettingsError, "database.url is not a database address"),
        ("oracle9://x", SettingsError, "database.url is not a database address"),
        ("postgresql://nobody@127.0.0.1:1/none", ServiceError, "the database cannot be opened"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_message(opened, monkeypatch, url, error, said):
    monkeypatch.setenv("ASSAY_DATABASE_URL", url)
    with pytest.raises(error, match=said):
        open_database(opened[0])


def test_a_file_that_is_no_database_is_one_clear_message(tmp_path):
    workspace = create_workspace(tmp_path / "corpus")
    (workspace.root / "assay.db").write_bytes(b"something else entirely, longer than a header" * 100)
    with pytest.raises(ServiceError, match="the database cannot be opened"):
        open_database(workspace)


def test_a_full_database_disk_is_one_clear_message(opened):
    def write():
        with transaction(opened[1]) as session:
            session.connection().exec_driver_sql("PRAGMA max_page_count = 1")
            session.add(Event(at=NOON, actor="a", action="x", detail={"text": "x" * 10**7}))

    with pytest.raises(ServiceError, match="the database refused"):
        write()


def test_the_file_is_a_plain_sqlite_database(opened):
    with sqlite3.connect(opened[0].root / "assay.db") as connection:
        tables = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    assert {"users", "batches", "items", "assignments", "submissions", "adjudications", "events"} <= tables
