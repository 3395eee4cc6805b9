"""Which items a batch gets and who gets which item: pure functions of a plan, the same on every machine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import combinations
from typing import Any

import polars as pl

from core.counting import counted
from core.errors import SettingsError
from core.setting_tables.people import AnnotateSettings

NO_CONSENSUS = "no_consensus"
AUDIT = "audit"


@dataclass(frozen=True)
class BatchPlan:
    """What a batch should be.

    name: empty for the next free ``batch-N``. size: items. overlap: annotators an item. audit_share: share of the
    items drawn from the accepted ones, 0 to 1. seed: of the draw and of every order. again: items of earlier batches
    may be drawn. annotators: names; empty for every enabled annotator.
    """

    name: str = ""
    size: int = 50
    overlap: int = 3
    audit_share: float = 0.1
    seed: int = 7
    again: bool = False
    annotators: tuple[str, ...] = ()

    def check(self) -> None:
        """Raises SettingsError for a number out of range."""
        if self.size < 1 or self.overlap < 1 or not 0 <= self.audit_share <= 1:
            raise SettingsError(
                f"wanted a size and an overlap of at least 1 and an audit share from 0 to 1; got size {self.size}, "
                f"overlap {self.overlap}, audit share {self.audit_share}"
            )

    @property
    def n_audit(self) -> int:
        """Items wanted from the accepted ones: the share of the size, halves rounded up."""
        return int(self.size * self.audit_share + 0.5)


def plan_for(settings: AnnotateSettings, **given: Any) -> BatchPlan:
    """The plan that ``[annotate]`` describes, with ``given`` attributes of `BatchPlan` in place of its own."""
    plan = BatchPlan(
        size=settings.batch_size, overlap=settings.overlap, audit_share=settings.audit_share, seed=settings.seed
    )
    return replace(plan, **given)


def item_pool(verdicts: pl.DataFrame, segments: pl.DataFrame) -> pl.DataFrame:
    """The segments that a batch may draw, by segment_id.

    Columns: segment_id (key), origin: ``no_consensus`` where the gate did not accept every variable, else ``audit``.
    Verdicts on segments that the table ``segments`` no longer holds are left out.
    """
    return (
        verdicts.join(segments, on="segment_id", how="semi")
        .group_by("segment_id")
        .agg(pl.col("accepted").all())
        .select("segment_id", origin=pl.when("accepted").then(pl.lit(AUDIT)).otherwise(pl.lit(NO_CONSENSUS)))
        .sort("segment_id")
    )


def draw(pool: pl.DataFrame, plan: BatchPlan) -> list[tuple[str, str]]:
    """Items of a batch in its own order: (segment_id, origin).

    The audit share comes from the accepted items, the rest from the others: the no-consensus pool, or a development
    set. Where one of them has too few, accepted items are not drawn in place of others, but others are.
    """
    origins: dict[str, str] = dict(pool.select("segment_id", "origin").iter_rows())
    accepted = (segment for segment, origin in origins.items() if origin == AUDIT)
    rest = (segment for segment, origin in origins.items() if origin != AUDIT)
    audit = shuffled(accepted, plan.seed, plan.name, AUDIT)[: plan.n_audit]
    others = shuffled(rest, plan.seed, plan.name, NO_CONSENSUS)[: plan.size - len(audit)]
    return [(segment, origins[segment]) for segment in shuffled([*audit, *others], plan.seed, plan.name, "order")]


def assign(items: Sequence[str], annotators: Sequence[str], plan: BatchPlan) -> dict[str, list[str]]:
    """Annotator → their items in their own order; every item has ``overlap`` annotators, loads differ by at most one.

    Each item goes to the least loaded; of equals, to those that share the fewest items so far, so that everybody is
    compared with everybody. Raises SettingsError when there are fewer annotators than the overlap.
    """
    if len(annotators) < plan.overlap:
        raise SettingsError(
            f"wanted {plan.overlap} annotators for every item; got {counted(len(annotators), 'enabled annotator')}. "
            "Add one with: assay user add NAME --role annotator (or ask for less with --overlap)"
        )
    given: dict[str, list[str]] = {name: [] for name in sorted(annotators)}
    shared = dict.fromkeys(combinations(given, 2), 0)
    for item in items:
        chosen: list[str] = []
        for _ in range(plan.overlap):
            chosen.append(_next_annotator(item, chosen, given, shared, plan))
        for name in chosen:
            given[name].append(item)
        for pair in combinations(sorted(chosen), 2):
            shared[pair] += 1
    return {name: shuffled(mine, plan.seed, plan.name, name) for name, mine in given.items()}


def _next_annotator(
    item: str,
    chosen: list[str],
    given: dict[str, list[str]],
    shared: dict[tuple[str, str], int],
    plan: BatchPlan,
) -> str:
    def rank(name: str) -> tuple[int, int, str]:
        met = sum(shared[min(name, other), max(name, other)] for other in chosen)
        return len(given[name]), met, _key(name, plan.seed, plan.name, item)

    return min((name for name in given if name not in chosen), key=rank)


def shuffled(items: Iterable[str], *seed: object) -> list[str]:
    """The items in a random order that depends on the seed and each item alone, not on how many others there are."""
    return sorted(items, key=lambda item: _key(item, *seed))


def _key(item: str, *seed: object) -> str:
    return sha256("\n".join([*map(str, seed), item]).encode()).hexdigest()
