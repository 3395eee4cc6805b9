"""Passwords as Argon2id hashes in PHC strings."""

import os
import unicodedata

from core.errors import SettingsError

MIN_CHARACTERS = 8
SALT_BYTES = 16
# The second recommended option of RFC 9106, section 4: 3 passes over 64 MiB in 4 lanes.
PASSES, LANES, MEMORY_KIB = 3, 4, 64 * 1024
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$JKAwGfk2m6lHJz8VG9dqHw$kHsPZr/vHTA1jU1rYJGfbeI4+VsCYUL06Xn6Iu9k7EE"
"""A hash of the same cost that belongs to nobody: checking it takes as long as checking a real one."""


def hash_password(password: str) -> str:
    """The PHC string of a new password. Raises SettingsError when it has fewer than 8 characters."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    if len(password) < MIN_CHARACTERS:
        raise SettingsError(f"wanted a password of at least {MIN_CHARACTERS} characters; got {len(password)}")
    hashing = Argon2id(salt=os.urandom(SALT_BYTES), length=32, iterations=PASSES, lanes=LANES, memory_cost=MEMORY_KIB)
    return hashing.derive_phc_encoded(_bytes(password))


def is_password(password: str, encoded: str) -> bool:
    """Whether ``encoded``, a PHC string, was made from the password."""
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(_bytes(password), encoded)
    except InvalidKey:
        return False
    return True


def _bytes(password: str) -> bytes:
    """One spelling of the same characters, however a keyboard composes them."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "replace")
