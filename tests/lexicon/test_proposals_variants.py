import csv
from importlib.resources import files
from math import sqrt

import polars as pl
import pytest

from core.setting_tables.lexicon import ProposeSettings
from core.text import folded, normalised
from lexicon.proposals.corpus import Corpus
from lexicon.proposals.homophones import homophones
from lexicon.proposals.known import Known
from lexicon.proposals.pronunciation import sound, syllables
from lexicon.proposals.spellings import spellings, split_characters
from lexicon.proposals.units import is_chinese, units_of
from lexicon.proposals.variants import excess, only_in_traditional, propose_variants

CALM = ["今天吃面", "明天上课", "周末爬山", "晚上打球", "下午开会", "早上跑步"] * 4
CATEGORIES = {"难受": "distress", "想消失": "euphemism", "没意思": "distress", "好累": "distress"}


def corpus(*contents, marks=True, simplified=True, categories=CATEGORIES):
    rows = [{"message_id": f"m{n}", "chat_id": "c", "content": content} for n, content in enumerate([*contents, *CALM])]
    entries = pl.DataFrame(
        [{"entry_id": term, "term": term, "kind": "explicit", "category": name} for term, name in categories.items()]
    )
    return Corpus(
        messages=pl.DataFrame(rows),
        known=Known(entries, frozenset(categories), {}),
        settings=ProposeSettings(near=1),
        matching={"whole_words": False, "inserted_marks": marks},
        simplified=simplified,
    )


def proposed(*contents, **options):
    return {row["term"]: row for row in propose_variants(corpus(*contents, **options)).iter_rows(named=True)}


@pytest.mark.parametrize(
    ("content", "term", "reason"),
    [
        ("今天nanshou死", "nanshou", "pinyin of 难受; "),
        ("真 nan shou 啊", "nan shou", "pinyin of 难受; "),
        ("ＮＡＮＳＨＯＵ", "nanshou", "pinyin of 难受; "),
        ("还是难shou", "难shou", "难受 with 受 in pinyin; "),
        ("一直hao累", "hao累", "好累 with 好 in pinyin; "),
        ("又隹受", "又隹受", "难受 with 难 split into 又隹; "),
        ("女子田糸", "女子田糸", "好累 with its characters split into 女子田糸; "),
        ("就是没易思", "没易思", "sounds like 没意思 (mei yi si); "),
        ("好像萧实", "像萧实", "sounds like 想消失 (xiang xiao shi); "),
        ("想小时", "想小时", "sounds like 想消失 (xiang xiao shi); "),
    ],
)
def test_one_message_with_a_clear_spelling_is_enough(content, term, reason):
    found = proposed(content, "好累")
    assert list(found) == [term]
    assert found[term]["reason"].startswith(reason)
    assert (found[term]["message_id"], folded(found[term]["quote"])) == ("m0", term)


@pytest.mark.parametrize("text", ["ns", "难s", "s受", "楠受", "蓝兽"])
def test_a_doubtful_spelling_needs_a_known_word_near_it(text):
    alone, near = proposed(*["嗯"] * 3, text), proposed("好累", text)
    assert list(alone) == []
    assert list(near) == ([] if text in ("s受", "蓝兽") else [text])


def test_the_reason_of_a_doubtful_spelling_says_so():
    row = proposed("好累", "ns", "哦")["ns"]
    share = 2 / 27
    assert row["reason"] == (
        "initials of 难受 (nan shou); other words are spelled like it too; 1 of 1 messages near known signal words, "
        "where 7% of all messages are"
    )
    assert row["score"] == pytest.approx((1 - share) / sqrt(share * (1 - share)), abs=5e-5)


@pytest.mark.parametrize("content", ["bins都在", "insert了", "conan shout", "难受shou", "好累", "１ns２"])
def test_a_spelling_inside_a_word_or_a_known_term_is_none(content):
    assert not proposed("好累", content, "好累").keys() & {"ns", "难shou", "nan shou", "nanshou"}


def test_no_spelling_is_proposed_that_is_known():
    assert "nanshou" not in proposed("nanshou", categories=CATEGORIES | {"nanshou": "homophone"})


@pytest.mark.parametrize(
    ("more", "text", "kind", "category"),
    [
        ({}, "nanshou", "implicit", "distress"),
        ({"紫": "homophone"}, "nanshou", "implicit", "homophone"),
        ({"emo": "abbreviation"}, "ns", "implicit", "abbreviation"),
        ({"emo": "abbreviation"}, "nanshou", "implicit", "distress"),
    ],
)
def test_variants_are_implicit_and_in_a_category_that_the_lexicon_has(more, text, kind, category):
    row = proposed("好累", text, categories=CATEGORIES | more)[text]
    assert (row["kind"], row["category"]) == (kind, category)


def test_a_spelling_of_two_terms_names_both_and_takes_no_side():
    row = proposed("好累", "ns", categories={"好累": "distress", "难受": "distress", "能睡": "sleep"})["ns"]
    assert row["reason"].startswith("initials of 能睡 (neng shui); or initials of 难受 (nan shou); other words ")
    assert row["category"] is None


def test_marks_between_characters_are_proposed_where_matching_does_not_skip_them():
    contents = ("我难 受", "好·累", "难。受")
    assert proposed(*contents) == {}
    found = proposed(*contents, marks=False)
    assert {term: (row["reason"].partition(";")[0], row["kind"], row["quote"]) for term, row in found.items()} == {
        "难 受": ("难受 with marks between its characters", "explicit", "难 受"),
        "好·累": ("好累 with marks between its characters", "explicit", "好·累"),
    }


@pytest.mark.parametrize(
    ("content", "converted", "wanted"), [("我好難受", False, 1), ("我好難受", True, 0), ("我難受，没意思", False, 0)]
)
def test_signal_words_in_traditional_script_are_counted(content, converted, wanted):
    assert only_in_traditional(corpus(content, simplified=converted)) == wanted


def test_excess_equals_a_hand_calculation():
    # 3 of 4 messages where 1 of 5 are expected: (3 - 0.8) / sqrt(0.64).
    assert excess(3, 4, 0.2) == pytest.approx(2.75)
    assert (excess(1, 1, 0.0), excess(1, 1, 1.0), excess(0, 0, 0.5)) == (None, None, None)


def test_without_a_known_word_in_the_corpus_only_clear_spellings_are_left():
    found = proposed("ns", "nanshou")
    assert {term: row["score"] for term, row in found.items()} == {"nanshou": None}


def test_spellings_of_a_term():
    found = {spelling.text: spelling.doubtful for spelling in spellings(["好累"])}
    assert found == {
        "haolei": False, "hao lei": False, "hl": True, "hao累": False, "h累": True, "好lei": False, "好l": True,
        "女子累": False, "好田糸": False, "女子田糸": False,
    }  # fmt: skip


@pytest.mark.parametrize("term", ["累", "emo", "自sha", "没有人需要我啊", ""])
def test_other_terms_have_no_spellings(term):
    assert spellings([term]) == []


def test_short_pinyin_is_doubtful():
    assert {one.text for one in spellings(["死了"]) if one.doubtful} >= {"sile", "si le", "sl"}


def test_terms_are_read_as_a_whole():
    assert (syllables("了结"), syllables("死了")) == (("liao", "jie"), ("si", "le"))


@pytest.mark.parametrize("text", ["难受", "楠受", "难shou", "nanshou", "nan·shou", "男 受"])
def test_what_sounds_alike_has_the_same_sound(text):
    assert sound(text) == "nanshou"


def test_homophones_stand_where_they_are_found():
    units = units_of(pl.Series(["嗨 楠受啊", "难受", "好楠，受", "南瘦"]))
    places, spelt = homophones(units, ["难受", "emo", "没出现过"])
    assert places.rows() == [("南瘦", 3, 0, 2), ("楠受", 0, 2, 4), ("难受", 1, 0, 2)]
    assert (spelt[0].text, spelt[0].how, spelt[0].doubtful) == ("南瘦", "sounds like 难受 (nan shou)", True)


def test_the_table_of_split_characters_is_sound():
    table = split_characters()
    assert (table["相"], table["死"]) == (("木目",), ("歹匕", "一夕匕"))
    parts = [text for ways in table.values() for text in ways]
    assert all(is_chinese(text) and len(text) in (2, 3) for text in parts)
    assert all(is_chinese(character) and len(character) == 1 for character in table)
    assert [text for text in [*table, *parts] if folded(normalised(text)) != text] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_spelling_of_the_shipped_lexicon_can_be_matched(language):
    text = files("lexicon").joinpath("data", f"signals_{language}.csv").read_text(encoding="utf-8")
    found = spellings(row["term"] for row in csv.DictReader(text.splitlines()))
    assert (len(found) > 1_000) is (language == "zh")
    assert [one.text for one in found if folded(normalised(one.text)) != one.text] == []


def test_a_rare_homophone_of_common_characters_is_a_coincidence():
    common = ["男孩", "男的", "男生", "手机", "手表", "手工", "男人", "手套", "男友", "动手"]
    assert "男手" not in proposed("好累", "有男手的", *common)
    assert "楠狩" in proposed("好累", "有楠狩的", *common)


def test_ties_are_in_the_order_of_terms():
    found = propose_variants(corpus("nanshou", "好累", "haolei", "meiyisi", "好累"))
    assert found["term"].to_list() == ["haolei", "meiyisi", "nanshou"]
    assert found["number"].to_list() == [0, 1, 2]
