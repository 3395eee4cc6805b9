"""Credentials, the session file and signing in. Nothing that identifies the account is written anywhere else.

``ASSAY_TELEGRAM_API_ID`` and ``ASSAY_TELEGRAM_API_HASH`` name the application (my.telegram.org). The account is either
in ``ASSAY_TELEGRAM_SESSION`` (a string session, for machines without a terminal) or in ``secrets/telegram.session``,
which the first run makes by asking for phone number, code and password. These are passed on to Telegram and forgotten.
"""

import logging
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collector.telegram.asking import Conversation
from core.errors import MissingExtraError, ServiceError, SettingsError, WorkspaceError
from core.progress import LiveLine
from core.workspace import Workspace
from core.writing import writing

if TYPE_CHECKING:
    from telethon import TelegramClient
    from telethon.sessions import Session

SESSION_FILE = "telegram.session"
ATTEMPTS = 3
Question = Callable[[str, bool], str]
"""Asks the user: the question, and whether the answer is to stay invisible."""


def open_client(workspace: Workspace) -> "TelegramClient":
    """A client that is not connected yet. Raises MissingExtraError, SettingsError or WorkspaceError."""
    try:
        from telethon import TelegramClient
    except ImportError as error:
        raise MissingExtraError("telethon", "telegram", "reading from Telegram") from error
    number, code = _environment("ASSAY_TELEGRAM_API_ID"), _environment("ASSAY_TELEGRAM_API_HASH")
    if not number.isdecimal() or int(number) == 0:
        raise SettingsError("ASSAY_TELEGRAM_API_ID must be the number that my.telegram.org shows as api_id")
    return TelegramClient(_session(workspace), int(number), code, **client_options())


@contextmanager
def conversing(workspace: Workspace, question: Question) -> Iterator[Conversation]:
    """A conversation of the workspace's account, signed in. Waits are shown on standard error."""
    client = open_client(workspace)
    per_minute = workspace.settings.collect.telegram.per_minute
    with LiveLine() as line, Conversation(client, per_minute, line.show) as conversation:
        sign_in(conversation, question)
        yield conversation


def client_options() -> dict[str, Any]:
    """How every client here behaves: no hidden waits, no updates, and nothing is logged."""
    silent = logging.getLogger("assay.telethon")
    silent.setLevel(logging.CRITICAL + 1)
    silent.propagate = False
    return {
        "flood_sleep_threshold": 0,
        "request_retries": 1,
        "connection_retries": 1,
        "raise_last_call_error": True,
        "receive_updates": False,
        "base_logger": silent,
    }


def _environment(name: str) -> str:
    value = os.environ.get(name, "").strip()
    if not value:
        raise SettingsError(
            f"reading from Telegram needs the environment variable {name}; make an application at "
            f"https://my.telegram.org and set ASSAY_TELEGRAM_API_ID and ASSAY_TELEGRAM_API_HASH"
        )
    return value


def _session(workspace: Workspace) -> "Session":
    from telethon.sessions import StringSession

    text = os.environ.get("ASSAY_TELEGRAM_SESSION", "").strip()
    if not text:
        return session_file(workspace.secrets / SESSION_FILE)
    try:
        return StringSession(text)
    except (ValueError, struct.error):
        # Not chained: the session is as good as a password.
        raise SettingsError("ASSAY_TELEGRAM_SESSION is no string session of Telethon; make it anew") from None


def session_file(path: Path) -> "Session":
    """The session in a file that only its owner can read, made so before Telethon opens it.

    It keeps the account's key and data centre, and no entities: no name, number or id of anybody, no chat.
    """
    import sqlite3

    from telethon.sessions import SQLiteSession

    class AccountOnly(SQLiteSession):
        """Telethon's session without what it would write down of people and chats."""

        def process_entities(self, tlo: object) -> None:
            """Entities live in memory only."""

        def set_update_state(self, entity_id: int, state: object) -> None:
            """The ids of channels would be part of it."""

    with writing(f"secrets/{path.name}"):
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        mode = path.stat().st_mode
    if mode & 0o077:
        raise WorkspaceError(f"secrets/{path.name} can be read by other users; run: chmod 600 {path}")
    try:
        session = AccountOnly(str(path))
    except sqlite3.Error as error:
        raise WorkspaceError(f"secrets/{path.name} is damaged; delete it and sign in again") from error
    session.save_entities = False
    return session


def sign_in(conversation: Conversation, question: Question) -> None:
    """Sign in unless the session is signed in already. What the user answers goes to Telegram and nowhere else."""
    from telethon import errors

    client = conversation.client
    if conversation.run(client.get_me) is not None:
        return
    phone = question("Phone number of the Telegram account, with country code", False)
    conversation.run(lambda: client.send_code_request(phone))
    for _ in range(ATTEMPTS):
        code = question("Code that Telegram sent you", False).strip()
        if not code:  # Telethon would take this as a wish for another one
            continue
        try:
            conversation.run(
                lambda code=code: client.sign_in(phone, code),
                passing=(errors.PhoneCodeInvalidError, errors.SessionPasswordNeededError),
            )
            return
        except errors.SessionPasswordNeededError:
            _give_password(conversation, question)
            return
        except errors.PhoneCodeInvalidError:
            continue
    raise ServiceError(f"Telegram did not accept {ATTEMPTS} codes; run the command again for a new one")


def _give_password(conversation: Conversation, question: Question) -> None:
    from telethon import errors

    client = conversation.client
    for _ in range(ATTEMPTS):
        password = question("Password of the account (two-step verification)", True)
        try:
            conversation.run(
                lambda password=password: client.sign_in(password=password), passing=(errors.PasswordHashInvalidError,)
            )
            return
        except errors.PasswordHashInvalidError:
            continue
    raise ServiceError(f"Telegram did not accept {ATTEMPTS} passwords; run the command again")
