"""Expansion and merging, against a plain reading of Algorithm 1 that looks up everything anew in every round.

On request also for ten million messages, for whole processes that read tables, and the memory that these take.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
from comparison import Row
from made_chats import made_chats, write_workspace
from plain_segments import Chat, plain_segments

from segmenter.bounded import bounded
from segmenter.contexts import Chats, Contexts, Positions
from segmenter.expansion import Expansion, expand_chats
from segmenter.merge import union_contexts
from segmenter.segmenting import MESSAGES_AT_ONCE

N_MESSAGES, N_MANY = 258_228, 10_000_000
MESSAGES_A_CHAT = 1_000
LIMITS_MIB = {1: 4096, N_MANY // MESSAGES_A_CHAT: 1536}
"""Chats of the ten million messages → memory. Portions are whole chats, so a single one is in memory whole."""
PARAMETERS = Expansion()
PLAIN = Path(__file__).parent / "plain_segments.py"
OURS = """
import re, sys
from pathlib import Path
from core.workspace import open_workspace
from segmenter.segmenting import segment
report = segment(open_workspace(Path(sys.argv[1])))
# Not getrusage: its maximum begins at that of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(report.n_segments + sum(report.rejected.values()), int(peak[1]) / 1024)
"""


def rows() -> Iterator[Row]:
    return _rows(N_MESSAGES, f"segment: expand + merge, {N_MESSAGES:,} messages", 3)


def rows_on_request() -> Iterator[Row]:
    """Minutes of plain Python and 4 GB of memory."""
    yield from _rows(N_MANY, f"many: segment, expand + merge, {N_MANY:,} messages", 1)
    for n_messages in (N_MESSAGES, N_MANY):
        yield Row(
            f"many: segment {n_messages:,} messages, whole process",
            "Algorithm 1 as printed, nothing described or written",
            lambda n_messages=n_messages: _ours(n_messages, n_messages // MESSAGES_A_CHAT),
            lambda n_messages=n_messages: _plain(n_messages),
            1,
            lambda n_messages=n_messages: _workspace(n_messages, n_messages // MESSAGES_A_CHAT),
        )


def peaks() -> Iterator[tuple[str, float, Callable[[], float]]]:
    """What is segmented, the most memory it may take (MiB), and what measures the most that it took (MiB)."""
    for n_chats, limit in LIMITS_MIB.items():
        what = f"memory: segment {N_MANY:,} messages in {n_chats:,} chat{'s' * (n_chats > 1)}"
        yield what, limit, lambda n_chats=n_chats: _ours(N_MANY, n_chats)[1]


def _rows(n_messages: int, work: str, repeats: int) -> Iterator[Row]:
    # As the stage does it: about a million messages of whole chats at a time.
    n_portions = max(1, n_messages // MESSAGES_AT_ONCE)
    size = n_messages // n_portions
    portions = [made_chats(size, size // MESSAGES_A_CHAT, number) for number in range(n_portions)]
    lists = [chat for chats, seeds in portions for chat in _as_lists(chats, seeds)]

    def united() -> list[Contexts]:
        return [union_contexts(expand_chats(chats, seeds, PARAMETERS)) for chats, seeds in portions]

    def within_bounds() -> list[Contexts]:
        return [_bounded(chats, seeds) for chats, seeds in portions]

    def plain() -> list[list[int]]:
        return [segment for chat in lists for segment in plain_segments(chat, PARAMETERS)]

    if len(plain()) != sum(len(segments) for segments in united()):
        raise RuntimeError("the plain reference and Assay do not make the same number of segments")
    what = f"{work}, {sum(len(seeds) for _, seeds in portions):,} suspicious"
    yield Row(f"{what}, union", "Algorithm 1 as printed + union", united, plain, repeats)
    yield Row(f"{what}, bounded", "Algorithm 1 as printed + union", within_bounds, plain, repeats)


def _bounded(chats: Chats, seeds: Positions) -> Contexts:
    contexts = expand_chats(chats, seeds, PARAMETERS)
    return bounded(chats, seeds, contexts, max_size=PARAMETERS.max_size, max_span_min=PARAMETERS.max_span)


def _as_lists(chats: Chats, seeds: Positions) -> Iterator[Chat]:
    borders = np.searchsorted(seeds, chats.offsets).tolist()
    for chat, (first, end) in enumerate(zip(chats.offsets[:-1].tolist(), chats.offsets[1:].tolist(), strict=True)):
        replies = chats.reply_to[first:end]
        yield (
            chats.times_ms[first:end].tolist(),
            np.where(replies < 0, -1, replies - first).tolist(),
            (seeds[borders[chat] : borders[chat + 1]] - first).tolist(),
        )


@cache
def _workspace(n_messages: int, n_chats: int) -> tempfile.TemporaryDirectory[str]:
    """Made-up tables, about 1 GB for ten million messages; they are gone when the folder object is."""
    folder = tempfile.TemporaryDirectory()
    write_workspace(Path(folder.name) / "corpus", n_messages, n_chats)
    return folder


def _ours(n_messages: int, n_chats: int) -> tuple[int, float]:
    """A process of its own that makes the table: segments, kept or rejected, and the most memory it took (MiB)."""
    corpus = Path(_workspace(n_messages, n_chats).name) / "corpus"
    for path in (corpus / "tables").glob("segments*"):
        path.unlink()
    n_segments, peak = _told([sys.executable, "-c", OURS, str(corpus)])
    return int(n_segments), float(peak)


def _plain(n_messages: int) -> int:
    corpus = Path(_workspace(n_messages, n_messages // MESSAGES_A_CHAT).name) / "corpus"
    [n_segments] = _told([sys.executable, str(PLAIN), str(corpus)])
    return int(n_segments)


def _told(call: list[str]) -> list[str]:
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
