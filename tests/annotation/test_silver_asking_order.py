"""Who is asked first where votes are saved."""

import polars as pl

from annotation.silver.economy import asking_order
from core.setting_tables.voting import Voter


def votes(**labels: list[int]) -> pl.DataFrame:
    rows = [
        (f"s{number}", voter, "risk", label) for voter, given in labels.items() for number, label in enumerate(given)
    ]
    return pl.DataFrame(rows, schema=["segment_id", "voter", "variable", "label"], orient="row")


def order(panel: list[Voter], cast: pl.DataFrame) -> list[str]:
    return [voter.name for voter in asking_order(panel, cast)]


def test_of_equals_who_agrees_most_with_the_others_comes_first() -> None:
    panel = [Voter(name=name, backend="embedded") for name in "abcd"]
    assert order(panel, votes(a=[1, 0], b=[0, 0], c=[0, -1], d=[0, 0])) == ["b", "d", "a", "c"]


def test_a_tie_of_the_others_says_nothing_of_a_voter() -> None:
    weights = {"a": "0.3", "e": "1", "d": "1", "b": "0.1", "c": "0.2"}
    panel = [Voter(name=name, backend="embedded", weight=weight) for name, weight in weights.items()]
    # To d, b and c stand against a: 0.1 + 0.2 against 0.3, which is a tie although floats do not say so. So d agrees as
    # little as e, which abstained, and the two stay as the settings have them.
    assert order(panel, votes(a=[0], b=[1], c=[1], d=[1], e=[-1])) == ["e", "d", "a", "c", "b"]


def test_of_voters_that_cost_the_same_the_heaviest_is_asked_first() -> None:
    panel = [Voter(name=name, backend="embedded", weight=weight) for name, weight in (("a", "1"), ("b", "2"))]
    assert order(panel, votes(a=[0, 1], b=[0, -1])) == ["b", "a"]


def test_weight_is_bought_where_it_is_cheapest() -> None:
    prices = {"plain": (2, "1"), "heavy": (5, "3"), "light": (1, "1/4")}
    panel = [
        Voter(name=name, backend="openai", model=name, base_url="http://h/v1", price_in=p, price_out=p, weight=weight)
        for name, (p, weight) in prices.items()
    ]
    assert order(panel, votes(plain=[0], heavy=[0], light=[0])) == ["heavy", "plain", "light"]
