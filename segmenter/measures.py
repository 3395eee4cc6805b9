"""How large each segment is: messages, turns, characters, tokens, signal words, people."""

import polars as pl

MEASURES = ("messages", "turns", "characters", "tokens", "signals", "people")
_TOKEN = r"〈[^〉]*〉|〔[^〕]*〕|\p{Han}|[\p{L}\p{M}\p{N}--\p{Han}]+"


def measures(segments: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """One row a segment, in the order of ``segments``: segment_id (key) and the counts below, all Int64.

    messages: in the segment. turns: runs of messages by one sender, so two in a row are one turn. characters: of
    content, blanks and punctuation included. tokens: see `n_tokens`. signals: matches not contained in a longer one
    (the paper's keyword count). people: distinct senders (its participants).
    """
    members = (
        segments.select("segment_id", pl.col("message_ids").alias("message_id"))
        .explode("message_id")
        .join(messages.select("message_id", "user_id", "content"), on="message_id", how="left", maintain_order="left")
        .with_columns(n_tokens(pl.col("content")).alias("tokens"))
    )
    begins = (pl.col("user_id") != pl.col("user_id").shift(1)).fill_null(value=True)
    counted = members.group_by("segment_id", maintain_order=True).agg(
        begins.sum().cast(pl.Int64).alias("turns"), pl.col("tokens").sum().cast(pl.Int64)
    )
    known = segments.select(
        "segment_id",
        pl.col("n_messages").alias("messages"),
        pl.col("n_chars").alias("characters"),
        pl.col("n_signals").alias("signals"),
        pl.col("n_users").alias("people"),
    )
    return known.join(counted, on="segment_id", how="left", maintain_order="left").select("segment_id", *MEASURES)


def n_tokens(content: pl.Expr) -> pl.Expr:
    """Tokens without a tokenizer: every Chinese character is one, every run of other letters and digits is one, and so
    is a placeholder such as 〈成员:3fa9c1〉 or 〔方法〕; blanks, punctuation and emoji are none.

    The paper does not name its tokenizer: its 331 tokens for 451 characters are those of a language model, which joins
    frequent characters. Compare these counts between corpora that were counted this way, and with no others.
    """
    return content.str.count_matches(_TOKEN).cast(pl.Int64)
