from math import inf, log, sqrt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.setting_tables.lexicon import ProposeSettings
from lexicon.proposals import wholeness
from lexicon.proposals.corpus import Corpus
from lexicon.proposals.known import Known
from lexicon.proposals.log_odds import propose_log_odds, z_scores
from lexicon.proposals.units import units_of

COUNTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=8)


def corpus(contents, known, **settings):
    """A corpus of one chat; known: terms, all of them implicit distress."""
    rows = [{"message_id": f"m{n}", "chat_id": "c", "content": content} for n, content in enumerate(contents)]
    entries = pl.DataFrame(
        [{"entry_id": term, "term": term, "kind": "implicit", "category": "distress"} for term in sorted(known)]
    )
    return Corpus(
        messages=pl.DataFrame(rows),
        known=Known(entries, frozenset(known), {}),
        settings=ProposeSettings(**settings),
        matching={"whole_words": False, "inserted_marks": True},
    )


def test_z_equals_a_hand_calculation():
    # Two terms, 3 and 7 times near, 1 and 9 times elsewhere: 4 and 16 of 20 in all, so a prior of 2 adds .4 and 1.6.
    one = (log(3.4 / (12 - 3.4)) - log(1.4 / (12 - 1.4))) / sqrt(1 / 3.4 + 1 / 1.4)
    other = (log(8.6 / (12 - 8.6)) - log(10.6 / (12 - 10.6))) / sqrt(1 / 8.6 + 1 / 10.6)
    assert (one, other) == pytest.approx((1.0918, -2.3890), abs=5e-5)
    assert z_scores(np.array([3.0, 7.0]), np.array([1.0, 9.0]), prior=2).tolist() == pytest.approx([one, other])


def test_without_any_prior_it_is_the_plain_log_odds_ratio():
    z = z_scores(np.array([20.0, 80.0]), np.array([10.0, 90.0]), prior=1e-12)
    assert z[0] == pytest.approx(log(20 / 80 * 90 / 10) / sqrt(1 / 20 + 1 / 10))


@pytest.mark.parametrize(("near", "rest"), [([0, 0], [3, 4]), ([3, 4], [0, 0]), ([5], [5]), ([], [])])
def test_z_is_undefined_without_two_parts_and_two_terms(near, rest):
    assert np.isnan(z_scores(np.array(near, float), np.array(rest, float), prior=1.0)).all()


@given(COUNTS)
def test_exchanging_the_parts_turns_the_sign(counts):
    near, rest = (np.array(part, float) for part in zip(*counts, strict=True))
    np.testing.assert_allclose(z_scores(near, rest, 5.0), -z_scores(rest, near, 5.0), equal_nan=True)


@given(COUNTS.filter(lambda counts: all(map(sum, counts)) and all(map(sum, zip(*counts, strict=True)))))
def test_a_larger_prior_says_less(counts):
    near, rest = (np.array(part, float) for part in zip(*counts, strict=True))
    small, large = z_scores(near, rest, prior=10.0), z_scores(near, rest, prior=1e7)
    assert (np.abs(large) <= np.abs(small) + 0.1).all()


CALM = ["今天吃面", "明天上课", "周末爬山", "晚上打球", "下午开会", "早上跑步"] * 8
DOWN = ["好累", "我心里堵得慌", "嗯", "难受", "真的堵得慌啊", "嗯嗯", "好累", "就是堵得慌", "哦", "唉堵得慌"]


def test_what_stands_near_known_words_is_proposed():
    found = propose_log_odds(corpus([*DOWN, *CALM], {"好累", "难受"}, near=1))
    first = found.row(0, named=True)
    assert {name: first[name] for name in ("source", "number", "term", "message_id", "quote")} == {
        "source": "log_odds", "number": 0, "term": "堵得慌", "message_id": "m1", "quote": "堵得慌",
    }  # fmt: skip
    assert first["reason"].startswith("3 of 4 occurrences are in messages within 1 of a known signal word, where ")
    assert first["score"] == found["score"].max() >= 1.645


def test_neither_known_terms_nor_parts_of_them_are_proposed():
    down = [content.replace("好累", "堵得慌") for content in DOWN]
    found = propose_log_odds(corpus([*down, *CALM], {"堵得慌"}, near=1, min_messages=1))
    assert not set(found["term"]) & {"堵得慌", "堵得", "得慌"}


def test_a_drafted_term_is_not_proposed_either():
    given_corpus = corpus([*DOWN, *CALM], {"好累", "难受"}, near=1)
    known = Known(given_corpus.known.entries, given_corpus.known.terms | {"堵得慌"}, {})
    again = Corpus(given_corpus.messages, known, given_corpus.settings, given_corpus.matching)
    assert "堵得慌" not in propose_log_odds(again)["term"].to_list()


def test_placeholders_are_in_no_proposal():
    down = [content.replace("堵得慌", "想〔方法〕了") for content in DOWN]
    found = propose_log_odds(corpus([*down, *CALM], {"好累", "难受"}, near=1, min_messages=1))
    assert not [term for term in found["term"] if "方" in term or "法" in term]


def test_words_in_latin_letters_are_proposed_whole():
    down = [content.replace("堵得慌", " emo ") for content in DOWN]
    found = propose_log_odds(corpus([*down, *CALM], {"好累", "难受"}, near=1))
    assert found["term"].to_list() == ["emo"]


def test_the_limit_and_the_order_are_kept():
    signals = [f"好累 {word}" for word in ("aa", "bb", "cc") for _ in range(4)]
    found = propose_log_odds(corpus([*signals, *CALM], {"好累"}, near=1, limit=2))
    assert (found["term"].to_list(), found["number"].to_list()) == (["aa", "bb"], [0, 1])


def test_a_lexicon_that_never_matches_proposes_nothing():
    assert propose_log_odds(corpus(CALM, {"好累"})).is_empty()


def test_cohesion_equals_a_hand_calculation():
    # 难受 twice, 难 three times, 受 twice, eight characters: ln(2 · 8 / (3 · 2)).
    made = units_of(pl.Series(["难受", "难受", "难", "吃", "饭", "吃"]))
    keys = np.array([made.key("难受")])
    singles = np.bincount(np.maximum(made.codes, 0))
    found = wholeness.cohesion(keys, np.array([2]), np.array([2]), singles)
    assert found.tolist() == pytest.approx([log(2 * 8 / (3 * 2))])


def test_freedom_is_the_entropy_of_the_more_predictable_side():
    # Before the run: 1, 1, 2 and a break; behind it: 3, 3, 3 and 4. Units: the run is 8 9.
    codes = np.array([1, 8, 9, 3, 0, 1, 8, 9, 3, 0, 2, 8, 9, 3, 0, 8, 9, 4, 0])
    tokens, first = np.zeros(4, np.int64), np.array([1, 6, 11, 15])
    found = wholeness.freedom(codes, np.array([2]), np.array([4]), tokens, first)
    assert found.tolist() == pytest.approx([-(3 / 4 * log(3 / 4) + 1 / 4 * log(1 / 4))])


def test_breaks_are_neighbours_unlike_any_other():
    codes = np.array([0, 8, 9, 0, 8, 9, 0, 8, 9, 0])
    found = wholeness.freedom(codes, np.array([2]), np.array([3]), np.zeros(3, np.int64), np.array([1, 4, 7]))
    assert found.tolist() == pytest.approx([log(3)])


def test_a_fragment_knows_its_share():
    made = units_of(pl.Series(["睡不着"]))
    keys = np.array([made.key(text) for text in ("睡不", "不着", "睡不着")])
    order = np.argsort(keys)
    sizes, counts = np.array([2, 2, 3])[order], np.array([10, 40, 9])[order]
    share = dict(zip(keys[order], wholeness.fragment(keys[order], sizes, counts), strict=True))
    assert [share[key] for key in keys] == pytest.approx([0.9, 0.225, 0.0])


def test_words_are_whole_by_nature():
    keys, one = np.array([-5]), np.array([1])
    assert wholeness.cohesion(keys, one, one, np.array([0, 3])).tolist() == [inf]
    assert wholeness.fragment(keys, one, one).tolist() == [0.0]
    assert wholeness.possible(keys, one, [""]).tolist() == [True]


def test_places_count_within_a_chat_only():
    down = corpus(["好累", "堵得慌", "嗯嗯", "难受", "堵得慌"], {"好累", "难受"}, near=1)
    chats = down.messages.with_columns(chat_id=pl.Series(["a", "b", "b", "c", "d"]))
    apart = Corpus(chats, down.known, down.settings, down.matching)
    assert (down.near.tolist(), apart.near.tolist()) == ([True] * 5, [True, False, False, True, False])


def test_the_quote_is_what_stands_in_the_message():
    down = [content.replace("堵得慌", " ＥＭＯ ") for content in DOWN]
    row = propose_log_odds(corpus([*down, *CALM], {"好累", "难受"}, near=1)).row(0, named=True)
    assert (row["term"], row["quote"], row["message_id"]) == ("emo", "ＥＭＯ", "m1")


def test_a_term_has_to_stand_in_enough_messages():
    enough, few = (corpus([*DOWN, *CALM], {"好累", "难受"}, near=1, min_messages=least) for least in (4, 5))
    assert ["堵得慌" in propose_log_odds(one)["term"].to_list() for one in (enough, few)] == [True, False]
