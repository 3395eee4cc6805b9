"""Which voters of a panel belong together: clusters by Cohen's κ, and whether they follow the voters' families."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import fsum

import numpy as np
from numpy.typing import NDArray

from consensus.cohen import PairKappa
from consensus.panel import voters_by_agreement


@dataclass(frozen=True)
class Branch:
    """Two groups of voters that join.

    kappa: mean κ of the pairs between them. upper, lower: of each group its row (0 for the first voter in order; of a
    group, half way between those of its two parts) and the κ at which it joined itself (1 for a single voter).
    """

    kappa: float
    upper: tuple[float, float]
    lower: tuple[float, float]


@dataclass(frozen=True)
class VoterClusters:
    """order: every voter, similar ones beside each other. branches: the tree, closest groups first.

    apart: voters without any defined κ, the last in order and in no branch. n_undefined: pairs without a κ.
    """

    order: tuple[str, ...]
    branches: tuple[Branch, ...]
    apart: tuple[str, ...]
    n_undefined: int


@dataclass(frozen=True)
class FamilyAgreement:
    """Mean κ of the n_within pairs of one family and of the n_across pairs of two; None where there is no pair."""

    within: float | None
    n_within: int
    across: float | None
    n_across: int


def cluster_voters(pairs: Sequence[PairKappa]) -> VoterClusters:
    """Hierarchical clusters by average linkage on the distance 1 − κ, with optimal leaf ordering.

    A pair whose κ is undefined says nothing for or against two voters: for the tree alone it stands at the mean of both
    voters' own mean distances to those with which they have a κ. A voter that has none with anybody is set apart. Of
    the two ends of the order, the voter with the larger mean κ comes first. The result depends on neither the order of
    the pairs nor that of the two names in them.

    Sources: R. R. Sokal and C. D. Michener (1958), University of Kansas Science Bulletin 38, 1409–1438 (average
    linkage); Z. Bar-Joseph, D. K. Gifford and T. S. Jaakkola (2001), Bioinformatics 17, S22–S29 (leaf ordering).
    Computed by scipy. As a figure: SuiChat-CN, Figure 5.
    """
    distances = {
        frozenset((pair.a, pair.b)): None if pair.value is None else 1.0 - pair.value
        for pair in pairs
    }  # fmt: skip
    by_agreement = voters_by_agreement(pairs)
    connected = sorted({voter for both, distance in distances.items() if distance is not None for voter in both})
    apart = tuple(voter for voter in by_agreement if voter not in set(connected))
    n_undefined = sum(distance is None for distance in distances.values())
    if not connected:
        return VoterClusters(apart, (), apart, n_undefined)
    tree, leaves = _tree(_filled(connected, distances))
    if by_agreement.index(connected[leaves[0]]) > by_agreement.index(connected[leaves[-1]]):
        leaves.reverse()
    order = (*(connected[leaf] for leaf in leaves), *apart)
    return VoterClusters(order, _branches(tree, leaves), apart, n_undefined)


def family_agreement(pairs: Sequence[PairKappa], families: Mapping[str, str]) -> FamilyAgreement:
    """Whether voters of one family agree more than others. families: voter → family; one without is a family alone.

    Pairs whose κ is undefined do not count.
    """
    within: list[float] = []
    across: list[float] = []
    for pair in pairs:
        if pair.value is not None:
            family = families.get(pair.a)
            (within if family and family == families.get(pair.b) else across).append(pair.value)
    return FamilyAgreement(_mean(within), len(within), _mean(across), len(across))


def _mean(values: Sequence[float]) -> float | None:
    # fsum: the mean must not depend on the order of the values.
    return fsum(values) / len(values) if values else None


def _filled(voters: Sequence[str], distances: Mapping[frozenset[str], float | None]) -> NDArray[np.float64]:
    """The distance of every two voters, in the order of `combinations`, undefined ones filled in."""
    known: dict[str, list[float]] = {voter: [] for voter in voters}
    for both, distance in distances.items():
        if distance is not None:
            for voter in both:
                known[voter].append(distance)
    means = {voter: fsum(values) / len(values) for voter, values in known.items()}
    found = ((a, b, distances.get(frozenset((a, b)))) for a, b in combinations(voters, 2))
    return np.array([(means[a] + means[b]) / 2 if distance is None else distance for a, b, distance in found])


def _tree(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[int]]:
    """scipy's linkage matrix, and its leaves from one end to the other. distances: of two voters at least."""
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

    tree = linkage(distances, method="average")
    ordered = optimal_leaf_ordering(tree, distances)
    return ordered, leaves_list(ordered).tolist()


def _branches(tree: NDArray[np.float64], leaves: Sequence[int]) -> tuple[Branch, ...]:
    """The joins of a linkage matrix, drawn in the rows of the leaves."""
    ends: dict[int, tuple[float, float]] = {leaf: (float(row), 1.0) for row, leaf in enumerate(leaves)}
    branches = []
    for number, (first, second, distance, _) in enumerate(tree.tolist(), start=len(leaves)):
        upper, lower = sorted((ends[int(first)], ends[int(second)]))
        branches.append(Branch(1.0 - distance, upper, lower))
        ends[number] = ((upper[0] + lower[0]) / 2, 1.0 - distance)
    return tuple(branches)
