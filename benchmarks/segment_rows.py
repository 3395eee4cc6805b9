"""Expansion, against a plain reading of Algorithm 1 that looks up everything anew in every round."""

import random
from collections.abc import Callable, Iterator

import numpy as np

from segmenter.expansion import expand

N_MESSAGES, N_SEEDS = 100_000, 8_000
MAX_GAP, MAX_SIZE, MAX_SPAN = 5, 30, 60
Measured = tuple[str, str, Callable[[], object], Callable[[], object], int]


def rows() -> Iterator[Measured]:
    rng = random.Random(1)
    times, now = [], 0
    for _ in range(N_MESSAGES):
        now += int(rng.expovariate(1 / 60_000)) if rng.random() < 0.97 else 3_600_000
        times.append(now)
    replies = [rng.randrange(max(0, n - 50), n) if n and rng.random() < 0.2 else -1 for n in range(N_MESSAGES)]
    seeds = sorted(rng.sample(range(N_MESSAGES), N_SEEDS))
    arrays = np.array(times, dtype=np.int64), np.array(replies, dtype=np.int64), np.array(seeds, dtype=np.int64)

    def ours() -> object:
        return expand(*arrays, max_gap_min=MAX_GAP, max_size=MAX_SIZE, max_span_min=MAX_SPAN)

    def plain() -> object:
        return [sorted(_plain(seed, times, replies)) for seed in seeds]

    yield f"segment: {N_SEEDS:,} seeds in {N_MESSAGES:,} messages", "Algorithm 1 as printed", ours, plain, 2


def _plain(seed: int, times: list[int], replies: list[int]) -> set[int]:
    segment, left, right = {seed}, seed, seed
    while len(segment) < MAX_SIZE and _span(segment, times) < MAX_SPAN:
        changed = False
        if left > 0 and (times[left] - times[left - 1]) / 60_000 < MAX_GAP:
            left -= 1
            segment.add(left)
            changed = True
        if right < len(times) - 1 and (times[right + 1] - times[right]) / 60_000 < MAX_GAP:
            right += 1
            segment.add(right)
            changed = True
        fetched = {replies[member] for member in segment if replies[member] >= 0} - segment
        if fetched:
            segment |= fetched
            changed = True
        if not changed:
            break
    return segment


def _span(segment: set[int], times: list[int]) -> float:
    return (max(times[member] for member in segment) - min(times[member] for member in segment)) / 60_000
