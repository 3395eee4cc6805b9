"""Write the proposals that need no model, one table a source, and pool what there is."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl
from sqlalchemy import Engine

from core.counting import counted
from core.errors import SettingsError
from core.progress import LiveLine
from core.store import Recipe
from core.texts import closest
from core.workspace import Workspace
from lexicon.pooling.candidates import pool
from lexicon.pooling.report import PoolReport
from lexicon.proposals import log_odds, neighbours, variants
from lexicon.proposals.corpus import Corpus, corpus_of
from lexicon.proposals.known import match_settings, some_signals

SOURCES: dict[str, Callable[[Corpus], pl.DataFrame]] = {
    neighbours.SOURCE: neighbours.propose_neighbours,
    log_odds.SOURCE: log_odds.propose_log_odds,
    variants.SOURCE: variants.propose_variants,
}
_UNUSED = {neighbours.SOURCE: {"near"}}
_TOP = 5


@dataclass(frozen=True)
class SourceReport:
    """What one source proposes. top: its strongest terms."""

    source: str
    n_proposals: int
    top: tuple[str, ...]
    changed: bool


@dataclass(frozen=True)
class Surroundings:
    """n_near: messages within ``near`` of one of the n_signals messages with a known signal word, themselves included.

    n_traditional: messages in which signal words stand in Traditional script only, where they do not match.
    """

    n_messages: int
    n_signals: int
    n_near: int
    n_traditional: int


@dataclass(frozen=True)
class ProposeReport:
    """What was proposed, and the pool afterwards. surroundings: None when nothing changed."""

    sources: tuple[SourceReport, ...]
    surroundings: Surroundings | None
    pooled: PoolReport

    @property
    def changed(self) -> bool:
        return any(source.changed for source in self.sources)

    def as_json(self) -> dict[str, Any]:
        return {"changed": self.changed, **asdict(self)}


def recipe(workspace: Workspace, engine: Engine, source: str) -> Recipe:
    """What the table ``proposals/SOURCE`` is made of."""
    settings = workspace.settings.lexicon.propose.model_dump(exclude=_UNUSED.get(source, set()))
    settings |= match_settings(workspace) | {"simplify": workspace.settings.collect.simplify}
    inputs = workspace.store.hashes("messages") | some_signals(workspace, engine).inputs
    return Recipe(inputs=inputs, settings=settings)


def propose(workspace: Workspace, engine: Engine, sources: Sequence[str] = ()) -> ProposeReport:
    """Write ``proposals/SOURCE`` of the named sources (none named: of all) and then ``candidates``.

    Raises SettingsError for an unknown source, WorkspaceError when there are no messages or no known signal words.
    """
    wanted = [source for source in SOURCES if source in sources or not sources]
    for source in sources:
        if source not in SOURCES:
            raise SettingsError(f"there is no source {source!r}; {closest(source, SOURCES)}")
    recipes = {source: recipe(workspace, engine, source) for source in wanted}
    stale = [source for source in wanted if not workspace.store.unchanged(f"proposals/{source}", recipes[source])]
    surroundings = None
    if stale:
        corpus = corpus_of(workspace, engine)
        with LiveLine() as line:
            for source in stale:
                line.show(f"{source}: {counted(corpus.messages.height, 'message')}")
                workspace.store.write(f"proposals/{source}", SOURCES[source](corpus), recipes[source])
        surroundings = _surroundings(corpus)
    reports = tuple(_report(workspace, source, source in stale) for source in wanted)
    return ProposeReport(reports, surroundings, pool(workspace, engine))


def _surroundings(corpus: Corpus) -> Surroundings:
    signals = corpus.signals["row"].n_unique()
    return Surroundings(corpus.messages.height, signals, int(corpus.near.sum()), variants.only_in_traditional(corpus))


def _report(workspace: Workspace, source: str, changed: bool) -> SourceReport:
    found = workspace.store.read(f"proposals/{source}")
    return SourceReport(source, found.height, tuple(found["term"].head(_TOP)), changed)
