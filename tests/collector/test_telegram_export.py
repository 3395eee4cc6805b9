"""Reading Telegram Desktop's JSON export."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.sources import detect
from collector.sources.records import RawMessage, Record, Rejected
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

START = 1_700_000_000

NAME = "Somebody"


def message(number: int, text: Any = "今天好累", **more: Any) -> dict[str, Any]:
    stamp = START + 60 * number
    return {
        "id": number, "type": "message", "date": "2023-11-14T00:00:00", "date_unixtime": str(stamp),
        "from": "Somebody", "from_id": "user7", "text": text, "text_entities": [{"type": "plain", "text": "x"}],
    } | more  # fmt: skip


def chat(*messages: Any, number: int = 77) -> dict[str, Any]:
    return {"name": "A group", "type": "public_supergroup", "id": number, "messages": list(messages)}


def records(folder: Path, content: Any) -> list[Record]:
    file = folder / "result.json"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return list(detect(file).read(file, CollectSettings()))


def only(folder: Path, **more: Any) -> Any:
    (record,) = records(folder, chat(message(1, **more)))
    return record


def test_a_single_chat(tmp_path):
    assert records(tmp_path, chat(message(1), message(2, reply_to_message_id=1))) == [
        RawMessage(
            1, "77", "77/1", "user7", None, datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC), "今天好累", name=NAME
        ),
        RawMessage(
            2, "77", "77/2", "user7", "77/1", datetime(2023, 11, 14, 22, 15, 20, tzinfo=UTC), "今天好累", name=NAME
        ),
    ]


def test_a_whole_account_with_chats_left_behind(tmp_path):
    account = {
        "about": "…",
        "personal_information": {"user_id": 7, "phone_number": "+0"},
        "contacts": {"about": "…", "list": [{"first_name": "x"}]},
        "chats": {"about": "…", "list": [chat(message(1)), chat(message(1), message(2), number=88)]},
        "left_chats": {"about": "…", "list": [chat(message(9), number=99), "odd"]},
    }
    assert [(r.position, r.message) for r in records(tmp_path, account)] == [
        (1, "77/1"), (2, "88/1"), (3, "88/2"), (4, "99/9"),
    ]  # fmt: skip


def test_text_in_pieces_with_what_telegram_marked(tmp_path):
    pieces = [
        "看 ", {"type": "link", "text": "example.com"}, {"type": "bold", "text": "粗体"},
        {"type": "text_link", "text": "这里", "href": "https://example.com"}, {"type": "mention", "text": "@name"},
        {"type": "mention_name", "text": "小明", "user_id": 5}, {"type": "phone", "text": "12 34"},
        {"type": "email", "text": "a@b"}, {"type": "bank_card", "text": "4000"}, {"type": "hashtag", "text": "#夜"},
    ]  # fmt: skip
    assert only(tmp_path, text=pieces).text == "看  粗体这里〈用户〉〈用户〉〈电话〉〈邮箱〉〈银行卡〉#夜"


def test_the_caption_of_a_photo_is_its_text_and_a_sticker_has_none(tmp_path):
    caption = message(1, "图里是海", photo="(File not included.)", width=1, height=1)
    sticker = message(2, "", media_type="sticker", sticker_emoji="😀", file="x.webp")
    assert [record.text for record in records(tmp_path, chat(caption, sticker))] == ["图里是海", ""]


def test_forwards_and_edits(tmp_path):
    record = only(tmp_path, forwarded_from=None, edited="2023-11-14T00:09:00", edited_unixtime=str(START + 600))
    assert record.is_forward
    assert record.edited_at == datetime(2023, 11, 14, 22, 23, 20, tzinfo=UTC)


def test_service_lines_and_kinds_that_the_exporter_did_not_know(tmp_path):
    joined = {"id": 1, "type": "service", "date_unixtime": str(START), "actor": "A", "actor_id": "user7", "text": ""}
    assert records(tmp_path, chat(joined, {"id": 2, "type": "unsupported"})) == [
        Rejected(1, "service", "77", "77/1"),
        Rejected(2, "empty", "77", "77/2"),
    ]


def test_in_a_topic_only_an_answer_to_a_message_is_a_reply(tmp_path):
    root = {"id": 5, "type": "service", "action": "topic_created", "title": "夜谈", "date_unixtime": str(START)}
    in_topic, answer = message(6, reply_to_message_id=5), message(7, reply_to_message_id=6)
    assert [r.reply_to for r in records(tmp_path, chat(root, in_topic, answer))[1:]] == [None, "77/6"]


def test_a_topic_of_another_chat_is_not_this_ones(tmp_path):
    root = {"id": 5, "type": "service", "action": "topic_created", "date_unixtime": str(START)}
    account = {"chats": {"list": [chat(root), chat(message(5), message(6, reply_to_message_id=5), number=88)]}}
    assert records(tmp_path, account)[2].reply_to == "88/5"


def test_a_reply_into_another_chat(tmp_path):
    assert only(tmp_path, reply_to_message_id=3, reply_to_peer_id="channel88").reply_to == "88/3"


def test_messages_of_a_channel_and_of_nobody(tmp_path):
    unsigned = message(2)
    del unsigned["from_id"]
    senders = [record.user for record in records(tmp_path, chat(message(1, from_id="channel77"), unsigned))]
    assert senders == ["channel77", None]


def test_exports_before_2021_write_numbers_for_ids_and_no_unix_time(tmp_path):
    old = {"id": 1, "type": "message", "date": "2019-05-06T07:08:09", "from_id": (1 << 32) + 7, "text": "好久不见"}
    bare = old | {"id": 2, "from_id": 8, "edited": "1970-01-01T03:00:00"}
    first, second = records(tmp_path, chat(old, bare, number=(2 << 32) + 77))
    assert (first.chat, first.user, first.time) == ("77", "user7", datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC))
    assert (second.message, second.user, second.edited_at) == ("77/2", "user8", None)


def test_a_chat_with_a_large_id_is_not_taken_for_an_old_export(tmp_path):
    assert records(tmp_path, chat(message(1), number=(2 << 32) + 77))[0].chat == str((2 << 32) + 77)


def test_control_characters_as_telegram_escapes_them(tmp_path):
    whole = json.dumps(chat(message(1, "前后\\x41")), ensure_ascii=False).encode()
    broken = whole.replace("前后".encode(), "前".encode() + rb"\x1F\x0B" + "后".encode())
    assert records(tmp_path, broken)[0].text == "前\x1f\x0b后\\x41"


def test_an_escape_cut_by_the_end_of_a_block_is_whole_again(tmp_path):
    for shift in range(6):
        text = "a" * (65_536 - 200 + 40 * shift) + "|" * 400
        whole = json.dumps(chat(message(1, text))).encode()
        assert records(tmp_path, whole.replace(b"|", rb"\x1F"))[0].text == text.replace("|", "\x1f")


def test_a_byte_order_mark_is_accepted(tmp_path):
    assert len(records(tmp_path, b"\xef\xbb\xbf" + json.dumps(chat(message(1))).encode())) == 1


BAD_RECORDS = [
    "text", None, 7, [1], {},
    message(1, id=None), message(1, id=True), message(1, id=[]),
    message(1, date_unixtime=None), message(1, date_unixtime="soon"), message(1, date_unixtime="0"),
    message(1, date_unixtime=START * 1000), message(1, date_unixtime="1e400"), message(1, date_unixtime=-5),
    message(1, date_unixtime=[START]), message(1, text=None), message(1, text=5), message(1, text={"text": "x"}),
    message(1, text=["x", 5]), message(1, text=[{"type": "bold"}]), message(1, text=[{"type": "bold", "text": 5}]),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_RECORDS, ids=range(len(BAD_RECORDS)))
def test_a_bad_record_is_counted_with_its_position_and_the_next_is_read(tmp_path, bad):
    first, second, third = records(tmp_path, chat(message(8), bad, message(9)))
    assert isinstance(second, Rejected)
    assert (second.position, second.reason) == (2, "bad_record")
    assert (first.message, third.message) == ("77/8", "77/9")


def test_values_nested_absurdly_deep_are_passed_over(tmp_path):
    deep = b"[" * 5000 + b"]" * 5000
    whole = json.dumps(chat(message(1, odd="HERE", reactions="HERE"), message(2, text="HERE"), message(3))).encode()
    found = records(tmp_path, whole.replace(b'"HERE"', deep))
    assert [getattr(record, "reason", "message") for record in found] == ["message", "bad_record", "message"]


WHOLE = json.dumps(chat(message(1), message(2), message(3)), ensure_ascii=False).encode()
BROKEN = [
    (b"", r"ends in the middle \(after message 0\)"),
    (WHOLE[: len(WHOLE) // 2], r"ends in the middle \(after message 1\): the file was cut off"),
    (WHOLE[:-1], r"ends in the middle \(after message 3\)"),
    (WHOLE + b"}", r"not valid JSON \(after message 3, before byte \d+\)"),
    (WHOLE.replace(b'"id": 2', b'"id" 2'), r"not valid JSON \(after message 1"),
    (WHOLE.replace(b"Somebody", rb"\uNothing"), r"not valid JSON \(after message 0"),
    (WHOLE.decode().encode("utf-16"), r"not UTF-8 text \(byte 0, after message 0\).*iconv"),
    (WHOLE.decode().encode("gb18030"), r"not UTF-8 text \(byte \d+, after message 0\)"),
    (b"{}", "holds no chat: wanted a Telegram Desktop export"),
    (b"[]", "holds no chat"),
    (b'"x"', "holds no chat"),
    (b'{"messages": {"a": 1}}', "holds no chat"),
    (b'{"messages": [{"id": 1}], "id": 7}', "chat of message 1 has no 'id' before its 'messages'"),
    (b'{"id": null, "messages": [{"id": 1}]}', "no 'id' before"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN)
def test_a_broken_export_is_one_message_without_any_of_its_text(tmp_path, content, said):
    with pytest.raises(DataError, match=rf"result\.json.*{said}" if "chat of" not in said else said) as caught:
        records(tmp_path, content)
    assert "今天" not in str(caught.value)
    assert caught.value.__cause__ is None
