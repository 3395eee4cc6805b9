"""Collecting, against the floor of reading, JSON parsing, two HMACs a message, OpenCC and writing Parquet.

And, on request, the memory that ten million messages take.
"""

import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
from comparison import Row
from made_export import write_export

from app.workspaces import init
from collector.collecting import collect
from core.text import simplified

N_MESSAGES = 258_228
N_MANY, LIMIT_MIB = 10_000_000, 1024
CLOSE_TOGETHER = (0, 1, 2, 5, 9)  # seconds between messages of a chat that has millions
MEASURED = """
import re, sys
from pathlib import Path
from app.workspaces import init
from collector.collecting import collect
report = collect(init(Path(sys.argv[1]), "suichat6"), [Path(sys.argv[2])])
# Not getrusage: its maximum begins at that of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(report.read, int(peak[1]) / 1024)
"""


def rows() -> Iterator[Row]:
    export = write_export(Path(tempfile.mkdtemp()) / "result.json", N_MESSAGES)
    yield Row(
        f"collect: {N_MESSAGES:,} messages",
        "read + parse + HMAC + OpenCC + Parquet",
        _ours(export),
        _floor(export),
        2,
    )


def peaks() -> Iterator[tuple[str, float, Callable[[], float]]]:
    """What is collected, the most memory it may take (MiB), and what measures the most that it took (MiB)."""
    for n_chats in (1, 20):
        what = f"memory: collect {N_MANY:,} messages in {n_chats} chat{'s' * (n_chats > 1)}"
        yield what, LIMIT_MIB, lambda n_chats=n_chats: _peak(n_chats)


def _peak(n_chats: int) -> float:
    """Memory of a process of its own that collects a made-up export; needs about 7 GB of temporary disk."""
    with tempfile.TemporaryDirectory() as folder:
        export = write_export(Path(folder) / "result.json", N_MANY, n_chats, CLOSE_TOGETHER)
        call = [sys.executable, "-c", MEASURED, str(Path(folder) / "corpus"), str(export)]
        told = subprocess.run(call, check=True, capture_output=True, text=True).stdout.split()
    if int(told[0]) != N_MANY:
        raise RuntimeError(f"wanted {N_MANY} records read, got {told[0]}")
    return float(told[1])


def _ours(export: Path) -> Callable[[], object]:
    def run() -> object:
        return collect(init(Path(tempfile.mkdtemp()) / "corpus", "suichat6"), [export])

    return run


def _floor(export: Path) -> Callable[[], object]:
    key = bytes(32)

    def keyed(text: str) -> str:
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]

    def run() -> None:
        messages = json.loads(export.read_text("utf-8"))["messages"]
        texts = simplified("\x1f".join(_joined(message["text"]) for message in messages)).split("\x1f")
        frame = pl.DataFrame(
            {
                "message_id": [keyed(str(message["id"])) for message in messages],
                "user_id": [keyed(message.get("from_id", "")) for message in messages],
                "content": texts,
            }
        )
        frame.write_parquet(export.with_suffix(".parquet"))

    return run


def _joined(text: Any) -> str:
    """The text of a message, which may be in pieces."""
    return text if isinstance(text, str) else "".join(part if isinstance(part, str) else part["text"] for part in text)
