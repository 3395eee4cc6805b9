"""The search: every configuration's contexts, judged once each, scored against what people said."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import DataError, ServiceError
from core.workspace import Workspace
from segmenter.tuning.contexts import Contexts, contexts
from segmenter.tuning.development import current_items
from segmenter.tuning.evidence import Evidence, Scored
from segmenter.tuning.grid import Configuration, configurations
from segmenter.tuning.intervals import Comparison, compare
from segmenter.tuning.outside import Judge, Judgement, Labelled
from segmenter.tuning.scoring import NO_LABEL, class_f1


@dataclass(frozen=True)
class Plan:
    """What a search would do. n_contexts: items × configurations; n_distinct: different ones; n_waiting: of these not
    judged yet.
    """

    voter: str
    variable: str
    n_items: int
    n_configurations: int
    n_contexts: int
    n_distinct: int
    n_waiting: int


def tuned_variable(workspace: Workspace) -> str:
    """The rating variable that is scored. Raises CodebookError when the codebook has none of that name."""
    named = workspace.settings.segment.tune.variable
    ratings = workspace.codebook.rating_variables
    return workspace.codebook.rating_variable(named).name if named else ratings[0].name


def plan(workspace: Workspace, labelled: Labelled, judge: Judge) -> Plan:
    """Count what `search` would judge, without asking anybody."""
    grid = configurations(workspace.settings.segment.tune)
    found = _contexts(workspace, labelled, grid)
    return Plan(
        judge.name,
        tuned_variable(workspace),
        len(labelled.labels),
        len(grid),
        found.choices.height,
        found.distinct.height,
        judge.waiting(found.distinct),
    )


def search(workspace: Workspace, labelled: Labelled, judge: Judge) -> Evidence:
    """Judge every configuration's contexts of the labelled items and compare macro-F1.

    Raises DataError when people gave fewer than two different labels, which no F1 can tell apart, and ServiceError when
    the judge leaves out a context.
    """
    tune = workspace.settings.segment.tune
    if len(set(labelled.labels.values())) < 2:
        raise DataError(
            f"wanted labels of at least two kinds on the development set; got {len(labelled.labels)} settled labels of "
            f"{len(set(labelled.labels.values()))} kind. See how far it is with: assay segment tune"
        )
    grid = configurations(tune)
    found = _contexts(workspace, labelled, grid)
    judged = {one.context_id: one for one in judge.judge(found.distinct)}
    if not set(found.distinct["segment_id"]) <= set(judged):
        raise ServiceError(f"the voter {judge.name!r} left out contexts; run assay segment tune again")
    items = found.choices["item"].unique(maintain_order=True).to_list()
    said = [[judged[context] for context in of_one] for of_one in _by_configuration(found.choices, len(grid))]
    labels = np.array([labelled.labels[item] for item in items], dtype=np.int64)
    given = np.array([[_code(one) for one in row] for row in said], dtype=np.int64)
    sizes = _mean_messages(found.choices)
    compared = compare(labels, given, sizes, tune.resamples, tune.seed)
    current = Configuration.of(workspace.settings.segment)
    return Evidence(
        made_at=workspace.clock().isoformat(),
        voter=judge.name,
        model=judge.model,
        variable=tuned_variable(workspace),
        expansion=workspace.settings.segment.expansion,
        n_items=len(items),
        labels=_counts(labelled.labels),
        by_source=dict(labelled.by_source),
        left_out=dict(labelled.left_out),
        simulated=labelled.simulated,
        n_contexts=found.choices.height,
        n_distinct=found.distinct.height,
        n_beyond=int(found.choices["beyond"].sum()),
        resamples=tune.resamples,
        seed=tune.seed,
        scored=_scored(grid, compared, sizes, said),
        best=compared.best,
        current=grid.index(current) if current in grid else None,
        class_f1=class_f1(labels, given[compared.best]),
    )


def _scored(
    grid: Sequence[Configuration],
    compared: Comparison,
    sizes: NDArray[np.float64],
    said: Sequence[Sequence[Judgement]],
) -> tuple[Scored, ...]:
    """The grid with its scores; ``said``: the judgements under each configuration."""
    return tuple(
        Scored(
            configuration=configuration,
            macro_f1=compared.scores[place],
            behind=compared.differences[place],
            as_good=compared.as_good(place),
            mean_messages=float(sizes[place]),
            n_abstained=sum(one.status == "abstained" for one in said[place]),
            n_failed=sum(one.status == "failed" for one in said[place]),
        )
        for place, configuration in enumerate(grid)
    )


def _contexts(workspace: Workspace, labelled: Labelled, grid: tuple[Configuration, ...]) -> Contexts:
    store = workspace.store
    wanted = current_items(store).filter(pl.col("segment_id").is_in(list(labelled.labels)))
    messages = store.read("messages", maker="collect PATH")
    return contexts(wanted, messages, grid, workspace.settings.segment.expansion)


def _by_configuration(choices: pl.DataFrame, n: int) -> list[list[str]]:
    """The context ids of each configuration, in the order of the items."""
    ordered = choices.sort("configuration", "item")
    return [ordered.filter(configuration=number)["context_id"].to_list() for number in range(n)]


def _mean_messages(choices: pl.DataFrame) -> NDArray[np.float64]:
    return (
        choices.group_by("configuration")
        .agg(pl.col("n_messages").mean())
        .sort("configuration")["n_messages"]
        .to_numpy()
    )


def _code(judgement: Judgement) -> int:
    return NO_LABEL if judgement.label is None else judgement.label


def _counts(labels: Mapping[str, int]) -> dict[int, int]:
    return dict(sorted(Counter(labels.values()).items()))
