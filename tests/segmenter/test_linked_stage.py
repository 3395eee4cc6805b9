"""The expansion `linked` through the whole stage: mentions come from the placeholders that collection writes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from core.contracts import empty
from core.errors import DataError
from segmenter.contexts import Chats
from segmenter.expansion import Expansion
from segmenter.expansions import contexts_of
from segmenter.linked import expand_linked
from segmenter.segments import build_segments

ANN, BEN = "a" * 32, "b" * 32
OTHERS = [f"{number}" * 32 for number in range(1, 5)]
# Ann and Ben talk to each other by name; four others chatter in between.
SENDERS = [person for turn in range(10) for person in ((ANN, BEN)[turn % 2], OTHERS[turn % 4], OTHERS[(turn + 2) % 4])]


def chat() -> pl.DataFrame:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    named = {ANN: f"〈成员:{BEN[:6]}〉 你还好吗", BEN: f"〈成员:{ANN[:6]}〉 有点累"}
    rows = [
        {"message_id": f"m{n:02}", "chat_id": "c", "user_id": sender, "content": named.get(sender, "哈哈哈哈"),
         "is_forward": False, "timestamp": start + timedelta(seconds=20 * n), "reply_id": None, "edited_at": None}
        for n, sender in enumerate(SENDERS)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=empty("messages").schema)


def members(expansion: str) -> list[str]:
    matches = pl.DataFrame([("m15", "e", "累", "implicit", "d", 0, 1)], schema=empty("matches").schema, orient="row")
    parameters = Expansion(max_size=12, expansion=expansion)
    return build_segments(chat(), matches, parameters).kept["message_ids"].to_list()[0]


def test_names_hold_a_conversation_together_that_time_does_not():
    pair = {f"m{n:02}" for n, sender in enumerate(SENDERS) if sender in (ANN, BEN)}
    by_time, by_links = set(members("paper")), set(members("linked"))
    assert len(by_links) <= 12
    assert len(by_links & pair) > len(by_time & pair)
    assert len(by_links & pair) / len(by_links) > 0.6


def test_the_stage_grows_what_the_function_grows():
    numbers = {person: number for number, person in enumerate([ANN, BEN, *OTHERS])}
    mentions = np.array([[{ANN: 1, BEN: 0}.get(sender, -1), -1] for sender in SENDERS])
    grown = expand_linked(
        np.arange(len(SENDERS)) * 20_000, np.full(len(SENDERS), -1), np.array([numbers[s] for s in SENDERS]), mentions,
        [15], max_gap_min=5, max_size=12, max_span_min=60,
    )  # fmt: skip
    assert members("linked") == [f"m{position:02}" for position in grown[0]]


def test_chats_without_mentions_are_refused():
    chats = Chats.one(np.array([0]), np.array([-1]))
    with pytest.raises(DataError, match="mentions"):
        contexts_of(chats, np.array([0]), Expansion(expansion="linked"))
