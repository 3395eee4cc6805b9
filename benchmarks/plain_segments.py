"""Algorithm 1 as the paper prints it, with sets and loops, then union: what Assay's segments are measured against.

python benchmarks/plain_segments.py WORKSPACE     reads the tables, makes the segments, writes nothing
"""

import sys
from collections import defaultdict
from pathlib import Path

import polars as pl

from segmenter.expansion import Expansion

Chat = tuple[list[int], list[int], list[int]]
"""Times in milliseconds, positions replied to or -1, and positions of the suspicious messages."""


def plain_segments(chat: Chat, parameters: Expansion) -> list[list[int]]:
    """A set for each suspicious message of a chat, then the sets that share a message become one."""
    times, replies, suspicious = chat
    return _union([_expand(seed, times, replies, parameters) for seed in suspicious])


def _expand(seed: int, times: list[int], replies: list[int], parameters: Expansion) -> set[int]:
    segment, left, right = {seed}, seed, seed
    while len(segment) < parameters.max_size and _span(segment, times) < parameters.max_span:
        changed = False
        if left > 0 and (times[left] - times[left - 1]) / 60_000 < parameters.max_gap:
            left -= 1
            segment.add(left)
            changed = True
        if right < len(times) - 1 and (times[right + 1] - times[right]) / 60_000 < parameters.max_gap:
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


def _union(sets: list[set[int]]) -> list[list[int]]:
    root = list(range(len(sets)))
    holder: dict[int, int] = {}

    def find(number: int) -> int:
        while root[number] != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for number, segment in enumerate(sets):
        for position in segment:
            root[find(holder.setdefault(position, number))] = find(number)
    merged: defaultdict[int, list[int]] = defaultdict(list)
    for position in sorted(holder):
        merged[find(holder[position])].append(position)
    return list(merged.values())


def _chat(messages: pl.DataFrame, suspicious: set[str]) -> Chat:
    ids = messages["message_id"].to_list()
    place = {message_id: number for number, message_id in enumerate(ids)}
    replies = [place.get(target, -1) for target in messages["reply_id"].to_list()]
    seeds = [number for number, message_id in enumerate(ids) if message_id in suspicious]
    return messages["timestamp"].dt.timestamp("ms").to_list(), replies, seeds


def main() -> None:
    tables = Path(sys.argv[1]) / "tables"
    suspicious = set(pl.read_parquet(tables / "matches.parquet")["message_id"].to_list())
    n_segments = 0
    for path in sorted((tables / "messages").glob("*.parquet")):
        messages = pl.read_parquet(path, columns=["message_id", "reply_id", "timestamp"])
        n_segments += len(plain_segments(_chat(messages, suspicious), Expansion()))
    print(n_segments)


if __name__ == "__main__":
    main()
