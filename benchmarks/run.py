"""Speed as ratios: each row measures Assay and a floor or a peer on the same data in the same run.

    make bench              all rows
    make bench ROWS=gate    the rows whose name contains a word
    make bench ROWS=memory  the most memory that ten million messages take; half an hour, 7 GB of temporary disk

Absolute times depend on the machine and its load; read the ratio.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import agreement_rows
import collect_rows
import match_rows
import segment_rows
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One comparison. what: the work and its size; peer: the floor or the other package; both do the same work."""

    what: str
    peer: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    repeats: int = 3


def rows() -> Iterator[Row]:
    for module in (collect_rows, match_rows, segment_rows, agreement_rows):
        for what, peer, ours, theirs, repeats in module.rows():
            yield Row(what, peer, ours, theirs, repeats)


def best(work: Callable[[], object], repeats: int) -> float:
    """The shortest of several runs, in seconds: the one least disturbed by others."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def wanted(what: str, words: list[str]) -> bool:
    return any(word in what for word in words)


def ratios(words: list[str]) -> Table:
    """Assay against its peers: all rows, or those with one of the words."""
    table = Table("work", "against", "Assay s", "peer s", "Assay / peer", box=None)
    for row in rows():
        if words and not wanted(row.what, words):
            continue
        ours, theirs = best(row.ours, row.repeats), best(row.theirs, row.repeats)
        table.add_row(row.what, row.peer, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}")
    return table


def memory(words: list[str]) -> Table:
    """Peaks of memory against their limits, where a word asks for them: they take long."""
    table = Table("work", "limit MiB", "peak MiB", "peak / limit", box=None)
    for what, limit, measure in collect_rows.peaks():
        if wanted(what, words):
            peak = measure()
            table.add_row(what, f"{limit:,.0f}", f"{peak:,.0f}", f"{peak / limit:.2f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description="Print speed ratios of Assay against floors and peers.")
    parser.add_argument("words", nargs="*", help="only rows whose name contains one of these words")
    words = parser.parse_args().words
    console = Console(width=120)
    for table in (ratios(words), memory(words)):
        if table.row_count:
            console.print(table)


if __name__ == "__main__":
    main()
