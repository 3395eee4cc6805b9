"""The pseudonym key at rest: 64 hex digits in ``secrets/pseudonym.key``, or those under a passphrase, or no file.

It comes from ``ASSAY_PSEUDONYM_KEY`` (64 hex digits), else from the plain file, else from the wrapped file with the
passphrase in ``ASSAY_KEY_PASSPHRASE`` or asked for on the terminal. A key that was shredded comes from nowhere.
"""

import getpass
import os
import re
import secrets
import sys
from collections.abc import Callable
from datetime import datetime

from collector.key_wrapping import is_wrapped, unwrapped
from core.errors import AssayError, SettingsError, WorkspaceError
from core.workspace import Workspace, check_secrets, read_secret, write_secret

KEY_FILE = "pseudonym.key"
KEY_SHOWN = f"secrets/{KEY_FILE}"
SHREDDED_MARK = "pseudonym.key.shredded"
KEY_VARIABLE = "ASSAY_PSEUDONYM_KEY"
PASSPHRASE_VARIABLE = "ASSAY_KEY_PASSPHRASE"

Question = Callable[[str], str]
"""Asks the user for something that stays invisible."""


def create_key(workspace: Workspace) -> None:
    """Make the key of a new workspace; none when the environment brings one.

    Raises WorkspaceError when the workspace has or had a key: one is never replaced.
    """
    refuse_shredded(workspace)
    if _given_key() is None:
        write_secret(workspace, KEY_FILE, secrets.token_bytes(32).hex())


def load_key(workspace: Workspace, ask: Question | None = None) -> bytes:
    """The 32 bytes of the key. ``ask``: how a passphrase is asked for; None: on the terminal.

    Raises WorkspaceError without a usable key, when it was shredded, or when ``secrets/`` is open to other users;
    SettingsError when ``ASSAY_PSEUDONYM_KEY`` is no key.
    """
    check_secrets(workspace)
    refuse_shredded(workspace)
    given = _given_key()
    if given is not None:
        return given
    text = read_secret(workspace, KEY_FILE, "making pseudonyms")
    return opened_key(text, ask) if is_wrapped(text) else plain_key(text)


def opened_key(text: str, ask: Question | None = None) -> bytes:
    """The key in the text of a wrapped key file, with the passphrase of the environment or of the user."""
    passphrase = os.environ.get(PASSPHRASE_VARIABLE) or (ask or ask_on_terminal)(f"Passphrase of {KEY_SHOWN}")
    return unwrapped(text, passphrase, KEY_SHOWN)


def plain_key(text: str) -> bytes:
    """The key in the text of a plain key file."""
    problem = WorkspaceError(
        f"{KEY_SHOWN} must hold 64 hexadecimal digits and does not; restore it from your backup "
        f"(with another key the same people would get other pseudonyms)"
    )
    return _from_hex(text, problem)


def ask_on_terminal(question: str) -> str:
    """The answer of somebody at a terminal, who does not see it. Raises WorkspaceError where there is nobody."""
    if not sys.stdin.isatty():
        raise WorkspaceError(
            f"{KEY_SHOWN} is under a passphrase and there is no terminal to ask for it; set {PASSPHRASE_VARIABLE}"
        )
    try:
        return getpass.getpass(f"{question}: ")
    except EOFError as error:
        raise WorkspaceError("wanted a passphrase, got none; run the command again") from error


def refuse_shredded(workspace: Workspace) -> None:
    """Raises WorkspaceError, with the time, when the key of this workspace was shredded."""
    shredded = shredded_at(workspace)
    if shredded is not None:
        raise WorkspaceError(
            f"the pseudonym key of this workspace was shredded{shredded}: nothing can be added to its messages any "
            f"more, because nobody can make their pseudonyms; collect into a new workspace (assay init DIR)"
        )


def shredded_at(workspace: Workspace) -> str | None:
    """`` on DATE at TIME``, or "" when the mark does not say; None when the key was not shredded."""
    try:
        text = (workspace.secrets / SHREDDED_MARK).read_text(encoding="utf-8", errors="replace")
        return f" on {datetime.fromisoformat(text.strip()):%Y-%m-%d at %H:%M UTC}"
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        return ""


def key_is_given() -> bool:
    """Whether the environment holds a key."""
    return bool(os.environ.get(KEY_VARIABLE, "").strip())


def _given_key() -> bytes | None:
    """The key in the environment."""
    if not key_is_given():
        return None
    problem = SettingsError(f"the environment variable {KEY_VARIABLE} must hold 64 hexadecimal digits and does not")
    return _from_hex(os.environ[KEY_VARIABLE].strip(), problem)


def _from_hex(text: str, problem: AssayError) -> bytes:
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise problem
    return bytes.fromhex(text)
