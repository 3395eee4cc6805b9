"""Does a segment hold its conversation together? Measured on the Ubuntu IRC logs with their gold conversations.

    python benchmarks/irc_conversations.py                       the tables of docs/conversations.md, some minutes
    python benchmarks/irc_conversations.py --only sizes logs     some of them
    python benchmarks/irc_conversations.py --only weights        how the weights of "linked" were chosen
    python benchmarks/irc_conversations.py --json > tables.json  the same as one JSON object
    python benchmarks/irc_conversations.py --chart FILE.png      the chart

The data are the folder that examples/irc/convert_irc.py writes. Weights were chosen on the logs in odd places of the
export (1, 3, 5, 7, 9); every table but ``weights`` and ``logs`` is about the other five.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import irc_tables as tables
import numpy as np
import polars as pl
from irc_channel import EXPORT, Channel, read_channel
from irc_tables import Row
from rich.console import Console
from rich.table import Table

from lexicon.entries import read_entries
from lexicon.matching import find_matches
from segmenter.contexts import Positions

ROOT = Path(__file__).parents[1]
SIGNALS = {
    "signals_en": ROOT / "lexicon" / "data" / "signals_en.csv",
    "trouble_terms": ROOT / "examples" / "irc" / "trouble_terms.csv",
}
LOGS = range(10)
DEVELOPMENT, TEST = LOGS[0::2], LOGS[1::2]
WEIGHTS = {
    "relation": (1, 3, 5, 10, 20, 30),
    "unaddressed": (1, 2, 3, 4),
    "reply": (0, 10, 30, 100, 300),
    "enough": (2, 4, 6, 8, 10),
    "weakest": (0, 3, 5, 7, 10, 15),
}


def suspicious(channel: Channel, entries: Path) -> Positions:
    """The messages in which an entry of this list matches as whole words, as in the tutorial."""
    listed = read_entries(entries)
    lexicon = pl.DataFrame(
        [(entry.entry_id, entry.term, entry.kind, entry.category) for entry in listed],
        schema=["entry_id", "term", "kind", "category"],
        orient="row",
    )
    messages = pl.DataFrame({"message_id": np.arange(len(channel.users)).astype(str), "content": channel.content})
    found = find_matches(messages, lexicon, whole_words=True)
    return np.unique(found["message_id"].cast(pl.Int64).to_numpy())


def signal_rows(channel: Channel) -> list[Row]:
    """Suspicious messages as seeds, links hidden: by each list, over all ten logs and over those for the test."""
    rows = []
    for name, path in SIGNALS.items():
        found = suspicious(channel, path)
        for part, logs in (("all ten logs", LOGS), ("test", TEST)):
            seeds = np.intersect1d(found, channel.seeds(logs))
            labels = {"signals": name, "part": part, "matched": len(found), "n_seeds": len(seeds)}
            made = tables.main_rows(channel, seeds, 0) if len(seeds) else []
            rows += [{**labels, **one} for one in made] or [{**labels, "method": "no seed"}]
    return rows


def measured(channel: Channel, names: Sequence[str]) -> dict[str, list[Row]]:
    """The rows of the tables with these names."""
    test = channel.seeds(TEST)

    def methods() -> list[Row]:
        shares = tables.SHARES.items()
        return [{"links": name, **one} for name, share in shares for one in tables.main_rows(channel, test, share)]

    def merged() -> list[Row]:
        found = suspicious(channel, SIGNALS["trouble_terms"])
        return tables.merged_rows(channel, found, np.intersect1d(found, channel.seeds(LOGS)))

    parts = {log: "development" if log in DEVELOPMENT else "test" for log in LOGS}
    makers: dict[str, Callable[[], list[Row]]] = {
        "methods": methods,
        "sizes": lambda: tables.size_rows(channel, test),
        "signals": lambda: signal_rows(channel),
        "logs": lambda: tables.log_rows(channel, parts),
        "senses": lambda: tables.sense_rows(channel, test),
        "lengths": lambda: tables.length_rows(channel, test),
        "merged": merged,
        "weights": lambda: tables.weight_rows(channel, channel.seeds(DEVELOPMENT), WEIGHTS),
    }
    return {name: makers[name]() for name in names}


NAMES = ("methods", "sizes", "signals", "logs", "senses", "lengths", "merged", "weights")


def printed(name: str, rows: Sequence[Row]) -> Table:
    """Rows as a table; a mean with its interval in one cell."""
    columns = list(dict.fromkeys(column for one in rows for column in one))
    table = Table(*columns, title=name, title_justify="left", box=None, pad_edge=False)
    for one in rows:
        table.add_row(*(_cell(one.get(column)) for column in columns))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['mean']:.3f} ({value['low']:.3f} to {value['high']:.3f})"
    return f"{value:.3g}" if isinstance(value, float) else "" if value is None else str(value)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how segments hold the conversations of the IRC logs.")
    parser.add_argument("folder", nargs="?", type=Path, default=EXPORT, help="with result.json and conversations.csv")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES, help="the tables to make")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--chart", type=Path, help="write the chart here, and print nothing")
    given = parser.parse_args()
    channel = read_channel(given.folder)
    if given.chart:
        from irc_chart import write_chart

        write_chart(tables.size_rows(channel, channel.seeds(TEST)), given.chart)
        return
    rows = measured(channel, given.only)
    if given.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    console = Console(width=180)
    for name, made in rows.items():
        console.print(printed(name, made), "")


if __name__ == "__main__":
    main()
