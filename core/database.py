"""The database of people's decisions: SQLAlchemy, SQLite by default, migrated by Alembic when it is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session

from core.errors import MissingExtraError, ServiceError, SettingsError
from core.workspace import Workspace

BUSY_TIMEOUT_MS = 15_000


def open_database(workspace: Workspace) -> Engine:
    """The workspace's database, its tables brought up to date. Raises SettingsError or ServiceError."""
    engine = _engine(workspace.database_url)
    try:
        _upgrade(engine)
    except SQLAlchemyError as error:
        raise ServiceError(
            f"the database cannot be opened ({type(error).__name__}); check database.url in assay.toml and that it runs"
        ) from error
    return engine


def _engine(url: str) -> Engine:
    try:
        engine = create_engine(url)
    except ModuleNotFoundError as error:
        raise MissingExtraError("psycopg", "postgres", "A PostgreSQL database.url") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(
            "database.url is not a database address; wanted sqlite:///FILE or postgresql://USER@HOST/NAME"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Readers never wait for writers (WAL), writers wait for each other, and references are kept."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=ON", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def alembic_config() -> Config:
    """Alembic's configuration, without a file: the migrations lie in the package."""
    config = Config()
    config.set_main_option("script_location", str(files("core").joinpath("migrations")))
    return config


def _upgrade(engine: Engine) -> None:
    config = alembic_config()
    head = ScriptDirectory.from_config(config).get_current_head()
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == head:
            return
        if engine.dialect.name == "sqlite":
            # Python's sqlite3 begins no transaction for CREATE TABLE; a run killed in between left half a database.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """A session that commits when the block ends well and rolls back otherwise."""
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except DBAPIError as error:
        raise ServiceError(
            f"the database refused ({type(error.orig).__name__}); nothing was saved; try again"
        ) from error
