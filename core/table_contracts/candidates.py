"""Candidates for the lexicon: what models and statistics propose, pooled for the experts."""

import dataframely as dy
import polars as pl

from core.table_contracts.columns import about, count, identifier


class Proposals(dy.Schema):
    """Terms that one source proposes, one row a time that it did; they are pooled into ``candidates``."""

    source = identifier("what proposed it, the name of the file: llm, neighbours, log_odds, variants", primary_key=True)
    number = count("place in the source's list, from 0", primary_key=True)
    term = identifier("proposed signal word, normalised and folded like lexicon terms")
    kind = dy.Enum(["explicit", "implicit"], nullable=True, metadata=about("kind that the source suggests"))
    category = dy.String(nullable=True, metadata=about("category that the source suggests"))
    message_id = dy.String(nullable=True, metadata=about("message in which the source found it"))
    quote = dy.String(nullable=True, metadata=about("words of that message that the source quotes"))
    reason = dy.String(nullable=True, metadata=about("why the source proposes it, in words"))
    score = dy.Float64(nullable=True, metadata=about("the source's own measure, larger is stronger; not comparable"))


class Candidates(dy.Schema):
    """Proposed terms that are not in the lexicon yet, one row a term, with what the corpus says about them."""

    candidate_id = identifier("first 12 hex digits of SHA-256 over the term, as entry_id", primary_key=True)
    term = identifier("signal word, normalised and folded like lexicon terms")
    kind = dy.Enum(["explicit", "implicit"], nullable=True, metadata=about("kind suggested most often"))
    category = dy.String(nullable=True, metadata=about("category suggested most often"))
    sources = dy.List(dy.String(nullable=False), nullable=False, metadata=about("what proposed it, sorted"))
    n_proposals = dy.Int64(min=1, nullable=False, metadata=about("times that it was proposed"))
    n_matches = count("occurrences in all messages", nullable=False)
    n_messages = count("messages that hold it", nullable=False)
    n_users = count("senders of those messages", nullable=False)
    n_chats = count("chats of those messages", nullable=False)
    keyness = dy.Float64(
        nullable=True,
        metadata=about(
            "signed log-likelihood G² of its frequency near known signal words against the rest; null: undefined"
        ),
    )
    group = identifier("candidate_id that stands for its group of near-duplicates; its own when it is alone")
    reasons = dy.List(dy.String(nullable=False), nullable=False, metadata=about("the sources' reasons, distinct"))
    example_ids = dy.List(
        dy.String(nullable=False), nullable=False, metadata=about("message_ids of up to ten lines that hold it")
    )

    @dy.rule()
    def proposed_by_somebody(cls) -> pl.Expr:  # noqa: N805
        return pl.col("sources").list.len() >= 1
