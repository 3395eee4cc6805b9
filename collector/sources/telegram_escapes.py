"""Telegram Desktop writes control characters as ``\\x1F``, which JSON does not know; here they become ``\\u001F``."""

import re
from typing import BinaryIO

_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_UNFINISHED = re.compile(rb"(?<!\\)(?:\\\\)*(\\(?:x[0-9A-Fa-f]?)?)\Z")
_BOM = b"\xef\xbb\xbf"


class RepairedStream:
    """The bytes of an export as JSON, without a byte order mark. ``consumed``: bytes of the file read so far."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held = b""
        self.consumed = 0

    def read(self, size: int = -1) -> bytes:
        """At least one byte while there are any; b"" at the end."""
        while True:
            block = self._stream.read(size)
            block = block.removeprefix(_BOM) if self.consumed == 0 else block
            self.consumed += len(block)
            ready = self._finished(block)
            if ready or not block:
                return ready

    def _finished(self, block: bytes) -> bytes:
        """What is ready of the held bytes and the block; an escape cut in two is held for the next block."""
        data = self._held + block
        cut = _UNFINISHED.search(data[-_tail(data) :]) if block else None
        self._held = cut[1] if cut else b""
        ready = data[: len(data) - len(self._held)]
        return _ESCAPE.sub(_as_json, ready) if b"\\x" in ready else ready


def _tail(data: bytes) -> int:
    """How many bytes at the end decide whether an escape is unfinished: its own, and the backslashes before it."""
    stripped = data[:-3].rstrip(b"\\")
    return len(data) - len(stripped) or 1


def _as_json(escape: re.Match[bytes]) -> bytes:
    return b"\\u00" + escape[1] if escape[1] else escape[0]
