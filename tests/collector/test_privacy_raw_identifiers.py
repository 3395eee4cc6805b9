"""What looks like a raw identifier, what does not, and how it is masked."""

import pytest

from collector.privacy.raw_identifiers import KINDS, masked, masked_value, raw_identifiers
from collector.recognisers import MENTIONS, RECOGNISERS


def kinds(text: str) -> list[str]:
    return [hit.kind for hit in raw_identifiers(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user5551234567", ["telegram_id"]),
        ("from channel100912345 on", ["telegram_id"]),
        ("chat -1001009123457", ["telegram_id"]),
        ("message 1009123457/45", ["telegram_id"]),
        ("id:5551234567", ["number"]),
        ("a,555123456,b", ["number"]),
        ("５５５１２３４５６", ["number"]),
        ("最后是 123456。", ["number"]),
        ("打139 0000 1111吧", ["phone"]),
        ("一三九零零零零一一一一", ["phone"]),
        ("+86 139-0000-1111", ["phone"]),
        ("planted@example.com", ["email"]),
        ("问@planted_user", ["user"]),
        ("t.me/planted_group", ["telegram_link"]),
        ("https://t.me/+AbCdEf123 和 tg://join?invite=x", ["telegram_link", "telegram_link"]),
        ("QQ：123456789", ["qq"]),
        ("微信：planted_12345", ["wechat"]),
        ("从203.0.113.7来", ["ip"]),
        ("2001:db8::8a2e:370:7334", ["ip"]),
        ("aa:bb:cc:dd:ee:ff", ["mac"]),
        ("AA-BB-CC-DD-EE-FF", ["mac"]),
        ("user555123456 的电话是13900001111，邮箱planted@example.com", ["telegram_id", "phone", "email"]),
    ],
)
def test_raw_identifiers_are_found_in_every_spelling(text, found):
    assert kinds(text) == found


@pytest.mark.parametrize("recogniser", [each for each in (*RECOGNISERS, *MENTIONS) if each.kind in KINDS])
def test_whatever_scrubbing_recognises_is_found(recogniser):
    assert [text for text, _ in recogniser.finds if not kinds(text)] == []


@pytest.mark.parametrize(
    "text",
    [
        "今天好累", "第12次", "20241120", "2026-11-20T10:31:00.123456+00:00", "666666", "2333333", "200000", "88888888",
        "1,234,567", "0.123456", "12.345678", "#123456", "10:31:00", "user_123456", "user7",
        "〈电话〉〈成员:123456〉〈QQ〉", "127.0.0.1", "http://127.0.0.1:8501", "ab13912345678fab13912345678fab12",
        "5a20f3090e2f40de", "1391234567" * 4, "13912345678a" + "0" * 52, "12345", "1234567890123",
        "$argon2id$v=19$m=65536,t=3,p=4$/123456/$/1234567/", "https://example.com/page", "3 @ 5点", "@所有人", "",
    ],
)  # fmt: skip
def test_what_is_no_identifier_is_left(text):
    assert kinds(text) == []


def test_ids_that_assay_made_of_digits_only_are_known():
    assert raw_identifiers("entry 571930264815") != []
    assert raw_identifiers("entry 571930264815", {"571930264815"}) == []


def test_values_are_masked():
    assert [masked_value(text) for text in ("13900001111", "1234567", "12345", "@某某")] == [
        "13*******11", "1*****7", "1***5", "***",
    ]  # fmt: skip
    assert masked("a 13900001111 b planted@example.com") == "a 13*******11 b pl***************om"
