"""Where messages come from: one module a file format, all with the same two functions.

``recognises(head)`` looks at the first bytes of a file; ``read(path, settings)`` yields its records (`RawMessage` or
`Rejected`) one by one, in their order, with canonical raw ids, and raises DataError when the file as a whole is broken.
A new format is a new module with these two functions and a line in `SOURCES`; docs/sources.md has the recipe.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from collector.sources import (
    convokit,
    csv_file,
    discord,
    jsonl,
    parquet_file,
    telegram_html,
    telegram_json,
    whatsapp,
)
from collector.sources.records import Record
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

HEAD_BYTES = 1 << 16


def _alone(path: Path) -> list[Path]:
    return [path]


@dataclass(frozen=True)
class Source:
    """A file format.

    suffixes: of file names that are in this format when it also recognises their first bytes; none: it is found by
    its first bytes alone. platform: where its ids hold, when the format says so; None: ``collect.platform``. parts:
    the files that are read as one with the file given.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    read: Callable[[Path, CollectSettings], Iterator[Record]]
    platform: str | None = None
    parts: Callable[[Path], list[Path]] = _alone


SOURCES = (
    Source("ConvoKit corpus", (".jsonl",), convokit.recognises, convokit.read, convokit.PLATFORM),
    Source("JSON Lines", (".jsonl", ".ndjson", ".json"), jsonl.recognises, jsonl.read),
    Source("Discord JSON", (".json",), discord.recognises, discord.read, "discord"),
    Source("Telegram Desktop JSON", (".json",), telegram_json.recognises, telegram_json.read),
    Source(
        "Telegram Desktop HTML",
        (".html", ".htm"),
        telegram_html.recognises,
        telegram_html.read,
        parts=telegram_html.pages,
    ),
    Source("Parquet", (".parquet",), parquet_file.recognises, parquet_file.read),
    Source("WhatsApp text", (), whatsapp.recognises, whatsapp.read, "whatsapp"),
    Source("CSV", (".csv", ".tsv"), csv_file.recognises, csv_file.read),
)


def detect(path: Path) -> Source:
    """The format of a file: the first that recognises its first bytes, among those of its suffix, else among all.

    When none of its suffix does, the last of them is taken, whose reader then says what is wrong with the file.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    by_suffix = [source for source in SOURCES if path.suffix.lower() in source.suffixes]
    for source in by_suffix or SOURCES:
        if source.recognises(head):
            return source
    if by_suffix:
        return by_suffix[-1]
    known = ", ".join(" ".join((source.name, *source.suffixes)) for source in SOURCES)
    raise DataError(f"{path.name} is in no format that can be read; wanted one of: {known}")
