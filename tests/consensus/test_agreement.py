import numpy as np
import polars as pl
import pytest

from consensus.agreement import VariableAgreement, agreement, percent_agreement
from core.errors import DataError

SCHEMA = {"item": pl.String, "rater": pl.String, "variable": pl.String, "label": pl.Int64}


def ratings(table: dict[str, list[int | None]], variable: str = "risk") -> pl.DataFrame:
    rows = [(f"s{i}", rater, variable, label) for rater, row in table.items() for i, label in enumerate(row)]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


#   item  han li wu   P_i
#    s0    1   1  1    1
#    s1    0   0  1    1/3
#    s2    0   0  .    1
#    s3    1   .  .    left out: one rating
#    s4    .   .  .    left out: none
TABLE: dict[str, list[int | None]] = {
    "han": [1, 0, 0, 1, None],
    "li": [1, 0, 0, -1, None],
    "wu": [1, 1, None, None, None],
}


def test_hand_worked() -> None:
    found = agreement(ratings(TABLE))["risk"]
    assert (found.n_items, found.n_items_used, found.n_raters, found.n_ratings) == (5, 3, 3, 9)
    assert found.percent_agreement == pytest.approx(7 / 9)
    # p_0 = 4/8, p_1 = 4/8: κ = (7/9 − 1/2)/(1/2) = 5/9
    assert found.fleiss_kappa.value == pytest.approx(5 / 9)
    # Off the diagonal s1 alone: o_01 + o_10 = 2·(2·1)/2 = 2, so D_o = 2/8; D_e = 2·4·4/(8·7) = 4/7; α = 1 − 7/16
    assert found.alpha_nominal.value == pytest.approx(9 / 16)
    # With two categories every ordinal distance is the same: ordinal α is nominal α.
    assert found.alpha_ordinal.value == pytest.approx(9 / 16)
    assert [(pair.a, pair.b, pair.n) for pair in found.cohen_kappa] == [
        ("han", "li", 3),
        ("han", "wu", 2),
        ("li", "wu", 2),
    ]


def test_json_keys() -> None:
    found = agreement(ratings(TABLE))["risk"].as_json()
    assert list(found) == [
        "n_items",
        "n_items_used",
        "n_raters",
        "n_ratings",
        "percent_agreement",
        "fleiss_kappa",
        "krippendorff_alpha",
        "cohen_kappa",
        "left_out",
    ]
    estimate = ["value", "low", "high", "method", "reason"]
    assert list(found["fleiss_kappa"]) == estimate
    assert {level: list(alpha) for level, alpha in found["krippendorff_alpha"].items()} == {
        "nominal": estimate,
        "ordinal": estimate,
    }
    assert list(found["cohen_kappa"][0]) == ["a", "b", "n", *estimate]
    assert found["left_out"] == [
        {"reason": "missing label", "n": 6},
        {"reason": "fewer than two ratings", "n": 2},
    ]


def test_nothing_left_out() -> None:
    assert agreement(ratings({"han": [0, 1], "li": [0, 1]}))["risk"].left_out == []


def test_variables_are_judged_apart_in_sorted_order() -> None:
    both = pl.concat([ratings(TABLE, "risk"), ratings({"han": [0, 1], "li": [1, 0]}, "mood")])
    found = agreement(both)
    assert list(found) == ["mood", "risk"]
    assert found["mood"].fleiss_kappa.value == pytest.approx(-1.0)
    assert found["risk"] == agreement(ratings(TABLE))["risk"]


def test_text_labels_have_no_ordinal_alpha() -> None:
    found = agreement(ratings(TABLE), text_variables={"risk"})["risk"]
    assert found.alpha_nominal.value == pytest.approx(9 / 16)
    assert found.alpha_ordinal.value is None
    assert "no order" in (found.alpha_ordinal.reason or "")


@pytest.mark.filterwarnings("error")
def test_a_table_without_labels_is_null_throughout() -> None:
    found = agreement(ratings({"han": [None, -1], "li": [None, None]}))["risk"]
    assert (found.n_items, found.n_items_used, found.n_ratings, found.percent_agreement) == (2, 0, 0, None)
    for estimate in (found.fleiss_kappa, found.alpha_nominal, found.alpha_ordinal, found.cohen_kappa[0]):
        assert estimate.value is None
        assert estimate.reason


def test_no_ratings_no_variables() -> None:
    assert agreement(pl.DataFrame(schema=SCHEMA)) == {}


def test_one_category_is_full_percent_agreement_and_null_kappa() -> None:
    found: VariableAgreement = agreement(ratings({"han": [2, 2], "li": [2, 2]}))["risk"]
    assert found.percent_agreement == 1.0
    assert found.fleiss_kappa.value is None


def test_the_order_of_ratings_does_not_matter() -> None:
    table = ratings(TABLE)
    assert agreement(table.sample(fraction=1, shuffle=True, seed=3)) == agreement(table)


def test_a_rating_given_twice_is_refused() -> None:
    table = ratings(TABLE)
    with pytest.raises(DataError, match="rater 'han' rated item 's0' more than once for variable 'risk'"):
        agreement(pl.concat([table, table.head(1)]))


def test_percent_agreement() -> None:
    assert percent_agreement(np.array([[3, 0], [2, 1], [0, 2], [1, 0]])) == pytest.approx(7 / 9)
    assert percent_agreement(np.array([[1, 0]])) is None
