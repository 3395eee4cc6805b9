"""Made-up messages of random Chinese characters in the lengths of real chat, of which some hold a made-up term."""

import random
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from core.contracts import empty
from core.store import Recipe
from core.workspace import create_workspace

N_TERMS, N_KINDS, N_CHATS, ROW_GROUP = 3_508, 100_000, 20, 50_000
HIT_SHARE, WOVEN_SHARE, MARKED_SHARE = 0.04, 0.1, 0.3
"""Messages with a term; terms with a mark between their characters; messages with a mark anywhere."""
COMMON = [chr(code) for code in range(0x4E00, 0x4E00 + 600)]
RARE = [chr(code) for code in range(0x4E00 + 600, 0x4E00 + 2500)]
WEIGHTS = [1 / (rank + 10) for rank in range(len(COMMON))]
MARKS = ["，", "。", " ", "～", "…", "？", "😊"]
TAILS = ["OK", "hello world", "Ｈａ", *[""] * 17]


@cache
def made_lexicon() -> pl.DataFrame:
    """A frame in the shape of the table ``lexicon``."""
    rng = random.Random(1)
    terms: set[str] = set()
    while len(terms) < N_TERMS:
        terms.add("".join(rng.choices(RARE, k=rng.choice((2, 2, 3, 4, 4, 5)))))
    rows = {"entry_id": [f"{n:012x}" for n in range(N_TERMS)], "term": sorted(terms)}
    kinds = {"kind": ["explicit", "implicit"] * (N_TERMS // 2), "category": "slang", "note": None}
    return pl.DataFrame(rows | kinds, schema=empty("lexicon").schema)


@cache
def _kinds() -> pl.Series:
    rng = random.Random(2)
    terms = made_lexicon()["term"].to_list()
    return pl.Series("content", [_content(rng, terms) for _ in range(N_KINDS)])


def _content(rng: random.Random, terms: list[str]) -> str:
    text = "".join(rng.choices(COMMON, WEIGHTS, k=min(200, max(3, int(rng.lognormvariate(2.4, 0.8))))))
    if rng.random() < HIT_SHARE:
        term = rng.choice(terms)
        text = _put(rng, text, rng.choice("·. -_").join(term) if rng.random() < WOVEN_SHARE else term)
    if rng.random() < MARKED_SHARE:
        text = _put(rng, text, rng.choice(MARKS))
    return text + rng.choice(TAILS)


def _put(rng: random.Random, text: str, piece: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + piece + text[at:]


def made_messages(n_messages: int, chat: int = 0) -> pl.DataFrame:
    """Messages of one chat: message_id, content."""
    drawn = np.random.default_rng(chat).integers(0, N_KINDS, n_messages)
    numbers = pl.int_range(n_messages, eager=True).cast(pl.String)
    return pl.DataFrame({"message_id": f"{chat:02}" + numbers.str.zfill(30), "content": _kinds()[drawn]})


def write_workspace(n_messages: int) -> tempfile.TemporaryDirectory[str]:
    """A workspace with messages in twenty chats and a frozen lexicon; it is gone when the folder object is."""
    folder = tempfile.TemporaryDirectory()
    workspace = create_workspace(Path(folder.name) / "corpus")
    workspace.store.write("lexicon", made_lexicon(), Recipe(inputs={}))
    (workspace.store.folder / "messages").mkdir()
    for chat in range(N_CHATS):
        size = n_messages // N_CHATS + (n_messages % N_CHATS if chat == 0 else 0)
        time = pl.datetime(2024, 1, 1, time_unit="ms", time_zone="UTC") + pl.duration(seconds=pl.int_range(pl.len()))
        rest = {"chat_id": pl.lit(f"chat{chat:02}"), "user_id": pl.format("user{}", pl.int_range(pl.len()) % 997)}
        rest |= {"reply_id": None, "timestamp": time, "is_forward": False, "edited_at": None}
        frame = made_messages(size, chat).with_columns(**rest).select(empty("messages").columns)
        path = workspace.store.path(f"messages/chat{chat:02}")
        frame.cast(dict(empty("messages").schema)).write_parquet(path, row_group_size=ROW_GROUP)
    return folder
