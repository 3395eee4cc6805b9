"""What the windows came to, as the table ``proposals/llm`` and its rejects."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from core.contracts import empty
from lexicon.extraction.replies import Proposal, Reading
from lexicon.extraction.windows import Window

SOURCE = "llm"
TABLE = f"proposals/{SOURCE}"
WINDOW_REASONS = ("failed", "refused", "unparsed")
"""Reasons for which a whole window is among the rejects, not one term of it."""
_REJECTED = {
    "reason": pl.String,
    "detail": pl.String,
    "chat_id": pl.String,
    "first": pl.Int64,
    "last": pl.Int64,
    "term": pl.String,
    "kind": pl.String,
    "category": pl.String,
    "quote": pl.String,
    "model_reason": pl.String,
}


def frames(read: Iterable[tuple[Window, Reading]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Proposals, numbered in the order of windows and replies, and what is none.

    rejected: reason; detail of a window that was not read; chat_id, first and last place of the window's messages in
    its chat, from 1; what the model gave (term, kind, category, quote, model_reason), null where it gave none.
    A term that was proposed for the same message before, as windows overlap, is rejected as ``repeated``.
    """
    kept: dict[tuple[str, str], Proposal] = {}
    rejected: list[dict[str, Any]] = []
    for window, reading in read:
        if reading.status != "read":
            rejected.append(_reject(window, reading.status, detail=reading.detail))
        for proposal in reading.proposals:
            if kept.setdefault((proposal.message_id, proposal.term), proposal) is not proposal:
                rejected.append(_reject(window, "repeated", asdict(proposal)))
        for discard in reading.discards:
            rejected.append(_reject(window, discard.reason, discard.item.model_dump() if discard.item else {}))
    rows = [
        {"source": SOURCE, "number": number, "score": None, **asdict(proposal)}
        for number, proposal in enumerate(kept.values())
    ]
    return pl.DataFrame(rows, schema=empty(TABLE).schema), pl.DataFrame(rejected, schema=_REJECTED)


def _reject(
    window: Window, reason: str, said: Mapping[str, Any] | None = None, detail: str | None = None
) -> dict[str, Any]:
    given = said or {}
    return {
        "reason": reason,
        "detail": detail,
        "chat_id": window.chat_id,
        "first": window.start + 1,
        "last": window.start + window.size,
        **{key: given.get(key) for key in ("term", "kind", "category", "quote")},
        "model_reason": given.get("reason"),
    }


def no_rejects() -> pl.DataFrame:
    return pl.DataFrame(schema=_REJECTED)
