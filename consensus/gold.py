"""Gold labels: people's ratings and adjudications of closed batches, turned back into a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Engine, select

from consensus.adjudication import Decision, decisions
from consensus.pooling import ClosedItem, closed_items, pooled_ratings
from consensus.settlement import TOO_FEW, settle
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


def resolve(workspace: Workspace, engine: Engine, *, by: str = "command line") -> ResolveReport:
    """Write ``gold`` from every closed batch, and mark the batches whose items are all settled as resolved.

    An adjudication overrides the ratings, which count by `settle` after pooling (`pooled_ratings`). ``locked_at`` is
    the time of the adjudication, else of the last rating; n_raters counts everybody who rated, abstentions included.
    ``gold_rejected`` lists what did not become gold (segment_id, variable, n_raters, reason): ``too_few_ratings``,
    ``unresolved_disagreement``, ``not_in_codebook`` (its variable or label was taken out of the codebook) or
    ``segment_absent`` (settled, but the segment is no longer in ``segments``). The manifest's settings name the
    simulated raters and adjudicators under ``simulated_raters``.

    Raises WorkspaceError when no batch is closed yet.
    """
    evidence = _Evidence(closed_items(engine), pooled_ratings(engine), decisions(engine))
    if not evidence.items:
        raise WorkspaceError("wanted a closed batch to make gold from; there is none. Close one: assay batch close NAME")
    store = workspace.store
    segments = store.read("segments", maker="segment")
    recipe = Recipe(
        inputs={**store.hashes("segments"), "people": evidence.digest()},
        settings={"simulated_raters": list(evidence.simulated)},
        codebook=workspace.codebook_hash,
    )
    outcomes = _outcomes(evidence, workspace.codebook)
    gold, rejected = _parted(outcomes, segments)
    changed = not store.unchanged("gold", recipe)
    if changed:
        store.write("gold", gold, recipe, rejected)
    sources = gold.get_column("source").to_list()
    return ResolveReport(
        changed=changed,
        n_batches=len({item.batch for item in evidence.items}),
        n_items=len({item.segment_id for item in evidence.items}),
        n_gold=gold.height,
        by_source={source: sources.count(source) for source in SOURCES},
        rejected=count_by_reason(rejected),
        resolved_batches=_mark_batches(engine, evidence.items, outcomes, workspace.clock(), by),
        simulated_raters=evidence.simulated,
    )


def _outcomes(evidence: _Evidence, codebook: Codebook) -> pl.DataFrame:
    """One row an item and variable: its label and source, or the reason why it has none (OUTCOME_SCHEMA)."""
    rated: dict[Key, tuple[list[int], datetime]] = {}
    for item, variable, label, at in (
        evidence.ratings.select("item", "variable", "label", "submitted_at").iter_rows()
    ):
        labels, last = rated.get((item, variable), ([], at))
        rated[item, variable] = ([*labels, label], max(last, at))
    codes = {variable.name: set(variable.codes) for variable in codebook.rating_variables}
    wanted = {(item.segment_id, name) for item in evidence.items for name in codes}
    rows = [
        (*key, *_outcome(rated.get(key), evidence.decided.get(key), codes.get(key[1], set())))
        for key in sorted(wanted | set(rated))
    ]
    return pl.DataFrame(rows, schema=OUTCOME_SCHEMA, orient="row")


def _outcome(
    rated: tuple[list[int], datetime] | None, decision: Decision | None, codes: set[int]
) -> tuple[int | None, str | None, int, datetime | None, str | None]:
    """label, source, n_raters, locked_at, reason."""
    if rated is None:
        return None, None, 0, None, TOO_FEW
    labels, locked_at = rated
    settlement = settle(labels)
    label, source = settlement.label, settlement.source
    if decision is not None:
        label, source, locked_at = decision.label, "adjudicated", decision.decided_at
    if label is None:
        return None, None, len(labels), None, settlement.reason
    if label not in codes:
        return None, None, len(labels), None, NOT_IN_CODEBOOK
    return label, source, len(labels), locked_at, None
