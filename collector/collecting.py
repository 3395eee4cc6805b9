"""``assay collect``: exports in, the table ``messages`` out.

All files are read, pseudonymised, cleaned and put away in a working folder first; then each chat is joined with what
the table already holds of it; then the finished chats take their places. A broken file ends the run before that, and
the table is as it was.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collector.chat_files import height_of
from collector.exports import TABLE, Export, Memory, open_export
from collector.merging import Merged, all_rejected, merge
from collector.preparing import prepare
from collector.pseudonyms import Pseudonyms, load_pseudonyms
from collector.report import CollectReport, summarise
from collector.sources.records import RawMessage, Record
from collector.spool import Spool, spooling
from core.progress import track
from core.settings import CollectSettings
from core.store import Recipe, Store, count_by_reason
from core.workspace import Workspace

CHUNK_MESSAGES = 20_000
CHUNK_CHARACTERS = 8_000_000


@dataclass
class Readings:
    """read: records of the files so far. dropped: reason → those that gave no row."""

    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


def collect(workspace: Workspace, paths: Sequence[Path]) -> CollectReport:
    """Bring the messages of export files into the table ``messages``, each once.

    A folder stands for the ``result.json`` in it. A file that was collected before, with the same settings, is passed
    over. Raises DataError when a file cannot be read as a whole, WorkspaceError without a usable key, when another run
    is at work or when the disk is full; the table is then as it was.
    """
    store, settings = workspace.store, workspace.settings.collect
    pseudonyms = load_pseudonyms(workspace)
    memory = Memory.of(store, settings, pseudonyms.fingerprint)
    fresh = {export.sha256: export for export in map(open_export, paths) if export.sha256 not in memory.collected}
    readings, merged = Readings(), Merged()
    if fresh:
        with spooling(store.folder) as spool:
            for number, export in enumerate(fresh.values()):
                _read(export, number, spool, pseudonyms, settings, readings)
            merged = merge(store, spool, memory.resettled)
            _publish(store, spool, merged, memory.recipe_with(fresh))
    return CollectReport(
        changed=bool(fresh),
        files=len(paths),
        files_known=len(paths) - len(fresh),
        read=readings.read,
        kept=merged.new + merged.updated,
        updated=merged.updated,
        dropped=dict((readings.dropped + Counter(duplicate=merged.duplicates)).most_common()),
        resettled=memory.resettled,
        table=summarise(_files(store)),
    )


def _read(
    export: Export, number: int, spool: Spool, pseudonyms: Pseudonyms, settings: CollectSettings, readings: Readings
) -> None:
    """Read one file into the spool."""
    records = track(export.source.read(export.path, settings), f"reading {export.path.name}")
    for chunk in _chunks(records):
        prepared = prepare(chunk, export.short_hash, pseudonyms, settings)
        spool.add(number, prepared)
        readings.read += len(chunk)
        readings.dropped += count_by_reason(prepared.rejected)


def _chunks(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Records some at a time, fewer when their texts are long."""
    chunk: list[Record] = []
    characters = 0
    for record in records:
        chunk.append(record)
        characters += len(record.text) if isinstance(record, RawMessage) else 0
        if len(chunk) == CHUNK_MESSAGES or characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _publish(store: Store, spool: Spool, merged: Merged, recipe: Recipe) -> None:
    """Put finished chats in their places, then the rejects, then the manifest.

    A run that is killed in between leaves whole chats, old or new, and a manifest that does not match; the same command
    then does the rest.
    """
    rejected = all_rejected(store, spool, merged.finished)
    for chat_id, file in merged.finished.items():
        if file is None:
            store.path(f"{TABLE}/{chat_id}").unlink()
        else:
            store.adopt(f"{TABLE}/{chat_id}", file)
    store.write_rejected(TABLE, rejected)
    rows = sum(height_of(file) for file in _files(store))
    store.write_manifest(TABLE, recipe, rows, count_by_reason(rejected))


def _files(store: Store) -> list[Path]:
    return [store.path(part) for part in store.parts(TABLE)]
