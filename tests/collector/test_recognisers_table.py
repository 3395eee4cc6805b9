"""The table of recognisers is its own test: what each row says it finds and leaves; and what holds for all rows."""

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.cleaning import clean
from collector.recognisers import MENTIONS, PLACEHOLDERS, RECOGNISERS
from collector.recognisers.shadow import NUMERAL, NUMERALS, shadow_of, with_numerals
from collector.recognisers.suspicion import SUSPECT
from collector.scrubbing import scrubbed, without_mentions
from core.text import tidy

TABLE = (*RECOGNISERS, *MENTIONS)
FINDS = [pytest.param(raw, out, id=f"{row.kind}: {raw}") for row in TABLE for raw, out in row.finds]
LEAVES = [pytest.param(text, id=f"{row.kind}: {text}") for row in TABLE for text in row.leaves]


def whole(text: str) -> str:
    return without_mentions(scrubbed(tidy(text)))


@pytest.mark.parametrize(("raw", "expected"), FINDS)
def test_what_a_row_finds(raw, expected):
    assert whole(raw) == expected


@pytest.mark.parametrize("text", LEAVES)
def test_what_a_row_leaves(text):
    assert whole(text) == text


def test_every_row_has_examples_of_both_kinds_and_a_known_placeholder():
    assert [row.form for row in TABLE if not row.finds or not row.leaves] == []
    assert {row.kind for row in TABLE} == {*PLACEHOLDERS, "link"} - {"member"}
    assert all(row.placeholder == PLACEHOLDERS.get(row.kind, " ") for row in TABLE)


def test_the_pattern_of_a_row_with_context_words_finds_nothing_without_them():
    held = [(row.form, raw) for row in TABLE if row.context for raw, _ in row.finds if not _says(row.context, raw)]
    assert held == []


def _says(words: tuple[str, ...], text: str) -> bool:
    return any(word in shadow_of(text) for word in words)


@pytest.mark.parametrize("placeholder", [*PLACEHOLDERS.values(), "〈成员:3fa9c1〉", "〈成员:138000〉"])
def test_nothing_is_found_in_a_placeholder_nor_across_one(placeholder):
    text = f"微信{placeholder}，在 {placeholder}3号 qq{placeholder}"
    assert whole(text) == text


EXAMPLES = [raw for row in TABLE for raw, _ in row.finds]


@given(st.sampled_from(EXAMPLES), st.text(max_size=8), st.text(max_size=8))
def test_the_search_that_lets_a_text_pass_sees_whatever_a_recogniser_finds(example, before, after):
    assert_seen(tidy(before + example + after))


PIECES = st.sampled_from(
    [
        "1", "3", "8", "0", "138", "010", "+86", "00", "400", "-", " ", "(", ")", "转", "@", "a", "b.cc", "www.", "://",
        "/x", "一", "三", "幺", "①", "８", "qq", "微信", "加v", "WeChat", "VX", "abc12", "路", "号",
        "区", "楼", "京A", "12345", "卡号",
        "62", ".", "com", "：", "2001:", "db8::1", "192.0.2.1", "电话", "栋",
        "ⓐ", "ⅴⅹ", "④", "﹫", "．", "․", "＿", "～", "｜", "］", "ⓦⓧ", "Ｑ", "٣",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_the_search_sees_whatever_is_found_in_pieces_run_together(text):
    assert_seen(tidy(text))


def test_the_search_sees_every_letter_and_digit_that_is_drawn_otherwise():
    told_apart = re.compile(r"[\dＡ-Ｚａ-ｚ]")  # it reads these as they are
    drawn = [chr(code) for code in range(0x80, sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cs"]
    alike = [one for one in drawn if (seen := shadow_of(one)).isascii() and seen.isalnum() and tidy(one) == one]
    assert len(alike) > 1500
    assert [one for one in alike if not SUSPECT.search(one) and not told_apart.match(one)] == []


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("我住①栋138", "我住〈地址〉"),
        ("加微信 ⓐⓑⓒ①②x", "加微信 〈微信〉"),
        ("邮箱 abc﹫qq․com", "邮箱 〈邮箱〉"),
        ("ⅴⅹ：abc123", "ⅴⅹ：〈微信〉"),
    ],
)
def test_what_is_drawn_otherwise_is_found(text, cleaned):
    assert clean(text) == cleaned


def assert_seen(text: str) -> None:
    shadow = shadow_of(text)
    for row in RECOGNISERS:
        found = [*row.spans(shadow), *(row.spans(with_numerals(shadow)) if row.numerals else ())]
        assert not found or SUSPECT.search(text), f"{row.kind}: {row.form}"
        for seen in (shadow, with_numerals(shadow)):
            assert row.hint.search(seen) or not row.pattern.search(seen), f"{row.kind}: {row.form}"


@given(st.text())
def test_a_shadow_is_as_long_as_its_text(text):
    assert len(shadow_of(text)) == len(with_numerals(shadow_of(text))) == len(text)


@pytest.mark.parametrize(
    ("text", "shadow"),
    [("ＡＢ１２", "ab12"), ("①❸⒋٣", "1343"), ("（Ｘ）：，", "（x）:，"), ("〈用户〉A", "〈\ue000\ue000〉a")],
)
def test_what_a_shadow_looks_like(text, shadow):
    assert shadow_of(text) == shadow


def test_numerals_are_the_digits_that_are_said():
    assert with_numerals("一三八零〇幺两拐洞勾玖") == "13800127099"
    assert len(NUMERAL) == len(NUMERALS) == len(set(NUMERAL))


@given(st.text(st.sampled_from("1368 0-.xX号:qq微信@a/一三〇①路区3栋京"), max_size=60))
def test_spans_lie_in_the_text_in_order_without_overlap(text):
    shadow = shadow_of(text)
    for row in TABLE:
        ends = [0, *(position for span in row.spans(shadow) for position in span), len(text)]
        assert ends == sorted(ends)
        assert all(start < end for start, end in row.spans(shadow))


LONG = [
    "a", "1", "1 ", "1.", "1-", "13 ", "138 ", "a.b", "a@", "@", "@小", "://", ".", "。", "+86 ", "(010) ", "0571-",
    "区", "市区县镇", "区路", "路1号", "第三区", "1栋", "一", "一二 ", "qq1", "q ", "微 ", "微信a", "加我", "v:", "a_",
    "京a1", "1:", "1::", "：", "〈", "我",
]  # fmt: skip


@pytest.mark.parametrize("piece", LONG)
@pytest.mark.timeout(60)
def test_a_message_ten_times_as_long_takes_about_ten_times_as_long(piece):
    """Far less than the hundred times of a pattern that backtracks; the shortest of three runs, in processor time."""
    assert shortest_time(piece * 10_000) < 40 * shortest_time(piece * 1_000) + 0.05


def shortest_time(text: str) -> float:
    times: list[float] = []
    for _ in range(3):
        begin = time.process_time()
        whole(text)
        times.append(time.process_time() - begin)
    return min(times)


def test_kinds_say_nothing_of_each_other():
    marks = [mark.rstrip("〉") for mark in PLACEHOLDERS.values()]
    assert [(a, b) for a in marks for b in marks if a != b and re.match(re.escape(a), b)] == []
