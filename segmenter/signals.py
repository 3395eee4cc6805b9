"""How strongly each message signals risk: the counts that rank suspicious messages."""

import polars as pl


def signals_by_message(matches: pl.DataFrame) -> pl.DataFrame:
    """Count the matched entries and signal words of every suspicious message.

    matches: message_id, entry_id, kind ("explicit" or "implicit"), start, end (character offsets, end
    exclusive); every overlapping match, key (message_id, entry_id, start).

    Returns one row a message with at least one match, in no fixed order, key message_id; counts are Int64:
      n_entries   distinct entries matched, >= 1
      n_explicit  distinct entries of kind "explicit" among them, >= 0
      n_signals   matches not contained in a longer match of the message, >= 1

    Only a *longer* match hides another: entries that match exactly the same span each count.
    """
    entries = (
        matches.group_by("message_id", "entry_id")
        .agg((pl.col("kind") == "explicit").any().alias("explicit"))
        .group_by("message_id")
        .agg(
            pl.len().cast(pl.Int64).alias("n_entries"),
            pl.col("explicit").sum().cast(pl.Int64).alias("n_explicit"),
        )
    )
    signals = (
        _outermost(matches).group_by("message_id").agg(pl.col("n_matches").sum().cast(pl.Int64).alias("n_signals"))
    )
    return entries.join(signals, on="message_id", how="left")


def _outermost(matches: pl.DataFrame) -> pl.DataFrame:
    """The distinct spans that lie in no longer span of their message, with how many matches share each."""
    spans = (
        matches.group_by("message_id", "start", "end")
        .agg(pl.len().alias("n_matches"))
        .sort("message_id", "start", "end", descending=[False, False, True])
    )
    # In this order every span that could contain another comes before it, and an earlier one does contain it
    # exactly when it reaches at least as far.
    furthest_end_before = pl.col("end").cum_max().shift(1).over("message_id")
    return spans.filter(furthest_end_before.is_null() | (furthest_end_before < pl.col("end")))
