"""Putting the key file under a passphrase, and taking it out again."""

import os
import secrets
from pathlib import Path
from typing import BinaryIO

from collector.audit import note
from collector.key_wrapping import is_wrapped, unwrapped, wrapped
from collector.keys import KEY_FILE, KEY_SHOWN, Question, opened_key, plain_key, refuse_shredded
from core.errors import WorkspaceError
from core.workspace import Workspace, read_secret
from core.writing import write_atomically, writing


def protect_key(workspace: Workspace, passphrase: str) -> None:
    """Put the plain key file under a passphrase; what it held is overwritten. Leaves an event.

    Raises WorkspaceError when there is no plain key file or the passphrase is too short; the file is then as it was.
    """
    refuse_shredded(workspace)
    text = read_secret(workspace, KEY_FILE, "protecting the key")
    if is_wrapped(text):
        raise WorkspaceError(
            f"{KEY_SHOWN} is under a passphrase already; to change it run `assay privacy unprotect-key` first"
        )
    key = plain_key(text)
    envelope = wrapped(key, passphrase)
    if unwrapped(envelope, passphrase, "the new envelope") != key:
        raise WorkspaceError("the wrapped key did not open again; nothing was changed, so try again")
    _replace(workspace.secrets / KEY_FILE, envelope)
    note(workspace, "key_protected", KEY_FILE, {})


def unprotect_key(workspace: Workspace, ask: Question | None = None) -> None:
    """Take the key file out of its passphrase: 64 hex digits again. Leaves an event.

    Raises WorkspaceError when it is under none, or the passphrase is wrong; the file is then as it was.
    """
    refuse_shredded(workspace)
    text = read_secret(workspace, KEY_FILE, "taking the key out of its passphrase")
    if not is_wrapped(text):
        raise WorkspaceError(f"{KEY_SHOWN} is not under a passphrase; there is nothing to undo")
    _replace(workspace.secrets / KEY_FILE, opened_key(text, ask).hex())
    note(workspace, "key_unprotected", KEY_FILE, {})


def overwrite(stream: BinaryIO) -> None:
    """Put random bytes where a file's bytes are, and see them to the disk."""
    size = os.fstat(stream.fileno()).st_size
    stream.seek(0)
    stream.write(secrets.token_bytes(size))
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """See names that came, went or changed in a folder to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _replace(path: Path, text: str) -> None:
    """Replace the key file in one step, then overwrite what it held, which the file system has only let go of."""
    with writing(KEY_SHOWN), path.open("r+b") as old:
        write_atomically(path, text.encode())
        sync_folder(path.parent)
        overwrite(old)
