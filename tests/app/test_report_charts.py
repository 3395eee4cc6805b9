import re

import polars as pl
import pytest

from app.report_charts import code_name, kappa_heat_map, label_shares, severity_colours, voter_bars
from consensus.cohen import PairKappa
from core.codebook import parse_codebook, shipped_codebook

RISK = shipped_codebook("suichat6").rating_variables[0]


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def fills(svg):
    """Fill colours of the bars, in the order drawn."""
    return re.findall(r'<path aria-label[^>]*fill="(#[0-9a-f]{6})"', svg)


def shares(n, variable=RISK):
    rows = [(code, n, n / 10) for code in variable.codes] + [(None, 4, 0.4)]
    return pl.DataFrame(rows, schema={"label": pl.Int64, "n": pl.Int64, "share": pl.Float64}, orient="row")


def test_severity_runs_from_calm_to_severe():
    assert severity_colours(6) == ["#5b9aa0", "#94b773", "#e3c04f", "#e08a3c", "#c8503c", "#8e2444"]
    assert severity_colours(2) == ["#5b9aa0", "#8e2444"]
    assert severity_colours(1) == ["#5b9aa0"]
    # half way between the third and the fourth colour: (e3+e0)/2, (c0+8a)/2, (4f+3c)/2, halves to the even number
    assert severity_colours(3)[1] == "#e2a546"


def test_code_names_are_bilingual():
    assert code_name(RISK, 1) == "1  抑郁情绪 · Depressive emotion"
    assert code_name(RISK, None) == "No consensus"


def test_label_shares_draws_every_label_and_the_pool():
    svg = label_shares(shares(1), RISK)
    assert [text for text in texts(svg) if "·" in text or "consensus" in text] == [
        code_name(RISK, code) for code in (*RISK.codes, None)
    ]
    assert texts(svg).count("1  (10.0%)") == 6
    assert "4  (40.0%)" in texts(svg)
    assert fills(svg) == [*severity_colours(6), "#b6bcc2"]


def test_label_shares_without_items_is_still_a_chart():
    assert texts(label_shares(shares(0).with_columns(share=None, n=0), RISK)).count("0  (0.0%)") == 7


def test_voter_bars_are_sorted_by_agreement():
    rows = [("low", 1, 3, 0), ("high", 3, 1, 0), ("picky", 1, 0, 3), ("silent", 0, 0, 4)]
    outcomes = pl.DataFrame(rows, schema=["voter", "agrees", "disagrees", "abstains"], orient="row")
    found = texts(voter_bars(outcomes, "risk"))
    assert [text for text in found if text in {"low", "high", "picky", "silent"}] == ["picky", "high", "low", "silent"]
    assert [text for text in found if text in {"100%", "75%", "25%", "0%"}].count("75%") == 1
    assert {"agrees", "disagrees", "abstains"} <= set(found)


def pair(a, b, value):
    return PairKappa(a, b, 5, value, None, None, None, None if value is not None else "none")


def test_heat_map_shows_both_triangles_in_the_order_given():
    pairs = [pair("a", "b", 0.512), pair("a", "c", None), pair("b", "c", -0.08)]
    found = texts(kappa_heat_map(pairs, ["b", "a", "c"], "risk"))
    assert (found.count(".51"), found.count("–"), found.count("−.08")) == (2, 2, 2)
    assert [text for text in found if text in {"a", "b", "c"}] == ["b", "a", "c", "b", "a", "c"]


def test_heat_map_of_a_large_panel_has_no_numbers():
    names = [f"v{n:02}" for n in range(25)]
    pairs = [pair(a, b, 0.512) for n, a in enumerate(names) for b in names[n + 1 :]]
    assert ".51" not in texts(kappa_heat_map(pairs, names, "risk"))


@pytest.mark.parametrize("name", ["risk:ideation", "risk"])
def test_charts_can_stand_beside_each_other(name):
    svg = kappa_heat_map([pair("a", "b", 0.5)], ["a", "b"], name)
    own = "kappa-" + name.replace(":", "-")
    ids = re.findall(r'\sid="([^"]*)"', svg)
    assert ids
    assert all(identifier.startswith(own) for identifier in ids)
    assert set(re.findall(r"url\(#([^)]*)\)", svg)) <= set(ids)
    assert "http" not in svg


def test_titles_are_escaped():
    book = parse_codebook(
        """
        name = "b"
        version = "1"
        source = "s"
        title = { zh = "一", en = "t" }
        description = { zh = "一", en = "d" }
        unit = { zh = "一", en = "u" }
        [[variables]]
        name = "v"
        kind = "single"
        title = { zh = "一", en = "v" }
        question = { zh = "一", en = "q" }
        labels = [
          { code = 0, name = "a", title = { zh = "甲", en = "<script>x</script>" }, definition = {zh="一", en="d"} },
          { code = 1, name = "b", title = { zh = "乙", en = "\\"&" }, definition = {zh="一", en="d"} },
        ]
        """,
        "test",
    )
    rating = book.rating_variables[0]
    svg = label_shares(shares(1, rating), rating)
    assert "<script" not in svg
    assert "&lt;script&gt;x&lt;/script&gt;" in svg
