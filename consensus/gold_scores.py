"""How one rater's labels compare with gold: accuracy, every label's precision, recall and F1, confusion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consensus.gold_calibration import Calibration
from consensus.intervals import Estimate
from consensus.proportions import f1, share

NO_GOLD = "no gold item"
NO_LABELS = "it labelled no gold item"
NO_SILVER = "it labelled no gold item that has a silver label"


@dataclass(frozen=True)
class LabelScore:
    """One label of one rater, counted on the gold items that the rater labelled.

    support: gold items that have the label; n_labelled: of these, those that the rater gave some label; n_given: items
    that it gave this one; n_right: those where both hold. precision: n_right of n_given; recall: n_right of
    n_labelled, so that an abstention is no miss: read it beside support.
    """

    label: int
    support: int
    n_labelled: int
    n_given: int
    n_right: int
    precision: Estimate
    recall: Estimate
    f1: Estimate

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys."""
        estimates = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {**vars(self), **{name: estimate.as_json() for name, estimate in estimates.items()}}


@dataclass(frozen=True)
class Scores:
    """A voter, or the gate with its silver labels, against gold.

    n_gold: items compared. n_labelled: those it labelled, of which gold confirms n_right; n_abstained: the others (for
    the gate: left without consensus), of which n_unanswered never got an answer (failed, or not asked). accuracy:
    n_right of n_labelled; coverage: n_labelled of n_gold. where_silver: its accuracy on the gold items that have a
    silver label, the only ones on which it can be compared with the gate. confusion: one row a gold label, one column a
    label given, in the order of ``codes``; abstained: one number a gold label.
    """

    name: str
    codes: tuple[int, ...]
    n_gold: int
    n_labelled: int
    n_right: int
    n_abstained: int
    n_unanswered: int
    accuracy: Estimate
    coverage: Estimate
    where_silver: Estimate
    confusion: tuple[tuple[int, ...], ...]
    abstained: tuple[int, ...]
    labels: tuple[LabelScore, ...]
    calibration: Calibration

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys, but name and codes; confusion with keys labels, counts and abstained."""
        own = {key: value for key, value in vars(self).items() if key not in ("name", "codes", "abstained")}
        estimates = {name: own[name].as_json() for name in ("accuracy", "coverage", "where_silver", "calibration")}
        return {
            **own,
            **estimates,
            "confusion": {
                "labels": list(self.codes),
                "counts": [list(row) for row in self.confusion],
                "abstained": list(self.abstained),
            },
            "labels": [label.as_json() for label in self.labels],
        }


def scores(
    name: str,
    codes: Sequence[int],
    confusion: NDArray[np.int64],
    support: NDArray[np.int64],
    *,
    n_unanswered: int,
    on_silver: tuple[int, int],
    calibration: Calibration,
    no_gold: str = NO_GOLD,
) -> Scores:
    """The scores of one rater.

    confusion: gold × given, in the order of ``codes``. support: gold items of each label, labelled or not. on_silver:
    of the gold items with a silver label, how many it got right, and how many it labelled. no_gold: why there is
    nothing to compare, where there is nothing.
    """
    n_gold, n_labelled, n_right = int(support.sum()), int(confusion.sum()), int(confusion.trace())
    return Scores(
        name=name,
        codes=tuple(codes),
        n_gold=n_gold,
        n_labelled=n_labelled,
        n_right=n_right,
        n_abstained=n_gold - n_labelled,
        n_unanswered=n_unanswered,
        accuracy=share(n_right, n_labelled, NO_LABELS if n_gold else no_gold),
        coverage=share(n_labelled, n_gold, no_gold),
        where_silver=share(*on_silver, NO_SILVER if n_gold else no_gold),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        abstained=tuple((support - confusion.sum(axis=1)).tolist()),
        labels=tuple(_label(code, place, confusion, int(support[place])) for place, code in enumerate(codes)),
        calibration=calibration,
    )


def _label(code: int, place: int, confusion: NDArray[np.int64], support: int) -> LabelScore:
    n_labelled, n_given = int(confusion[place].sum()), int(confusion[:, place].sum())
    n_right = int(confusion[place, place])
    never_given = "it gave this label to no gold item"
    never_gold = "it labelled no gold item that has this label" if support else "no gold item has this label"
    return LabelScore(
        label=code,
        support=support,
        n_labelled=n_labelled,
        n_given=n_given,
        n_right=n_right,
        precision=share(n_right, n_given, never_given),
        recall=share(n_right, n_labelled, never_gold),
        f1=f1(n_right, n_labelled + n_given - 2 * n_right, f"{never_given}, and {never_gold.removeprefix('it ')}"),
    )
