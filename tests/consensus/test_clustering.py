from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.clustering import Branch, FamilyAgreement, cluster_voters, family_agreement
from consensus.cohen import PairKappa


def pair(a, b, value):
    return PairKappa(a, b, 10, value, None, None, None, None if value is not None else "why")


def by_hand():
    """a and b agree at 0.8, c and d at 0.6; across, a-c 0.5, a-d 0.3, b-c 0.2, b-d 0.2."""
    values = {"ab": 0.8, "ac": 0.5, "ad": 0.3, "bc": 0.2, "bd": 0.2, "cd": 0.6}
    return [pair(*names, value) for names, value in values.items()]


def test_the_closest_join_first_at_their_mean_kappa():
    found = cluster_voters(by_hand())
    # means with the others: a 1.6/3, c 1.3/3, b 1.2/3, d 1.1/3; beside each other stand a and c, the closest across
    assert found.order == ("b", "a", "c", "d")
    joined = [(branch.upper[0], branch.lower[0], branch.kappa) for branch in found.branches]
    assert joined == [(0.0, 1.0, pytest.approx(0.8)), (2.0, 3.0, pytest.approx(0.6)), (0.5, 2.5, pytest.approx(0.3))]
    assert found.branches[2].upper[1] == pytest.approx(0.8)
    assert found.branches[2].lower[1] == pytest.approx(0.6)
    assert (found.apart, found.n_undefined) == ((), 0)


def test_two_voters_are_one_branch():
    found = cluster_voters([pair("b", "a", 0.5)])
    assert found.order == ("a", "b")
    assert found.branches == (Branch(0.5, (0.0, 1.0), (1.0, 1.0)),)


def test_voters_without_any_kappa_stand_apart():
    pairs = [pair("a", "b", 0.4), pair("a", "z", None), pair("z", "b", None), pair("a", "m", None)]
    found = cluster_voters(pairs)
    assert found.order == ("a", "b", "m", "z")
    assert (found.apart, found.n_undefined, len(found.branches)) == (("m", "z"), 3, 1)


@pytest.mark.parametrize(("pairs", "order"), [([], ()), ([pair("b", "a", None)], ("a", "b"))])
def test_without_any_kappa_there_is_no_tree(pairs, order):
    found = cluster_voters(pairs)
    assert (found.order, found.apart, found.branches) == (order, order, ())


def test_an_undefined_pair_stands_at_the_mean_distance_of_both():
    values = {"ab": None, "ac": 0.9, "bc": 0.5}
    found = cluster_voters([pair(*names, value) for names, value in values.items()])
    # a is 0.1 from c, b 0.5 from c; a-b counts as (0.1 + 0.5)/2 = 0.3; b joins a and c at (0.3 + 0.5)/2 = 0.4
    assert [branch.kappa for branch in found.branches] == [pytest.approx(0.9), pytest.approx(0.6)]
    assert found.n_undefined == 1


def test_an_undefined_pair_says_nothing_about_its_voters():
    planted = {"ab": 0.8, "cd": 0.8, "ef": 0.8, "ce": None}
    names = [first + second for first, second in combinations("abcdef", 2)]
    found = cluster_voters([pair(*name, planted.get(name, 0.2)) for name in names])
    places = {voter: found.order.index(voter) for voter in "abcdef"}
    assert [abs(places[a] - places[b]) for a, b in ("ab", "cd", "ef")] == [1, 1, 1]


kappas = st.one_of(st.none(), st.integers(-10, 10).map(lambda tenths: tenths / 10))


@st.composite
def shuffled(draw):
    """Pairs of a panel, and the same ones in another order with some names exchanged. Ties and gaps are common."""
    voters = [f"v{n}" for n in range(draw(st.integers(2, 7)))]
    pairs = [pair(a, b, draw(kappas)) for a, b in combinations(voters, 2)]
    turned = [pair(one.b, one.a, one.value) if draw(st.booleans()) else one for one in pairs]
    return pairs, draw(st.permutations(turned))


@settings(max_examples=150, deadline=None)
@given(shuffled())
def test_the_order_of_the_input_does_not_matter(both):
    pairs, again = both
    assert cluster_voters(pairs) == cluster_voters(again)
    assert family_agreement(pairs, {"v0": "f", "v1": "f"}) == family_agreement(again, {"v1": "f", "v0": "f"})


@settings(max_examples=100, deadline=None)
@given(shuffled())
def test_the_tree_holds_every_voter_in_rows_that_belong_together(both):
    found = cluster_voters(both[0])
    n_tree = len(found.order) - len(found.apart)
    assert len(set(found.order)) == len(found.order)
    assert len(found.branches) == max(n_tree - 1, 0)
    groups = {(float(row), 1.0): {row} for row in range(n_tree)}
    for branch in found.branches:
        rows = groups.pop(branch.upper) | groups.pop(branch.lower)
        assert rows == set(range(min(rows), max(rows) + 1))
        assert branch.kappa <= min(branch.upper[1], branch.lower[1]) + 1e-9
        groups[((branch.upper[0] + branch.lower[0]) / 2, branch.kappa)] = rows
    assert len(groups) <= 1


def test_planted_families_stand_together():
    voters = ["q1", "g1", "q2", "m1", "g2", "q3"]
    pairs = [pair(a, b, 0.6 if a[0] == b[0] else 0.3) for a, b in combinations(voters, 2)]
    families = [voter[0] for voter in cluster_voters(pairs).order]
    assert [a == b for a, b in pairwise(families)].count(False) == 2
    assert family_agreement(pairs, {voter: voter[0] for voter in voters}) == FamilyAgreement(
        within=0.6, n_within=4, across=0.3, n_across=11
    )


def test_a_voter_without_a_family_is_one_alone():
    pairs = [pair("a", "b", 0.5), pair("a", "c", 0.25), pair("b", "c", None)]
    assert family_agreement(pairs, {"c": "x"}) == FamilyAgreement(None, 0, 0.375, 2)
    assert family_agreement([], {}) == FamilyAgreement(None, 0, None, 0)
