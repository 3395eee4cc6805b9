"""Log-probabilities by the text of a token, of which a tokenizer may have several."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.llm.engine_protocol import by_token

logprobs = st.floats(-1e6, 0)


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([], {}),
        ([("A", -0.5), ("B", -1.5)], {"A": -0.5, "B": -1.5}),
        ([("A", -math.inf), ("B", math.nan), (None, -1.0), ("", -1.0)], {}),
        ([("A", math.log(0.25)), ("A", math.log(0.5))], {"A": math.log(0.75)}),
        ([("A", -1000.0), ("A", -1000.0)], {"A": -1000.0 + math.log(2)}),
        ([("A", -1e300), ("A", -900.0), ("A", -2000.0)], {"A": -900.0}),
    ],
)
def test_tokens_of_one_text_count_together(tokens: list[tuple[str | None, float]], found: dict[str, float]):
    assert by_token(tokens) == pytest.approx(found)


@given(st.lists(logprobs, min_size=1, max_size=6))
def test_together_they_are_no_less_probable_than_the_likeliest_and_no_more_than_all_of_them(several: list[float]):
    together = by_token(("A", logprob) for logprob in several)["A"]
    assert max(several) <= together <= max(several) + math.log(len(several)) + 1e-9


@given(logprobs, logprobs)
def test_their_order_is_of_no_account(one: float, other: float):
    assert by_token([("A", one), ("A", other)]) == by_token([("A", other), ("A", one)])
