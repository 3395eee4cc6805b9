"""A whole panel: gate, verdicts, Fleiss' κ, all pairs and leave-one-out, against the packages that do parts of it.

On request also for a million segments, and then the command itself too, as a process of its own: it starts, reads and
checks the tables, writes the verdicts, and always does Dawid–Skene besides. `panel_peers` says what the packages do.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache, partial
from pathlib import Path

import numpy as np
import panel_peers
import polars as pl
from comparison import Row
from crowdkit.aggregation import DawidSkene
from numpy.typing import NDArray
from panel_workspace import write_panel

from consensus.cohen import pairwise_from_codes
from consensus.counts import code_ratings
from consensus.dawid_skene import dawid_skene
from consensus.fleiss import fleiss_kappa
from consensus.gate import Rule, code_votes, judge
from consensus.leave_one_out import leave_one_out

N_VOTERS, N_LABELS = 17, 6
N_MANY, LIMIT_MIB = 1_000_000, 2048
VOTERS = [f"v{number:02}" for number in range(N_VOTERS)]
PEERS = Path(panel_peers.__file__)
COMMAND = """
import re, sys
from pathlib import Path
from app.main import build
build()(["gate", "--details", "--json", "-w", sys.argv[1]], standalone_mode=False)
# Not getrusage: its maximum begins at that of the process that started this one.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) / 1024)
"""


def rows() -> Iterator[Row]:
    yield from _rows(50_000, "panel")


def rows_on_request() -> Iterator[Row]:
    """Minutes of the other packages; 1 GB of temporary disk."""
    yield from _rows(N_MANY, "many: panel")
    what = f"many: assay gate --details, {N_MANY:,} segments × {N_VOTERS} voters, whole process"
    made = partial(_workspace, 0)
    sum_of = "majority vote + Fleiss + 136 κ"
    yield Row(what, f"{sum_of}, a process that reads the tables", _command, _peers, 1, made)
    alone = f"{sum_of} + leave-one-out, likewise"
    yield Row(what, alone, _command, lambda: _peers("leave-one-out"), 1, made)


def peaks() -> Iterator[tuple[str, float, Callable[[], float]]]:
    """What is gated, the most memory it may take (MiB), and what measures the most that it took (MiB)."""
    what = f"memory, many: {N_MANY:,} segments × {N_VOTERS} voters in one command"
    for missing in (0, 0.1):
        gaps = f", {missing:.0%} of the votes missing" if missing else ""
        yield what + gaps, LIMIT_MIB, lambda missing=missing: _command(missing)


def _rows(n_items: int, what: str) -> Iterator[Row]:
    labels, votes = panel(n_items)
    size = f"{n_items:,} items × {N_VOTERS} voters"
    theirs = votes.filter(pl.col("label") >= 0).select(task="segment_id", worker="voter", label="label").to_pandas()
    yield Row(
        f"{what}, {size}, gate, Fleiss' κ, 136 pairs, leave-one-out",
        "crowd-kit + statsmodels + scikit-learn",
        lambda: ours(votes),
        lambda: panel_peers.measured(labels, theirs),
        1,
    )
    coded = code_ratings(votes.select(item="segment_id", rater="voter", label="label"))
    yield Row(
        f"{what}, {size}, Dawid–Skene",
        "crowd-kit",
        lambda: dawid_skene(coded),
        lambda: DawidSkene(n_iter=100).fit(theirs),
        1,
    )


def panel(n_items: int) -> tuple[NDArray[np.int64], pl.DataFrame]:
    """Votes of voters of different quality, 13 % abstentions: items × voters, and as a table, voter by voter."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, N_LABELS, n_items)
    right = rng.random((n_items, N_VOTERS)) < rng.uniform(0.3, 0.8, N_VOTERS)
    labels = np.where(right, truth[:, None], rng.integers(0, N_LABELS, (n_items, N_VOTERS)))
    labels[rng.random(labels.shape) < 0.13] = -1
    items = pl.Series("segment_id", [f"{number:016x}" for number in range(n_items)])
    frames = [
        pl.DataFrame({"segment_id": items, "label": labels[:, number]}).with_columns(voter=pl.lit(voter))
        for number, voter in enumerate(VOTERS)
    ]
    return labels, pl.concat(frames).with_columns(variable=pl.lit("risk"))


def ours(votes: pl.DataFrame) -> object:
    coded = code_votes(votes)["risk"]
    rule = Rule.of(dict.fromkeys(VOTERS, Fraction(1)), Fraction(2, 3), None, N_VOTERS)
    return (
        judge(coded, "risk", rule),
        fleiss_kappa(coded.counts()),
        pairwise_from_codes(coded),
        leave_one_out(coded, rule),
    )


@cache
def _workspace(missing: float) -> tempfile.TemporaryDirectory[str]:
    """Made-up tables; they are gone when the folder object is."""
    folder = tempfile.TemporaryDirectory()
    write_panel(Path(folder.name) / "corpus", N_MANY, VOTERS, missing)
    return folder


def _command(missing: float = 0) -> float:
    """A process of its own that makes the verdicts and measures the panel: the most memory it took (MiB)."""
    corpus = Path(_workspace(missing).name) / "corpus"
    for path in (corpus / "tables").glob("verdicts*"):
        path.unlink()
    told, peak = _told([sys.executable, "-c", COMMAND, str(corpus)]).splitlines()
    if json.loads(told)["variables"]["risk"]["n_items"] != N_MANY:
        raise RuntimeError(f"wanted {N_MANY:,} verdicts, got {told[:500]}")
    return float(peak)


def _peers(*words: str) -> int:
    """A process of theirs: how many items got a label."""
    return int(_told([sys.executable, str(PEERS), str(Path(_workspace(0).name) / "corpus"), *words]))


def _told(call: list[str]) -> str:
    return subprocess.run(call, check=True, stdout=subprocess.PIPE, text=True).stdout
