"""Dates and times as phones write them: three numbers in an order that depends on the phone's language.

A date whose first number has four digits is year, month, day. Of the others the whole file decides: 13/4/24 can only
be a day first, and in the wrong order the dates of a longer chat go back and forth.
"""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from core.errors import DataError

Order = Literal["ymd", "dmy", "mdy"]
Numbers = tuple[str, str, str]
"""The three numbers of a date, in the order in which they stand there."""

MORNING = ("am", "a.m.", "上午", "凌晨", "清晨", "早上", "午夜")
AFTERNOON = ("pm", "p.m.", "下午", "晚上", "傍晚")
NOON = ("中午",)

_ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
_YEARS = range(2009, 2100)  # WhatsApp is from 2009
_CLEARLY = 10


def date_of(numbers: Numbers, order: Order) -> date | None:
    """The date that the numbers mean in an order; None when there is no such day."""
    year, month, day = (numbers[order.index(part)] for part in "ymd")
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    if full_year not in _YEARS or max(len(month), len(day)) > 2:
        return None
    try:
        return date(full_year, int(month), int(day))
    except ValueError:
        return None


def possible_orders(numbers: Numbers) -> tuple[Order, ...]:
    """The orders in which the numbers are a date, likelier ones first."""
    orders = _ORDERS[-1:] if len(numbers[0]) == 4 else _ORDERS
    return tuple(order for order in orders if date_of(numbers, order) is not None)


def order_of(dates: Sequence[Numbers], name: str, day_first: bool | None) -> Order:
    """The one order of all dates of a file, which are given as they follow each other.

    day_first decides where both orders are possible. Raises DataError when nothing does, or no order fits all dates.
    """
    fitting: list[Order] = [order for order in _ORDERS if all(order in possible_orders(numbers) for numbers in dates)]
    if not fitting:
        raise DataError(
            f"{name} has dates with the day first and dates with the month first; split it where the order changes"
        )
    if fitting[:2] != ["dmy", "mdy"] or all(day == month for day, month, _ in dates):
        return fitting[0]  # a year of two digits comes first in old Chinese exports; read so only as a last resort
    if day_first is not None:
        return "dmy" if day_first else "mdy"
    return _steadier(dates, name)


def _steadier(dates: Sequence[Numbers], name: str) -> Order:
    """Day or month first: the order in which time goes on."""
    back_by_day, back_by_month = _steps_back(dates, "dmy"), _steps_back(dates, "mdy")
    if back_by_day * _CLEARLY <= back_by_month and back_by_month:
        return "dmy"
    if back_by_month * _CLEARLY <= back_by_day and back_by_day:
        return "mdy"
    raise DataError(
        f"{name} has dates such as {'/'.join(dates[0])} that do not tell day from month; set collect.day_first = true "
        f"or false in assay.toml"
    )


def _steps_back(dates: Sequence[Numbers], order: Order) -> int:
    days = [day for numbers in dates if (day := date_of(numbers, order)) is not None]
    return sum(later < earlier for earlier, later in pairwise(days))


def at_time(day: date, hour: str, minute: str, second: str | None, half: str) -> datetime | None:
    """A date with a time of 24 hours, or of 12 and a word (lower case, no blanks) for the half of the day.

    None when there is no such time.
    """
    try:
        return datetime(day.year, day.month, day.day, _hour(int(hour), half), int(minute), int(second or 0))
    except ValueError:
        return None


def _hour(hour: int, half: str) -> int:
    if not half or hour > 12:  # some phones write the word beside 24 hours
        return hour
    if half in NOON:
        return hour if hour >= 11 else hour + 12
    return hour % 12 + (12 if half in AFTERNOON else 0)
