"""From messages and matches to described segments."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import contracts
from core.errors import ContractError
from segmenter.describing import SEGMENT_SCHEMA
from segmenter.expansion import Expansion
from segmenter.segments import REJECTED_SCHEMA, Segments, build_segments

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
MESSAGES = contracts.empty("messages").schema
MATCHES = contracts.empty("matches").schema


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def message(
    mid: str,
    minute: float,
    user: str = "u1",
    chat: str = "c1",
    reply: str | None = None,
    text: str = "今天好累",
) -> tuple:
    return (mid, chat, user, reply, at(minute), text, False, None)


def match(mid: str, entry: str = "e1", kind: str = "explicit", start: int = 0, end: int = 2) -> tuple:
    return (mid, entry, "好累", kind, "mood", start, end)


def build(messages: list[tuple], matches: list[tuple], **parameters) -> Segments:
    return build_segments(
        pl.DataFrame(messages, schema=MESSAGES, orient="row"),
        pl.DataFrame(matches, schema=MATCHES, orient="row"),
        Expansion(**parameters),
    )


def ids_of(frame: pl.DataFrame) -> list[list[str]]:
    return frame["message_ids"].to_list()


def test_a_segment_is_complete():
    messages = [
        message("a", 0, "u1", text="有人在吗"),
        message("b", 1, "u2", text="在的，怎么了"),
        message("c", 3, "u1", text="撑不下去了，真的好累"),
        message("d", 4, "u2", text="要不要先说说"),
        message("e", 60, "u3", text="早上好"),
    ]
    matches = [match("c", "e7", "explicit", 0, 4), match("c", "e9", "implicit", 8, 10)]
    result = build(messages, matches)
    assert result.rejected.is_empty()
    assert result.kept.to_dicts() == [
        {
            "segment_id": sha256(b"c1\na\nb\nc\nd").hexdigest()[:16],
            "chat_id": "c1",
            "message_ids": ["a", "b", "c", "d"],
            "suspicious_message_ids": ["c"],
            "suspicious_message_id": "c",
            "at_risk_user_id": "u1",
            "start": at(0),
            "end": at(4),
            "n_messages": 4,
            "n_users": 2,
            "n_chars": 4 + 6 + 10 + 6,
            "n_signals": 2,
            "risk_level": None,
        }
    ]


def test_the_segment_id_is_a_literal():
    """printf 'c1\\na\\nb' | sha256sum; beyond ASCII the text is UTF-8."""
    kept = build([message("a", 0), message("b", 1)], [match("a")]).kept
    assert kept["segment_id"].item() == "d8ac6ceb4a1dabd9"
    kept = build([message("甲", 0, chat="群"), message("乙", 1, chat="群")], [match("甲")]).kept
    assert kept["segment_id"].item() == sha256("群\n甲\n乙".encode()).hexdigest()[:16]


def test_the_segment_id_depends_on_the_chat():
    [one] = build([message("a", 0), message("b", 1)], [match("a")]).kept["segment_id"]
    [other] = build([message("a", 0, chat="c2"), message("b", 1, chat="c2")], [match("a")]).kept["segment_id"]
    assert one != other


def test_schemas_are_the_contract_and_hold_for_empty_frames():
    full = build([message("a", 0), message("b", 1), message("c", 50)], [match("a"), match("c")])
    no_matches, nothing = build([message("a", 0), message("b", 1)], []), build([], [])
    for result in (full, no_matches, nothing):
        assert dict(result.kept.schema) == SEGMENT_SCHEMA
        assert dict(result.rejected.schema) == REJECTED_SCHEMA
    assert (full.kept.height, full.rejected.height) == (1, 1)
    assert no_matches.kept.is_empty()
    assert no_matches.rejected.is_empty()
    assert list(REJECTED_SCHEMA) == [*SEGMENT_SCHEMA, "reason"]
    assert list(SEGMENT_SCHEMA)[5:8] == ["at_risk_user_id", "start", "end"]


def test_tables_as_the_contracts_give_them_go_in_and_come_out():
    messages = pl.DataFrame([message("a", 0), message("b", 1)], schema=MESSAGES, orient="row")
    rows = [match("a", "e1", "implicit"), match("b", "e2", "explicit")]
    matches = contracts.check("matches", pl.DataFrame(rows, schema=MATCHES, orient="row"))
    kept = build_segments(contracts.check("messages", messages), matches, Expansion()).kept
    assert contracts.check("segments", kept).equals(kept)
    assert kept["suspicious_message_id"].to_list() == ["b"]
    nothing = build_segments(contracts.empty("messages"), contracts.empty("matches"), Expansion())
    assert nothing.kept.schema == contracts.empty("segments").schema


@pytest.mark.parametrize(
    ("matches", "suspicious_message"),
    [
        # Most distinct entries.
        ([match("a", "e1"), match("b", "e1"), match("b", "e2", start=2, end=4)], "b"),
        # An entry that matches twice is one entry, so the tie goes to the earlier message.
        ([match("a", "e1"), match("b", "e1"), match("b", "e1", start=2, end=4)], "a"),
        # As many entries: more explicit ones.
        ([match("a", "e1", "implicit"), match("b", "e2", "explicit")], "b"),
        # More entries beat more explicit ones.
        ([match("a", "e1", "implicit"), match("a", "e2", "implicit"), match("b", "e3", "explicit")], "a"),
        # As many of both: the earlier message.
        ([match("b", "e1"), match("a", "e2")], "a"),
    ],
)
def test_the_suspicious_message_and_its_sender(matches, suspicious_message):
    kept = build([message("a", 0, "ua"), message("b", 1, "ub"), message("c", 2, "uc")], matches).kept
    assert kept["suspicious_message_id"].item() == suspicious_message
    assert kept["at_risk_user_id"].item() == f"u{suspicious_message}"
    assert kept["suspicious_message_ids"].to_list() == [["a", "b"]]


def test_earlier_means_earlier_in_the_chat_and_not_in_the_alphabet():
    kept = build([message("z", 0, "uz"), message("a", 0, "ua")], [match("a", "e1"), match("z", "e2")]).kept
    assert kept.select("suspicious_message_id", "at_risk_user_id").row(0) == ("z", "uz")


def test_signals_are_summed_over_the_segment_without_those_inside_a_longer_one():
    matches = [
        match("a", "e1", start=0, end=4),
        match("a", "e2", start=1, end=3),  # inside e1
        match("b", "e2", start=0, end=2),
        match("b", "e3", start=0, end=2),  # the same span as e2: both count
    ]
    kept = build([message("a", 0), message("b", 1), message("c", 2)], matches).kept
    assert kept["n_signals"].item() == 3


def test_characters_are_counted_and_not_bytes():
    kept = build([message("a", 0, text="𠮷好ab"), message("b", 1, text="〔方法〕")], [match("a")]).kept
    assert kept["n_chars"].item() == 8


def test_lengths_at_both_ends_are_kept_and_beyond_them_rejected_with_a_reason():
    messages = [
        message(f"{chat}{i}", i, chat=chat) for chat, n in (("p", 1), ("q", 2), ("r", 3), ("s", 4)) for i in range(n)
    ]
    matches = [match("p0"), match("q0"), match("r0"), match("s0")]
    result = build(messages, matches, min_messages=2, max_messages=3)
    assert result.kept.select("chat_id", "n_messages").rows() == [("q", 2), ("r", 3)]
    rejected = result.rejected.select("chat_id", "n_messages", "reason").rows()
    assert rejected == [("p", 1, "too_short"), ("s", 4, "too_long")]


def test_segments_that_share_a_message_become_one():
    """Size 2 stops each after one round: a gives a b, d gives c d e; with b they chain through c."""
    messages = [message(name, minute) for minute, name in enumerate("abcde")]
    apart = build(messages, [match("a"), match("d")], max_size=2).kept
    assert ids_of(apart) == [["a", "b"], ["c", "d", "e"]]
    joined = build(messages, [match("a"), match("b"), match("d")], max_size=2).kept
    assert ids_of(joined) == [["a", "b", "c", "d", "e"]]
    assert joined["suspicious_message_ids"].to_list() == [["a", "b", "d"]]


def test_bounded_gives_a_shared_message_to_the_nearer_suspicious_one():
    """Each takes two messages on either side; together they would be six, and 2 is nearer to b, 3 to e."""
    messages, matches = [message(name, minute) for minute, name in enumerate("abcdef")], [match("b"), match("e")]
    assert ids_of(build(messages, matches, max_size=5).kept) == [list("abcdef")]
    assert ids_of(build(messages, matches, max_size=5, merge="bounded").kept) == [["a", "b", "c"], ["d", "e", "f"]]
    assert ids_of(build(messages, matches, max_size=6, merge="bounded").kept) == [list("abcdef")]


def test_chats_do_not_mix_even_when_interleaved():
    messages = [message("a1", 0, chat="ca"), message("b1", 0, chat="cb"), message("a2", 1, chat="ca")]
    messages += [message("b2", 1, chat="cb"), message("x1", 1, chat="cx")]
    kept = build(messages, [match("a1"), match("b2")]).kept
    assert ids_of(kept) == [["a1", "a2"], ["b1", "b2"]]


def test_replies_are_followed_within_a_chat_only():
    """One round from b: a and c by the gap, old by the reply; five hours of span end it."""
    messages = [
        message("old", -300),
        message("other", -200, chat="c2"),
        message("a", 0, reply="other"),
        message("b", 1, reply="old"),
        message("c", 2, reply="gone"),
    ]
    kept = build(messages, [match("b")]).kept
    assert ids_of(kept) == [["old", "a", "b", "c"]]
    assert kept.select("start", "end").row(0) == (at(-300), at(2))


def test_messages_are_taken_in_time_order_and_ties_in_source_order():
    messages = [message("late", 2), message("tie2", 1), message("tie1", 1), message("first", 0)]
    assert ids_of(build(messages, [match("tie1")]).kept) == [["first", "tie2", "tie1", "late"]]


def test_a_thousand_messages_of_one_second_in_three_chats_keep_their_order():
    """An unstable sort gets this wrong already at this size; the seed is the 101st message of its chat."""
    names = [f"m{(i * 387) % 1000}" for i in range(1000)]
    messages = [message(name, 0, chat=f"c{i % 3}") for i, name in enumerate(names)]
    kept = build(messages, [match(names[300])], max_size=151, max_messages=1000).kept
    assert ids_of(kept) == [names[75:526:3]]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, ["a", "b", "c", "d", "e"]),
        ({"max_gap": 3}, ["b", "c", "d"]),
        ({"max_size": 3}, ["b", "c", "d"]),
        ({"max_span": 2}, ["b", "c", "d"]),
    ],
)
def test_the_limits_are_the_ones_given(parameters, expected):
    messages = [message(name, minute) for name, minute in zip("abcde", [0, 4, 5, 6, 10], strict=True)]
    assert ids_of(build(messages, [match("c")], **parameters).kept) == [expected]


def test_rows_come_by_chat_then_start_then_id():
    messages = [message(f"{chat}{m}", m, chat=chat) for chat in ("c2", "c1") for m in (50, 51, 0, 1)]
    matches = [match(f"{chat}{m}") for chat in ("c2", "c1") for m in (50, 0)]
    kept = build(messages, matches).kept
    assert ids_of(kept) == [["c10", "c11"], ["c150", "c151"], ["c20", "c21"], ["c250", "c251"]]


def test_segments_that_start_together_come_by_id():
    """Six messages of one moment, each fetched by one reply: six segments with the same start."""
    messages = [message(name, 0) for name in "abcdef"]
    messages += [message(f"{name}2", 10 * i, reply=name) for i, name in enumerate("abcdef", 1)]
    kept = build(messages, [match(f"{name}2") for name in "abcdef"]).kept
    assert sorted(ids_of(kept)) == [[name, f"{name}2"] for name in "abcdef"]
    assert kept["segment_id"].to_list() == sorted(kept["segment_id"])
    assert ids_of(kept) != sorted(ids_of(kept))


def test_a_repeated_message_is_refused():
    with pytest.raises(ContractError, match="each message_id once, got 1 repeated"):
        build([message("a", 0), message("a", 1)], [match("a")])


def test_a_match_without_its_message_is_refused():
    with pytest.raises(ContractError, match="got 1 that it lacks"):
        build([message("a", 0)], [match("a"), match("b"), match("b", "e2")])


@st.composite
def collections(draw: st.DrawFn) -> tuple[list[tuple], list[tuple]]:
    """A few chats with ties, gaps and replies of every kind, some of their messages matched."""
    minutes = draw(st.lists(st.sampled_from([0, 1, 1, 4, 5, 6, 30, 31, 80]), max_size=25))
    names = [f"m{i}" for i in range(len(minutes))]
    reply = st.none() | st.sampled_from([*names, "gone"])
    messages = [
        message(name, minute, draw(st.sampled_from("uvw")), draw(st.sampled_from(["c1", "c2"])), draw(reply))
        for name, minute in zip(names, minutes, strict=True)
    ]
    matched = draw(st.lists(st.sampled_from(names), max_size=8)) if names else []
    return messages, [match(name, f"e{i}") for i, name in enumerate(matched)]


@settings(deadline=None)
@given(collections(), st.integers(1, 6), st.integers(1, 4), st.sampled_from(["union", "bounded"]))
def test_every_suspicious_message_is_in_exactly_one_segment(collection, max_size, min_messages, merge):
    messages, matches = collection
    result = build(messages, matches, max_size=max_size, min_messages=min_messages, max_messages=6, merge=merge)
    both = pl.concat([result.kept, result.rejected.drop("reason")])
    assert sorted(both["suspicious_message_ids"].explode()) == sorted({row[0] for row in matches})
    assert both["message_ids"].explode().is_unique().all()
    assert both["n_messages"].to_list() == both["message_ids"].list.len().to_list()
    assert result.kept["n_messages"].is_between(min_messages, 6).all()
    assert not result.rejected["n_messages"].is_between(min_messages, 6).any()


@settings(deadline=None)
@given(collections(), st.randoms(use_true_random=False))
def test_the_order_of_matches_does_not_matter(collection, rng):
    messages, matches = collection
    shuffled = rng.sample(matches, len(matches))
    assert build(messages, matches).kept.equals(build(messages, shuffled).kept)
