"""Times as a clock on a wall showed them, without a zone."""

from datetime import UTC, datetime, timedelta

from collector.sources.values import EARLIEST, LATEST

_YEARS = range(EARLIEST.year - 1, LATEST.year + 1)


def to_utc(shown: datetime, offset_minutes: int) -> datetime | None:
    """UTC of what a clock showed that is so many minutes ahead of UTC; None outside `EARLIEST` to `LATEST`."""
    if shown.year not in _YEARS:
        return None
    utc = shown.replace(tzinfo=UTC) - timedelta(minutes=offset_minutes)
    return utc if EARLIEST <= utc < LATEST else None
