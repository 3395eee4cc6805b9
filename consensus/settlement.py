"""When people's ratings settle an item, and how."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

ABSTAIN = -1
TOO_FEW = "too_few_ratings"
UNRESOLVED = "unresolved_disagreement"


@dataclass(frozen=True)
class Settlement:
    """The label and its source (``unanimous`` or ``majority``); or, unsettled, the reason, and no label."""

    label: int | None = None
    source: str | None = None
    reason: str | None = None


def settle(labels: Iterable[int]) -> Settlement:
    """What the ratings of one item on one variable come to. −1 abstains and does not count.

    Unanimous: two or more valid ratings, all the same. Majority: more than half of the valid ratings, and at least
    two of them. Otherwise unsettled: ``too_few_ratings`` with fewer than two valid ratings, else
    ``unresolved_disagreement``.
    """
    counts = Counter(label for label in labels if label != ABSTAIN)
    n_valid = counts.total()
    if n_valid < 2:
        return Settlement(reason=TOO_FEW)
    label, n = counts.most_common(1)[0]
    if n == n_valid:
        return Settlement(label, "unanimous")
    # More than half of two or more is at least two, and only one label can have it.
    return Settlement(label, "majority") if 2 * n > n_valid else Settlement(reason=UNRESOLVED)
