"""What signal words say about labels: explicit and implicit signals of the segments of each label, and of high risk."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.codebook import Codebook, Label, Variable
from core.errors import SettingsError
from core.workspace import Workspace

MIN_SEGMENTS, MIN_SHARE = 5, 0.8


@dataclass(frozen=True)
class LabelStatistics:
    """Signals in labelled segments. Of a segment the gold label counts, else the accepted silver label.

    by_label: rows {variable, label, title, segments, gold, explicit, implicit, implicit_to_explicit, only_implicit,
    only_implicit_share}: segments with the label, how many of them by gold, signals of each kind in them (as
    `lexicon.signals` counts), their ratio (None: no explicit one), segments with implicit signals and no explicit one,
    and their share of the segments.
    high_risk: the same for each variable, over all its labels that the codebook calls high risk (label None).
    mostly_lowest: rows {variable, term, kind, category, segments, lowest, share, high_risk}: terms in enough labelled
    segments, of which at least a given share has the lowest label of an ordered variable; high_risk: how many are.
    """

    n_segments: int
    n_gold: int
    by_label: list[dict[str, Any]]
    high_risk: list[dict[str, Any]]
    mostly_lowest: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def label_statistics(
    workspace: Workspace, matches: pl.DataFrame, *, min_segments: int = MIN_SEGMENTS, min_share: float = MIN_SHARE
) -> LabelStatistics | None:
    """The statistics of the workspace's segments; None when no segment has a label yet.

    matches: the table, with the column ``signal``. min_segments, min_share: in how many labelled segments a term has to
    stand, and what share of them has to have the lowest label, for ``mostly_lowest``.
    """
    if min_segments < 1 or not 0 < min_share <= 1:
        raise SettingsError(
            f"wanted at least 1 segment and a share above 0 and up to 1; got {min_segments} and {min_share}"
        )
    store, codebook = workspace.store, workspace.codebook
    segments = store.read_or_empty("segments")
    labels = segment_labels(store.read_or_empty("gold"), store.read_or_empty("verdicts"))
    labels = labels.join(segments, on="segment_id", how="semi")
    if labels.is_empty():
        return None
    placed = _in_segments(segments, matches)
    counted = labels.join(_signals_of(placed), on="segment_id", how="left").with_columns(
        pl.col("explicit", "implicit").fill_null(0)
    )
    return LabelStatistics(
        n_segments=labels["segment_id"].n_unique(),
        n_gold=labels.filter("gold")["segment_id"].n_unique(),
        by_label=list(_by_label(codebook, counted, workspace.settings.annotate.language)),
        high_risk=[_high_risk_row(variable, counted) for variable in codebook.variables if _risky(variable)],
        mostly_lowest=[
            row
            for variable in codebook.variables
            if variable.ordered
            for row in _mostly_lowest(variable, labels, placed, min_segments, min_share)
        ],
    )


def segment_labels(gold: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """segment_id, variable, label, gold: the gold label of a segment, else its accepted silver label.

    gold, verdicts: frames in the shape of the tables. Key segment_id, variable.
    """
    keys = ["segment_id", "variable"]
    silver = verdicts.filter("accepted").join(gold, on=keys, how="anti").select(*keys, "label", gold=pl.lit(False))
    return pl.concat([gold.select(*keys, "label", gold=pl.lit(True)), silver])


def _in_segments(segments: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """segment_id and the match, for every match in a message of a segment."""
    members = segments.select("segment_id", message_id="message_ids").explode("message_id", empty_as_null=False)
    return members.join(matches, on="message_id")


def _signals_of(placed: pl.DataFrame) -> pl.DataFrame:
    """segment_id, explicit, implicit: signals of each kind in a segment."""
    kinds = {kind: ((pl.col("kind") == kind) & pl.col("signal")).sum() for kind in ("explicit", "implicit")}
    return placed.group_by("segment_id").agg(**kinds)


def _by_label(codebook: Codebook, counted: pl.DataFrame, language: str) -> Iterator[dict[str, Any]]:
    found = counted.group_by("variable", "label").agg(*_figures())
    rows = {(row["variable"], row["label"]): row for row in found.iter_rows(named=True)}
    for rating in codebook.rating_variables:
        for code in rating.codes:
            if row := rows.get((rating.name, code)):
                yield _row(rating.name, code, rating.code_title(code).get(language), row)


def _risky(variable: Variable) -> list[Label]:
    return [label for label in variable.labels if label.high_risk]


def _high_risk_row(variable: Variable, counted: pl.DataFrame) -> dict[str, Any]:
    """All segments that have a high-risk label of the variable, each counted once."""
    if variable.kind == "multi":
        names = [f"{variable.name}:{label.name}" for label in _risky(variable)]
        wanted = pl.col("variable").is_in(names) & (pl.col("label") == 1)
    else:
        wanted = (pl.col("variable") == variable.name) & pl.col("label").is_in(
            [label.code for label in _risky(variable)]
        )
    once = [pl.col("gold").any(), pl.col("explicit", "implicit").first()]
    segments = counted.filter(wanted).group_by("segment_id").agg(*once)
    codes = ", ".join(str(label.code) for label in _risky(variable))
    return _row(variable.name, None, f"high risk ({codes})", segments.select(*_figures()).row(0, named=True))


def _figures() -> list[pl.Expr]:
    only_implicit = (pl.col("explicit") == 0) & (pl.col("implicit") > 0)
    summed = pl.col("gold", "explicit", "implicit").sum()
    return [pl.len().alias("segments"), summed, only_implicit.sum().alias("only_implicit")]


def _row(variable: str, label: int | None, title: str, row: dict[str, Any]) -> dict[str, Any]:
    explicit, implicit, segments = row["explicit"], row["implicit"], row["segments"]
    return {
        "variable": variable,
        "label": label,
        "title": title,
        "segments": segments,
        "gold": row["gold"],
        "explicit": explicit,
        "implicit": implicit,
        "implicit_to_explicit": implicit / explicit if explicit else None,
        "only_implicit": row["only_implicit"],
        "only_implicit_share": row["only_implicit"] / segments if segments else None,
    }


def _mostly_lowest(
    variable: Variable, labels: pl.DataFrame, placed: pl.DataFrame, min_segments: int, min_share: float
) -> list[dict[str, Any]]:
    """The rows of one ordered variable, the most segments first."""
    risky = [label.code for label in _risky(variable)]
    fires = placed.select("segment_id", "entry_id", "term", "kind", "category").unique()
    labelled = fires.join(labels.filter(pl.col("variable") == variable.name), on="segment_id")
    counts = labelled.group_by("entry_id", "term", "kind", "category").agg(
        segments=pl.len(),
        lowest=(pl.col("label") == min(variable.by_code)).sum(),
        high_risk=pl.col("label").is_in(risky).sum(),
    )
    shared = counts.with_columns(share=pl.col("lowest") / pl.col("segments"), variable=pl.lit(variable.name))
    kept = shared.filter(pl.col("segments") >= min_segments, pl.col("share") >= min_share)
    ordered = kept.sort("segments", "term", descending=[True, False])
    return ordered.select("variable", "term", "kind", "category", "segments", "lowest", "share", "high_risk").to_dicts()
