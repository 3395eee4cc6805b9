from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from core.contracts import empty
from core.display import aliases, displays, with_aliases

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def shown():
    rows = [
        ("m1", "u1", None, 0, "大家晚上好"),
        ("m2", "u2", "m1", 0.5, "好累不想动"),
        ("m3", "u1", "m0", 12, "抱抱你呀"),
    ]
    messages = pl.DataFrame(
        [
            {"message_id": m, "chat_id": "c", "user_id": u, "reply_id": r, "timestamp": START + timedelta(minutes=t),
             "content": text, "is_forward": False, "edited_at": None}
            for m, u, r, t, text in rows
        ],
        schema=empty("messages").schema,
    )  # fmt: skip
    segments = pl.DataFrame(
        [
            {
                "segment_id": "0" * 16,
                "message_ids": ["m1", "m2", "m3"],
                "suspicious_message_id": "m2",
                "at_risk_user_id": "u2",
            }
        ]
    )
    matches = pl.DataFrame({"message_id": ["m2", "m2", "m2"], "start": [0, 1, 3], "end": [2, 2, 5]})
    return displays(segments, messages, matches)["0" * 16]


def test_the_plain_text_has_aliases_gaps_and_reply_marks(shown):
    assert shown.plain() == ("[1] user_1: 大家晚上好\n[2] * user_2 → 1: 好累不想动\n[3] user_1 (+12 min): 抱抱你呀")


def test_signals_are_merged_into_disjoint_spans(shown):
    assert [line.signals for line in shown.lines] == [(), ((0, 2), (3, 5)), ()]


def test_a_reply_to_a_message_outside_the_segment_has_no_mark(shown):
    assert [line.reply_to for line in shown.lines] == [None, 1, None]


def test_the_suspicious_message_and_its_sender_are_marked(shown):
    assert shown.suspicious == 2
    assert [(line.is_suspicious, line.by_at_risk_user) for line in shown.lines] == [
        (False, False),
        (True, True),
        (False, False),
    ]


def test_no_pseudonym_is_shown(shown):
    assert "u1" not in shown.plain()
    assert "m1" not in shown.plain()


def test_aliases_are_numbered_by_first_appearance():
    assert aliases(pl.DataFrame({"user_id": ["b", "a", "b", "c"]})) == {"b": "user_1", "a": "user_2", "c": "user_3"}


@pytest.mark.parametrize(
    ("content", "signals", "shown", "moved"),
    [
        ("没有名字", ((0, 2),), "没有名字", ((0, 2),)),
        ("好累〈成员:3fa9c1〉好累", ((0, 2), (13, 15)), "好累〈user_24〉好累", ((0, 2), (11, 13))),
        ("〈成员:000000〉好累〈成员:3fa9c1〉累", ((11, 13), (24, 25)), "〈成员〉好累〈user_24〉累", ((4, 6), (15, 16))),
        ("〈成员:3fa9c1〉", ((1, 3),), "〈user_24〉", ()),
    ],
)
def test_members_read_as_aliases_and_signals_move_along(content, signals, shown, moved):
    assert with_aliases(content, signals, {"3fa9c1": "user_24"}) == (shown, moved)
