"""Numbers near nothing, as the report says them."""

import pytest

from app.report_page import decimal, interval, value_range


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (-0.0004, 3, "0.000"),
        (-0.0005001, 3, "−0.001"),
        (-0.004, 2, "0.00"),
        (-0.0051, 2, "−0.01"),
        (-0.0, 3, "0.000"),
        (0.0, 2, "0.00"),
        (-1.0, 2, "−1.00"),
        (-0.4, 0, "0"),
        (1e-9, 2, "0.00"),
    ],
)
def test_what_rounds_to_nothing_has_no_sign(value: float, digits: int, text: str):
    assert decimal(value, digits) == text


def test_the_ends_of_intervals_and_ranges_have_none_either():
    assert value_range([-0.001, 0.2469]) == "0.00 … 0.25"
    assert value_range([-0.0002]) == "0.000"
    assert interval(-0.0001, 0.25) == "0.000 to 0.250"
