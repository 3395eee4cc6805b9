"""From raw text to clean text: what goes, what becomes a placeholder, what stays."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.cleaning import clean, clean_all

CASES = [
    # emoji
    ("好累😭😭", "好累"),
    ("😀", ""),
    ("一家👨‍👩‍👧‍👦人", "一家人"),
    ("国旗🇨🇳和🏴󠁧󠁢󠁥󠁮󠁧󠁿", "国旗和"),
    ("第1️⃣和#️⃣", "第1和"),
    ("赞👍🏽👍🏿", "赞"),
    ("爱你❤️❤", "爱你"),
    ("晚安🌙✨⭐️", "晚安"),
    ("自😀己", "自己"),
    ("©2024 ™", "©2024 ™"),
    ("版权©️", "版权"),
    ("☆★→√①", "☆★→√①"),
    ("数字1234567保留", "数字1234567保留"),
    ("(｡•́︿•̀｡)", "(｡•́︿•̀｡)"),
    # script, blanks, invisible characters
    ("這個世界沒有後來", "这个世界没有后来"),
    ("颱風髮型", "台风发型"),
    ("  你 \t 好\u3000\u3000吗  ", "你 好 吗"),
    ("一\r\n\r\n二", "一\n二"),
    ("零\u200b宽\u200d字\ufeff符", "零宽字符"),
    ("反\u202e向\u2066", "反向"),
    ("控\x00制\x1f", "控制"),
    ("e\u0301te\u0301", "été"),
    ("孤\ud83d立", "孤\ufffd立"),
    ("全角，标点！？", "全角，标点！？"),
    # links
    ("看https://example.com/a?b=1#c这个", "看 这个"),
    ("看 http://example.com, 好", "看 , 好"),
    ("HTTPS://EXAMPLE.COM/A", ""),
    ("tg://join?invite=abc 进来", "进来"),
    ("进群 t.me/joinchat/AbC_d-1 吧", "进群 吧"),
    ("www.example.com好", "好"),
    ("见 example.co.uk/page。", "见 。"),
    ("https：//example.com/x", ""),
    ("and/or 3.14 v2.0 a.m.", "and/or 3.14 v2.0 a.m."),
    ("句子。下一句", "句子。下一句"),
    # e-mail and usernames
    ("邮箱some.one+x@example.com谢谢", "邮箱〈邮箱〉谢谢"),
    ("Ｓｏｍｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "〈邮箱〉"),
    ("mailto:a@example.org", "〈邮箱〉"),
    ("@some_user1 在吗", "〈用户〉 在吗"),
    ("问＠ｓｏｍｅｏｎｅ", "问〈用户〉"),
    ("host name@server 上", "host name〈用户〉 上"),
    ("3 @ 5点", "3 @ 5点"),
    # phone numbers
    ("加我13800000000", "加我〈电话〉"),
    ("138 0000 0000", "〈电话〉"),
    ("138-0000-0000谢谢", "〈电话〉谢谢"),
    ("1 3 8 0 0 0 0 0 0 0 0", "〈电话〉"),
    ("+86 138 0000 0000", "〈电话〉"),
    ("(+8613800000000)", "(〈电话〉)"),
    ("008613800000000", "〈电话〉"),
    ("１３８００００００００", "〈电话〉"),
    ("𝟏𝟑𝟖𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟎", "〈电话〉"),
    ("138\u200b0000\u200b0000", "〈电话〉"),
    ("138😀0000😀0000", "〈电话〉"),
    ("138 https://example.com/ 0000 0000", "〈电话〉"),
    ("座机010-20000000", "座机〈电话〉"),
    ("（０７５５）2000 0000转801", "〈电话〉"),
    ("400-000-0000", "〈电话〉"),
    ("0912-000-000", "〈电话〉"),
    ("+852 6000 0000", "〈电话〉"),
    ("+1 (555) 010-0123", "〈电话〉"),
    ("13800000000、13900000000", "〈电话〉、〈电话〉"),
    # letters, digits and characters that only look different; what NFKC would harm
    ("ＯＫ１２３", "OK123"),
    ("𝓗𝓮𝓵𝓵𝓸 𝟙𝟚", "Hello 12"),
    ("ﬁne", "fine"),
    ("⼀⼆⽉", "一二月"),
    ("3²≠32 ½ ① ㎏ … ：！", "3²≠32 ½ ① ㎏ … ：！"),
    ("(ﾟДﾟ)", "(ﾟДﾟ)"),
    # words for emoji and stickers
    ("太难了[捂脸][捂脸]", "太难了"),
    ("早[微笑]安", "早 安"),
    ("好<:pepe:123456789012345678>吧", "好 吧"),
    ("[方括号]里的话", "[方括号]里的话"),
    ("〔方法〕", "〔方法〕"),
    # 著
    ("看著他走著走著睡著了", "看着他走着走着睡着了"),
    ("著名的名著，魯迅的著作", "著名的名著，鲁迅的著作"),
    ("論著討論著", "论著讨论着"),
    # numbers that are none
    ("2024-01-13 12:30:00", "2024-01-13 12:30:00"),
    ("订单110101199001010000", "订单110101199001010000"),
    ("得分10000000比9999999", "得分10000000比9999999"),
    ("圆周率3.14159265358", "圆周率3.14159265358"),
    ("666666", "666666"),
    ("23333333哈哈", "23333333哈哈"),
    ("比分110:98，用时12:30:45", "比分110:98，用时12:30:45"),
    ("原价13999元，2024年3月15日", "原价13999元，2024年3月15日"),
    ("", ""),
]


@pytest.mark.parametrize(("raw", "expected"), CASES)
def test_clean_text(raw, expected):
    assert clean(raw) == expected


def test_many_texts_are_cleaned_as_one_by_one():
    raw = [case for case, _ in CASES]
    assert clean_all(raw) == [expected for _, expected in CASES]


def test_traditional_script_stays_when_the_setting_says_so():
    assert clean("這個 13800000000", simplify=False) == "這個 〈电话〉"


PIECES = st.sampled_from(
    [
        "138", "0000", "8000", "+86", "010-2000", "0000", "@", "a@b.cc", "name", "www.", "https://", "example.com/x",
        "t.me/y", "/", ":", ".", "-", "😀", "\u200b", "\n", "著", "乾", "後", "、", "①", "８", " ", "微信", "qq", "路",
        "號", "區", "一三八", "[捂脸]", "[", "名", "作", "〈", "〉", "@小雨", "哈哈哈哈", "京A", "12345", "192.0.2.",
        "看", "ﬁ", "⼀",
    ]
)  # fmt: skip


@given(st.text())
def test_cleaning_clean_text_changes_nothing(text):
    once = clean(text)
    assert clean(once) == once


@given(st.lists(PIECES, max_size=12).map("".join))
def test_cleaning_identifiers_run_together_changes_nothing_more(text):
    once = clean(text)
    assert clean(once) == once


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=30))
def test_cleaning_chinese_text_is_idempotent_and_keeps_its_length_where_nothing_is_recognised(text):
    once = clean(text)
    assert clean(once) == once
    assert len(once) == len(text) or re.search("〈(?:地址|QQ|电话|微信|银行卡|身份证)〉", once)


def test_numerals_beside_a_word_for_an_account_are_one():
    assert clean("一一一一四扣扣") == "〈QQ〉扣扣"


@pytest.mark.parametrize(
    ("raw", "limit", "expected"),
    [
        ("哈哈哈哈哈哈", 3, "哈哈哈"),
        ("好累。。。。。！！！！", 2, "好累。。！！"),
        ("哈哈哈哈", 0, "哈哈哈哈"),
        ("1000000 23333", 2, "1000000 23333"),
        ("救救救我啊啊啊", 1, "救我啊"),
        ("加13800000000000", 1, "加13800000000000"),
        ("〈成员:aaaaaa〉", 1, "〈成员:aaaaaa〉"),
    ],
)
def test_repeated_characters_are_cut_down_to_the_setting(raw, limit, expected):
    assert clean(raw, repeat_limit=limit) == expected


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(0, 3), st.booleans())
def test_cleaning_is_idempotent_under_any_setting(text, limit, simplify):
    once = clean(text, simplify, limit)
    assert clean(once, simplify, limit) == once


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("電話：2000-0000", "電話：〈电话〉"),
        ("銀行卡號6200000000000005", "銀行卡號〈银行卡〉"),
        ("住在臺北市大安區和平東路三段10號", "住在〈地址〉"),
        ("身份證號110101199001010000", "身份證號〈身份证〉"),
    ],
)
def test_words_around_a_number_are_read_in_traditional_script_too(raw, expected):
    assert clean(raw, simplify=False) == expected


@given(st.lists(st.text(), max_size=5))
def test_cleaning_together_is_cleaning_one_by_one(texts):
    assert clean_all(texts) == [clean(text) for text in texts]


@pytest.mark.parametrize("piece", ["a", "1", "1 ", "13 ", "a.b", "a@", "://", "@", "+86 ", "(010) ", "\ud83d", "😀 "])
def test_the_time_for_a_very_long_message_grows_with_its_length_and_not_with_its_square(piece):
    def seconds(characters: int) -> float:
        begin = time.process_time()
        clean("x" + piece * (characters // len(piece)) + "@")
        return time.process_time() - begin

    # Four times the length: four times the time where it grows evenly, sixteen times where it grows with the square.
    # The second is for the pauses of a busy machine.
    assert seconds(100_000) < 8 * seconds(25_000) + 1
