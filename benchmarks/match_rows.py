"""Matching, against the bare Aho-Corasick search of polars: the same hits without character offsets or entry ids."""

import random
from collections.abc import Callable, Iterator

import polars as pl

from lexicon.matching import find_matches

N_MESSAGES, N_TERMS = 258_228, 3_508
CHARACTERS = [chr(code) for code in range(0x4E00, 0x4E00 + 800)]
Measured = tuple[str, str, Callable[[], object], Callable[[], object], int]


def rows() -> Iterator[Measured]:
    rng = random.Random(1)
    contents = ["".join(rng.choices(CHARACTERS, k=rng.randint(3, 40))) for _ in range(N_MESSAGES)]
    terms = sorted({"".join(rng.choices(CHARACTERS, k=rng.choice((2, 2, 3, 4)))) for _ in range(N_TERMS)})
    messages = pl.DataFrame({"message_id": [f"m{n}" for n in range(N_MESSAGES)], "content": contents})
    lexicon = pl.DataFrame({"entry_id": [f"e{n}" for n in range(len(terms))], "term": terms})
    lexicon = lexicon.with_columns(kind=pl.lit("implicit"), category=pl.lit("slang"))

    def bare() -> pl.DataFrame:
        return messages.select(pl.col("content").str.find_many(terms, overlapping=True))

    yield (
        f"match: {N_MESSAGES:,} messages × {len(terms):,} terms",
        "polars find_many alone",
        lambda: find_matches(messages, lexicon),
        bare,
        3,
    )
