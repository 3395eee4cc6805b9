"""The development set: spread over what there is, no message twice, the same for a seed."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.contracts import empty
from core.errors import ContractError, DataError
from core.store import Recipe
from core.workspace import with_options
from segmenter.expansion import Expansion
from segmenter.segments import build_segments
from segmenter.tuning.candidates import candidates, length_of
from segmenter.tuning.coverage import draw_for_coverage
from segmenter.tuning.development import current_items, draw_development, item_id
from segmenter.tuning.grid import Configuration

REACH = Configuration(10, 40, 90)


@pytest.fixture
def spread(said, matched):
    """Chat a: ten pairs a minute apart, an hour between pairs. Chat b: one pair. All second messages are suspicious."""

    def pairs(chat, n):
        return [(f"{chat}{number}{half}", "u", 60 * number + half) for number in range(n) for half in (0, 1)]

    messages = pl.concat([said(chat, pairs(chat, n)) for chat, n in (("a", 10), ("b", 1))])
    kinds = {f"a{number}1": ["implicit/slang"] for number in range(10)}
    kinds |= {"a31": ["explicit/direct"], "a41": ["implicit/slang", "explicit/direct"], "b01": ["implicit/slang"]}
    return candidates(messages, matched(kinds), REACH, min_messages=2)


def test_candidates_know_what_they_are_spread_over(spread):
    rows = spread.frame.select("message_id", "chat_id", "kind", "categories", "n_messages", "length").rows()
    assert len(rows) == 11
    assert ("a41", "a", "both", ["direct", "slang"], 2, "1-4") in rows
    assert ("b01", "b", "implicit", ["slang"], 2, "1-4") in rows


@pytest.mark.parametrize("seed", range(8))
def test_rare_values_are_drawn_first_whatever_the_seed(spread, seed):
    drawn = {spread.frame["message_id"][row] for row in draw_for_coverage(spread, 4, seed)}
    assert {"a31", "a41", "b01"} < drawn


def test_the_same_seed_draws_the_same_and_another_seed_others(spread):
    assert draw_for_coverage(spread, 5, seed=1) == draw_for_coverage(spread, 5, seed=1)
    assert draw_for_coverage(spread, 5, seed=1) != draw_for_coverage(spread, 5, seed=2)


def test_of_overlapping_contexts_one_is_drawn(said, matched):
    messages = said("c", [(f"m{number}", "u", number) for number in range(6)])
    found = candidates(messages, matched({f"m{number}": ["implicit"] for number in range(6)}), REACH, min_messages=2)
    assert len(draw_for_coverage(found, 50, seed=7)) == 1


def test_a_message_without_a_conversation_is_left_out_and_counted(said, matched):
    messages = said("c", [("m0", "u", 0), ("m1", "u", 1), ("far", "u", 600)])
    found = candidates(messages, matched({"m1": ["implicit"], "far": ["implicit"]}), REACH, min_messages=2)
    assert (found.frame["message_id"].to_list(), found.n_alone) == (["m1"], 1)


minutes = st.lists(st.integers(0, 30), min_size=2, max_size=60)


@settings(max_examples=40, deadline=None)
@given(minutes, st.data())
def test_no_message_is_in_two_items(gaps, data):
    times = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    suspicious = data.draw(st.sets(st.integers(0, len(gaps) - 1), min_size=1))
    rows = [(f"m{n}", "c", "u", None, time * 60_000, "好累啊", False, None) for n, time in enumerate(times)]
    messages = pl.DataFrame(rows, schema={**empty("messages").schema, "timestamp": pl.Int64}, orient="row")
    messages = messages.with_columns(pl.col("timestamp").cast(pl.Datetime("ms", "UTC")))
    hits = [(f"m{n}", "e", "好累", "implicit", "distress", 0, 2) for n in sorted(suspicious)]
    matches = pl.DataFrame(hits, schema=empty("matches").schema, orient="row")
    found = candidates(messages, matches, Configuration(10, 5, 30), min_messages=1)
    taken = [int(place) for row in draw_for_coverage(found, 50, seed=7) for place in found.places[row]]
    assert len(set(taken)) == len(taken)


@pytest.mark.parametrize(
    ("n", "band"), [(1, "1-4"), (4, "1-4"), (5, "5-9"), (10, "10-19"), (39, "20-39"), (40, "40+"), (400, "40+")]
)
def test_bands_of_length(n, band):
    assert pl.select(length_of(pl.lit(n))).item() == band


def test_the_table_describes_each_item_like_a_segment(two_chats):
    report = draw_development(two_chats)
    assert (report.changed, report.n_items, report.n_asked, report.n_candidates, report.n_alone) == (True, 2, 50, 2, 0)
    first = two_chats.store.read("development").row(0, named=True)
    ids = ["m0", "m1", "m2", "m3", "m4"]
    assert (first["segment_id"], first["message_ids"]) == (item_id("m2", ids), ids)
    assert (first["suspicious_message_id"], first["at_risk_user_id"], first["suspicious_message_ids"]) == (
        "m2",
        "u0",
        ["m2"],
    )
    assert (first["n_messages"], first["n_users"], first["n_chars"], first["n_signals"]) == (5, 2, 15, 1)
    assert (first["kind"], first["categories"], first["length"]) == ("implicit", ["distress"], "5-9")
    assert report.coverage["chat_id"].n_drawn == report.coverage["chat_id"].n_values == 2
    assert report.coverage["length"].items == {"1-4": 1, "5-9": 1}


def test_drawing_again_changes_nothing_until_something_it_depends_on_does(two_chats):
    assert [draw_development(two_chats).changed for _ in range(2)] == [True, False]
    tune = two_chats.settings.segment.tune.model_dump()
    assert draw_development(with_options(two_chats, "segment", {"tune": {**tune, "seed": 8}})).changed


def test_items_of_an_earlier_set_stay_and_are_no_longer_current(two_chats):
    draw_development(two_chats)
    tune = {**two_chats.settings.segment.tune.model_dump(), "gaps": (3,)}
    report = draw_development(with_options(two_chats, "segment", {"tune": tune}))
    table = two_chats.store.read("development").sort("n_messages")
    # d0 and d1 are within any gap, so that item is the same; that of m2 has another context.
    assert table.select("n_messages", "current").rows() == [(2, True), (3, True), (5, False)]
    assert report.n_items == current_items(two_chats.store).height == 2


def test_a_message_is_in_question_in_one_current_item_only(two_chats):
    draw_development(two_chats)
    table = two_chats.store.read("development")
    twice = pl.concat([table, table.head(1).with_columns(segment_id=pl.lit("0" * 16))])
    with pytest.raises(ContractError, match=r"one_current_item_a_suspicious_message \(2 rows\)"):
        two_chats.store.write("development", twice, Recipe(inputs={}))
    two_chats.store.write("development", twice.with_columns(current=pl.lit(value=False)), Recipe(inputs={}))


def test_an_item_never_has_the_id_of_a_segment(two_chats):
    draw_development(two_chats)
    store = two_chats.store
    segments = build_segments(store.read("messages"), store.read("matches"), Expansion()).kept
    development = store.read("development")
    # The very same messages, and yet another id.
    assert segments["message_ids"].to_list() == development["message_ids"].to_list()
    assert not set(segments["segment_id"]) & set(development["segment_id"])


def test_without_conversations_the_message_says_what_to_do(two_chats, said, matched):
    two_chats.store.write("messages/c", said("c", [("m2", "u", 0)]), Recipe(inputs={}))
    two_chats.store.write("matches", matched({"m2": ["implicit"]}), Recipe(inputs={}))
    with pytest.raises(DataError, match="there are 1, all of them alone"):
        draw_development(two_chats)


def test_matches_of_absent_messages_are_refused(said, matched):
    with pytest.raises(DataError, match="assay lexicon match"):
        candidates(said("c", [("m0", "u", 0)]), matched({"gone": ["implicit"]}), REACH, min_messages=2)
