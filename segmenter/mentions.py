"""Who addresses whom: the members that a cleaned message names, as numbers."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import DataError
from segmenter.linking import NOBODY

MOST_MENTIONS = 2
"""Of the people that one message names, so many are kept, the first ones. More are rare: 0.1 % of IRC lines."""

_ALIAS = "〈成员:([0-9a-f]{6})〉"
_DIGITS = 6


def user_codes(user_ids: pl.Series) -> NDArray[np.int64]:
    """A number from 0 for each sender, the same for the same person; it does not depend on the order of messages.

    user_ids: the column of the table ``messages``, one a message.
    """
    return user_ids.rank("dense").to_numpy().astype(np.int64) - 1


def mentioned_users(
    content: pl.Series,
    user_ids: pl.Series,
    users: NDArray[np.int64] | None = None,
    chats: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Whom each message addresses: numbers of users in the shape (messages, MOST_MENTIONS), else NOBODY.

    content: cleaned text, in which collection has put ``〈成员:3fa9c1〉`` for a member's name: the first six hex digits
    of a pseudonym. user_ids: the senders' pseudonyms. users: the senders' numbers, without them `user_codes`.
    chats: the number of each message's chat, without them all are in one. One of each a message.

    Digits are looked up among the senders of the chat, so other chats change nothing. Left out are digits that two of
    them share or none has, people that a message names again, and the sender.
    Raises DataError when the columns differ in length.
    """
    numbers = user_codes(user_ids) if users is None else users
    places = np.zeros(len(content), dtype=np.int64) if chats is None else chats
    if {len(user_ids), len(numbers), len(places)} != {len(content)}:
        raise DataError(
            f"Wanted one user and one chat a message, got {len(user_ids)}, {len(numbers)} and {len(places)} "
            f"for {len(content)} messages. Pass columns of one table."
        )
    messages = pl.DataFrame({"content": content, "user": user_ids, "code": numbers, "chat": places})
    named = _named(messages)
    mentions = np.full((len(content), MOST_MENTIONS), NOBODY, dtype=np.int64)
    mentions[named["message"].to_numpy(), named["place"].to_numpy()] = named["code"].to_numpy()
    return mentions


def _named(messages: pl.DataFrame) -> pl.DataFrame:
    """One row a message and person it names: message (row number), code, place (0 for the first)."""
    senders = messages.select("chat", "code", digits=pl.col("user").str.head(_DIGITS)).unique()
    known = senders.filter(pl.struct("chat", "digits").is_unique())
    return (
        messages.select("chat", pl.col("code").alias("sender"), digits=pl.col("content").str.extract_all(_ALIAS))
        .with_row_index("message")
        .filter(pl.col("digits").list.len() > 0)
        .explode("digits")
        .with_columns(pl.col("digits").str.extract(_ALIAS))
        .join(known, on=["chat", "digits"], maintain_order="left")
        .filter(pl.col("code") != pl.col("sender"))
        .unique(["message", "code"], keep="first", maintain_order=True)
        .with_columns(place=pl.int_range(pl.len()).over("message"))
        .filter(pl.col("place") < MOST_MENTIONS)
    )
