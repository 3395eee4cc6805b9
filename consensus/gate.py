"""The ρ gate: which segments the panel of voters agrees on, decided in whole numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings, code_ratings, how_often
from core.contracts import empty
from core.counting import counted
from core.errors import DataError, SettingsError

REASONS = ("accepted", "no_consensus", "no_valid_votes", "below_quorum")
_EXACT_IN_FLOATS = 2**53
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
    rule = Rule.of(weights, threshold, quorum, n_panel)
    judged = [judge(coded, variable, rule) for variable, coded in code_votes(votes).items()]
    return pl.concat([empty("verdicts"), *judged]).sort("segment_id", "variable")


def code_votes(votes: pl.DataFrame) -> dict[str, CodedRatings]:
    """Variable → its votes as numbers, by name. ``votes`` as for `gate`; raises as `code_ratings`."""
    ratings = votes.select("variable", "label", item="segment_id", rater="voter")
    if len(ratings["variable"].rle()) == 1:
        return {str(ratings["variable"][0]): code_ratings(ratings)}
    parts = ratings.partition_by("variable", as_dict=True)
    return {str(key[0]): code_ratings(parts[key]) for key in sorted(parts)}


def judge(coded: CodedRatings, variable: str, rule: "Rule") -> pl.DataFrame:
    """The verdicts on one variable, by segment_id, as `gate` returns them. Raises as `gate`."""
    rule.check(coded.raters)
    labels = coded.by_rater()
    found = leaders(rule.tally(labels, coded.raters, len(coded.categories)))
    n_valid = np.count_nonzero(labels != MISSING, axis=0)
    reason = rule.reasons(found, n_valid)
    accepted = reason == REASONS.index("accepted")
    nobody = len(coded.categories)
    names = pl.Series([*coded.categories, None], dtype=pl.Int64)
    return pl.DataFrame(
        {
            "segment_id": coded.items,
            "variable": pl.repeat(variable, len(coded.items), eager=True),
            "label": names.gather(np.where(accepted, found.leader, nobody)),
            "rho": _quotients(found.best, np.where(n_valid > 0, found.valid, 1)),
            "accepted": accepted,
            "n_valid": n_valid.astype(np.int64),
            "n_panel": pl.repeat(rule.n_panel, len(coded.items), dtype=pl.Int64, eager=True),
            "runner_up": names.gather(np.where(found.second > 0, found.runner_up, nobody)),
            "reason": pl.Series(REASONS, dtype=pl.Enum(REASONS)).gather(reason),
        }
    ).with_columns(pl.when(pl.col("n_valid") > 0).then("rho").alias("rho"))


def _quotients(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    """part / whole, each correctly rounded, so that 7 of 10 is the float 0.7."""
    if whole.max(initial=0) < _EXACT_IN_FLOATS:
        return part / whole
    return np.array([int(one) / int(all_of_it) for one, all_of_it in zip(part, whole, strict=True)])


@dataclass(frozen=True)
class Leaders:
    """The two heaviest labels of each item. leader, runner_up: positions among the codes, of equals the smaller one
    first; best, second: their weights; valid: the weight of all votes that are not abstentions."""

    leader: NDArray[np.int64]
    best: NDArray[np.int64]
    runner_up: NDArray[np.int64]
    second: NDArray[np.int64]
    valid: NDArray[np.int64]


@dataclass(frozen=True)
class Rule:
    """When a vote is accepted, in whole numbers. Make one with `Rule.of`.

    weights: of each voter, in whole numbers without a common divisor. quorum: the fewest valid votes; 0 asks for none.
    """

    weights: Mapping[str, int]
    threshold: Fraction
    quorum: int
    n_panel: int

    @classmethod
    def of(cls, weights: Mapping[str, Fraction], threshold: Fraction, quorum: int | None, n_panel: int) -> "Rule":
        """The rule of these settings. Raises SettingsError when they cannot be used."""
        _check_settings(threshold, quorum, n_panel)
        return cls(_whole_weights(weights, threshold), threshold, quorum or 0, n_panel)

    def check(self, voters: Sequence[str]) -> None:
        """Raises SettingsError for a voter without a weight, DataError for more voters than the panel has."""
        unweighted = [voter for voter in voters if voter not in self.weights]
        if unweighted:
            raise SettingsError(f"wanted a weight for every voter; the votes have {unweighted}, without a weight")
        if len(voters) > self.n_panel:
            panel = f"wanted votes from a panel of {self.n_panel}"
            raise DataError(f"{panel}; {counted(len(voters), 'voter')} voted: {', '.join(voters)}")

    def tally(self, labels: NDArray[np.int16], voters: Sequence[str], n_codes: int) -> NDArray[np.int64]:
        """Codes × items: the weight that each label got. labels: voters × items, −1 where a voter abstained."""
        table = np.zeros((n_codes, labels.shape[1]), dtype=np.int64)
        # Voters of one weight are counted first and weighed together.
        for weight in sorted({self.weights[voter] for voter in voters}):
            alike = [self.weights[voter] == weight for voter in voters]
            own = labels if all(alike) else labels[alike]
            for code in range(n_codes):
                table[code] += weight * how_often(own, code)
        return table

    def reasons(self, found: Leaders, n_valid: NDArray[np.int64]) -> NDArray[np.int64]:
        """The position in REASONS of each item's verdict."""
        reaches = found.best * self.threshold.denominator >= self.threshold.numerator * found.valid
        return np.select(
            [n_valid == 0, n_valid < self.quorum, reaches & (found.best > found.second)],
            [REASONS.index("no_valid_votes"), REASONS.index("below_quorum"), REASONS.index("accepted")],
            REASONS.index("no_consensus"),
        )


def leaders(table: NDArray[np.int64]) -> Leaders:
    """The two heaviest labels of each item. table: codes × items, weights."""
    n_items = table.shape[1]
    leader, runner_up = np.full(n_items, -1), np.full(n_items, -1)
    best, second = np.zeros(n_items, dtype=np.int64), np.zeros(n_items, dtype=np.int64)
    for code, weight in enumerate(table):
        leads = weight > best
        follows = ~leads & (weight > second)
        second = np.where(leads, best, np.where(follows, weight, second))
        runner_up = np.where(leads, leader, np.where(follows, code, runner_up))
        best, leader = np.where(leads, weight, best), np.where(leads, code, leader)
    return Leaders(leader, best, runner_up, second, table.sum(axis=0))


def _check_settings(threshold: Fraction, quorum: int | None, n_panel: int) -> None:
    if not 0 < threshold <= 1:
        raise SettingsError(f"wanted a threshold above 0 and at most 1; got {threshold}")
    if n_panel < 1:
        raise SettingsError(f"wanted a panel of at least one voter; got {n_panel}")
    if quorum is not None and not 1 <= quorum <= n_panel:
        raise SettingsError(f"wanted a quorum from 1 to the panel's {n_panel} voters; got {quorum}")


def _whole_weights(weights: Mapping[str, Fraction], threshold: Fraction) -> dict[str, int]:
    """The weights in whole numbers that have no common divisor; small enough that no comparison can overflow."""
    wrong = {voter: str(weight) for voter, weight in weights.items() if weight <= 0}
    if wrong:
        raise SettingsError(f"wanted weights above 0; got {wrong}. To silence a voter, take it out of the panel.")
    scale = lcm(*(Fraction(weight).denominator for weight in weights.values()))
    scaled = {voter: int(weight * scale) for voter, weight in weights.items()}
    # In the smallest whole numbers: equal weights are all 1, and ρ is a quotient of small numbers.
    common = gcd(*scaled.values())
    whole = {voter: weight // common for voter, weight in scaled.items()}
    if sum(whole.values()) * threshold.denominator > _LARGEST:
        heaviest = max(whole, key=whole.__getitem__)
        raise SettingsError(
            "wanted weights and a threshold that compare exactly in 64-bit integers; as whole numbers the weights are "
            f"up to {whole[heaviest]} ({heaviest}), the threshold is {threshold}. Write them with fewer digits."
        )
    return whole
