"""From messages to segments."""

import dataframely as dy
import polars as pl

from core.table_contracts.columns import about, count, identifier, time


class Messages(dy.Schema):
    """Cleaned, pseudonymised messages, one file a chat, in chat order: (timestamp, order in the source)."""

    message_id = identifier("keyed pseudonym of the message, 32 hex digits", primary_key=True)
    chat_id = identifier("keyed pseudonym of the chat")
    user_id = identifier("keyed pseudonym of the sender")
    reply_id = dy.String(
        nullable=True, metadata=about("message_id that this one answers; may be missing from the table")
    )
    timestamp = time("when it was sent, UTC", nullable=False)
    content = dy.String(
        min_length=3,
        metadata=about("text after cleaning, Simplified Chinese, placeholders for personal data"),
    )
    is_forward = dy.Bool(nullable=False, metadata=about("whether the message was forwarded"))
    edited_at = time("when it was last edited, UTC", nullable=True)

    @dy.rule()
    def edited_after_it_was_sent(cls) -> pl.Expr:  # noqa: N805
        return pl.col("edited_at").is_null() | (pl.col("edited_at") >= pl.col("timestamp"))

    @dy.rule()
    def reply_is_another_message(cls) -> pl.Expr:  # noqa: N805
        return pl.col("reply_id").is_null() | (pl.col("reply_id") != pl.col("message_id"))


class Lexicon(dy.Schema):
    """The frozen lexicon of signal words."""

    entry_id = identifier("first 12 hex digits of SHA-256 over the normalised term", primary_key=True)
    term = identifier("signal word, normalised like message content")
    kind = dy.Enum(["explicit", "implicit"], nullable=False, metadata=about("explicit or implicit signal"))
    category = identifier("category of the term, free text")
    note = dy.String(nullable=True, metadata=about("remark of the expert"))


class Matches(dy.Schema):
    """Every match of a lexicon entry in a message, overlapping ones included."""

    message_id = identifier("the message", primary_key=True)
    entry_id = identifier("the lexicon entry", primary_key=True)
    term = identifier("the entry's term")
    kind = dy.Enum(["explicit", "implicit"], nullable=False, metadata=about("kind of the entry"))
    category = identifier("category of the entry")
    start = count("character offset in content where the match begins", primary_key=True)
    end = dy.Int64(min=1, nullable=False, metadata=about("character offset one past its last character"))

    @dy.rule()
    def match_ends_after_it_starts(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end") > pl.col("start")


class Segments(dy.Schema):
    """Conversations grown around suspicious messages: the four-tuples."""

    segment_id = dy.String(
        regex="^[0-9a-f]{16}$",
        primary_key=True,
        metadata=about("16 hex digits over chat_id and message_ids"),
    )
    chat_id = identifier("the chat")
    message_ids = dy.List(dy.String(nullable=False), nullable=False, metadata=about("messages in chat order"))
    suspicious_message_ids = dy.List(
        dy.String(nullable=False),
        nullable=False,
        metadata=about("messages of the segment with at least one match"),
    )
    suspicious_message_id = identifier("the suspicious message with the most distinct matched entries")
    at_risk_user_id = identifier("its sender")
    start = time("time of the earliest message", nullable=False)
    end = time("time of the latest message", nullable=False)
    n_messages = dy.Int64(min=1, nullable=False, metadata=about("messages in the segment"))
    n_users = dy.Int64(min=1, nullable=False, metadata=about("distinct senders"))
    n_chars = count("characters of content, summed", nullable=False)
    n_signals = count("matches not contained in a longer match of the same message", nullable=False)
    risk_level = dy.Int64(
        nullable=True, metadata=about("label of an ordered single variable once one is released; else null")
    )

    @dy.rule()
    def n_messages_is_length(cls) -> pl.Expr:  # noqa: N805
        return pl.col("n_messages") == pl.col("message_ids").list.len()

    @dy.rule()
    def suspicious_message_in_segment(cls) -> pl.Expr:  # noqa: N805
        return pl.col("message_ids").list.contains(pl.col("suspicious_message_id"))

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end") >= pl.col("start")
