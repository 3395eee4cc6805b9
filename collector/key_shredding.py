"""``assay privacy shred-key``: the key and whatever was sealed with it are overwritten and removed, for good."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from collector.audit import note
from collector.key_protection import overwrite, sync_folder
from collector.keys import KEY_FILE, KEY_VARIABLE, SHREDDED_MARK, key_is_given, shredded_at
from core.database import open_database
from core.errors import SettingsError, WorkspaceError
from core.workspace import Workspace
from core.writing import write_atomically, writing

ALSO_SHREDDED = ("telegram.session*", "*.sealed", "*.unfinished", ".writing-*")
"""What else goes: the Telegram account's session, and where reading stood (sealed with the key, useless without it)."""

EXPLANATION = """\
Shredding destroys the pseudonym key of this workspace. It cannot be undone.

What it protects against. A pseudonym can be made from a known id, or checked against one, with the key only. When the
key and every copy of it are gone, nobody can do that any more: not a thief of the tables, not a court, not you.

What it does not protect against.
- The text stays what it is. A sentence can be searched in the original group, and leads to its author.
- Times and reply links stay, and so does the fact that rows of one person carry one pseudonym.
- Copies of the key are not touched: backups, other machines, snapshots, a copy in a password store or an environment
  variable. Find and destroy them yourself.
- The file is overwritten with random bytes before it is removed. On a solid-state disk, a journaling or
  copy-on-write file system, or a disk that is mirrored over a network, old bytes can survive that all the same. Only an
  encrypted disk whose own key is destroyed is safe from it.
- The raw exports, if you still have them, hold everything in clear.

What you lose. Nothing can be added to the messages of this workspace any more, no export can be joined to it, and
somebody who asks for their messages to be deleted can no longer be found by their id. The tables, labels and releases
stay usable."""


@dataclass(frozen=True)
class Shredded:
    """removed: names in ``secrets/``. at: when the key was shredded first, UTC. still_in_environment: whether
    ``ASSAY_PSEUDONYM_KEY`` is set, so that at least one copy is left.
    """

    removed: tuple[str, ...]
    at: str
    still_in_environment: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check_confirmation(workspace: Workspace, typed: str) -> None:
    """Raises SettingsError unless the name of the workspace's folder was typed."""
    name = workspace.root.resolve().name
    if typed.strip() != name:
        raise SettingsError(
            f"nothing was shredded: wanted the name of the workspace's folder ({name}), got something else; "
            f"type it when asked, or give --confirm {name}"
        )


def shred_key(workspace: Workspace) -> Shredded:
    """Overwrite and remove the key, the files sealed with it and the Telegram session; leave a mark and an event.

    The mark is written between overwriting and removing, so that a run that is killed can be run again. Running it
    again also removes a key that was brought back. Raises WorkspaceError when there is nothing to shred.
    """
    folder = workspace.secrets
    key = folder / KEY_FILE
    if not key.exists() and not key_is_given() and shredded_at(workspace) is None:
        raise WorkspaceError(
            f"there is no secrets/{KEY_FILE} to shred; where the key lies elsewhere (a backup, {KEY_VARIABLE}), "
            f"destroy it there"
        )
    open_database(workspace).dispose()  # before anything is destroyed: the act has to be noted
    removed = list(_files(folder))
    with writing("the files in secrets/"):
        for path in removed:
            with path.open("r+b") as stream:
                overwrite(stream)
        mark = _mark(workspace)
        for path in removed:
            path.unlink()
        sync_folder(folder)
    shredded = Shredded(tuple(path.name for path in removed), mark, key_is_given())
    note(workspace, "key_shredded", KEY_FILE, {"removed": list(shredded.removed)})
    return shredded


def _files(folder: Path) -> Iterator[Path]:
    """What is shredded, the key first: without it the sealed files cannot be opened."""
    for pattern in (KEY_FILE, *ALSO_SHREDDED):
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def _mark(workspace: Workspace) -> str:
    """The time in the mark, which is made when there is none. It holds nothing else."""
    path = workspace.secrets / SHREDDED_MARK
    if shredded_at(workspace) is None:
        write_atomically(path, workspace.clock().isoformat(timespec="seconds").encode())
        sync_folder(path.parent)
    return path.read_text(encoding="utf-8", errors="replace").strip()
