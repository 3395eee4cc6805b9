"""The workspace: one folder that holds a corpus in the making."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from core.clock import Clock, utc_now
from core.codebook import Codebook, codebook_text, load_codebook
from core.errors import WorkspaceError
from core.settings import Settings, load_settings, replace_settings
from core.store import Store, digest
from core.writing import write_atomically

FOLDERS = ("tables", "cache", "reports", "releases")


@dataclass(frozen=True)
class Workspace:
    """A workspace on disk. Open one with `open_workspace`, make one with `create_workspace`."""

    root: Path
    clock: Clock = utc_now
    given_settings: Settings | None = None

    @cached_property
    def settings(self) -> Settings:
        return self.given_settings or load_settings(self.root / "assay.toml")

    @cached_property
    def codebook(self) -> Codebook:
        return load_codebook(self.root / "codebook.toml")

    @cached_property
    def codebook_hash(self) -> str:
        return digest(self.codebook.model_dump(mode="json"))

    @cached_property
    def store(self) -> Store:
        return Store(self.root / "tables", self.clock)

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def releases(self) -> Path:
        return self.root / "releases"

    @property
    def database_url(self) -> str:
        """Where people's decisions live: ``ASSAY_DATABASE_URL``, else ``database.url``, else ``assay.db`` here."""
        configured = os.environ.get("ASSAY_DATABASE_URL") or self.settings.database.url
        return configured or f"sqlite:///{(self.root / 'assay.db').resolve()}"


def open_workspace(root: Path, clock: Clock = utc_now) -> Workspace:
    """The workspace at ``root``. Raises WorkspaceError when there is none."""
    if not (root / "assay.toml").is_file():
        raise WorkspaceError(f"{root} is not a workspace (it has no assay.toml); make one with: assay init {root}")
    return Workspace(root, clock)


def create_workspace(
    root: Path, codebook: str = "suichat6", clock: Clock = utc_now, settings: str | None = None
) -> Workspace:
    """Make a new workspace: folders, documented settings, a copy of a codebook (a shipped one's name, or a .toml file).

    settings: the text of assay.toml; None for `settings_template`. Keys and the database are made by their owners.
    Raises WorkspaceError when ``root`` already is a workspace.
    """
    text = codebook_text(codebook)
    if (root / "assay.toml").exists():
        raise WorkspaceError(f"{root} already is a workspace; choose another folder or delete it first")
    try:
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "secrets").mkdir(mode=0o700, exist_ok=True)
        (root / "secrets").chmod(0o700)
    except OSError as error:
        raise WorkspaceError(
            f"could not make {root}: {error.strerror}; choose a folder that you may write to"
        ) from error
    write_atomically(root / "codebook.toml", text.encode())
    write_atomically(root / "assay.toml", (settings or settings_template()).encode())
    return Workspace(root, clock)


def with_options(workspace: Workspace, table: str, options: Mapping[str, object]) -> Workspace:
    """The workspace with single settings of one table replaced for this run; options that are None are not given.

    Raises SettingsError for a value that assay.toml would refuse too.
    """
    given = {key: value for key, value in options.items() if value is not None}
    return Workspace(workspace.root, workspace.clock, replace_settings(workspace.settings, table, given))


def settings_template() -> str:
    """The documented assay.toml that a new workspace gets."""
    return files("core").joinpath("templates", "assay.toml").read_text(encoding="utf-8")


def check_secrets(workspace: Workspace) -> None:
    """Raises WorkspaceError when the folder ``secrets/`` is open to other users."""
    if workspace.secrets.is_dir() and workspace.secrets.stat().st_mode & 0o077:
        raise WorkspaceError(f"the folder secrets/ is open to other users; run: chmod 700 {workspace.secrets}")


def read_secret(workspace: Workspace, name: str, purpose: str) -> str:
    """The text of ``secrets/NAME``. Raises WorkspaceError when it is absent or it or its folder is open to others."""
    path = workspace.secrets / name
    check_secrets(workspace)
    try:
        if path.stat().st_mode & 0o077:
            raise WorkspaceError(f"secrets/{name} can be read by other users; run: chmod 600 {path}")
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"{purpose} needs secrets/{name}, which is missing; restore it from your backup"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"secrets/{name} cannot be read; restore it from your backup") from error


def write_secret(workspace: Workspace, name: str, text: str) -> None:
    """Write ``secrets/NAME`` for the owner only. Raises WorkspaceError rather than replace one."""
    path = workspace.secrets / name
    check_secrets(workspace)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise WorkspaceError(f"secrets/{name} already exists; a key is never replaced") from error
    except OSError as error:
        raise WorkspaceError(f"could not write secrets/{name}: {error.strerror}") from error
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
