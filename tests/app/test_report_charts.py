import re

import polars as pl
import pytest

from app.report_charts import change_bars, code_name, label_shares, severity_colours, voter_bars
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


OUTCOME_COLUMNS = ["voter", "agrees", "disagrees", "abstains", "no_answer"]


def test_voter_bars_are_sorted_by_agreement():
    rows = [("low", 1, 3, 0, 0), ("high", 3, 1, 0, 0), ("picky", 1, 0, 3, 0), ("silent", 0, 0, 4, 0)]
    found = texts(voter_bars(pl.DataFrame(rows, schema=OUTCOME_COLUMNS, orient="row"), "risk"))
    assert [text for text in found if text in {"low", "high", "picky", "silent"}] == ["picky", "high", "low", "silent"]
    assert [text for text in found if text in {"100%", "75%", "25%", "0%"}].count("75%") == 1
    assert {"agrees", "disagrees", "abstains"} <= set(found)
    assert "no answer" not in found


def test_voter_bars_show_failures_as_no_answer():
    outcomes = pl.DataFrame([("a", 1, 0, 1, 2)], schema=OUTCOME_COLUMNS, orient="row")
    svg = voter_bars(outcomes, "risk")
    assert "no answer" in texts(svg)
    assert fills(svg)[-1] != fills(svg)[-2]


def changes(*rows):
    schema = dict.fromkeys(("voter", "n_lost", "n_gained", "n_relabelled"))
    frame = pl.DataFrame(rows, schema=list(schema), orient="row").with_columns(
        n_changed=pl.sum_horizontal("n_lost", "n_gained", "n_relabelled")
    )
    return frame.with_columns(share=pl.col("n_changed") / 40)


def test_changes_are_sorted_and_told_in_numbers():
    svg = change_bars(changes(("few", 1, 0, 0), ("none", 0, 0, 0), ("many", 2, 0, 1), ("also", 0, 1, 0)), "risk")
    found = texts(svg)
    voters = [text for text in found if text in {"few", "none", "many", "also"}]
    assert voters == ["many", "also", "few", "none"]
    assert [text for text in found if "(" in text] == ["7.5%  (3)", "2.5%  (1)", "2.5%  (1)", "0.0%  (0)"]
    assert {"lost", "gained", "relabelled"} <= set(found)
    # the axis ends at 8% and is 600 wide: 2 of 40 items are 5% or 375, one is 187.5
    widths = [float(width) for width in re.findall(r'<path aria-label[^>]*d="M[\d.]+,[\d.]+h([\d.]+)v', svg)]
    assert sorted(width for width in widths if width) == [pytest.approx(w) for w in (187.5, 187.5, 187.5, 375)]


@pytest.mark.parametrize("rows", [[("a", 0, 0, 0), ("b", 0, 0, 0)], [("a", 1, 2, 3)]])
def test_changes_can_be_none_or_of_one_voter(rows):
    assert texts(change_bars(changes(*rows), "risk")).count("a") == 1


def test_changes_without_items_have_no_share():
    frame = changes(("a", 0, 0, 0)).with_columns(share=pl.lit(None, dtype=pl.Float64))
    assert "0.0%  (0)" in texts(change_bars(frame, "risk"))


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
