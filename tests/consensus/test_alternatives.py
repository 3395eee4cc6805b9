from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from consensus.alternatives import alternatives, differences
from consensus.calibration import calibrated_posterior
from consensus.counts import CodedRatings, code_ratings
from consensus.gate import Rule, gate


def frame(columns: dict[str, list[int]]) -> pl.DataFrame:
    n = len(next(iter(columns.values())))
    return pl.concat(
        pl.DataFrame({"item": [f"i{number:04}" for number in range(n)], "rater": voter, "label": labels})
        for voter, labels in columns.items()
    )


def panel(n_items: int, seed: int, copies: int) -> tuple[CodedRatings, dict[str, int]]:
    """Two voters that err on their own and several copies of a third; and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n_items)

    def voter(accuracy: float) -> list[int]:
        return np.where(rng.random(n_items) < accuracy, truth, rng.integers(0, 3, n_items)).tolist()

    same = voter(0.5)
    columns = {"a": voter(0.7), "b": voter(0.7)} | {f"c{n}": same for n in range(copies)}
    return code_ratings(frame(columns)), {f"i{n:04}": int(label) for n, label in enumerate(truth)}


def test_by_hand():
    votes = frame({"x": [0, 0, 1, -1], "y": [0, 1, 1, -1], "z": [0, 1, 0, -1]})
    weights = {"x": Fraction(2), "y": Fraction(1), "z": Fraction(1)}
    told = alternatives(code_ratings(votes), Rule.of(weights, Fraction(2, 3), None, 3), {})
    found = told.labels
    assert (told.calibrated, told.dawid_skene_converged) == (None, True)
    assert found["weighted_majority"].to_list() == [0, None, 1, None]
    assert found["dawid_skene"].to_list()[0] == 0
    assert found.select(pl.col("calibrated", "calibrated_p").null_count()).row(0) == (4, 4)
    assert found.row(3)[1:] == (None,) * 5


def test_where_they_differ():
    verdicts = pl.DataFrame({"segment_id": ["a", "b", "c", "d"], "label": [1, 1, None, None]})
    others = pl.DataFrame(
        {
            "item": ["a", "b", "c", "d"],
            "weighted_majority": [1, None, 2, None],
            "dawid_skene": [1, 0, 2, 2],
            "dawid_skene_p": [0.99, 0.6, 0.95, 0.5],
            "calibrated": pl.Series([None] * 4, dtype=pl.Int64),
            "calibrated_p": pl.Series([None] * 4, dtype=pl.Float64),
        }
    )
    columns = ("n_labelled", "n_same", "n_other", "n_fills", "n_sure", "n_withdraws")
    rows = differences(verdicts, others).select("method", *columns).rows()
    assert rows == [
        ("weighted_majority", 2, 1, 0, 1, None, 1),
        ("dawid_skene", 4, 1, 1, 2, 1, 0),
        ("calibrated", 0, 0, 0, 0, 0, 2),
    ]


def test_the_weighted_majority_of_equal_weights_is_the_gate_at_the_lowest_threshold():
    coded, _ = panel(200, 1, 2)
    rule = Rule.of(dict.fromkeys(coded.raters, Fraction(1)), Fraction(1, 100), None, 4)
    found = alternatives(coded, rule, {}).labels
    votes = pl.concat(
        pl.DataFrame({"segment_id": coded.items, "label": [coded.categories[code] for code in row]}).with_columns(
            voter=pl.lit(rater), variable=pl.lit("v")
        )
        for rater, row in zip(coded.raters, coded.by_rater(), strict=True)
    )
    weights = dict.fromkeys(coded.raters, Fraction(1))
    silver = gate(votes, weights=weights, threshold=Fraction(1, 100), n_panel=4)["label"]
    assert found["weighted_majority"].to_list() == silver.to_list()


def test_copies_share_a_weight_and_the_held_out_loss_falls():
    alone = calibrated_posterior(*panel(1500, 2, 1))
    copied = calibrated_posterior(*panel(1500, 2, 8))
    assert alone is not None
    assert copied is not None
    assert alone.weights == pytest.approx([1, 1, 1], abs=0.25)
    assert copied.weights[:2] == pytest.approx([1, 1], abs=0.3)
    assert sum(copied.weights[2:]) < 2
    assert copied.log_loss < copied.log_loss_plain - 0.05
    assert copied.n_gold == 1500


def test_the_posterior_is_calibrated_on_items_it_has_not_seen():
    coded, truth = panel(4000, 4, 6)
    items = coded.items.to_list()
    found = calibrated_posterior(coded, {item: truth[item] for item in items[:1000]})
    assert found is not None
    chances, picked = found.posterior[1000:].max(axis=1), found.posterior[1000:].argmax(axis=1)
    right = np.array([truth[item] for item in items[1000:]]) == picked
    assert chances.mean() == pytest.approx(right.mean(), abs=0.03)


def test_too_little_gold_is_no_posterior():
    coded, truth = panel(100, 5, 1)
    assert calibrated_posterior(coded, dict(list(truth.items())[:29])) is None
