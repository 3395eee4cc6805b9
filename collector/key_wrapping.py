"""A key under a passphrase: Argon2id makes a second key from the passphrase, AES-256-GCM encrypts the first with it.

The envelope is JSON and says how it was made, so that its cost can be raised later and old envelopes still open. The
parameters are authenticated: an envelope whose numbers were changed does not open.
"""

import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import WorkspaceError

FORMAT = "assay wrapped key 1"
MIN_CHARACTERS = 12
SALT_BYTES, NONCE_BYTES = 16, 12
# The second recommended option of RFC 9106, section 4: 3 passes over 64 MiB in 4 lanes.
PASSES, LANES, MEMORY_KIB = 3, 4, 64 * 1024
# What an altered file may cost at most before it is refused.
_MOST_PASSES, _MOST_LANES, _MOST_MEMORY_KIB = 64, 64, 1024 * 1024


@dataclass(frozen=True)
class _Cost:
    """Of Argon2id. memory_kib: KiB."""

    passes: int
    lanes: int
    memory_kib: int

    def is_sane(self) -> bool:
        numbers = (self.passes, self.lanes, self.memory_kib)
        lowest, highest = (1, 1, 8 * self.lanes), (_MOST_PASSES, _MOST_LANES, _MOST_MEMORY_KIB)
        return all(low <= number <= high for low, number, high in zip(lowest, numbers, highest, strict=True))


def wrapped(key: bytes, passphrase: str) -> str:
    """The envelope of a key, as text. Raises WorkspaceError when the passphrase has fewer than 12 characters."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(passphrase) < MIN_CHARACTERS:
        raise WorkspaceError(
            f"wanted a passphrase of at least {MIN_CHARACTERS} characters, got {len(passphrase)}; "
            f"a few words that do not belong together are good"
        )
    cost = _Cost(PASSES, LANES, MEMORY_KIB)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    ciphertext = AESGCM(_second_key(passphrase, salt, cost)).encrypt(nonce, key, _authenticated(cost))
    parts = {"salt": salt.hex(), "nonce": nonce.hex(), "ciphertext": ciphertext.hex()}
    return json.dumps({"format": FORMAT, "kdf": "argon2id", **asdict(cost), **parts}, indent=1)


def is_wrapped(text: str) -> bool:
    """Whether the text of a key file is an envelope, whole or damaged."""
    return text.startswith("{")


def unwrapped(text: str, passphrase: str, name: str) -> bytes:
    """The key in an envelope. ``name``: of its file, for the message.

    Raises WorkspaceError for a wrong passphrase and for a damaged or altered envelope.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cost, salt, nonce, ciphertext = _parts(text, name)
    try:
        return AESGCM(_second_key(passphrase, salt, cost)).decrypt(nonce, ciphertext, _authenticated(cost))
    except InvalidTag as error:
        raise WorkspaceError(
            f"this passphrase does not open {name} (or the file was altered); try again, or restore the file from "
            f"your backup"
        ) from error


def _parts(text: str, name: str) -> tuple[_Cost, bytes, bytes, bytes]:
    """Cost, salt, nonce and ciphertext of an envelope."""
    try:
        envelope: dict[str, Any] = json.loads(text)
        if envelope["format"] != FORMAT or envelope["kdf"] != "argon2id":
            raise ValueError
        cost = _Cost(*(int(envelope[part]) for part in ("passes", "lanes", "memory_kib")))
        salt, nonce, ciphertext = (bytes.fromhex(envelope[part]) for part in ("salt", "nonce", "ciphertext"))
        if not cost.is_sane() or len(salt) < SALT_BYTES or len(nonce) != NONCE_BYTES:
            raise ValueError
    except (ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(
            f"{name} is no envelope of a key, or a damaged one; restore it from your backup"
        ) from error
    return cost, salt, nonce, ciphertext


def _second_key(passphrase: str, salt: bytes, cost: _Cost) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    # One spelling of the same characters, however a keyboard composes them.
    spelled = unicodedata.normalize("NFC", passphrase).encode("utf-8", "replace")
    kdf = Argon2id(salt=salt, length=32, iterations=cost.passes, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return kdf.derive(spelled)


def _authenticated(cost: _Cost) -> bytes:
    return json.dumps([FORMAT, "argon2id", *asdict(cost).values()]).encode()
