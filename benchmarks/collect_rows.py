"""Collecting, against the floor of reading, JSON parsing, two HMACs a message, OpenCC and writing Parquet."""

import hashlib
import hmac
import json
import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from app.workspaces import init
from collector.collecting import collect
from core.text import simplified

N_MESSAGES = 50_000
WORDS = [
    "今天",
    "天氣",
    "不錯",
    "我們",
    "去",
    "吃飯",
    "吧",
    "作業",
    "好多",
    "還沒",
    "寫完",
    "hello",
    "哈哈哈",
    "明天見",
]
Measured = tuple[str, str, Callable[[], object], Callable[[], object], int]


def rows() -> Iterator[Measured]:
    export = _export(Path(tempfile.mkdtemp()))
    yield (
        f"collect: {N_MESSAGES:,} messages",
        "read + parse + HMAC + OpenCC + Parquet",
        _ours(export),
        _floor(export),
        2,
    )


def _export(folder: Path) -> Path:
    rng = random.Random(1)
    messages = [
        {
            "id": number,
            "type": "message",
            "date_unixtime": str(1_700_000_000 + 20 * number),
            "from": f"name{number % 900}",
            "from_id": f"user{100_000 + number % 900}",
            "text": "".join(rng.choices(WORDS, k=rng.randint(2, 12))),
            "text_entities": [],
        }
        for number in range(1, N_MESSAGES + 1)
    ]
    path = folder / "result.json"
    chat = {"name": "bench", "type": "public_supergroup", "id": 1_234_567_890, "messages": messages}
    path.write_text(json.dumps(chat, ensure_ascii=False), encoding="utf-8")
    return path


def _ours(export: Path) -> Callable[[], object]:
    def run() -> object:
        return collect(init(Path(tempfile.mkdtemp()) / "corpus", "suichat6"), [export])

    return run


def _floor(export: Path) -> Callable[[], object]:
    key = bytes(32)

    def keyed(text: str) -> str:
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]

    def run() -> None:
        messages = json.loads(export.read_text("utf-8"))["messages"]
        text = simplified("\n".join(message["text"] for message in messages)).split("\n")
        frame = pl.DataFrame(
            {
                "message_id": [keyed(str(message["id"])) for message in messages],
                "user_id": [keyed(message["from_id"]) for message in messages],
                "content": text,
            }
        )
        frame.write_parquet(export.with_suffix(".parquet"))

    return run
