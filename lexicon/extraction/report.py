"""What an extraction came to."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.store import count_by_reason
from lexicon.extraction.outcome import WINDOW_REASONS
from lexicon.extraction.replies import CUT_OFF

MOST_SHOWN = 20


@dataclass(frozen=True)
class ExtractReport:
    """Windows read and what was found in them.

    n_windows = n_read + n_unparsed + n_refused + n_failed. n_cut_off: unparsed because the reply was too long.
    unparsed_at: (chat_id, first, last message of the window, from 1). problems: why windows failed → how many.
    n_proposals: kept; n_uncategorised: those of them without a category. discarded: reason → terms.
    top: (term, kind given most often, proposals), most frequent first. seconds: of this run.
    """

    voter: str
    model: str
    changed: bool
    n_windows: int
    n_read: int
    n_unparsed: int
    n_cut_off: int
    n_refused: int
    n_failed: int
    unparsed_at: tuple[tuple[str, int, int], ...]
    problems: Mapping[str, int]
    n_proposals: int
    n_uncategorised: int
    n_terms: int
    discarded: Mapping[str, int]
    top: tuple[tuple[str, str, int], ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def extract_report(
    proposals: pl.DataFrame,
    rejected: pl.DataFrame,
    *,
    voter: str,
    model: str,
    n_windows: int,
    changed: bool,
    seconds: float,
) -> ExtractReport:
    """The report from the table ``proposals/llm`` and its rejects."""
    reasons = count_by_reason(rejected)
    unparsed = rejected.filter(pl.col("reason") == "unparsed")
    failed = rejected.filter(pl.col("reason") == "failed")
    return ExtractReport(
        voter=voter,
        model=model,
        changed=changed,
        n_windows=n_windows,
        n_read=n_windows - sum(reasons.get(reason, 0) for reason in WINDOW_REASONS),
        n_unparsed=unparsed.height,
        n_cut_off=unparsed.filter(pl.col("detail") == CUT_OFF).height,
        n_refused=reasons.get("refused", 0),
        n_failed=failed.height,
        unparsed_at=tuple(unparsed.select("chat_id", "first", "last").rows()),
        problems=dict(Counter(failed["detail"].to_list()).most_common()),
        n_proposals=proposals.height,
        n_uncategorised=proposals["category"].null_count(),
        n_terms=proposals["term"].n_unique(),
        discarded={reason: n for reason, n in reasons.items() if reason not in WINDOW_REASONS},
        top=_top(proposals),
        seconds=seconds,
    )


def _top(proposals: pl.DataFrame) -> tuple[tuple[str, str, int], ...]:
    kinds: dict[str, Counter[str]] = {}
    for term, kind in proposals.select("term", pl.col("kind").cast(pl.String)).iter_rows():
        kinds.setdefault(term, Counter())[kind] += 1
    rows = [(term, counted.most_common(1)[0][0], counted.total()) for term, counted in kinds.items()]
    return tuple(sorted(rows, key=lambda row: (-row[2], row[0]))[:MOST_SHOWN])
