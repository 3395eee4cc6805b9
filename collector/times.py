"""What becomes of times on the way in: ``privacy.time_shift`` and ``privacy.coarsen``.

A shift is one secret constant a chat, made from the key, of whole weeks and up to five years either way. Whole weeks,
because day of the week and hour of the day are what research on these chats looks at, and gaps stay what they are; the
price is that whoever knows the true time of one message of a chat knows the shift of all of them, and that 520 values
can be tried against any list of true times. So it hides which real day a message is from, from readers who do not hold
the original; `assay privacy attack` says what activity times give away.
"""

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from core.setting_tables.collecting import PrivacySettings

MOST_WEEKS = 260
_EVERY = {"minute": "1m", "hour": "1h"}


def shift_from(random: bytes) -> timedelta:
    """One of the 520 shifts, each as likely as the others: −260 to 260 weeks, never none."""
    weeks = int.from_bytes(random) % (2 * MOST_WEEKS) - MOST_WEEKS
    return timedelta(weeks=weeks if weeks < 0 else weeks + 1)


def disguised(rows: pl.DataFrame, shifts: Mapping[str, timedelta], privacy: PrivacySettings) -> pl.DataFrame:
    """Rows of one source with ``timestamp`` and ``edited_at`` (ms, UTC) shifted by chat_id and rounded down.

    Rounded rows come in the order of their exact times, which the rounded ones no longer tell.
    """
    if privacy.time_shift and rows.height:
        shift = pl.col("chat_id").replace_strict(dict(shifts), return_dtype=pl.Duration("ms"))
        rows = rows.with_columns(pl.col("timestamp", "edited_at") + shift)
    if privacy.coarsen != "none":
        every = _EVERY[privacy.coarsen]
        rows = rows.sort("timestamp", maintain_order=True)
        rows = rows.with_columns(pl.col("timestamp", "edited_at").dt.truncate(every))
    return rows


def in_words(privacy: PrivacySettings) -> str:
    """How times are kept, for manifests and messages; "" when they are exact."""
    shifted = ["shifted"] if privacy.time_shift else []
    rounded = [] if privacy.coarsen == "none" else [f"rounded to the {privacy.coarsen}"]
    return " and ".join(shifted + rounded)
