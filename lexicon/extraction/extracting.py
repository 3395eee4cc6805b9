"""A language model reads the chat and proposes signal words, each with the words that it was found in.

Replies are kept by the hash of the request as they come, so that a run that was stopped asks only for what is missing.
Errors are never kept: a window that failed is asked for again by the next run.
"""

import time
from collections.abc import Mapping, Sequence

from core.errors import ServiceError
from core.llm.door import ask_all, open_door
from core.progress import track
from core.reply_cache import ReplyCache
from core.store import Recipe, Store
from core.workspace import Workspace
from lexicon.extraction.outcome import TABLE, frames, no_rejects
from lexicon.extraction.prompt import write_prompt
from lexicon.extraction.reader import Reader, recipe
from lexicon.extraction.replies import Reading, read_answer
from lexicon.extraction.report import ExtractReport, extract_report
from lexicon.extraction.transcript import transcript
from lexicon.extraction.windows import Window, drawn, windows_of


def extract(workspace: Workspace) -> ExtractReport:
    """Write the table ``proposals/llm`` from ``messages``.

    One row a term and message that the model proposed: source ``llm``, number, term, kind, category (null where it
    gave none of the settings' categories), message_id, quote, reason, score (null). What is no proposal is among the
    rejects with its reason. Raises SettingsError for a voter that cannot read or a prompt that is none, WorkspaceError
    without messages, ServiceError when no window could be read at all; what was there before then stays.
    """
    started = time.perf_counter()
    store = workspace.store
    write_prompt(workspace)
    reader, made_from, windows = Reader(workspace), recipe(workspace), chosen_windows(workspace)
    changed = not store.unchanged(TABLE, made_from) or _any_failed(store)
    if changed:
        _write(store, made_from, windows, _read(workspace, reader, windows))
    rejected = store.read_rejected(TABLE)
    return extract_report(
        store.read(TABLE),
        no_rejects() if rejected is None else rejected,
        voter=reader.voter.name,
        model=reader.model,
        n_windows=len(windows),
        changed=changed,
        seconds=time.perf_counter() - started,
    )


def chosen_windows(workspace: Workspace) -> list[Window]:
    """The windows that the settings ask for, in the order of the corpus."""
    settings = workspace.settings.lexicon.extract
    messages = workspace.store.read("messages", maker="collect PATH")
    return drawn(windows_of(messages, settings.window, settings.overlap), settings.windows, settings.seed)


def _read(workspace: Workspace, reader: Reader, windows: Sequence[Window]) -> Mapping[int, Reading]:
    """Place of a window → what came of it."""
    requests = (reader.request(transcript(window)) for window in windows)
    with open_door(reader.voter, workspace.settings.vote.engines) as door:
        answers = ask_all(door, requests, ReplyCache(workspace.cache / "llm"))
        return {
            number: read_answer(answer, transcript(windows[number]), reader.categories)
            for number, answer in track(answers, f"extract {reader.voter.name}", len(windows))
        }


def _write(store: Store, made_from: Recipe, windows: Sequence[Window], readings: Mapping[int, Reading]) -> None:
    reasons = [reading.detail for reading in readings.values() if reading.status == "failed"]
    if windows and len(reasons) == len(windows):
        raise ServiceError(
            f"no window could be read: {reasons[0]}. Nothing was written; put that right and run assay lexicon extract "
            f"again"
        )
    proposals, rejected = frames((window, readings[number]) for number, window in enumerate(windows))
    store.write(TABLE, proposals, made_from, rejected)


def _any_failed(store: Store) -> bool:
    manifest = store.manifest(TABLE)
    return manifest is not None and bool(manifest.rejected.get("failed"))
