"""What members are called: which forms of a name are looked for, and what becomes of them in texts."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.cleaning import clean
from collector.common_names import COMMON_NAMES
from collector.members import ChatNames, Members, forms_of
from collector.thing_names import THING_NAMES

ALIAS = {
    "小鹿": "〈成员:aaaaaa〉",
    "Nova": "〈成员:bbbbbb〉",
    "不想长大": "〈成员:cccccc〉",
    "小鹿斑比": "〈成员:dddddd〉",
}
NAMES = ChatNames(ALIAS | {"小雨": "〈成员:eeeeee〉"}, words=frozenset({"小雨"}))


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("小鹿", ("小鹿",)),
        ("小鹿🦌不想上学", ("小鹿不想上学", "小鹿")),
        ("阿杰（失眠中）", ("阿杰（失眠中）", "阿杰")),
        ("Nova | 夜谈", ("Nova | 夜谈", "Nova")),
        ("Li Ming", ("Li Ming",)),
        ("小鹿 不在", ("小鹿 不在", "小鹿")),
        ("ＮＯＶＡ", ("NOVA",)),
        ("陳同學", ("陈同学",)),
        ("@阿木", ("阿木",)),
        ("\u200b阿\u200b木", ("阿木",)),
        ("Юля", ("Юля",)),
        ("七", ()),
        ("K", ()),
        ("ab", ()),
        ("12345", ()),
        ("😀😀", ()),
        ("...", ()),
        ("", ()),
        ("阿Q", ("阿Q",)),
        ("lost_star", ("lost_star", "lost")),
        ("bob_", ("bob_", "bob")),
        ("小鹿_lost", ("小鹿_lost", "小鹿")),
    ],
)
def test_the_forms_of_a_name(name, forms):
    assert forms_of(name) == forms


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("昨晚小鹿陪我", "昨晚〈成员:aaaaaa〉陪我"),
        ("小鹿斑比和小鹿", "〈成员:dddddd〉和〈成员:aaaaaa〉"),
        ("@小鹿 在吗", "〈成员:aaaaaa〉 在吗"),
        ("＠小鹿你看", "〈成员:aaaaaa〉你看"),
        ("nova NOVA Ｎｏｖａ", "〈成员:bbbbbb〉 〈成员:bbbbbb〉 〈成员:bbbbbb〉"),
        ("innovation是nova2", "innovation是nova2"),
        ("问nova吧", "问〈成员:bbbbbb〉吧"),
        ("下着小雨", "下着小雨"),
        ("@小雨 别怕", "〈成员:eeeeee〉 别怕"),
        ("@别人 呢", "@别人 呢"),
        ("@阿远 呢", "〈用户〉 呢"),
        ("nova@example.com", "〈邮箱〉"),
        ("看example.com/nova", "看"),
        ("小\u200b鹿", "〈成员:aaaaaa〉"),
        ("不想長大", "〈成员:cccccc〉"),
        ("我喜欢小鹿今天", "我喜欢〈成员:aaaaaa〉今天"),
    ],
)
def test_names_in_texts(raw, expected):
    assert clean(raw, names=NAMES) == expected


def test_a_name_whose_last_character_begins_a_word_is_not_one():
    names = ChatNames({"老周": "〈成员:aaaaaa〉"})
    assert clean("老周末加班，老周你呢", names=names) == "老周末加班，〈成员:aaaaaa〉你呢"


def test_aliases_are_the_beginning_of_the_pseudonym_and_shared_names_have_none():
    members = Members()
    for user, name in (("0a1b2c3d4e", "小鹿"), ("ffffffffff", "阿木"), ("0000000000", "阿木")):
        members.note("chat", user, name)
    members.note("other", "123456789", "小鹿")
    members.note("latin", "aaaaaaaa", "Nova")
    members.note("latin", "bbbbbbbb", "nova")
    assert members.names("latin").replaced(["NOVA和nova"]) == ["〈成员〉和〈成员〉"]
    assert members.names("chat").replaced(["小鹿和阿木"]) == ["〈成员:0a1b2c〉和〈成员〉"]
    assert members.names("other").replaced(["小鹿和阿木"]) == ["〈成员:123456〉和阿木"]
    assert members.names("third").replaced(["小鹿"]) == ["小鹿"]


def test_a_name_that_is_heard_later_counts_from_then_on():
    members = Members()
    members.note("chat", "aaaaaaaa", "小鹿")
    assert members.names("chat").replaced(["阿木"]) == ["阿木"]
    members.note("chat", "bbbbbbbb", "阿木")
    assert members.names("chat").replaced(["阿木"]) == ["〈成员:bbbbbb〉"]


def test_ordinary_words_are_left_and_counted():
    members = Members()
    for number, name in enumerate(("开心", "Happy", "小鹿", "77", "K")):
        members.note("chat", f"{number:08}", name)
    assert members.words("chat") == ["开心", "Happy"]
    assert members.left() == 2
    assert members.names("chat").replaced(["开心 happy", "@开心 你好"]) == ["开心 happy", "〈成员:000000〉 你好"]


@pytest.mark.parametrize(("holding", "rest", "is_word"), [(60, 900, True), (60, 9000, False), (49, 0, False)])
def test_a_short_name_that_is_in_very_many_messages_is_a_thing(holding, rest, is_word):
    members = Members()
    members.note("chat", "aaaaaaaa", "夜鹭")
    members.note("chat", "bbbbbbbb", "很长的名字")
    members.count("chat", pl.Series(["看夜鹭，夜鹭", *["很长的名字"]] * holding))
    members.count("chat", pl.Series(["好的"] * rest, dtype=pl.String))
    assert (members.things("chat") == ["夜鹭"]) is is_word


def test_names_in_latin_letters_are_counted_as_whole_words_in_any_case():
    members = Members()
    members.note("chat", "aaaaaaaa", "Neb")
    members.note("chat", "bbbbbbbb", "Ula")
    members.count("chat", pl.Series(["nebula NEB", "neb!"] * 40))
    assert members.things("chat") == ["Neb"]


MEANT = [
    "@云朵 看",
    "云朵 在吗",
    "hi 云朵",
    "云朵，早点睡",
    "谢谢云朵",
    "跟云朵说了",
    "云朵姐姐",
    "想云朵了",
    "睡吧，云朵",
    "我是云朵",
    "云朵退群了",
]
NOT_MEANT = ["云朵好低", "看到云朵了", "一朵云朵一样的棉花糖", "像云朵", "今天的云朵很白", "那片云朵飘走了"]


@pytest.mark.parametrize("text", MEANT)
def test_a_member_who_is_called_like_a_thing_is_found_where_somebody_is_spoken_to(text):
    members = Members()
    members.note("chat", "aaaaaaaa", "云朵")
    assert "云朵" not in clean(text, names=members.names("chat"))


@pytest.mark.parametrize("text", NOT_MEANT)
def test_the_thing_itself_is_left(text):
    members = Members()
    members.note("chat", "aaaaaaaa", "云朵")
    assert (members.things("chat"), members.left()) == (["云朵"], 1)
    assert clean(text, names=members.names("chat")) == text


def test_the_beginning_of_a_name_of_several_words_is_one_where_somebody_is_called():
    members = Members()
    members.note("chat", "aaaaaaaa", "late_bus")
    names = members.names("chat")
    assert clean("sorry, ten minutes late again", names=names) == "sorry, ten minutes late again"
    assert clean("late: are you here? late_bus!", names=names) == "〈成员:aaaaaa〉: are you here? 〈成员:aaaaaa〉!"


def test_common_names_are_lower_case_and_can_be_names_at_all():
    assert {word for word in COMMON_NAMES | THING_NAMES if word != word.lower() or len(word) < 2} == set()


NAME = st.text(st.sampled_from("小鹿云朵aB1雨@〈〉成员:-邮 .com著看户用"), min_size=1, max_size=6)
PIECE = st.sampled_from(
    [
        "小鹿",
        "云朵",
        "，",
        "谢谢",
        "aB1",
        "@",
        "雨",
        "a@b.com",
        "138",
        "0000",
        "〈用户〉",
        "看著",
        " ",
        "/x",
        "www.",
        "😀",
        "〈成员",
        "路1号",
    ]
)


@given(st.lists(NAME, max_size=4), st.lists(st.one_of(PIECE, NAME), max_size=10).map("".join))
def test_cleaning_with_names_is_idempotent(given_names, text):
    members = Members()
    for number, name in enumerate(given_names):
        members.note("chat", f"{number + 10:06x}", name)
    names = members.names("chat")
    once = clean(text, names=names)
    assert clean(once, names=names) == once
