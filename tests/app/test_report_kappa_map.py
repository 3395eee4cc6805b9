import re
from itertools import combinations

import pytest

from app.report_kappa_map import kappa_map
from consensus.clustering import cluster_voters
from consensus.cohen import PairKappa


def pair(a, b, value):
    return PairKappa(a, b, 5, value, None, None, None, None if value is not None else "none")


def drawn(pairs, families=None, name="risk"):
    return kappa_map(pairs, cluster_voters(pairs), families or {}, name)


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def cells(svg):
    """Fill colours of the cells, in the order drawn."""
    return re.findall(r'<path aria-label="a: [^>]*fill="([^"]*)"', svg)


def marks(svg):
    """(family, colour, outline) of the marks beside the cells."""
    found = re.findall(r'<path aria-label="b: (\S+); family: ([^"]*)"[^>]*d="([^"]*)" fill="([^"]*)"', svg)
    return {voter: (family, colour, shape) for voter, family, shape, colour in found}


PAIRS = [pair("a", "b", 0.512), pair("a", "c", None), pair("b", "c", -0.08)]


def test_both_triangles_in_the_order_of_the_tree():
    found = texts(drawn(PAIRS))
    assert (found.count(".51"), found.count("–"), found.count("−.08")) == (2, 2, 2)
    names = [text for text in found if text in {"a", "b", "c"}]
    assert names[:3] == names[3:] == list(cluster_voters(PAIRS).order)


def test_an_undefined_kappa_has_a_colour_that_no_value_has():
    zero, undefined = drawn([pair("a", "b", 0.0)]), drawn([pair("a", "b", None)])
    assert len(set(cells(zero))) == len(set(cells(undefined))) == 1
    assert set(cells(undefined)) == {"#dcdcdc"}
    assert cells(zero) != cells(undefined)
    assert texts(undefined).count("–") == 2


def test_the_tree_tells_where_voters_join():
    assert "joined at κ" in texts(drawn(PAIRS))
    assert "joined at κ" not in texts(drawn([pair("a", "b", None)]))
    # rows are 34 high and κ runs from 0 to 1 on 110: a and b meet at 0.512, and half way between them c joins both
    brackets = [re.findall(r"[\d.]+", path) for path in re.findall(r'd="(M[^"]*)" stroke="#66737c"', drawn(PAIRS))]
    assert [bracket[1::2] for bracket in brackets] == [["17", "17", "51", "51"], ["34", "34", "85", "85"]]
    assert [float(x) for x in brackets[0][::2]] == [
        110,
        pytest.approx(55.3, abs=1.0),
        pytest.approx(55.3, abs=1.0),
        110,
    ]


def test_families_have_a_mark_of_their_own():
    voters = ["a1", "a2", "b1", "b2", "solo"]
    pairs = [pair(a, b, 0.6 if a[0] == b[0] else 0.2) for a, b in combinations(voters, 2)]
    svg = drawn(pairs, {"a1": "甲族", "a2": "甲族", "b1": "<b>", "b2": "<b>", "solo": "one"})
    found = marks(svg)
    assert found["a1"] == found["a2"]
    assert found["b1"] == found["b2"]
    assert len({colour for _, colour, _ in found.values()}) == 3
    assert found["a1"][2] != found["b1"][2]
    assert {"family", "甲族", "&lt;b&gt;", "alone in its family"} <= set(texts(svg))
    assert "<b>" not in svg


@pytest.mark.parametrize("families", [{}, {"a": "x", "b": "y"}])
def test_without_a_family_of_several_there_are_no_marks(families):
    svg = drawn([pair("a", "b", 0.5)], families)
    assert "family" not in texts(svg)
    assert not marks(svg)


def test_a_large_panel_has_no_numbers():
    names = [f"v{n:02}" for n in range(25)]
    pairs = [pair(a, b, 0.512) for a, b in combinations(names, 2)]
    assert ".51" not in texts(drawn(pairs))
    assert ".51" in texts(drawn([one for one in pairs if "v24" not in (one.a, one.b)]))


def test_the_order_of_the_pairs_does_not_matter():
    families = {"a": "x", "b": "x"}
    turned = [PairKappa(one.b, one.a, *list(vars(one).values())[2:]) for one in reversed(PAIRS)]
    assert sorted(texts(drawn(PAIRS, families))) == sorted(texts(drawn(turned, families)))
    assert marks(drawn(PAIRS, families)) == marks(drawn(turned, families))


@pytest.mark.parametrize("name", ["risk:ideation", "risk"])
def test_charts_can_stand_beside_each_other(name):
    svg = drawn(PAIRS, {"a": "x", "b": "x"}, name)
    own = "kappa-" + name.replace(":", "-")
    ids = re.findall(r'\sid="([^"]*)"', svg)
    assert ids
    assert all(identifier.startswith(own) for identifier in ids)
    assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= set(ids)
    assert "http" not in svg
