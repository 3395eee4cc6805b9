import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.text import folded, normalised
from lexicon.matching import find_matches, matches_in


def messages(*contents):
    return pl.DataFrame(
        {"message_id": [f"m{n}" for n in range(len(contents))], "content": contents},
        schema={"message_id": pl.String, "content": pl.String},
    )


def lexicon(*terms):
    return pl.DataFrame(
        {"entry_id": [f"e{n}" for n in range(len(terms))], "term": terms, "kind": "implicit", "category": "slang"},
        schema={"entry_id": pl.String, "term": pl.String, "kind": pl.String, "category": pl.String},
    )


def spans(found):
    return found.select("message_id", "term", "start", "end").rows()


def test_overlapping_and_nested_matches_are_all_found():
    found = find_matches(messages("我不想活了"), lexicon("不想活", "想活", "不想"))
    assert spans(found) == [("m0", "不想活", 1, 4), ("m0", "不想", 1, 3), ("m0", "想活", 2, 4)]


def test_a_term_overlapping_itself_is_found_twice():
    assert spans(find_matches(messages("累累累"), lexicon("累累"))) == [("m0", "累累", 0, 2), ("m0", "累累", 1, 3)]


def test_offsets_are_characters_of_the_stored_content_beyond_the_bmp():
    content = "𠮷𠮷ab好累"
    (row,) = spans(find_matches(messages(content), lexicon("好累")))
    assert content[row[2] : row[3]] == "好累"


def test_width_and_case_do_not_matter():
    found = find_matches(messages("今天ＥｍＯ了"), lexicon("emo"))
    assert spans(found) == [("m0", "emo", 2, 5)]


@pytest.mark.parametrize(
    ("content", "starts"),
    [("a soldier died", []), ("die, die!", [0, 5]), ("我die了", [1]), ("die2", []), ("née die", [4]), ("dieé", [])],
)
def test_whole_words(content, starts):
    found = find_matches(messages(content), lexicon("die"), whole_words=True)
    assert found["start"].to_list() == starts


def test_chinese_terms_are_not_held_to_word_boundaries():
    assert find_matches(messages("真的好累啊"), lexicon("好累"), whole_words=True).height == 1


def test_order_is_message_then_start_then_longer_first():
    found = find_matches(messages("ba", "ab"), lexicon("b", "a", "ab"))
    assert spans(found) == [
        ("m0", "b", 0, 1),
        ("m0", "a", 1, 2),
        ("m1", "ab", 0, 2),
        ("m1", "a", 0, 1),
        ("m1", "b", 1, 2),
    ]


def test_entries_that_say_the_same_are_all_found_in_the_order_of_the_lexicon():
    found = find_matches(messages("我想 死了"), lexicon("想死", "想 死", "想·死"))
    assert found.select("entry_id", "start", "end").rows() == [("e0", 1, 4), ("e1", 1, 4), ("e2", 1, 4)]


def test_several_frames_are_matched_as_one():
    found = matches_in([messages("好累", "累"), messages(), messages("很累")], lexicon("累"))
    assert found.select("message_id", "start").rows() == [("m0", 1), ("m1", 0), ("m0", 1)]


def test_long_columns_are_searched_in_pieces(monkeypatch):
    contents = ["好累" * n for n in range(6)]
    whole = find_matches(messages(*contents), lexicon("累", "好累"))
    monkeypatch.setattr("lexicon.search.BYTES_AT_ONCE", 20)
    assert find_matches(messages(*contents), lexicon("累", "好累")).equals(whole)
    assert whole.height == 30


@pytest.mark.parametrize(
    "frames", [(messages(), lexicon("a")), (messages("a"), lexicon()), (messages("b"), lexicon("a"))]
)
def test_nothing_to_find_is_an_empty_table(frames):
    found = find_matches(*frames)
    assert found.height == 0
    assert found.columns == ["message_id", "entry_id", "term", "kind", "category", "start", "end"]


@settings(deadline=None)
@given(
    st.lists(st.text("ab好累 Ａ", max_size=12), max_size=5),
    st.lists(st.text("ab好累", min_size=1, max_size=3), max_size=5, unique=True),
)
def test_without_inserted_marks_equals_looking_at_every_position(contents, terms):
    found = find_matches(messages(*contents), lexicon(*terms), inserted_marks=False)
    expected = {
        (f"m{number}", term, start, start + len(term))
        for number, content in enumerate(contents)
        for term in terms
        for start in range(len(content))
        if folded(content).startswith(term, start)
    }
    assert set(spans(found)) == expected
    assert found.height == len(expected)


@given(st.text())
def test_folding_keeps_every_offset(text):
    assert len(folded(text)) == len(text)
    assert folded(folded(text)) == folded(text)


@given(st.text())
def test_normalising_twice_is_normalising_once(text):
    assert normalised(normalised(text)) == normalised(text)
