"""The lines of the candidates of a review, read once for every page and session of this process."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from app.desk import Desk, desk_at
from lexicon.review.candidates import Candidate
from lexicon.review.concordance import KwicLine, concordances

Written = tuple[tuple[str, int], ...]


def lines_of(desk: Desk, candidates: Iterable[Candidate]) -> Mapping[str, tuple[KwicLine, ...]]:
    """candidate_id → its lines, as the messages are now: read again when they were collected anew."""
    store = desk.workspace.store
    files = [store.path(part) for part in store.parts("messages")]
    written = tuple((path.name, path.stat().st_mtime_ns) for path in files)
    in_one_order = tuple(sorted(candidates, key=lambda candidate: candidate.candidate_id))
    return _lines(desk.workspace.root, written, in_one_order)


@lru_cache(maxsize=4)
def _lines(root: Path, _written: Written, candidates: tuple[Candidate, ...]) -> Mapping[str, tuple[KwicLine, ...]]:
    return concordances(desk_at(root).workspace, candidates)
