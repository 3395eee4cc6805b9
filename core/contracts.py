"""The table contracts: one class a stage boundary, checked when a table is written and when it is read.

The data dictionary in the documentation is generated from these classes (column descriptions live in ``metadata``).
Built on dataframely: rules are named, so that the name of a broken rule is its error.
"""

from typing import Any

import dataframely as dy
import polars as pl

from core.errors import ContractError


def _about(text: str) -> dict[str, Any]:
    return {"about": text}


def _time(text: str, **options: Any) -> dy.Datetime:
    return dy.Datetime(time_unit="ms", time_zone="UTC", metadata=_about(text), **options)


def _id(text: str, **options: Any) -> dy.String:
    return dy.String(min_length=1, metadata=_about(text), **options)


def _count(text: str, **options: Any) -> dy.Int64:
    return dy.Int64(min=0, metadata=_about(text), **options)


class Messages(dy.Schema):
    """Cleaned, pseudonymised messages, one file a chat, in chat order: (timestamp, order in the source)."""

    message_id = _id("keyed pseudonym of the message, 32 hex digits", primary_key=True)
    chat_id = _id("keyed pseudonym of the chat")
    user_id = _id("keyed pseudonym of the sender")
    reply_id = dy.String(
        nullable=True, metadata=_about("message_id that this one answers; may be missing from the table")
    )
    timestamp = _time("when it was sent, UTC", nullable=False)
    content = dy.String(
        min_length=3,
        metadata=_about("text after cleaning, Simplified Chinese, placeholders for personal data"),
    )
    is_forward = dy.Bool(nullable=False, metadata=_about("whether the message was forwarded"))
    edited_at = _time("when it was last edited, UTC", nullable=True)

    @dy.rule()
    def edited_after_it_was_sent(cls) -> pl.Expr:  # noqa: N805
        return pl.col("edited_at").is_null() | (pl.col("edited_at") >= pl.col("timestamp"))

    @dy.rule()
    def reply_is_another_message(cls) -> pl.Expr:  # noqa: N805
        return pl.col("reply_id").is_null() | (pl.col("reply_id") != pl.col("message_id"))


class Lexicon(dy.Schema):
    """The frozen lexicon of signal words."""

    entry_id = _id("first 12 hex digits of SHA-256 over the normalised term", primary_key=True)
    term = _id("signal word, normalised like message content")
    kind = dy.Enum(["explicit", "implicit"], nullable=False, metadata=_about("explicit or implicit signal"))
    category = _id("category of the term, free text")
    note = dy.String(nullable=True, metadata=_about("remark of the expert"))


class Matches(dy.Schema):
    """Every match of a lexicon entry in a message, overlapping ones included."""

    message_id = _id("the message", primary_key=True)
    entry_id = _id("the lexicon entry", primary_key=True)
    term = _id("the entry's term")
    kind = dy.Enum(["explicit", "implicit"], nullable=False, metadata=_about("kind of the entry"))
    category = _id("category of the entry")
    start = _count("character offset in content where the match begins", primary_key=True)
    end = dy.Int64(min=1, nullable=False, metadata=_about("character offset one past its last character"))

    @dy.rule()
    def match_ends_after_it_starts(cls) -> pl.Expr:  # noqa: N805
        return pl.col("end") > pl.col("start")


class Segments(dy.Schema):
    """Conversations grown around suspicious messages: the four-tuples."""

    segment_id = dy.String(
        regex="^[0-9a-f]{16}$",
        primary_key=True,
        metadata=_about("16 hex digits over chat_id and message_ids"),
    )
    chat_id = _id("the chat")
    message_ids = dy.List(dy.String(nullable=False), nullable=False, metadata=_about("messages in chat order"))
    suspicious_message_ids = dy.List(
        dy.String(nullable=False),
        nullable=False,
        metadata=_about("messages of the segment with at least one match"),
    )
    suspicious_message_id = _id("the suspicious message with the most distinct matched entries")
    at_risk_user_id = _id("its sender")
    start = _time("time of the earliest message", nullable=False)
    end = _time("time of the latest message", nullable=False)
    n_messages = dy.Int64(min=1, nullable=False, metadata=_about("messages in the segment"))
    n_users = dy.Int64(min=1, nullable=False, metadata=_about("distinct senders"))
    n_chars = _count("characters of content, summed", nullable=False)
    n_signals = _count("matches not contained in a longer match of the same message", nullable=False)
    risk_level = dy.Int64(
        nullable=True, metadata=_about("label of an ordered single variable once one is released; else null")
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


class Votes(dy.Schema):
    """One voter's votes: one row a segment and rating variable."""

    segment_id = _id("the segment", primary_key=True)
    voter = _id("name of the voter in assay.toml", primary_key=True)
    variable = _id("rating variable", primary_key=True)
    label = dy.Int64(min=-1, nullable=False, metadata=_about("code of the label; −1: abstained"))
    status = dy.Enum(
        ["ok", "unparsed", "refused", "failed"],
        nullable=False,
        metadata=_about("how the vote came about; only ok carries a label"),
    )
    rationale = dy.String(nullable=True, metadata=_about("the voter's reason, if it gave one"))
    probability = dy.Float64(
        min=0.0, max=1.0, nullable=True, metadata=_about("the voter's probability of its label, 0 to 1")
    )
    model = _id("model that answered")
    prompt_hash = _id("hash of everything that determines the answer: prompt, model, parameters, training examples")
    seconds = dy.Float64(min=0.0, nullable=True, metadata=_about("time the vote took, seconds"))

    @dy.rule()
    def only_ok_votes_carry_a_label(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("status") == "ok") == (pl.col("label") >= 0)


class Verdicts(dy.Schema):
    """What the gate made of the votes: silver labels and the no-consensus pool."""

    segment_id = _id("the segment", primary_key=True)
    variable = _id("rating variable", primary_key=True)
    label = dy.Int64(min=0, nullable=True, metadata=_about("silver label; null: no consensus"))
    rho = dy.Float64(min=0.0, max=1.0, nullable=True, metadata=_about("consensus ratio ρ, 0 to 1; null: no valid vote"))
    accepted = dy.Bool(nullable=False, metadata=_about("whether ρ reached the threshold with a unique winner"))
    n_valid = _count("voters that did not abstain", nullable=False)
    n_panel = dy.Int64(min=1, nullable=False, metadata=_about("voters in the panel"))
    runner_up = dy.Int64(min=0, nullable=True, metadata=_about("label with the second largest weight"))
    reason = dy.Enum(
        ["accepted", "no_consensus", "no_valid_votes", "below_quorum"],
        nullable=False,
        metadata=_about("why accepted or not"),
    )

    @dy.rule()
    def accepted_has_label(cls) -> pl.Expr:  # noqa: N805
        return pl.col("accepted") == pl.col("label").is_not_null()

    @dy.rule()
    def accepted_is_the_reason(cls) -> pl.Expr:  # noqa: N805
        return pl.col("accepted") == (pl.col("reason") == "accepted")


class Gold(dy.Schema):
    """What people decided."""

    segment_id = _id("the segment", primary_key=True)
    variable = _id("rating variable", primary_key=True)
    label = dy.Int64(min=0, nullable=False, metadata=_about("gold label"))
    source = dy.Enum(
        ["unanimous", "majority", "adjudicated"], nullable=False, metadata=_about("how the label was reached")
    )
    n_raters = dy.Int64(min=1, nullable=False, metadata=_about("annotators who rated the item"))
    locked_at = _time("when the label was locked, UTC", nullable=False)


CONTRACTS: dict[str, type[dy.Schema]] = {
    "messages": Messages,
    "lexicon": Lexicon,
    "matches": Matches,
    "segments": Segments,
    "votes": Votes,
    "verdicts": Verdicts,
    "gold": Gold,
}
MANY_FILES = {"messages": "CHAT", "votes": "VOTER"}
"""Tables kept as a folder of Parquet files, with what one file holds."""


def contract_of(table: str) -> type[dy.Schema]:
    """The contract of a table; ``votes/NAME`` and ``messages/NAME`` are parts of theirs."""
    name = table.partition("/")[0]
    if name not in CONTRACTS:
        raise ContractError(f"no table {name!r}; known: {', '.join(CONTRACTS)}")
    return CONTRACTS[name]


def check(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, cast to its contract's column order and types, or ContractError naming the broken rules."""
    contract = contract_of(table)
    wanted, came = contract.column_names(), frame.columns
    missing = [column for column in wanted if column not in came]
    if missing:
        raise ContractError(f"table {table!r} lacks the columns {missing}; it has {came}")
    try:
        ordered: pl.DataFrame = contract.cast(frame)
    except pl.exceptions.PolarsError as error:
        raise ContractError(
            f"table {table!r} has columns of another type: {_type_differences(contract, frame)}"
        ) from error
    _, failures = contract.filter(ordered)
    broken = failures.counts()
    if broken:
        rules = ", ".join(f"{rule} ({count} rows)" for rule, count in sorted(broken.items()))
        raise ContractError(f"table {table!r} breaks its contract: {rules}")
    return ordered


def _type_differences(contract: type[dy.Schema], frame: pl.DataFrame) -> str:
    """Which columns differ in type. Values are not shown: they may be chat text."""
    wanted = contract.create_empty().schema
    differing = [name for name, dtype in wanted.items() if frame.schema[name] != dtype]
    return "; ".join(f"{name} is {frame.schema[name]}, wanted {wanted[name]}" for name in differing)


def empty(table: str) -> pl.DataFrame:
    """An empty frame with the table's columns and types."""
    return contract_of(table).create_empty()
