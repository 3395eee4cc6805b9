"""``assay collect``: exports in, the table ``messages`` out.

All files are read, pseudonymised, cleaned and put away in a working folder first, encrypted; then, when it is known
what members are called, their names are replaced; then each chat is joined with what the table already holds of it;
then the finished chats take their places. A broken file ends the run before that, and the table is as it was.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collector.chat_files import height_of
from collector.drafts import Draft, Drafts
from collector.exports import TABLE, Export, Memory, open_export
from collector.merging import Merged, all_rejected, merge
from collector.preparing import Known, Prepared, draft, finish
from collector.pseudonyms import Pseudonyms, load_pseudonyms
from collector.report import CollectReport, summarise
from collector.sources.records import RawMessage, Record
from collector.spool import Spool, clear_away_killed_runs, spooling
from core.progress import track
from core.setting_tables.collecting import CollectSettings
from core.store import Recipe, Store, count_by_reason
from core.workspace import Workspace

CHUNK_MESSAGES = 20_000
CHUNK_CHARACTERS = 8_000_000


@dataclass
class Readings:
    """read: records of the files so far. dropped: reason → those that gave no row. marked: mark → rows that have it."""

    read: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    marked: Counter[str] = field(default_factory=Counter)

    def note(self, prepared: Prepared) -> None:
        self.dropped += count_by_reason(prepared.rejected)
        self.marked += prepared.marked


def collect(workspace: Workspace, paths: Sequence[Path]) -> CollectReport:
    """Bring the messages of export files into the table ``messages``, each once.

    A folder stands for the export in it. A file that was collected before, with the same settings, is passed over.
    Raises DataError when a file cannot be read as a whole, WorkspaceError without a usable key, when another run
    is at work or when the disk is full; the table is then as it was.
    """
    store, settings = workspace.store, workspace.settings.collect
    pseudonyms = load_pseudonyms(workspace)
    memory = Memory.of(store, settings, pseudonyms.fingerprint)
    fresh = {export.sha256: export for export in map(open_export, paths) if export.sha256 not in memory.collected}
    readings, merged, known = Readings(), Merged(), Known()
    if fresh:
        with spooling(store.folder) as spool:
            drafts = Drafts(spool.folder)
            for number, export in enumerate(fresh.values()):
                for drafted in _read(export, pseudonyms, settings, known, readings):
                    spool.reject(drafted.rejected)
                    drafts.add(Draft(number, export.short_hash, drafted.rows))
            _finish(drafts, spool, settings, known, readings)
            merged = merge(store, spool, memory.resettled)
            publish(store, spool, merged, memory.recipe_with(fresh))
    else:
        clear_away_killed_runs(store.folder)
    return CollectReport(
        changed=bool(fresh),
        files=len(paths),
        files_known=len(paths) - len(fresh),
        read=readings.read,
        kept=merged.new + merged.updated,
        updated=merged.updated,
        retracted=merged.retracted,
        dropped=dict((readings.dropped + left_out(merged)).most_common()),
        resettled=memory.resettled,
        table=summarise([store.path(part) for part in store.parts(TABLE)]),
        marked=dict(readings.marked.most_common()),
        names_left=known.members.left(),
    )


def _read(
    export: Export, pseudonyms: Pseudonyms, settings: CollectSettings, known: Known, readings: Readings
) -> Iterator[Prepared]:
    """Drafts of one file's records, some at a time."""
    pseudonyms = pseudonyms.on(export.source.platform)
    records = track(export.source.read(export.path, settings), f"reading {export.path.name}")
    for chunk in _chunks(records):
        drafted = draft(chunk, export.short_hash, pseudonyms, settings, known)
        readings.read += len(chunk)
        readings.note(drafted)
        yield drafted


def _finish(drafts: Drafts, spool: Spool, settings: CollectSettings, known: Known, readings: Readings) -> None:
    """Put the drafts, finished, into the spool."""
    for drafted in drafts:
        for (chat,), rows in drafted.rows.group_by("chat_id"):
            known.members.count(str(chat), rows.get_column("content"))
    for drafted in track(drafts, "replacing names"):
        prepared = finish(drafted.rows, drafted.source, settings, known)
        readings.note(prepared)
        spool.add(drafted.number, prepared)
    drafts.remove()


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


def left_out(merged: Merged) -> Counter[str]:
    """Reason → messages of the spool that did not enter the table."""
    return Counter(duplicate=merged.duplicates, deleted=merged.withdrawn, outdated=merged.outdated)


def publish(store: Store, spool: Spool, merged: Merged, recipe: Recipe) -> None:
    """Put the rejects in their place, then the finished chats, then the manifest.

    A run that is killed in between leaves whole chats, old or new, and a manifest that does not match; the same command
    then does the rest.
    """
    rejected = all_rejected(store, spool, merged.finished)
    finished = {f"{TABLE}/{chat_id}": file for chat_id, file in merged.finished.items()}
    files = {part: store.path(part) for part in store.parts(TABLE)} | finished
    rows = sum(height_of(file) for file in files.values() if file is not None)
    # First, because a deletion that was carried out and not noted would never be noted.
    store.write_rejected(TABLE, rejected)
    for part, file in finished.items():
        if file is None:
            store.path(part).unlink()
        else:
            store.adopt(part, file)
    store.write_manifest(TABLE, recipe, rows, count_by_reason(rejected))
