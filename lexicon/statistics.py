"""What the lexicon does in this corpus: matches by kind and category, terms that never fire, and signals by label."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.workspace import Workspace
from lexicon.label_statistics import MIN_SEGMENTS, MIN_SHARE, LabelStatistics, label_statistics
from lexicon.message_slices import detached, message_slices
from lexicon.signals import with_signals

TOP = 20


@dataclass(frozen=True)
class LexiconStatistics:
    """Counts over ``lexicon`` and ``matches``.

    by_kind, by_category: rows {kind[, category], entries, entries_matched, matches, signals, messages, users}, the most
    matches first; a signal is a match that lies in no longer match of its message. top: rows {term, kind, category,
    matches, signals, messages, users} of the terms with most matches. never: terms without a match.
    implicit_to_explicit: ratio of signals; None when there is no explicit one. labels: None when no segment has one.
    """

    n_entries: int
    n_matches: int
    n_messages: int
    implicit_to_explicit: float | None
    by_kind: list[dict[str, Any]]
    by_category: list[dict[str, Any]]
    top: list[dict[str, Any]]
    never: list[str]
    labels: LabelStatistics | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def statistics(
    workspace: Workspace, *, min_segments: int = MIN_SEGMENTS, min_share: float = MIN_SHARE
) -> LexiconStatistics:
    """Count over ``lexicon``, ``matches`` and ``messages``; and ``segments``, ``gold`` and ``verdicts`` if they exist.

    min_segments, min_share: see `label_statistics`. Raises SettingsError when they make no sense.
    """
    store = workspace.store
    lexicon = store.read("lexicon", maker="lexicon freeze").with_columns(pl.col("kind").cast(pl.String))
    read = store.read("matches", maker="lexicon match").with_columns(pl.col("kind").cast(pl.String))
    matches = with_signals(read)
    labels = label_statistics(workspace, matches, min_segments=min_segments, min_share=min_share)
    ids = matches.select("message_id").unique()
    slices = message_slices(store, "message_id", "user_id")
    senders = pl.concat([detached(some.join(ids, on="message_id", how="semi")) for some in slices])
    return count(lexicon, matches.join(senders, on="message_id", how="left"), labels)


def count(lexicon: pl.DataFrame, matches: pl.DataFrame, labels: LabelStatistics | None = None) -> LexiconStatistics:
    """The statistics of frames in the shape of ``lexicon`` and of ``matches`` with the columns user_id and signal."""
    kinds = dict(matches.filter("signal").group_by("kind").len().iter_rows())
    explicit, implicit = kinds.get("explicit", 0), kinds.get("implicit", 0)
    counted = matches.group_by("term", "kind", "category").agg(_counts())
    return LexiconStatistics(
        n_entries=lexicon.height,
        n_matches=matches.height,
        n_messages=matches["message_id"].n_unique(),
        implicit_to_explicit=implicit / explicit if explicit else None,
        by_kind=_by(["kind"], lexicon, matches),
        by_category=_by(["kind", "category"], lexicon, matches),
        top=counted.sort(["matches", "term"], descending=[True, False]).head(TOP).to_dicts(),
        never=lexicon.join(matches, on="entry_id", how="anti").sort("term")["term"].to_list(),
        labels=labels,
    )


def _counts() -> list[pl.Expr]:
    return [
        pl.len().alias("matches"),
        pl.col("signal").sum().alias("signals"),
        pl.col("message_id").n_unique().alias("messages"),
        pl.col("user_id").n_unique().alias("users"),
    ]


def _by(keys: list[str], lexicon: pl.DataFrame, matches: pl.DataFrame) -> list[dict[str, Any]]:
    found = matches.group_by(keys).agg(pl.col("entry_id").n_unique().alias("entries_matched"), *_counts())
    joined = lexicon.group_by(keys).agg(entries=pl.len()).join(found, on=keys, how="left").fill_null(0)
    return joined.sort(["matches", *keys], descending=[True, *[False] * len(keys)]).to_dicts()
