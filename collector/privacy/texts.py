"""One text that lies somewhere in a workspace."""

from collections.abc import Callable
from typing import NamedTuple


class Text(NamedTuple):
    """place: the file, with the column where it has columns. where: says which row, line or path, when asked.

    times: in how many rows the same text stands; ``where`` says the first.
    """

    place: str
    where: Callable[[], str]
    text: str
    times: int = 1
