"""The stage: from messages and matches to the table ``segments``."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.store import Recipe, count_by_reason
from core.workspace import Workspace
from segmenter.expansion import Expansion
from segmenter.segments import build_in_portions

MESSAGES_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class SegmentReport:
    """What segmentation made. Means are over kept segments; None when there are none."""

    n_suspicious: int
    n_segments: int
    rejected: Mapping[str, int]
    mean_messages: float | None
    mean_users: float | None
    parameters: Mapping[str, Any]
    changed: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``segments`` is made of."""
    settings = workspace.settings.segment.model_dump(exclude={"tune"})
    return Recipe(inputs=workspace.store.hashes("messages", "matches"), settings=settings)


def segment(workspace: Workspace) -> SegmentReport:
    """Write the table ``segments`` with the parameters of ``[segment]``."""
    store = workspace.store
    made_from = recipe(workspace)
    changed = not store.unchanged("segments", made_from)
    if changed:
        parameters = Expansion(**made_from.settings)
        messages = store.portions("messages", MESSAGES_AT_ONCE, maker="collect PATH")
        made = build_in_portions(messages, store.read("matches", maker="lexicon match"), parameters)
        store.write("segments", made.kept, made_from, made.rejected)
    kept = store.read("segments")
    rejected = store.read_rejected("segments")
    return SegmentReport(
        n_suspicious=_suspicious(kept) + _suspicious(rejected),
        n_segments=kept.height,
        rejected=count_by_reason(rejected),
        mean_messages=_mean(kept, "n_messages"),
        mean_users=_mean(kept, "n_users"),
        parameters=made_from.settings,
        changed=changed,
    )


def _suspicious(segments: pl.DataFrame | None) -> int:
    return 0 if segments is None else int(segments["suspicious_message_ids"].list.len().sum())


def _mean(segments: pl.DataFrame, column: str) -> float | None:
    return None if segments.is_empty() else float(segments[column].sum()) / segments.height
