"""What the corpus says about candidates: how often they occur, with whom and where, and example lines."""

import polars as pl

EXAMPLES = 10


def figures(occurrences: pl.DataFrame, messages: pl.DataFrame) -> pl.DataFrame:
    """term, n_matches, n_messages, n_users, n_chats, example_ids, of every term that occurs.

    occurrences: term, row. messages: message_id, chat_id, user_id, content; row is the position in it.
    """
    held = occurrences.join(messages.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64)), on="row")
    counted = held.group_by("term").agg(
        n_matches=pl.len().cast(pl.Int64),
        n_messages=pl.col("row").n_unique().cast(pl.Int64),
        n_users=pl.col("user_id").n_unique().cast(pl.Int64),
        n_chats=pl.col("chat_id").n_unique().cast(pl.Int64),
    )
    return counted.join(examples(held), on="term", how="left").sort("term")


def examples(held: pl.DataFrame) -> pl.DataFrame:
    """term, example_ids: up to ten messages of each term, in the order of the corpus.

    held: term, row, message_id, chat_id, user_id, content. Chosen so that texts, people and chats differ where they
    can: first the messages whose text comes for the first time, of these the first of each person, of these the first
    of each chat. Ties in the order of message_id, which is as good as random.
    """

    def repeats(*keys: str) -> pl.Expr:
        """How many earlier lines of the term have the same."""
        return pl.int_range(pl.len()).over("term", *keys)

    chosen = (
        held.unique(["term", "row"])
        .sort("term", "message_id")
        .with_columns(again=repeats("content") > 0)
        .sort("term", "again", "message_id")
        .with_columns(of_user=repeats("user_id"))
        .sort("term", "again", "of_user", "message_id")
        .with_columns(of_chat=repeats("chat_id"))
        .sort("term", "again", "of_user", "of_chat", "message_id")
        .filter(pl.int_range(pl.len()).over("term") < EXAMPLES)
        .sort("term", "row")
    )
    return chosen.group_by("term", maintain_order=True).agg(example_ids=pl.col("message_id"))
