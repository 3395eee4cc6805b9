"""The context that each configuration gives each message of the development set; equal ones are one."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import polars as pl

from core.errors import DataError
from segmenter.tuning.grid import Configuration
from segmenter.tuning.surroundings import surroundings

CHOICE_SCHEMA = {
    "item": pl.String,
    "configuration": pl.Int64,
    "context_id": pl.String,
    "n_messages": pl.Int64,
    "beyond": pl.Boolean,
}


@dataclass(frozen=True)
class Contexts:
    """choices: item (segment_id of ``development``) and configuration (place in the grid) are the key; context_id,
    n_messages, beyond (whether the context holds a message that people were not shown with the item).

    distinct: the contexts to be judged, each once, by segment_id (= context_id): segment_id, chat_id, message_ids,
    suspicious_message_id, at_risk_user_id, in the shape of the table ``segments``.
    """

    choices: pl.DataFrame
    distinct: pl.DataFrame


def contexts(
    development: pl.DataFrame, messages: pl.DataFrame, grid: Sequence[Configuration], expansion: str = "paper"
) -> Contexts:
    """Every configuration's own context of every item, unmerged. A context is its messages and the one in question.

    A narrower configuration may reach further to one side than the widest, whose growth the other side used up; the
    column ``beyond`` says so. Raises DataError when a suspicious message is gone from ``messages``.
    """
    items = {row["suspicious_message_id"]: row for row in development.iter_rows(named=True)}
    around = surroundings(messages, development["suspicious_message_id"], expansion)
    if len(around.messages.seeds) < len(items):
        raise DataError(
            "the development set names messages that the table messages no longer holds; draw a new one with: "
            "assay segment tune draw --again"
        )
    seeds = [items[seed] for seed in around.seeds]
    choices: list[tuple[str, int, str, int, bool]] = []
    distinct: dict[str, tuple[str, str, list[str], str, str]] = {}
    for number, configuration in enumerate(grid):
        for item, positions in zip(seeds, around.contexts(configuration), strict=True):
            ids, message = around.ids_at(positions), item["suspicious_message_id"]
            context = context_id(message, ids)
            distinct.setdefault(context, (context, item["chat_id"], ids, message, item["at_risk_user_id"]))
            choices.append((item["segment_id"], number, context, len(ids), not set(ids) <= set(item["message_ids"])))
    return Contexts(
        pl.DataFrame(choices, schema=CHOICE_SCHEMA, orient="row").sort("item", "configuration"),
        pl.DataFrame(
            list(distinct.values()),
            schema={
                "segment_id": pl.String,
                "chat_id": pl.String,
                "message_ids": pl.List(pl.String),
                "suspicious_message_id": pl.String,
                "at_risk_user_id": pl.String,
            },
            orient="row",
        ).sort("segment_id"),
    )


def context_id(message_id: str, message_ids: Sequence[str]) -> str:
    """16 hex digits that depend on the message in question and the messages around it; never the id of a segment."""
    return sha256("\n".join(["context", message_id, *message_ids]).encode()).hexdigest()[:16]
