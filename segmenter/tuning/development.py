"""The table ``development``: the suspicious messages that people label for the search."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import polars as pl

from core.contracts import empty
from core.errors import DataError
from core.store import Recipe, Store
from core.workspace import Workspace
from segmenter.signals import signals_by_message
from segmenter.tuning.candidates import Candidates, candidates
from segmenter.tuning.coverage import draw_for_coverage
from segmenter.tuning.grid import widest

STRATA = ("chat_id", "kind", "categories", "length")


@dataclass(frozen=True)
class Coverage:
    """One thing that the sample is spread over: its values, how many of them were drawn, and items by value.

    For chats only the numbers are told, for they have no names.
    """

    n_values: int
    n_drawn: int
    items: Mapping[str, int]


@dataclass(frozen=True)
class DrawReport:
    """The development set. n_asked: items wanted; n_candidates: suspicious messages that could be drawn.

    n_alone: suspicious messages that stand alone in every configuration, so that no segment comes of them; coverage:
    by chat_id, kind, categories, length.
    """

    changed: bool
    n_items: int
    n_asked: int
    n_candidates: int
    n_alone: int
    coverage: Mapping[str, Coverage]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``development`` is made of."""
    settings = workspace.settings.segment
    drawn_by = {
        "sample": settings.tune.sample,
        "seed": settings.tune.seed,
        "widest": asdict(widest(settings.tune)),
        "min_messages": settings.min_messages,
        "expansion": settings.expansion,
    }
    return Recipe(inputs=workspace.store.hashes("messages", "matches"), settings=drawn_by)


def draw_development(workspace: Workspace) -> DrawReport:
    """Write ``development``: ``segment.tune.sample`` suspicious messages, drawn for coverage, in their widest context.

    Items of an earlier set stay, no longer current: their batches show them.
    Raises DataError when no suspicious message has a conversation around it.
    """
    store, settings = workspace.store, workspace.settings.segment
    messages = store.read("messages", maker="collect PATH")
    matches = store.read("matches", maker="lexicon match")
    found = candidates(
        messages, matches, widest(settings.tune), expansion=settings.expansion, min_messages=settings.min_messages
    )
    if found.frame.is_empty():
        raise DataError(
            f"wanted suspicious messages with a conversation around them; there are {found.n_alone}, all of them alone "
            "even in the widest configuration. Collect more chat, or widen the values of [segment.tune]"
        )
    made_from = recipe(workspace)
    changed = not store.unchanged("development", made_from)
    if changed:
        rows = draw_for_coverage(found, settings.tune.sample, settings.tune.seed)
        drawn = _described(found, rows, messages, matches)
        earlier = store.read_or_empty("development").join(drawn, on="segment_id", how="anti")
        store.write("development", pl.concat([drawn, earlier.with_columns(current=pl.lit(value=False))]), made_from)
    drawn = current_items(store)
    coverage = {stratum: _coverage(stratum, found.frame, drawn) for stratum in STRATA}
    return DrawReport(changed, drawn.height, settings.tune.sample, found.frame.height, found.n_alone, coverage)


def current_items(store: Store) -> pl.DataFrame:
    """The rows of ``development`` that were drawn last. Raises WorkspaceError when nothing was drawn yet."""
    return store.read("development", maker="segment tune draw").filter("current")


def item_id(message_id: str, message_ids: Sequence[str]) -> str:
    """16 hex digits of an item; the first word keeps it from being the id of a segment."""
    return sha256("\n".join(["development", message_id, *message_ids]).encode()).hexdigest()[:16]


def _described(found: Candidates, rows: Sequence[int], messages: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    """The drawn candidates with the columns of ``development``, ordered by chat_id, start, segment_id."""
    contexts = [found.around.ids_at(found.places[row]) for row in rows]
    drawn = found.frame[list(rows)].with_columns(pl.Series("message_ids", contexts, dtype=pl.List(pl.String)))
    ids = [item_id(*row) for row in drawn.select("message_id", "message_ids").iter_rows()]
    drawn = drawn.rename({"message_id": "suspicious_message_id"}).with_columns(pl.Series("segment_id", ids))
    about = messages.select("message_id", "user_id", "timestamp", pl.col("content").str.len_chars().alias("n_chars"))
    members = (
        drawn.select("segment_id", "suspicious_message_id", pl.col("message_ids").alias("message_id"))
        .explode("message_id")
        .join(about, on="message_id", how="left", maintain_order="left")
        .join(signals_by_message(matches), on="message_id", how="left", maintain_order="left")
    )
    in_question = pl.col("message_id") == pl.col("suspicious_message_id")
    described = members.group_by("segment_id", maintain_order=True).agg(
        pl.col("message_id").filter(pl.col("n_signals").is_not_null()).alias("suspicious_message_ids"),
        pl.col("user_id").filter(in_question).first().alias("at_risk_user_id"),
        pl.col("timestamp").first().alias("start"),
        pl.col("timestamp").last().alias("end"),
        pl.col("user_id").n_unique().cast(pl.Int64).alias("n_users"),
        pl.col("n_chars").sum().cast(pl.Int64),
        pl.col("n_signals").sum(),
        pl.lit(None, dtype=pl.Int64).first().alias("risk_level"),
    )
    whole = drawn.join(described, on="segment_id", how="left", maintain_order="left").with_columns(current=pl.lit(True))
    return whole.select(empty("development").columns).sort("chat_id", "start", "segment_id")


def _coverage(stratum: str, pool: pl.DataFrame, drawn: pl.DataFrame) -> Coverage:
    def values(frame: pl.DataFrame) -> pl.Series:
        column = frame[stratum]
        return column.explode() if column.dtype == pl.List else column

    # Bands and kinds sort in their own order, before they become text.
    there = values(pool).unique().sort().cast(pl.String).to_list()
    counts: dict[str, int] = dict(values(drawn).cast(pl.String).value_counts().rows())
    items = {} if stratum == "chat_id" else {name: counts.get(name, 0) for name in there}
    return Coverage(len(there), len(counts), items)
