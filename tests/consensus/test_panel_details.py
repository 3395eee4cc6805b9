from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from consensus.counts import code_ratings, code_table
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


def sparse():
    """Eight poor voters, of whom each labels a tenth of 300 items: Dawid–Skene needs more rounds than it is given."""
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 4, 300)
    labels = np.stack([np.where(rng.random(300) < 0.5, truth, rng.integers(0, 4, 300)) for _ in range(8)])
    labels[rng.random(labels.shape) < 0.9] = -1
    names = [f"v{n}" for n in range(8)]
    items = pl.Series([f"i{n:04}" for n in range(300)])
    return code_table(items, names, np.arange(4), labels.astype(np.int16)), names


def test_a_method_that_did_not_converge_is_told(capsys):
    coded, names = sparse()
    rule = Rule.of(dict.fromkeys(names, Fraction(1)), Fraction(2, 3), None, 8)
    told = panel_details(coded, judge(coded, "risk", rule), rule, sample({})).as_json()
    assert told["dawid_skene_converged"] is False
    show_details("risk", told)
    assert "Dawid–Skene was stopped before it converged: its row is not final" in capsys.readouterr().out


@pytest.mark.parametrize(("error", "by"), [(0.1, "silver"), (0.4, "gold")])
def test_few_errors_on_gold_tell_nothing_of_their_correlation(error, by):
    # 60 gold items: about 6 errors a voter, or 24
    rng = np.random.default_rng(2)
    names = ["v0", "v1", "v2", "v3"]
    labels = (rng.random((4, 60)) < error).astype(np.int16)
    coded = code_table(pl.Series([f"i{n:04}" for n in range(60)]), names, np.arange(2), labels)
    rule = Rule.of(dict.fromkeys(names, Fraction(1)), Fraction(2, 3), None, 4)
    gold = sample(dict.fromkeys(coded.items.to_list(), 0))
    found = panel_details(coded, judge(coded, "risk", rule), rule, gold)
    assert found.errors_against == by
    assert found.effective.low <= found.effective.n_effective <= found.effective.high
