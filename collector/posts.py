"""Posts that a user exported from some platform: JSON Lines, JSON, CSV or plain text, with any columns."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def posts(path: Path) -> Iterator[str]:
    """The posts of a file, each as all its strings, a line each. Raises UnicodeDecodeError, csv.Error or OSError."""
    suffix = path.suffix.lower()
    with path.open(encoding="utf-8-sig", newline="" if suffix in (".csv", ".tsv") else None) as stream:
        if suffix in (".csv", ".tsv"):
            csv.field_size_limit(sys.maxsize)
            rows = csv.reader(stream, delimiter="\t" if suffix == ".tsv" else ",")
            yield from ("\n".join(row) for row in rows if row)
        elif suffix == ".json":
            yield from _json_posts(stream.read())
        elif suffix in (".jsonl", ".ndjson"):
            yield from _json_lines(stream)
        else:
            yield from (line for line in stream if line.strip())


def _json_posts(text: str) -> Iterator[str]:
    """A list of posts, JSON Lines under another name, or one object."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _json_lines(text.splitlines())
        return
    for post in whole if isinstance(whole, list) else [whole]:
        yield "\n".join(_strings(post))


def _json_lines(lines: Iterable[str]) -> Iterator[str]:
    """A line that is no JSON is searched as it stands."""
    for line in lines:
        if line.strip():
            try:
                yield "\n".join(_strings(json.loads(line)))
            except (ValueError, RecursionError):
                yield line


def _strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, however deep."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            waiting += inner.values()
        elif isinstance(inner, list):
            waiting += inner
