"""Segments: suspicious messages with their context, merged, filtered by length and described."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from core.errors import ContractError
from segmenter.bounded import bounded
from segmenter.chat_order import InOrder, in_chat_order
from segmenter.contexts import Contexts
from segmenter.describing import SEGMENT_SCHEMA, describe
from segmenter.expansion import Expansion
from segmenter.expansions import ASK_FOR_MENTIONS, contexts_of
from segmenter.merge import union_contexts
from segmenter.signals import signals_by_message

REJECTED_SCHEMA: dict[str, pl.DataType] = {**SEGMENT_SCHEMA, "reason": pl.String()}


@dataclass(frozen=True)
class Segments:
    """The segments of a collection. Both frames are ordered by chat_id, start, segment_id.

    kept: the columns of SEGMENT_SCHEMA, key segment_id.
    rejected: the same and reason, "too_short" or "too_long".
    """

    kept: pl.DataFrame
    rejected: pl.DataFrame

    def n_suspicious(self) -> int:
        """Suspicious messages in all of them."""
        return sum(int(frame["suspicious_message_ids"].list.len().sum()) for frame in (self.kept, self.rejected))


def build_segments(messages: pl.DataFrame, matches: pl.DataFrame, parameters: Expansion) -> Segments:
    """Expand every suspicious message, merge what overlaps, describe each segment and filter by length.

    messages: message_id (key), chat_id, user_id, reply_id (nullable), timestamp (Datetime ms UTC), content;
    rows of a chat with the same timestamp stand in the order of the source.
    matches: message_id, entry_id, kind ("explicit" or "implicit"), start, end (character offsets in content).
    A message with at least one match is suspicious.

    A reply to a message that is not in the same chat is ignored. Under either merge rule every
    suspicious message is in exactly one segment, kept or rejected. What the columns mean:
      segment_id              first 16 hex digits of SHA-256 over chat_id and message_ids, joined by "\\n"
      message_ids             in chat order; suspicious_message_ids: the suspicious ones among them
      suspicious_message_id   most distinct entries matched, then most explicit entries, then the earliest
      at_risk_user_id         who sent that message
      start, end              times of the first and the last message
      n_chars                 characters of content; n_signals: matches not contained in a longer one
      risk_level              null until labels are released

    Raises ContractError when a message_id repeats or a match names a message that is absent.
    """
    _check(messages.height - messages["message_id"].n_unique())
    return build_in_portions([messages], matches, parameters)


def build_in_portions(portions: Iterable[pl.DataFrame], matches: pl.DataFrame, parameters: Expansion) -> Segments:
    """`build_segments` for messages that come in portions, so that only one of them is in memory.

    portions: frames of messages, each message_id once; all messages of a chat are in one of them. No portion is the
    same as one empty one.
    """
    signals = signals_by_message(matches)
    made = [_of_portion(messages, signals, parameters) for messages in portions]
    segments = Segments(
        kept=_ordered([one.kept for one in made], SEGMENT_SCHEMA),
        rejected=_ordered([one.rejected for one in made], REJECTED_SCHEMA),
    )
    _check(segments.n_suspicious() - signals.height)
    return segments


def _check(n_extra: int) -> None:
    """n_extra: how many times more a message with matches was met than there are such messages."""
    if n_extra > 0:
        raise ContractError(
            f"messages: wanted each message_id once, got {n_extra} repeated. Collect the messages again."
        )
    if n_extra < 0:
        raise ContractError(
            f"matches: wanted only messages that the messages table holds, got {-n_extra} that it lacks. "
            "Match the lexicon again."
        )


def _of_portion(messages: pl.DataFrame, signals: pl.DataFrame, parameters: Expansion) -> Segments:
    in_order = in_chat_order(messages, signals, mentions=parameters.expansion in ASK_FOR_MENTIONS)
    return _filter_by_length(describe(in_order, merged(in_order, parameters)), parameters)


def merged(messages: InOrder, parameters: Expansion) -> Contexts:
    """The messages of each segment before the length filter: expansion, then the merge rule of the parameters."""
    contexts = contexts_of(messages.chats, messages.seeds, parameters)
    if parameters.merge == "union":
        return union_contexts(contexts)
    bounds = {"max_size": parameters.max_size, "max_span_min": parameters.max_span}
    return bounded(messages.chats, messages.seeds, contexts, **bounds)


def _ordered(frames: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort("chat_id", "start", "segment_id")


def _filter_by_length(segments: pl.DataFrame, parameters: Expansion) -> Segments:
    n_messages = pl.col("n_messages")
    judged = segments.with_columns(
        pl.when(n_messages < parameters.min_messages)
        .then(pl.lit("too_short"))
        .when(n_messages > parameters.max_messages)
        .then(pl.lit("too_long"))
        .alias("reason")
    )
    return Segments(
        kept=judged.filter(pl.col("reason").is_null()).drop("reason"),
        rejected=judged.filter(pl.col("reason").is_not_null()),
    )
