from fractions import Fraction

import polars as pl
import pytest

from consensus.counts import code_ratings
from consensus.gate import Rule, judge
from consensus.panel_details import panel_details, thin_items
from consensus.showing import show_details

# x and y agree on everything but i3; z abstains twice.
LABELS = {"x": [0, 0, 1, 1], "y": [0, 0, 1, 0], "z": [0, -1, 0, -1]}


def sample(gold: dict[str, int], weight: float | None = 1.0) -> pl.DataFrame:
    columns = {"label": list(gold.values()), "weight": [weight] * len(gold), "item": list(gold)}
    return pl.DataFrame(columns, schema={"label": pl.Int64, "weight": pl.Float64, "item": pl.String})


@pytest.fixture
def measured():
    rows = [(f"i{n}", voter, label) for voter, labels in LABELS.items() for n, label in enumerate(labels)]
    coded = code_ratings(pl.DataFrame(rows, schema=["item", "rater", "label"], orient="row"))
    rule = Rule.of(dict.fromkeys("xyz", Fraction(1)), Fraction(2, 3), None, 3)
    return panel_details(coded, judge(coded, "risk", rule), rule, sample({"i0": 0}))


def test_the_details_of_a_small_panel(measured):
    told = measured.as_json()
    assert [(pair["a"], pair["b"], pair["n"]) for pair in told["cohen_kappa"]] == [
        ("x", "y", 4),
        ("x", "z", 2),
        ("y", "z", 2),
    ]
    assert [row["n_changed"] for row in told["without"]] == [2, 2, 0]
    assert told["valid_votes"] == [
        {"n_valid": 2, "n_items": 2, "n_accepted": 1, "share_accepted": 0.5},
        {"n_valid": 3, "n_items": 2, "n_accepted": 2, "share_accepted": 1.0},
    ]
    assert [row["method"] for row in told["other_methods"]] == ["weighted_majority", "dawid_skene"]
    assert told["calibrated"] is None
    assert told["effective_voters"]["errors_against"] == "silver"


def test_they_can_be_read(measured, capsys):
    show_details("risk", measured.as_json())
    shown = capsys.readouterr().out
    assert "what each voter changes" in shown
    assert "the calibrated pool needs 30 gold items with votes" in shown
    assert "effective number of independent voters: undefined" in shown


def test_thin_items_of_nothing():
    empty = pl.DataFrame(schema={"n_valid": pl.Int64, "accepted": pl.Boolean})
    assert thin_items(empty).height == 0
