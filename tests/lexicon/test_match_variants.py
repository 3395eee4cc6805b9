"""Matching against a plain reference: look at every place of every form of a message, for every form of the term."""

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.text import folded
from lexicon.matching import find_matches

INVISIBLE, MARKS, HAN = set("\u200b\u200d\ufe0f\u2060\u00ad\u0336"), set(" .·-_*/…~　－"), set("想死累好𠮷著〇")
ALPHABET = "想死累好𠮷abＡB1é，。？\n\0😊 .·-_…－　\u200b\ufe0f\u0336"


def messages(*contents):
    ids = [f"m{n}" for n in range(len(contents))]
    return pl.DataFrame(
        {"message_id": ids, "content": contents}, schema=dict.fromkeys(("message_id", "content"), pl.String)
    )


def lexicon(*terms):
    names = ("entry_id", "term", "kind", "category")
    rows = [(f"e{n}", term, "implicit", "slang") for n, term in enumerate(terms)]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def found_in(content, *terms, **options):
    return find_matches(messages(content), lexicon(*terms), **options).select("term", "start", "end").rows()


def visible(text):
    return [(folded(character), place) for place, character in enumerate(text) if character not in INVISIBLE]


def is_unit(shown, at):
    def at_word(place):
        return 0 <= place < len(shown) and shown[place][0].isalnum() and shown[place][0] not in HAN

    character = shown[at][0]
    return character in HAN or (character.isalpha() and not at_word(at - 1) and not at_word(at + 1))


def unmarked(shown):
    kept, run = [], []
    for at, pair in enumerate(shown):
        if pair[0] in MARKS:
            run.append((at, pair))
            continue
        first = run[0][0] - 1 if run else -1
        if run and not (first >= 0 and is_unit(shown, first) and is_unit(shown, at)):
            kept += [marked for _, marked in run]
        kept.append(pair)
        run = []
    return kept + [marked for _, marked in run]


def forms(text, inserted_marks):
    shown = visible(text)
    return [shown, unmarked(shown)] if inserted_marks else [shown]


def is_latin(character):
    return (character.isascii() and (character.isalnum() or character == "_")) or "À" <= character <= "ɏ"


def inside_word(content, start, end):
    shown = [character for character, _ in visible(content)]
    places = [place for _, place in visible(content)]
    first, last = places.index(start), places.index(end - 1)
    opens = first > 0 and is_latin(shown[first - 1]) and is_latin(shown[first])
    return opens or (last + 1 < len(shown) and is_latin(shown[last + 1]) and is_latin(shown[last]))


def reference(content, term, inserted_marks=True):
    spans = set()
    for form in forms(term, inserted_marks):
        letters = [character for character, _ in form]
        for shown in forms(content, inserted_marks):
            for at in range(len(shown) - len(letters) + 1):
                if letters and [character for character, _ in shown[at : at + len(letters)]] == letters:
                    spans.add((shown[at][1], shown[at + len(letters) - 1][1] + 1))
    return spans


texts = st.text(ALPHABET, max_size=14)
terms = st.lists(st.text(ALPHABET, min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, max_size=4), terms, st.booleans(), st.booleans())
def test_equals_the_plain_reference(contents, wanted, whole_words, inserted_marks):
    found = find_matches(messages(*contents), lexicon(*wanted), whole_words=whole_words, inserted_marks=inserted_marks)
    expected = {
        (f"m{row}", f"e{entry}", start, end)
        for row, content in enumerate(contents)
        for entry, term in enumerate(wanted)
        for start, end in reference(content, term, inserted_marks)
        if not (whole_words and inside_word(content, start, end))
    }
    assert set(found.select("message_id", "entry_id", "start", "end").rows()) == expected
    assert found.height == len(expected) == found.select("message_id", "entry_id", "start").n_unique()


@settings(deadline=None)
@given(
    st.text("想死累好𠮷〇", min_size=2, max_size=5),
    st.lists(st.text(" .·-_*/…~　－\u200b\ufe0f", max_size=3), min_size=4, max_size=4),
    st.text("今天，b1😊𠮷", max_size=5),
)
def test_a_woven_term_is_found_and_its_offsets_hold_just_it(term, woven, around):
    assume(term not in around)
    typed = term[0] + "".join(mark + character for mark, character in zip(woven, term[1:], strict=False))
    content = f"{around}。{typed}。{around}"
    (found,) = found_in(content, term)
    assert content[found[1] : found[2]] == typed


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        ("我想死了", "想死"),
        ("我想·死了", "想·死"),
        ("我想 死了", "想 死"),
        ("我想.死了", "想.死"),
        ("我想-死了", "想-死"),
        ("我想……死了", "想……死"),
        ("我想　＿＊／死了", "想　＿＊／死"),
        ("我想\u200b死了", "想\u200b死"),
        ("我想\ufe0f死\u0336了", "想\ufe0f死"),
        ("𠮷想~死", "想~死"),
    ],
)
def test_marks_and_invisible_characters_inside_a_term_are_skipped(content, shown):
    ((_, start, end),) = found_in(content, "想死")
    assert content[start:end] == shown


@pytest.mark.parametrize("mark", list("，。！？；：、,!?;:\n“”（）《》@😊了"))
def test_what_ends_a_clause_or_quotes_is_not_skipped(mark):
    assert found_in(f"好想{mark}死党来了", "想死") == []


@pytest.mark.parametrize(
    ("content", "term", "spans"),
    [
        ("do it", "doit", []),
        ("do.it", "doit", []),
        ("Ｅ.m.O了", "emo", [(0, 5)]),
        ("k y s", "kys", [(0, 5)]),
        ("we are ok", "weare", []),
        ("an e.m.o", "emo", [(3, 8)]),
        ("man e.m.one", "emo", []),
        ("5.2.0", "520", []),
        ("с.у.и", "суи", [(0, 5)]),
        ("想 s 了", "想s", [(0, 3)]),
        ("想 so 了", "想s", []),
        ("việt a b", "tab", []),
    ],
)
def test_letters_are_joined_only_where_each_stands_alone(content, term, spans):
    assert [(start, end) for _, start, end in found_in(content, term)] == spans


@pytest.mark.parametrize(
    ("content", "term", "spans"),
    [
        ("不想活了", "不想 活", [(0, 3)]),
        ("不想-活了", "不想 活", [(0, 4)]),
        ("想-死", "-死", [(1, 3)]),
        ("da b", "a b", [(1, 4)]),
        ("kill myself", "kill myself", [(0, 11)]),
        ("---", "-", [(0, 1), (1, 2), (2, 3)]),
        ("想死", "\u200b", []),
    ],
)
def test_terms_with_marks_of_their_own(content, term, spans):
    assert [(start, end) for _, start, end in found_in(content, term)] == spans


@pytest.mark.parametrize(
    ("content", "starts"), [("I d.i.e", [2]), ("d.i.e!", [0]), ("d.i.es", []), ("sol\u200bdie", []), ("想d-i-e", [1])]
)
def test_whole_words_look_at_the_text_with_its_marks(content, starts):
    assert [start for _, start, _ in found_in(content, "die", whole_words=True)] == starts


def test_without_the_setting_only_invisible_characters_are_skipped():
    assert found_in("想 死 想\u200b死", "想死", inserted_marks=False) == [("想死", 4, 7)]


def test_a_shorter_term_inside_a_woven_longer_one_is_found_too():
    assert found_in("不.想.活", "不想活", "想活", "想") == [("不想活", 0, 5), ("想活", 2, 5), ("想", 2, 3)]
