"""Speed as ratios: each row measures Assay and a floor or a peer on the same data in the same run.

    make bench              all rows
    make bench ROWS=gate    the rows whose name contains a word
    make bench ROWS=many    ten million messages, a million items: minutes a row, mostly the peers
    make bench ROWS=memory  the most memory that ten million messages take; an hour, 7 GB of temporary disk

Absolute times depend on the machine and its load; read the ratio.
"""

import argparse
from collections.abc import Iterator

import agreement_rows
import collect_rows
import match_rows
import panel_rows
import segment_rows
import vote_rows
from comparison import Row
from rich.console import Console
from rich.table import Table

MODULES = (collect_rows, match_rows, segment_rows, agreement_rows, panel_rows, vote_rows)
ON_REQUEST = "many"


def rows(words: list[str]) -> Iterator[Row]:
    """The rows whose name has one of the words, or all; the large ones only where the word for them is given."""
    for module in MODULES:
        if not words or words != [ON_REQUEST]:
            yield from (row for row in module.rows() if not words or wanted(row.what, words))
        if ON_REQUEST in words and hasattr(module, "rows_on_request"):
            yield from (row for row in module.rows_on_request() if wanted(row.what, words))


def wanted(what: str, words: list[str]) -> bool:
    return any(word in what for word in words)


def ratios(words: list[str]) -> Table:
    """Assay against its peers: all rows, or those with one of the words."""
    table = Table("work", "against", "Assay s", "peer s", "Assay / peer", box=None)
    for row in rows(words):
        ours, theirs = row.seconds()
        table.add_row(row.what, row.peer, f"{ours:.3f}", f"{theirs:.3f}", f"{ours / theirs:.2f}")
    return table


def memory(words: list[str]) -> Table:
    """Peaks of memory against their limits, where a word asks for them: they take long."""
    table = Table("work", "limit MiB", "peak MiB", "peak / limit", box=None)
    for module in MODULES:
        for what, limit, measure in module.peaks() if hasattr(module, "peaks") and words else ():
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
