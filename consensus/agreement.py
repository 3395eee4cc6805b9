"""Everything about how far the raters of a table agree, one variable at a time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.cohen import PairKappa, pairwise_from_codes
from consensus.counts import code_ratings, rows_with_pairs
from consensus.fleiss import fleiss_kappa, item_agreement
from consensus.intervals import Estimate
from consensus.krippendorff_alpha import krippendorff_alpha


@dataclass(frozen=True)
class LeftOut:
    """``n`` ratings ("missing label") or items ("fewer than two ratings") that the coefficients do not see."""

    reason: str
    n: int


@dataclass(frozen=True)
class VariableAgreement:
    """Agreement on one variable.

    ``n_items`` and ``n_raters`` count every item and rater of the table, ``n_ratings`` the ratings that carry a
    label, ``n_items_used`` the items with at least two of them. ``left_out`` has an entry for each reason that
    occurred.
    """

    n_items: int
    n_items_used: int
    n_raters: int
    n_ratings: int
    percent_agreement: float | None
    fleiss_kappa: Estimate
    alpha_nominal: Estimate
    alpha_ordinal: Estimate
    cohen_kappa: list[PairKappa]
    left_out: list[LeftOut]

    def as_json(self) -> dict[str, Any]:
        """The object that ``assay agreement --json`` prints for a variable (DESIGN §4)."""
        return {
            "n_items": self.n_items,
            "n_items_used": self.n_items_used,
            "n_raters": self.n_raters,
            "n_ratings": self.n_ratings,
            "percent_agreement": self.percent_agreement,
            "fleiss_kappa": self.fleiss_kappa.as_json(),
            "krippendorff_alpha": {
                "nominal": self.alpha_nominal.as_json(),
                "ordinal": self.alpha_ordinal.as_json(),
            },
            "cohen_kappa": [pair.as_json() for pair in self.cohen_kappa],
            "left_out": [{"reason": entry.reason, "n": entry.n} for entry in self.left_out],
        }


def agreement(ratings: pl.DataFrame, *, text_variables: Collection[str] = ()) -> dict[str, VariableAgreement]:
    """Agreement on each variable, by name.

    ``ratings``: item (str), rater (str), variable (str), label (Int64; null or −1: missing); key (item, rater,
    variable). ``text_variables`` have labels without an order: their ordinal α is undefined, with a reason.
    Raises DataError when a rater rated an item twice.
    """
    parts = ratings.partition_by("variable", as_dict=True)
    return {
        name: _of_variable(parts[(name,)], ordered=name not in text_variables)
        for name in sorted(key[0] for key in parts)
    }


def percent_agreement(counts: NDArray[np.int64]) -> float | None:
    """The share of agreeing pairs of ratings, 0 to 1: the mean of P_i over items with at least two ratings.

    None when there is no such item. This is Fleiss' P̄ (1971): every item weighs the same, however many rated it.
    """
    used = rows_with_pairs(counts)
    return float(item_agreement(used).mean()) if len(used) else None


def _of_variable(ratings: pl.DataFrame, *, ordered: bool) -> VariableAgreement:
    coded = code_ratings(ratings)
    counts = coded.counts()
    n_used = len(rows_with_pairs(counts))
    ordinal = (
        krippendorff_alpha(counts, coded.categories, "ordinal")
        if ordered
        else Estimate.undefined("the labels are text, which has no order")
    )
    left_out = [
        LeftOut("missing label", len(ratings) - coded.n_ratings),
        LeftOut("fewer than two ratings", len(counts) - n_used),
    ]
    return VariableAgreement(
        n_items=len(counts),
        n_items_used=n_used,
        n_raters=len(coded.raters),
        n_ratings=coded.n_ratings,
        percent_agreement=percent_agreement(counts),
        fleiss_kappa=fleiss_kappa(counts),
        alpha_nominal=krippendorff_alpha(counts, coded.categories, "nominal"),
        alpha_ordinal=ordinal,
        cohen_kappa=pairwise_from_codes(coded),
        left_out=[entry for entry in left_out if entry.n],
    )
