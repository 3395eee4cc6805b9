"""What the generator intended for each segment, and how often labels agree with it. Kept in memory, never written."""

from collections.abc import Iterator

import polars as pl

from app.demo.generator import Intended
from collector.pseudonyms import Pseudonyms


def intended_levels(
    intended: Intended, segments: pl.DataFrame, messages: pl.DataFrame, keys: Pseudonyms
) -> dict[str, int]:
    """segment_id → the highest level among the episodes that its at-risk user speaks in; 0 outside every episode.

    segments and messages: the tables. An episode counts where one of its messages by its at-risk speaker is in the
    segment, and that speaker is the segment's at-risk user: the codebook labels that user, highest level present.
    """
    level = {message: (user, value) for message, user, value in _pseudonymised(intended, keys)}
    senders = dict(messages.select("message_id", "user_id").iter_rows())
    return {
        segment: max(
            (
                level[message][1]
                for message in ids
                if message in level and level[message][0] == at_risk == senders[message]
            ),
            default=0,
        )
        for segment, ids, at_risk in segments.select("segment_id", "message_ids", "at_risk_user_id").iter_rows()
    }


def _pseudonymised(intended: Intended, keys: Pseudonyms) -> Iterator[tuple[str, str, int]]:
    """message_id, user_id of the episode's at-risk speaker, level."""
    for (chat, message), value in intended.level.items():
        yield keys.message(f"{chat}/{message}"), keys.user(intended.speaker[chat, message]), value


def share_as_intended(labels: pl.DataFrame, intended: dict[str, int]) -> tuple[int, int]:
    """How many labels (segment_id, label; null ones left out) equal the intended level, and how many there are."""
    given = labels.filter(pl.col("label").is_not_null()).select("segment_id", "label").iter_rows()
    hits = [intended[segment] == label for segment, label in given]
    return sum(hits), len(hits)
