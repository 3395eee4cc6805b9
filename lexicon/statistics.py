"""What the lexicon does in this corpus: matches by kind and category, and the terms that never fire."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.workspace import Workspace


@dataclass(frozen=True)
class LexiconStatistics:
    """Counts over ``lexicon`` and ``matches``.

    by_kind, by_category: rows {kind[, category], entries, entries_matched, matches, messages, users}, by matches.
    never: terms without a match. implicit_to_explicit: ratio of match counts; None when no explicit term matched.
    """

    n_entries: int
    n_matches: int
    n_messages: int
    implicit_to_explicit: float | None
    by_kind: list[dict[str, Any]]
    by_category: list[dict[str, Any]]
    top: list[dict[str, Any]]
    never: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def statistics(workspace: Workspace) -> LexiconStatistics:
    """Read ``lexicon``, ``matches`` and ``messages`` and count."""
    store = workspace.store
    lexicon = store.read("lexicon", maker="lexicon freeze").with_columns(pl.col("kind").cast(pl.String))
    matches = store.read("matches", maker="lexicon match").with_columns(pl.col("kind").cast(pl.String))
    senders = store.read("messages", maker="collect PATH").select("message_id", "user_id")
    return count(lexicon, matches.join(senders, on="message_id", how="left", maintain_order="left"))


def count(lexicon: pl.DataFrame, matches: pl.DataFrame) -> LexiconStatistics:
    """The statistics of frames in the shape of ``lexicon`` and of ``matches`` with a column user_id."""
    kinds = dict(matches.group_by("kind").len().iter_rows())
    explicit, implicit = kinds.get("explicit", 0), kinds.get("implicit", 0)
    counted = (
        matches.group_by("term", "kind", "category").agg(_counts()).sort(["matches", "term"], descending=[True, False])
    )
    never = lexicon.join(matches, on="entry_id", how="anti").sort("term")["term"].to_list()
    return LexiconStatistics(
        n_entries=lexicon.height,
        n_matches=matches.height,
        n_messages=matches["message_id"].n_unique(),
        implicit_to_explicit=implicit / explicit if explicit else None,
        by_kind=_by(["kind"], lexicon, matches),
        by_category=_by(["kind", "category"], lexicon, matches),
        top=counted.head(20).to_dicts(),
        never=never,
    )


def _counts() -> list[pl.Expr]:
    return [
        pl.len().alias("matches"),
        pl.col("message_id").n_unique().alias("messages"),
        pl.col("user_id").n_unique().alias("users"),
    ]


def _by(keys: list[str], lexicon: pl.DataFrame, matches: pl.DataFrame) -> list[dict[str, Any]]:
    found = matches.group_by(keys).agg(pl.col("entry_id").n_unique().alias("entries_matched"), *_counts())
    joined = lexicon.group_by(keys).agg(entries=pl.len()).join(found, on=keys, how="left").fill_null(0)
    return joined.sort(["matches", *keys], descending=[True, *[False] * len(keys)]).to_dicts()
