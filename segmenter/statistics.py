"""The paper's Table 2 for this corpus: sizes of segments, over all and by label."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.codebook import RatingVariable
from core.workspace import Workspace
from segmenter.measures import MEASURES, measures


@dataclass(frozen=True)
class Summary:
    """A count over segments. sd: sample standard deviation; None for fewer than two segments."""

    mean: float
    sd: float | None
    low: int
    median: float
    high: int


@dataclass(frozen=True)
class LabelSizes:
    """The segments with one label. label: its code; None: no label yet. share: of the segments that have one, 0 to 1.

    n_gold and n_silver: where the labels come from; sizes: measure → `Summary`, empty without segments.
    """

    label: int | None
    title_zh: str
    title_en: str
    n: int
    n_gold: int
    n_silver: int
    share: float | None
    sizes: Mapping[str, Summary]


@dataclass(frozen=True)
class SegmentStatistics:
    """sizes: measure → `Summary` over all segments. variable: whose labels ``labels`` lists, in their order."""

    n_segments: int
    n_labelled: int
    variable: str
    simulated: tuple[str, ...]
    sizes: Mapping[str, Summary]
    labels: tuple[LabelSizes, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Counted:
    """statistics, and the counts behind them: `measures`, and columns label and source (``gold``, ``silver``, null)."""

    statistics: SegmentStatistics
    counts: pl.DataFrame


def segment_statistics(workspace: Workspace, variable: str | None = None) -> Counted:
    """Measure every segment. Labels: gold where there is gold, else accepted silver.

    variable: whose labels; None: the codebook's first. Raises CodebookError for one that it does not have.
    """
    store, codebook = workspace.store, workspace.codebook
    rating = codebook.rating_variable(variable) if variable else codebook.rating_variables[0]
    segments = store.read("segments", maker="segment")
    counts = measures(segments, store.read("messages", maker="collect PATH"))
    labels = labels_of(rating, store.read_or_empty("gold"), store.read_or_empty("verdicts"))
    joined = counts.join(labels, on="segment_id", how="left", maintain_order="left")
    manifest = store.manifest("gold")
    simulated = tuple(manifest.recipe.settings.get("simulated_raters", ())) if manifest else ()
    n_labelled = joined.height - joined["label"].null_count()
    sizes = [_label_sizes(joined, rating, code, n_labelled) for code in (*rating.codes, None)]
    statistics = SegmentStatistics(
        n_segments=joined.height,
        n_labelled=n_labelled,
        variable=rating.name,
        simulated=simulated if (joined["source"] == "gold").any() else (),
        sizes=summaries(joined),
        labels=tuple(sizes) if n_labelled else (),
    )
    return Counted(statistics, joined)


def labels_of(rating: RatingVariable, gold: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """segment_id, label and source (``gold`` or ``silver``): gold where there is gold, else accepted silver.

    Labels that the codebook no longer has are left out.
    """
    settled = gold.filter(variable=rating.name).select("segment_id", "label", source=pl.lit("gold"))
    accepted = verdicts.filter(pl.col("accepted"), variable=rating.name)
    silver = accepted.join(settled, on="segment_id", how="anti").select("segment_id", "label", source=pl.lit("silver"))
    return pl.concat([settled, silver]).filter(pl.col("label").is_in(rating.codes))


def summaries(counts: pl.DataFrame) -> dict[str, Summary]:
    """Measure → its summary over the rows; empty without rows."""
    if counts.is_empty():
        return {}
    found = {}
    for name in MEASURES:
        mean, sd, low, median, high = counts.select(
            pl.col(name).mean().alias("mean"),
            pl.col(name).std().alias("sd"),
            pl.col(name).min().alias("low"),
            pl.col(name).median().alias("median"),
            pl.col(name).max().alias("high"),
        ).row(0)
        found[name] = Summary(mean, sd if counts.height > 1 else None, low, median, high)
    return found


def _label_sizes(counts: pl.DataFrame, rating: RatingVariable, code: int | None, n_labelled: int) -> LabelSizes:
    ours = counts.filter(pl.col("label").eq_missing(code))
    sources = ours["source"].to_list()
    titles = ("尚无标签", "no label yet") if code is None else (rating.code_title(code).zh, rating.code_title(code).en)
    share = ours.height / n_labelled if n_labelled and code is not None else None
    return LabelSizes(
        code, *titles, ours.height, sources.count("gold"), sources.count("silver"), share, summaries(ours)
    )
