"""What the merge rules do to bursts: segments, their sizes, and the suspicious messages that the length filter drops.

    python benchmarks/merge_effect.py                               a made-up corpus that comes in bursts
    python benchmarks/merge_effect.py -w WORKSPACE                  the messages and matches of a workspace
    python benchmarks/merge_effect.py -w WORKSPACE 2 8 5            with other max_gap, max_size and max_span

The last column: of the suspicious messages, those of which the message right before or right after, in the same chat
and closer than max_gap, is in another segment, so that part of what was said around them is elsewhere.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from core.workspace import open_workspace
from segmenter.bounded import bounded
from segmenter.chat_order import in_chat_order
from segmenter.contexts import Chats, Contexts, Positions
from segmenter.expansion import Expansion, expand_chats
from segmenter.merge import union_contexts
from segmenter.signals import signals_by_message

N_BURSTS, N_CHATS = 6_000, 100


def made_bursts() -> tuple[Chats, Positions]:
    """Chats of sixty bursts: 30 messages in the middle, thousands at most, twenty seconds apart; then hours of silence.

    A fifth of the messages replies to one of the thirty before it. A suspicious message comes every fifty, and
    after one the next six are suspicious one time in six: people answer and ask on.
    """
    rng = np.random.default_rng(5)
    lengths = np.minimum(rng.lognormal(np.log(30), 1.3, N_BURSTS), 4_000).astype(np.int64) + 1
    ends = np.cumsum(lengths)
    steps = rng.exponential(20_000, ends[-1])
    steps[ends[:-1]] = rng.uniform(2, 12, N_BURSTS - 1) * 3_600_000
    offsets = np.append(0, ends[N_BURSTS // N_CHATS - 1 :: N_BURSTS // N_CHATS])
    target = np.arange(ends[-1]) - rng.integers(1, 31, ends[-1])
    inside = (rng.random(ends[-1]) < 0.2) & (target >= np.repeat(offsets[:-1], np.diff(offsets)))
    first = rng.random(ends[-1]) < 0.02
    stirred = np.convolve(first, np.ones(7))[: ends[-1]] > 0
    seeds = np.flatnonzero(first | (stirred & (rng.random(ends[-1]) < 1 / 6)))
    chats = Chats(np.cumsum(steps).astype(np.int64), np.where(inside, target, -1), np.zeros_like(target), offsets)
    return chats, seeds


def of_workspace(folder: Path) -> tuple[Chats, Positions]:
    store = open_workspace(folder).store
    matches = store.read("matches", maker="lexicon match")
    messages = in_chat_order(store.read("messages", maker="collect PATH"), signals_by_message(matches))
    return messages.chats, messages.seeds


def row(chats: Chats, seeds: Positions, segments: Contexts, parameters: Expansion) -> list[str]:
    """Segments kept, their mean, median and largest size, and what the length filter drops."""
    sizes = segments.sizes()
    suspicious = np.zeros(len(chats.times_ms), dtype=bool)
    suspicious[seeds] = True
    held = np.bincount(segments.numbers()[suspicious[segments.positions]], minlength=len(sizes))
    short, long = sizes < parameters.min_messages, sizes > parameters.max_messages
    kept = sizes[~(short | long)]
    lost = [f"{held[dropped].sum() / len(seeds):.1%}" for dropped in (short, long)]
    cut = f"{_n_cut(chats, seeds, segments, parameters) / len(seeds):.1%}"
    middle = f"{np.median(kept):.0f}" if len(kept) else "-"
    mean = f"{kept.mean():.1f}" if len(kept) else "-"
    return [parameters.merge, f"{len(sizes):,}", f"{len(kept):,}", mean, middle, f"{sizes.max():,}", *lost, cut]


def _n_cut(chats: Chats, seeds: Positions, segments: Contexts, parameters: Expansion) -> int:
    segment = np.full(len(chats.times_ms) + 1, -1)
    segment[segments.positions] = segments.numbers()
    near = chats.near(parameters.max_gap)
    before = near[seeds] & (segment[seeds - 1] != segment[seeds])
    return int((before | (near[seeds + 1] & (segment[seeds + 1] != segment[seeds]))).sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-w", "--workspace", type=Path)
    parser.add_argument("limits", nargs="*", type=float, help="max_gap, max_size and max_span")
    given = parser.parse_args()
    chats, seeds = of_workspace(given.workspace) if given.workspace else made_bursts()
    gap, size, span = given.limits or (5, 30, 60)
    united = Expansion(max_gap=gap, max_size=int(size), max_span=span)
    contexts = expand_chats(chats, seeds, united)
    within = bounded(chats, seeds, contexts, max_size=int(size), max_span_min=span)
    columns = ("merge", "segments", "kept", "mean", "median", "largest", "lost: too short", "lost: too long", "cut")
    table = Table(*columns, box=None, title=f"{len(chats.times_ms):,} messages, {len(seeds):,} suspicious")
    table.add_row(*row(chats, seeds, union_contexts(contexts), united))
    table.add_row(*row(chats, seeds, within, replace(united, merge="bounded")))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
