"""Gold labels: people's ratings and adjudications of closed batches, turned back into a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine, select

from consensus.adjudication import Decision, decisions
from consensus.pooling import ClosedItem, closed_items, pooled_ratings
from consensus.settlement import settle
from core.codebook import Codebook
from core.database import transaction
from core.errors import WorkspaceError
from core.people import Batch, Event
from core.store import Recipe, count_by_reason, digest
from core.workspace import Workspace

SEGMENT_ABSENT = "segment_absent"
NOT_IN_CODEBOOK = "not_in_codebook"
SOURCES = ("unanimous", "majority", "adjudicated")
OUTCOME_SCHEMA = {
    "segment_id": pl.String,
    "variable": pl.String,
    "label": pl.Int64,
    "source": pl.String,
    "n_raters": pl.Int64,
    "locked_at": pl.Datetime("ms", "UTC"),
    "reason": pl.String,
}
Key = tuple[str, str]


@dataclass(frozen=True)
class ResolveReport:
    """What `resolve` did. n_items: segments of closed batches; by_source and rejected: pairs of item and variable."""

    changed: bool
    n_batches: int
    n_items: int
    n_gold: int
    by_source: Mapping[str, int]
    rejected: Mapping[str, int]
    resolved_batches: tuple[str, ...]
    simulated_raters: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys."""
        return dict(vars(self))


@dataclass(frozen=True)
class _Evidence:
    """Everything in the database that gold depends on."""

    items: Sequence[ClosedItem]
    ratings: pl.DataFrame
    decided: Mapping[Key, Decision]

    @property
    def simulated(self) -> tuple[str, ...]:
        raters = self.ratings.filter("simulated").get_column("rater").to_list()
        adjudicators = [decision.by for decision in self.decided.values() if decision.simulated]
        return tuple(sorted({*raters, *adjudicators}))

    def digest(self) -> str:
        rated = self.ratings.select("item", "variable", "rater", "label", "submitted_at").rows()
        decided = [(*key, one.label, one.by, one.decided_at) for key, one in sorted(self.decided.items())]
        return digest([[vars(item) for item in self.items], rated, decided])


def recipe(workspace: Workspace, engine: Engine) -> Recipe:
    """What the table ``gold`` is made of."""
    return _recipe(workspace, _evidence(engine))


def resolve(workspace: Workspace, engine: Engine, *, by: str = "command line") -> ResolveReport:
    """Write ``gold`` from every closed batch, and mark the batches whose items are all settled as resolved.

    Items of the parameter search's development set are left out (see `development_outcomes`).

    An adjudication overrides the ratings, which count by `settle` after pooling (`pooled_ratings`). ``locked_at`` is
    the time of the adjudication, else of the last rating; n_raters counts everybody who rated, abstentions included.
    ``gold_rejected`` lists what did not become gold (segment_id, variable, n_raters, reason): ``too_few_ratings``,
    ``unresolved_disagreement``, ``not_in_codebook`` (its variable or label was taken out of the codebook) or
    ``segment_absent`` (settled, but the segment is no longer in ``segments``). The manifest's settings name the
    simulated raters and adjudicators under ``simulated_raters``.

    Raises WorkspaceError when no batch is closed yet.
    """
    evidence = _evidence(engine)
    if not evidence.items:
        raise WorkspaceError(
            "wanted a closed batch to make gold from; there is none. Close one: assay batch close NAME"
        )
    store = workspace.store
    made_from = _recipe(workspace, evidence)
    outcomes = _outcomes(evidence, workspace.codebook)
    gold, rejected = _parted(outcomes, store.read("segments", maker="segment"))
    unsettled = _unsettled(outcomes, workspace.codebook)
    changed = not store.unchanged("gold", made_from)
    if changed:
        store.write("gold", gold, made_from, rejected)
    sources = gold.get_column("source").to_list()
    return ResolveReport(
        changed=changed,
        n_batches=len({item.batch for item in evidence.items}),
        n_items=len({item.segment_id for item in evidence.items}),
        n_gold=gold.height,
        by_source={source: sources.count(source) for source in SOURCES},
        rejected=count_by_reason(rejected),
        resolved_batches=_mark_batches(engine, evidence.items, unsettled, workspace.clock(), by),
        simulated_raters=evidence.simulated,
    )


def development_outcomes(engine: Engine, codebook: Codebook) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """What people settled on the development set of the parameter search, and the simulated people among them.

    Only closed batches count, by the rules of `resolve`. One row an item and rating variable: segment_id (of the table
    ``development``), variable (key: both), label, source, n_raters, locked_at, reason; without a label, reason says why
    (``too_few_ratings``, ``unresolved_disagreement``, ``not_in_codebook``), else it is null.
    """
    evidence = _evidence(engine, development=True)
    return _outcomes(evidence, codebook), evidence.simulated


def _evidence(engine: Engine, *, development: bool = False) -> _Evidence:
    """Of the corpus, or of the development set: the one never becomes part of the other."""
    items = closed_items(engine, development=development)
    ids = {item.segment_id for item in items}
    decided = {key: decision for key, decision in decisions(engine).items() if key[0] in ids}
    return _Evidence(items, pooled_ratings(engine).filter(pl.col("item").is_in(ids)), decided)


def _recipe(workspace: Workspace, evidence: _Evidence) -> Recipe:
    return Recipe(
        inputs={**workspace.store.hashes("segments"), "people": evidence.digest()},
        settings={"simulated_raters": list(evidence.simulated)},
        codebook=workspace.codebook_hash,
    )


def _outcomes(evidence: _Evidence, codebook: Codebook) -> pl.DataFrame:
    """One row an item and variable: its label and source, or the reason why it has none (OUTCOME_SCHEMA)."""
    rated: dict[Key, list[tuple[int, datetime]]] = defaultdict(list)
    columns = ("item", "variable", "label", "submitted_at")
    for item, variable, label, at in evidence.ratings.select(columns).iter_rows():
        rated[item, variable].append((label, at))
    codes = {variable.name: set(variable.codes) for variable in codebook.rating_variables}
    wanted = {(item.segment_id, name) for item in evidence.items for name in codes}
    rows = [
        (*key, *_outcome(rated.get(key, []), evidence.decided.get(key), codes.get(key[1])))
        for key in sorted(wanted | set(rated))
    ]
    return pl.DataFrame(rows, schema=OUTCOME_SCHEMA, orient="row")


def _outcome(
    rated: Sequence[tuple[int, datetime]], decision: Decision | None, codes: set[int] | None
) -> tuple[int | None, str | None, int, datetime | None, str | None]:
    """label, source, n_raters, locked_at, reason. ``codes``: None when the codebook lacks the variable."""
    settlement = settle(label for label, _ in rated)
    label, source = (decision.label, "adjudicated") if decision else (settlement.label, settlement.source)
    reason = settlement.reason if label is None else None
    if codes is None or (label is not None and label not in codes):
        reason = NOT_IN_CODEBOOK
    if reason is not None:
        return None, None, len(rated), None, reason
    return label, source, len(rated), decision.decided_at if decision else max(at for _, at in rated), None


def _parted(outcomes: pl.DataFrame, segments: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What becomes gold and what does not; the latter with columns segment_id, variable, n_raters, reason."""
    absent = ~pl.col("segment_id").is_in(segments.get_column("segment_id").implode())
    judged = outcomes.with_columns(
        reason=pl.when(pl.col("reason").is_null() & absent).then(pl.lit(SEGMENT_ABSENT)).otherwise("reason")
    )
    rejected = judged.filter(pl.col("reason").is_not_null()).select("segment_id", "variable", "n_raters", "reason")
    return judged.filter(pl.col("reason").is_null()).drop("reason"), rejected


def _unsettled(outcomes: pl.DataFrame, codebook: Codebook) -> set[str]:
    """The segments on which people still owe a label of a variable that the codebook has."""
    known = [variable.name for variable in codebook.rating_variables]
    owed = outcomes.filter(pl.col("reason").is_not_null(), pl.col("variable").is_in(known))
    return set(owed.get_column("segment_id"))


def _mark_batches(
    engine: Engine, items: Sequence[ClosedItem], unsettled: set[str], now: datetime, by: str
) -> tuple[str, ...]:
    """Set every closed batch to resolved where all its items are settled, else to closed; the resolved ones' names."""
    waiting = {item.batch for item in items if item.segment_id in unsettled}
    resolved = tuple(name for name in dict.fromkeys(item.batch for item in items) if name not in waiting)
    with transaction(engine) as session:
        for batch in session.scalars(select(Batch).where(Batch.name.in_({item.batch for item in items}))):
            state = "resolved" if batch.name in resolved else "closed"
            if batch.state != state:
                batch.state = state
                action = "batch_resolved" if state == "resolved" else "batch_unsettled"
                session.add(Event(at=now, actor=by, action=action, subject=batch.name, detail={}))
    return resolved
