"""Keyed pseudonyms: who holds an id but not the key can neither make nor reverse one (DESIGN §5).

The key is 32 random bytes, made with the workspace and kept as 64 hex digits in ``secrets/pseudonym.key``.
"""

import re
import secrets

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from core.errors import WorkspaceError
from core.workspace import Workspace, read_secret, write_secret

KEY_FILE = "pseudonym.key"
ID_DIGITS = 32
_SEPARATOR = b"\x1f"


class Pseudonyms:
    """The ids of one platform under one key.

    Each is the first 32 hex digits of HMAC-SHA-256(key, kind ‖ 0x1F ‖ platform ‖ 0x1F ‖ raw id), of a canonical raw id
    (`collector.raw_ids`).
    """

    def __init__(self, key: bytes, platform: str) -> None:
        self._user = _keyed(key, "user", platform)
        self._chat = _keyed(key, "chat", platform)
        self._message = _keyed(key, "message", platform)
        self._users: dict[str, str] = {}
        self.fingerprint = _digits(_keyed(key, "key", ""), "fingerprint")
        """Tells whether two runs had the same key; says nothing about it."""

    def user(self, raw: str) -> str:
        if raw not in self._users:
            self._users[raw] = _digits(self._user, raw)
        return self._users[raw]

    def chat(self, raw: str) -> str:
        return _digits(self._chat, raw)

    def message(self, raw: str) -> str:
        """``raw`` is ``CHAT/MESSAGE``."""
        return _digits(self._message, raw)


def _keyed(key: bytes, kind: str, platform: str) -> HMAC:
    keyed = HMAC(key, SHA256())
    keyed.update(kind.encode() + _SEPARATOR + platform.encode() + _SEPARATOR)
    return keyed


def _digits(keyed: HMAC, raw: str) -> str:
    started = keyed.copy()
    started.update(raw.encode("utf-8", "surrogatepass"))
    return started.finalize().hex()[:ID_DIGITS]


def create_key(workspace: Workspace) -> None:
    """Make the key of a new workspace. Raises WorkspaceError when it has one: a key is never replaced."""
    write_secret(workspace, KEY_FILE, secrets.token_bytes(32).hex())


def load_pseudonyms(workspace: Workspace) -> Pseudonyms:
    """Pseudonyms under the workspace's key and ``collect.platform``. Raises WorkspaceError without a usable key."""
    text = read_secret(workspace, KEY_FILE, "making pseudonyms")
    if re.fullmatch(r"[0-9a-fA-F]{64}", text) is None:
        raise WorkspaceError(
            f"secrets/{KEY_FILE} must hold 64 hexadecimal digits and does not; restore it from your backup "
            f"(with another key the same people would get other pseudonyms)"
        )
    return Pseudonyms(bytes.fromhex(text), workspace.settings.collect.platform)
