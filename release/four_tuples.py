"""The released rows: chat segment, suspicious message, at-risk user, risk level, with silver and gold labels.

Users appear as aliases (``user_24``), times as gaps in minutes: no pseudonym and no clock time leaves the workspace.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from core.codebook import Codebook
from core.display import Display, Line, displays
from core.workspace import Workspace

MESSAGE = pl.Struct(
    {
        "n": pl.Int64,
        "user": pl.String,
        "text": pl.String,
        "gap_minutes": pl.Float64,
        "reply_to": pl.Int64,
        "suspicious": pl.Boolean,
    }
)


def four_tuples(workspace: Workspace) -> pl.DataFrame:
    """One row a segment that has a gold or an accepted silver label for some variable; key segment_id.

    Columns: segment_id, chat (``chat_1``…), chat_segment (list of messages: n from 1, user, text, gap_minutes since the
    message before, reply_to a number n or null, suspicious), suspicious_message (its text), at_risk_user (alias),
    risk_level (label of the codebook's first ordered variable, else null), and for every rating variable V: V (the
    label: gold, else silver), V__source (gold sources unanimous, majority, adjudicated; or silver), V__silver, V__rho.
    """
    store, codebook = workspace.store, workspace.codebook
    segments = store.read("segments", maker="segment")
    messages = store.read("messages", maker="collect PATH")
    shown = displays(segments, messages, store.read("matches", maker="lexicon match"))
    labels = _labels(store.read_or_empty("verdicts"), store.read_or_empty("gold"), codebook)
    chats = {chat: f"chat_{n}" for n, chat in enumerate(messages["chat_id"].unique(maintain_order=True), 1)}
    rows = [
        _row(segment, shown[segment["segment_id"]], chats, labels[segment["segment_id"]], codebook)
        for segment in segments.iter_rows(named=True)
        if segment["segment_id"] in labels
    ]
    return pl.DataFrame(rows, schema=_schema(codebook))


def ordered_variable(codebook: Codebook) -> str | None:
    """The variable whose label is the risk level: the codebook's first ordered one."""
    return next((rating.name for rating in codebook.rating_variables if rating.ordered), None)


def _labels(verdicts: pl.DataFrame, gold: pl.DataFrame, codebook: Codebook) -> dict[str, dict[str, Any]]:
    """segment_id → the label columns of its row; only segments with some label."""
    joined = verdicts.join(
        gold.select("segment_id", "variable", gold="label", source=pl.col("source").cast(pl.String)),
        on=["segment_id", "variable"],
        how="full",
        coalesce=True,
        maintain_order="left_right",
    ).filter(pl.col("gold").is_not_null() | pl.col("label").is_not_null())
    found: dict[str, dict[str, Any]] = {}
    known = {rating.name for rating in codebook.rating_variables}
    for row in joined.iter_rows(named=True):
        if row["variable"] not in known:
            continue
        name, has_gold = row["variable"], row["gold"] is not None
        found.setdefault(row["segment_id"], {}).update(
            {
                name: row["gold"] if has_gold else row["label"],
                f"{name}__source": row["source"] if has_gold else "silver",
                f"{name}__silver": row["label"],
                f"{name}__rho": row["rho"],
            }
        )
    return found


def _row(
    segment: Mapping[str, Any], shown: Display, chats: Mapping[str, str], labels: Mapping[str, Any], codebook: Codebook
) -> dict[str, Any]:
    suspicious = shown.lines[shown.suspicious - 1]
    risk = ordered_variable(codebook)
    return {
        "segment_id": segment["segment_id"],
        "chat": chats[segment["chat_id"]],
        "chat_segment": [_message(line) for line in shown.lines],
        "suspicious_message": suspicious.content,
        "at_risk_user": suspicious.alias,
        "risk_level": labels.get(risk) if risk else None,
        **labels,
    }


def _message(line: Line) -> dict[str, Any]:
    return {
        "n": line.number,
        "user": line.alias,
        "text": line.content,
        "gap_minutes": round(line.gap, 3),
        "reply_to": line.reply_to,
        "suspicious": line.is_suspicious,
    }


def _schema(codebook: Codebook) -> dict[str, pl.DataType]:
    schema: dict[str, pl.DataType] = {
        "segment_id": pl.String(),
        "chat": pl.String(),
        "chat_segment": pl.List(MESSAGE),
        "suspicious_message": pl.String(),
        "at_risk_user": pl.String(),
        "risk_level": pl.Int64(),
    }
    for rating in codebook.rating_variables:
        schema |= {
            rating.name: pl.Int64(),
            f"{rating.name}__source": pl.String(),
            f"{rating.name}__silver": pl.Int64(),
            f"{rating.name}__rho": pl.Float64(),
        }
    return schema
