"""Sealed files in ``secrets/``: JSON that must not lie on the disk in clear.

AES-GCM under a key derived (HKDF) from the pseudonym key, a new nonce each time. Two things need it: where reading a
group stopped (the raw number of a message, and what members are called), and the names of candidate groups. Who has
the tables, or a copy of ``secrets/`` without the pseudonym key, learns nothing from such a file; after the key is
shredded nobody does.
"""

import json
import os
import secrets
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from collector.pseudonyms import Pseudonyms
from core.errors import WorkspaceError
from core.workspace import Workspace
from core.writing import writing

_HEAD = b"assay sealed 1\n"
_NONCE_BYTES = 12


class SealedFile:
    """``secrets/NAME.sealed``, for the owner only (0600), replaced in one step.

    What was begun and never finished lies beside it under one fixed name, sealed too, and is overwritten next time.
    """

    def __init__(self, workspace: Workspace, name: str, pseudonyms: Pseudonyms) -> None:
        self.path = workspace.secrets / f"{name}.sealed"
        self._purpose = name.encode()
        self._cipher = AESGCM(pseudonyms.derived_key(f"sealed {name}"))

    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> dict[str, Any]:
        """What was written last; {} when nothing was. Raises WorkspaceError when it cannot be opened with this key."""
        try:
            if self.path.stat().st_mode & 0o077:
                raise WorkspaceError(f"{self._shown} can be read by other users; run: chmod 600 {self.path}")
            sealed = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise WorkspaceError(f"{self._shown} cannot be read: {error.strerror}; check its rights") from error
        body = sealed.removeprefix(_HEAD)
        try:
            return json.loads(self._cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], self._purpose))
        except (InvalidTag, ValueError) as error:
            raise WorkspaceError(
                f"{self._shown} is damaged or was sealed under another pseudonym key; restore both from one backup, or "
                f"delete it to begin anew"
            ) from error

    def write(self, content: dict[str, Any]) -> None:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = json.dumps(content, ensure_ascii=False).encode()
        beside = self.path.with_suffix(".unfinished")
        with writing(self._shown):
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as stream:
                stream.write(_HEAD + nonce + self._cipher.encrypt(nonce, plain, self._purpose))
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self.path)

    @property
    def _shown(self) -> str:
        return f"secrets/{self.path.name}"
