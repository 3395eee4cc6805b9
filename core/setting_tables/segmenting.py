"""``[segment]``: from suspicious messages to segments."""

from typing import Annotated, Literal

from pydantic import Field

from core.setting_tables.kinds import Table


class SegmentSettings(Table):
    """``[segment]``: Algorithm 1 and the length filter."""

    max_gap: Annotated[float, Field(gt=0)] = 5
    max_size: Annotated[int, Field(ge=1)] = 30
    max_span: Annotated[float, Field(gt=0)] = 60
    merge: Literal["union"] = "union"
    min_messages: Annotated[int, Field(ge=1)] = 2
    max_messages: Annotated[int, Field(ge=1)] = 100
