"""``[collect]`` and ``[privacy]``: from exports to messages."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.setting_tables.kinds import Table


class ColumnMap(Table):
    """``[collect.columns]``: which column or key of a CSV or JSONL file holds what."""

    message_id: str = "message_id"
    chat_id: str = "chat_id"
    user_id: str = "user_id"
    reply_id: str = "reply_id"
    timestamp: str = "timestamp"
    content: str = "content"


class TelegramSettings(Table):
    """``[collect.telegram]``: reading public groups from Telegram itself.

    since, until: first and last day that is read, UTC. limit: messages of a group in all, oldest first; 0: no limit.
    deletions: what becomes of a message that its author took back.
    """

    since: date | None = None
    until: date | None = None
    limit: Annotated[int, Field(ge=0)] = 0
    per_minute: Annotated[int, Field(ge=1, le=600)] = 60
    edits_window_days: Annotated[int, Field(ge=0, le=3650)] = 7
    takeout: bool = False
    deletions: Literal["remove", "keep"] = "remove"

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until})")
        return self


class CollectSettings(Table):
    """``[collect]``: from raw export to messages.

    utc_offset_minutes: of local times in exports that name no zone. day_first: of dates such as 3/4/24; unset: decided
    from the whole file. repeat_limit: how often a character may stand in a row; 0: as often as it does. floods, bots,
    forwards: whether such messages are dropped, or kept and counted (`collector.repeats`).
    """

    platform: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "telegram"
    min_chars: Annotated[int, Field(ge=3)] = 3
    simplify: bool = True
    utc_offset_minutes: Annotated[int, Field(ge=-14 * 60, le=14 * 60)] = 0
    day_first: bool | None = None
    repeat_limit: Annotated[int, Field(ge=0)] = 0
    floods: Literal["keep", "drop"] = "keep"
    bots: Literal["keep", "drop"] = "keep"
    forwards: Literal["keep", "drop"] = "keep"
    columns: ColumnMap = ColumnMap()
    telegram: TelegramSettings = TelegramSettings()


class PrivacySettings(Table):
    """``[privacy]``: what becomes of times on the way in.

    time_shift: each chat's times move by a secret number of weeks. coarsen: times are rounded down.
    """

    time_shift: bool = False
    coarsen: Literal["none", "minute", "hour"] = "none"
