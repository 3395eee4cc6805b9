"""Where the panel disagrees with people: every voter's labels, and the gate's, against gold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING
from consensus.gold_calibration import TENTHS_AND_ONE, Calibration, calibrations
from consensus.gold_sample import drawn_items, strata_of
from consensus.gold_scores import NO_GOLD, NO_LABELS, Scores, scores
from consensus.intervals import Estimate
from consensus.panel import NO_ANSWER
from consensus.proportions import share, stratified_share
from core.errors import DataError

GATE = "gate"
NO_SEGMENT = "no verdict on the segment"
NO_CODE = "gold label not in the codebook"
NO_SILVER = "no gold item has a silver label"
KINDS = {
    True: "with silver labels on every variable",
    False: "with a silver label on this variable and not on every one",
}
"""By ``audited``, as in `strata_of`."""
DRAWN_BEFORE = "gold items were drawn under earlier verdicts, and some have left or joined the no-consensus pool since"
UNKNOWN_DRAW = "how the gold items were drawn is not known"
NOT_ASKED = "no gold item is on a segment that all voters were asked about"
SILVER_NOT_ASKED = "no gold item with a silver label is on a segment that all voters were asked about"
NO_PROBABILITY = "its labels on gold items have no probability"
NOT_DRAWN = "in_no_closed_batch"


@dataclass(frozen=True)
class AgainstGold:
    """One rating variable.

    n_gold: gold items compared. left_out: gold items that are not, by reason. n_full_panel: where voters saved votes,
    the gold items that all of them were asked about, on which alone voters and ρ are measured; else None. by_source,
    drawn: gold items by how people reached the label, and by how they were drawn; drawn is None where that is unknown.
    gate_where_drawn: the accuracy of silver labels by how the item was drawn. gate_at_large: that of all silver labels,
    from gold items drawn for batches: those accepted on every variable and the others, each weighted by its share of
    the silver labels. Voters in the order of their names.
    """

    n_gold: int
    left_out: Mapping[str, int]
    n_full_panel: int | None
    by_source: Mapping[str, int]
    drawn: Mapping[str, int] | None
    gate_where_drawn: Mapping[str, Estimate]
    gate_at_large: Estimate
    gate: Scores
    voters: tuple[Scores, ...]

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; left_out as a list of reason and n; each voter with the key voter."""
        return {
            **vars(self),
            "left_out": [{"reason": reason, "n": n} for reason, n in self.left_out.items()],
            "gate_where_drawn": {origin: one.as_json() for origin, one in self.gate_where_drawn.items()},
            "gate_at_large": self.gate_at_large.as_json(),
            "gate": self.gate.as_json(),
            "voters": [{"voter": voter.name, **voter.as_json()} for voter in self.voters],
        }


def against_gold(
    votes: pl.DataFrame,
    verdicts: pl.DataFrame,
    gold: pl.DataFrame,
    variable: str,
    codes: Sequence[int],
    *,
    raters: Sequence[str] = (),
    strata: pl.DataFrame | None = None,
    drawn: Mapping[str, str] | None = None,
    full_panel: pl.Series | None = None,
) -> AgainstGold | None:
    """Measure a rating variable's labels by those of people; None where it has no gold.

    votes, verdicts, gold: in the shape of the tables; votes: those that count at the gate. codes: the labels of the
    codebook. raters: voters that are told of although none of their votes is among these. strata: `strata_of` the
    verdicts, for who measures many variables. drawn: segment_id → origin, as `drawn_as` gives it. full_panel:
    segment_ids that all voters were asked about, where they saved votes elsewhere: the gate's labels are those of the
    full panel there too, its ρ is not.

    A vote without a label is an abstention, counted and never an error. Raises DataError for a vote or a silver label
    outside ``codes``; gold outside them, or on a segment without a verdict, is left out and counted.
    """
    people = gold.filter(pl.col("variable") == variable).select("segment_id", "source", gold="label")
    if people.is_empty():
        return None
    own = verdicts.filter(pl.col("variable") == variable).select("segment_id", "rho", silver="label")
    known = people.filter(pl.col("gold").is_in(list(codes)))
    compared = known.join(own, on="segment_id").sort("segment_id")
    mine = votes.filter(pl.col("variable") == variable).select(
        "segment_id", "label", "status", "probability", rater="voter"
    )
    _refuse_unknown(pl.concat([mine["label"], own["silver"].drop_nulls()]), codes, variable)
    measured = compared if full_panel is None else compared.filter(pl.col("segment_id").is_in(full_panel.implode()))
    silver = compared.filter(pl.col("silver").is_not_null()).with_columns(
        rater=pl.lit(GATE), label="silver", probability="rho", right=pl.col("silver") == pl.col("gold")
    )
    left_out = {NO_CODE: people.height - known.height, NO_SEGMENT: known.height - compared.height}
    return AgainstGold(
        n_gold=compared.height,
        left_out={reason: n for reason, n in left_out.items() if n},
        n_full_panel=None if full_panel is None else measured.height,
        by_source=_counts(compared["source"].cast(pl.String)),
        drawn=None if drawn is None else _counts(_origins(compared, drawn)),
        gate_where_drawn=_where_drawn(silver, drawn or {}),
        gate_at_large=_at_large(silver, own, strata_of(verdicts) if strata is None else strata, drawn),
        gate=_gate(silver, compared, measured, codes),
        voters=_voters(mine, raters, measured, codes, NOT_ASKED if compared.height else NO_GOLD),
    )


def _gate(silver: pl.DataFrame, compared: pl.DataFrame, measured: pl.DataFrame, codes: Sequence[int]) -> Scores:
    firm = silver.join(measured, on="segment_id", how="semi")
    return scores(
        GATE,
        codes,
        _confusions(silver, codes).get(GATE, _zeros(codes)),
        _support(compared, codes),
        n_unanswered=0,
        on_silver=(int(silver["right"].sum()), silver.height),
        calibration=calibrations(firm, TENTHS_AND_ONE).get(GATE)
        or Calibration.none(NO_SILVER if silver.is_empty() else SILVER_NOT_ASKED),
    )


def _voters(
    mine: pl.DataFrame, raters: Sequence[str], measured: pl.DataFrame, codes: Sequence[int], no_gold: str
) -> tuple[Scores, ...]:
    """no_gold: why nothing is measured, where nothing is."""
    names = pl.concat([mine["rater"], pl.Series(raters, dtype=pl.String)]).unique().sort()
    # The same few names millions of times: as numbers they are grouped at twice the speed.
    cast = mine.with_columns(pl.col("rater").cast(pl.Enum(names))).join(measured, on="segment_id").drop("segment_id")
    labelled = cast.filter(pl.col("label") >= 0).with_columns(right=pl.col("label") == pl.col("gold"))
    confusions, calibrated = _confusions(labelled, codes), calibrations(labelled)
    shared = labelled.filter(pl.col("silver").is_not_null()).group_by("rater").agg(pl.col("right").sum(), n=pl.len())
    on_silver = {rater: (right, n) for rater, right, n in shared.iter_rows()}
    answered = _counts(cast.filter(pl.col("status") != NO_ANSWER)["rater"])
    support = _support(measured, codes)
    why = {True: NO_PROBABILITY, False: no_gold if measured.is_empty() else NO_LABELS}
    return tuple(
        scores(
            name,
            codes,
            confusions.get(name, _zeros(codes)),
            support,
            n_unanswered=measured.height - answered.get(name, 0),
            on_silver=on_silver.get(name, (0, 0)),
            calibration=calibrated.get(name) or Calibration.none(why[name in confusions]),
            no_gold=no_gold,
        )
        for name in names
    )


def _confusions(labelled: pl.DataFrame, codes: Sequence[int]) -> dict[str, NDArray[np.int64]]:
    """Rater → gold × label given, in the order of the codes; raters without labels are absent."""
    place = {code: number for number, code in enumerate(codes)}
    found: dict[str, NDArray[np.int64]] = {}
    for rater, gold, label, n in labelled.group_by("rater", "gold", "label").len().iter_rows():
        found.setdefault(rater, _zeros(codes))[place[gold], place[label]] = n
    return found


def _zeros(codes: Sequence[int]) -> NDArray[np.int64]:
    return np.zeros((len(codes), len(codes)), dtype=np.int64)


def _support(compared: pl.DataFrame, codes: Sequence[int]) -> NDArray[np.int64]:
    n = _counts(compared["gold"])
    return np.array([n.get(code, 0) for code in codes], dtype=np.int64)


def _counts(values: pl.Series) -> dict[Any, int]:
    return dict(values.value_counts(sort=True, name="n").sort("n", values.name, descending=[True, False]).iter_rows())


def _origins(items: pl.DataFrame, drawn: Mapping[str, str]) -> pl.Series:
    return pl.Series("origin", [drawn.get(item, NOT_DRAWN) for item in items["segment_id"]], dtype=pl.String)


def _where_drawn(silver: pl.DataFrame, drawn: Mapping[str, str]) -> dict[str, Estimate]:
    if not drawn:
        return {}
    counts = silver.with_columns(_origins(silver, drawn)).group_by("origin").agg(pl.col("right").sum(), n=pl.len())
    return {origin: share(right, n, NO_SILVER) for origin, right, n in counts.sort("origin").iter_rows()}


def _at_large(
    silver: pl.DataFrame, own: pl.DataFrame, strata: pl.DataFrame, drawn: Mapping[str, str] | None
) -> Estimate:
    """silver: gold items that have a silver label. own: all verdicts on the variable."""
    if not drawn:
        return Estimate.undefined(UNKNOWN_DRAW)
    sample = drawn_items(strata, drawn)
    if sample is None:
        return Estimate.undefined(DRAWN_BEFORE)
    sizes = own.filter(pl.col("silver").is_not_null()).join(strata, on="segment_id").group_by("audited").len("size")
    looked_at = silver.join(sample, on="segment_id")
    counts = looked_at.group_by("audited").agg(pl.col("right").sum(), n=pl.len())
    rows = sizes.join(counts, on="audited", how="left").sort("audited").fill_null(0).rows(named=True)
    unseen = [f"{row['size']:,} segments {KINDS[row['audited']]}" for row in rows if not row["n"]]
    reason = f"no gold item was drawn from the {' and the '.join(unseen)}" if rows else "there are no silver labels"
    return stratified_share([(row["right"], row["n"], row["size"]) for row in rows], reason)


def _refuse_unknown(labels: pl.Series, codes: Sequence[int], variable: str) -> None:
    unknown = sorted(set(labels.unique().to_list()) - {*codes, MISSING})
    if unknown:
        raise DataError(
            f"wanted labels of the codebook, {list(codes)}, in the votes and verdicts on {variable!r}; found "
            f"{unknown}. If the codebook changed since, run: assay vote, then assay gate"
        )
