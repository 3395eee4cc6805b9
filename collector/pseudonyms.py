"""Keyed pseudonyms: who holds an id but not the key can neither make nor reverse one (DESIGN §5).

The key is 32 random bytes, made with the workspace (`collector.keys`). `load_pseudonyms` is the one door to it.
"""

from datetime import timedelta

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from collector.keys import Question, create_key, load_key
from collector.times import in_words, shift_from
from core.setting_tables.collecting import PrivacySettings
from core.workspace import Workspace

__all__ = ["Pseudonyms", "create_key", "load_pseudonyms"]

ID_DIGITS = 32
_TIMES = ", times "
_SEPARATOR = b"\x1f"


class Pseudonyms:
    """The ids of one platform under one key.

    Each is the first 32 hex digits of HMAC-SHA-256(key, kind ‖ 0x1F ‖ platform ‖ 0x1F ‖ raw id), of a canonical raw id
    (`collector.raw_ids`).
    """

    def __init__(self, key: bytes, platform: str, privacy: PrivacySettings = PrivacySettings()) -> None:
        times = in_words(privacy)
        self.privacy = privacy
        self._key = key
        self._platform = platform
        self._user = _keyed(key, "user", platform)
        self._chat = _keyed(key, "chat", platform)
        self._message = _keyed(key, "message", platform)
        self._shift = _keyed(key, "time shift", platform)
        self._users: dict[str, str] = {}
        self.fingerprint = _digits(_keyed(key, "key", ""), "fingerprint") + (_TIMES * bool(times) + times)
        """Tells whether two runs had the same key and kept times alike; says nothing about the key."""

    def on(self, platform: str | None) -> "Pseudonyms":
        """The ids of another platform under the same key and settings; None: of this one."""
        return self if platform in (None, self._platform) else Pseudonyms(self._key, platform, self.privacy)

    def derived_key(self, purpose: str) -> bytes:
        """32 bytes for another use of the key (HKDF-SHA-256). They say nothing about it, nor about other purposes."""
        return HKDF(SHA256(), 32, salt=None, info=b"assay" + _SEPARATOR + purpose.encode()).derive(self._key)

    def user(self, raw: str) -> str:
        if raw not in self._users:
            self._users[raw] = _digits(self._user, raw)
        return self._users[raw]

    def chat(self, raw: str) -> str:
        return _digits(self._chat, raw)

    def message(self, raw: str) -> str:
        """``raw`` is ``CHAT/MESSAGE``."""
        return _digits(self._message, raw)

    def time_shift(self, raw: str) -> timedelta:
        """By how much the times of a chat move when ``privacy.time_shift`` is set: whole weeks, always the same."""
        return shift_from(bytes.fromhex(_digits(self._shift, raw)))


def same_key(one: str, other: str) -> bool:
    """Whether two fingerprints are of the same key, however times are kept."""
    return one.partition(_TIMES)[0] == other.partition(_TIMES)[0]


def times_in(fingerprint: str) -> str:
    """How a fingerprint says that times are kept."""
    return fingerprint.partition(_TIMES)[2] or "exact"


def _keyed(key: bytes, kind: str, platform: str) -> HMAC:
    keyed = HMAC(key, SHA256())
    keyed.update(kind.encode() + _SEPARATOR + platform.encode() + _SEPARATOR)
    return keyed


def _digits(keyed: HMAC, raw: str) -> str:
    started = keyed.copy()
    started.update(raw.encode("utf-8", "surrogatepass"))
    return started.finalize().hex()[:ID_DIGITS]


def load_pseudonyms(workspace: Workspace, ask: Question | None = None) -> Pseudonyms:
    """Pseudonyms under the workspace's key, ``collect.platform`` and ``[privacy]``. ``ask``: as in `load_key`.

    Raises WorkspaceError or SettingsError without a usable key (`collector.keys.load_key`).
    """
    settings = workspace.settings
    return Pseudonyms(load_key(workspace, ask), settings.collect.platform, settings.privacy)
