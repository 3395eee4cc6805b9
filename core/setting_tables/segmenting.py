"""``[segment]``: from suspicious messages to segments, and the search for its parameters."""

from typing import Annotated, Literal

from pydantic import Field

from core.setting_tables.kinds import Table

Minutes = Annotated[float, Field(gt=0)]
Size = Annotated[int, Field(ge=1)]


class TuneSettings(Table):
    """``[segment.tune]``: the search for max_gap, max_size and max_span.

    voter: name of a voter of the panel that judges; empty: one that reads whole contexts. variable: rating variable
    that is scored; empty: the codebook's first. sample: suspicious messages of the development set. resamples: of the
    bootstrap.
    """

    voter: str = ""
    variable: str = ""
    sample: Annotated[int, Field(ge=2)] = 50
    gaps: tuple[Minutes, ...] = (3, 4, 5, 7, 10)
    sizes: tuple[Size, ...] = (20, 25, 30, 35, 40)
    spans: tuple[Minutes, ...] = (45, 60, 75, 90)
    resamples: Annotated[int, Field(ge=100)] = 2000
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7


class SegmentSettings(Table):
    """``[segment]``: Algorithm 1 and the length filter."""

    expansion: Literal["paper", "linked"] = "paper"
    max_gap: Minutes = 5
    max_size: Size = 30
    max_span: Minutes = 60
    merge: Literal["union", "bounded"] = "union"
    min_messages: Size = 2
    max_messages: Size = 100
    tune: TuneSettings = TuneSettings()
