"""The ρ gate: which segments the panel of voters agrees on, decided in whole numbers."""

import re
from collections.abc import Mapping
from fractions import Fraction
from math import lcm

import polars as pl

from core.errors import DataError, SettingsError

ABSTAIN = -1
REASONS = ("accepted", "no_consensus", "no_valid_votes", "below_quorum")
VERDICT_COLUMNS = (
    "segment_id",
    "variable",
    "label",
    "rho",
    "accepted",
    "n_valid",
    "n_panel",
    "runner_up",
    "reason",
)
_LARGEST = 2**63 - 1
_THRESHOLD = re.compile(r"[0-9]{1,9}(?:/[0-9]{1,9}|\.[0-9]{1,15})?")


def parse_threshold(text: str) -> Fraction:
    """The threshold for ρ, exactly, from text such as "2/3", "0.67" or "1"; in (0, 1], else SettingsError."""
    wanted = "wanted a threshold above 0 and at most 1, as a fraction (2/3) or a decimal number (0.67)"
    if not _THRESHOLD.fullmatch(text.strip()):
        raise SettingsError(f"{wanted}; got {text!r}")
    numerator, _, denominator = text.strip().partition("/")
    if denominator and not int(denominator):
        raise SettingsError(f"{wanted}; got {text!r}, which divides by zero")
    threshold = Fraction(numerator) / int(denominator or 1)
    if not 0 < threshold <= 1:
        raise SettingsError(f"{wanted}; got {text!r}")
    return threshold


def gate(
    votes: pl.DataFrame,
    *,
    weights: Mapping[str, Fraction],
    threshold: Fraction,
    quorum: int | None = None,
    n_panel: int,
) -> pl.DataFrame:
    """A verdict for every segment and variable that was voted on.

    ``votes``: segment_id, voter, variable (str), label (Int64; −1 or null: abstained); key (segment_id, voter,
    variable). ``weights``: above 0, one for each voter. ``n_panel``: voters in the panel. ``quorum``: the fewest valid
    votes, 1 to ``n_panel``; None asks for none.

    ρ = max_c Σ w_m[v_m=c] / Σ w_m[v_m≠−1]. Accepted when ρ ≥ threshold = p/q and the winner is unique. Weights are
    scaled to whole numbers W, and W_c·q ≥ p·W_valid is compared in 64-bit integers, so that 8 of 12 is 2/3.

    Returns the ``verdicts`` columns, sorted by (segment_id, variable), whatever the order of the votes:
    segment_id, variable; label (the winner; null unless accepted); rho (Float64, for display; null without a valid
    vote); accepted; n_valid (voters that did not abstain); n_panel; runner_up (the label with the second largest
    weight, of equals the smaller code; null when only one label was voted for); reason: ``no_valid_votes``, else
    ``below_quorum``, else ``accepted`` or ``no_consensus``.

    Raises SettingsError for a threshold, quorum or weights that cannot be used, DataError for votes that contradict
    each other or the panel.

    Source: SuiChat-CN, majority-vote consensus ratio ρ ≥ 2/3.
    """
    _check_settings(threshold, quorum, n_panel)
    whole = _whole_weights(weights, threshold)
    _check_votes(votes, whole, n_panel)
    leaders = _leaders(_tally(votes, whole))
    return _verdicts(leaders, threshold, quorum or 0).select(
        *VERDICT_COLUMNS[:6], pl.lit(n_panel, dtype=pl.Int64).alias("n_panel"), *VERDICT_COLUMNS[7:]
    )


def _check_settings(threshold: Fraction, quorum: int | None, n_panel: int) -> None:
    if not 0 < threshold <= 1:
        raise SettingsError(f"wanted a threshold above 0 and at most 1; got {threshold}")
    if n_panel < 1:
        raise SettingsError(f"wanted a panel of at least one voter; got {n_panel}")
    if quorum is not None and not 1 <= quorum <= n_panel:
        raise SettingsError(f"wanted a quorum from 1 to the panel's {n_panel} voters; got {quorum}")


def _whole_weights(weights: Mapping[str, Fraction], threshold: Fraction) -> dict[str, int]:
    """The weights times their common denominator; small enough that no comparison can overflow."""
    wrong = {voter: str(weight) for voter, weight in weights.items() if weight <= 0}
    if wrong:
        raise SettingsError(f"wanted weights above 0; got {wrong}. To silence a voter, take it out of the panel.")
    scale = lcm(*(Fraction(weight).denominator for weight in weights.values()))
    whole = {voter: int(weight * scale) for voter, weight in weights.items()}
    if sum(whole.values()) * threshold.denominator > _LARGEST:
        raise SettingsError(
            "wanted weights and a threshold that compare exactly in 64-bit integers; their common denominator "
            f"{scale * threshold.denominator} is too large. Write them with fewer digits."
        )
    return whole


def _check_votes(votes: pl.DataFrame, whole: Mapping[str, int], n_panel: int) -> None:
    voters = votes["voter"].unique().sort().to_list()
    unweighted = [voter for voter in voters if voter not in whole]
    if unweighted:
        raise SettingsError(f"wanted a weight for every voter; the votes have {unweighted}, without a weight")
    if len(voters) > n_panel:
        raise DataError(f"wanted votes from a panel of {n_panel}; {len(voters)} voters voted: {', '.join(voters)}")
    twice = votes.select("segment_id", "voter", "variable").is_duplicated()
    if twice.any():
        first = votes.row(int(twice.arg_max() or 0), named=True)
        raise DataError(
            f"wanted one vote a segment, voter and variable; voter {first['voter']!r} voted more than once on "
            f"{first['variable']!r} of segment {first['segment_id']!r}"
        )


def _tally(votes: pl.DataFrame, whole: Mapping[str, int]) -> pl.DataFrame:
    """One row a segment, variable and label (null: abstained): the voters' number and weight; abstaining weighs 0."""
    label = pl.col("label").cast(pl.Int64).replace(ABSTAIN, None)
    weight = pl.col("voter").replace_strict(dict(whole), return_dtype=pl.Int64)
    return (
        votes.select("segment_id", "variable", label, pl.when(label.is_null()).then(0).otherwise(weight).alias("w"))
        .group_by("segment_id", "variable", "label")
        .agg(pl.col("w").sum(), pl.len().cast(pl.Int64).alias("n"))
    )


def _leaders(tally: pl.DataFrame) -> pl.DataFrame:
    """One row a segment and variable: the two heaviest labels (of equals, the smaller code first) and the totals."""
    in_order = tally.sort(
        "segment_id", "variable", "w", "label", descending=[False, False, True, False], nulls_last=True
    )
    return in_order.group_by("segment_id", "variable", maintain_order=True).agg(
        pl.col("label").first().alias("leader"),
        pl.col("w").first().alias("best"),
        pl.col("label").get(1, null_on_oob=True).alias("runner_up"),
        pl.col("w").get(1, null_on_oob=True).fill_null(0).alias("second"),
        pl.col("w").sum().alias("valid"),
        pl.col("n").filter(pl.col("label").is_not_null()).sum().alias("n_valid"),
    )


def _verdicts(leaders: pl.DataFrame, threshold: Fraction, quorum: int) -> pl.DataFrame:
    """``leaders`` with label, rho, accepted and reason."""
    reaches = pl.col("best") * threshold.denominator >= threshold.numerator * pl.col("valid")
    reason = (
        pl.when(pl.col("n_valid") == 0)
        .then(pl.lit("no_valid_votes"))
        .when(pl.col("n_valid") < quorum)
        .then(pl.lit("below_quorum"))
        .when(reaches & (pl.col("best") > pl.col("second")))
        .then(pl.lit("accepted"))
        .otherwise(pl.lit("no_consensus"))
        .cast(pl.Enum(REASONS))
    )
    rho = pl.when(pl.col("n_valid") > 0).then(pl.col("best") / pl.col("valid"))
    return leaders.with_columns(reason.alias("reason"), rho.alias("rho")).with_columns(
        (pl.col("reason") == "accepted").alias("accepted"),
        pl.when(pl.col("reason") == "accepted").then("leader").alias("label"),
    )
