"""Reading the JSON export of a Discord channel."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms
from collector.sources import detect
from collector.sources.records import RawMessage, Record, Rejected
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

TIME = datetime(2024, 2, 1, 4, 34, 56, 123000, tzinfo=UTC)


def person(number: int, name: str, nickname: str, bot: bool = False) -> dict[str, Any]:
    roles = [{"id": "3", "name": "mods", "color": None, "position": 1}]
    return {"id": str(number), "name": name, "nickname": nickname, "isBot": bot, "roles": roles}


def message(number: int, content: Any = "今天好累", **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "type": "Default", "timestamp": "2024-02-01T12:34:56.123+08:00", "timestampEdited": None,
        "callEndedTimestamp": None, "isPinned": False, "content": content, "author": person(7, "abc", "小明"),
        "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": [], "inlineEmojis": [],
    } | more  # fmt: skip


def channel(*messages: Any, number: Any = "55") -> dict[str, Any]:
    return {
        "guild": {"id": "1", "name": "A server", "iconUrl": "x"},
        "channel": {"id": number, "type": "GuildTextChat", "category": "c", "name": "夜谈", "topic": None},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-03-01T00:00:00+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }  # fmt: skip


def records(folder: Path, content: Any) -> list[Record]:
    file = folder / "夜谈.json"
    whole = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False, indent=2).encode()
    file.write_bytes(whole)
    return list(detect(file).read(file, CollectSettings()))


def only(folder: Path, *arguments: Any, **more: Any) -> Any:
    (record,) = records(folder, channel(message(1, *arguments, **more)))
    return record


def test_a_message(tmp_path):
    edited = message(1, timestampEdited="2024-02-01T04:40:00+00:00")
    at = datetime(2024, 2, 1, 4, 40, tzinfo=UTC)
    assert records(tmp_path, channel(edited)) == [
        RawMessage(1, "55", "55/1", "7", None, TIME, "今天好累", edited_at=at, name="小明")
    ]


def test_a_bot_is_told_by_its_mark(tmp_path):
    assert only(tmp_path, author=person(7, "helper", "", bot=True)).is_bot is True


def test_a_reply_may_go_to_another_channel(tmp_path):
    here = message(2, type="Reply", reference={"messageId": "1", "channelId": "55", "guildId": "1"})
    old = message(3, type="Reply", reference={"messageId": "1", "channelId": None})
    there = message(4, type="Reply", reference={"type": "Default", "messageId": "9", "channelId": "66"})
    gone = message(5, type="Reply", reference={"messageId": None})
    assert [r.reply_to for r in records(tmp_path, channel(here, old, there, gone))] == ["55/1", "55/1", "66/9", None]


def test_a_forward_has_the_text_of_what_was_forwarded(tmp_path):
    reference = {"type": "Forward", "messageId": "1", "channelId": "66"}
    found = only(tmp_path, "", reference=reference, forwardedMessage={"timestamp": "x", "content": "转来的话"})
    assert (found.text, found.is_forward, found.reply_to) == ("转来的话", True, None)


def test_everybody_who_is_mentioned_is_taken_out_of_the_text(tmp_path):
    mentions = [person(8, "ahua", "阿花"), person(9, "ahua2", "阿花 (夜)"), person(10, "x", "")]
    text = "@阿花 (夜) 问 @阿花 和 @ahua2，<@123>，<@!9> <@&3> <:cat:5><a:hi:6>邮件a@x"
    left = "〈〉 问 〈〉 和 〈〉，〈〉，〈〉 〈〉 邮件a〈〉"
    assert only(tmp_path, text, mentions=mentions).text == left.replace("〈〉", "〈用户〉")


def test_lines_of_the_platform_are_service_lines(tmp_path):
    kinds = ["GuildMemberJoin", "ChannelPinnedMessage", "ThreadCreated", "21", None]
    found = records(tmp_path, channel(*(message(n, "Joined.", type=kind) for n, kind in enumerate(kinds))))
    assert {getattr(record, "reason", None) for record in found} == {"service"}
    assert found[0] == Rejected(1, "service", "55", "55/0")


def test_a_message_of_pictures_only_has_no_text(tmp_path):
    picture = {"id": "1", "url": "u", "fileName": "f"}
    assert only(tmp_path, "", attachments=[picture], embeds=[{"title": "t"}]).text == ""


BAD_RECORDS = [
    "text", None, 7, [1], {}, message(1, id=None), message(1, id=True), message(1, timestamp=None),
    message(1, timestamp="soon"), message(1, timestamp="0001-01-01T00:00:00+00:00"), message(1, content=5),
    message(1, content=["x"]),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_RECORDS, ids=range(len(BAD_RECORDS)))
def test_a_bad_record_is_counted_with_its_position_and_the_next_is_read(tmp_path, bad):
    first, second, third = records(tmp_path, channel(message(8), bad, message(9)))
    assert (second.position, second.reason, second.chat) == (2, "bad_record", "55")
    assert (first.message, third.message) == ("55/8", "55/9")


@pytest.mark.parametrize("odd", [None, "x", 5, [], {}])
def test_odd_parts_of_a_message_are_passed_over(tmp_path, odd):
    found = only(tmp_path, author=odd, mentions=odd, reference=odd, forwardedMessage=odd)
    assert (found.user, found.reply_to, found.text) == (None, None, "今天好累")


WHOLE = json.dumps(channel(message(1), message(2), message(3)), ensure_ascii=False, indent=2).encode()
BROKEN = [
    (WHOLE[: WHOLE.index(b'"id": "2"')], r"ends in the middle \(after message 1\): the file was cut off"),
    (WHOLE[:-1], r"ends in the middle \(after message 3\)"),
    (WHOLE + b"}", r"not valid JSON \(after message 3, before byte \d+\)"),
    (WHOLE.replace(b'"id": "2"', b'"id" "2"'), r"not valid JSON \(after message 1"),
    (WHOLE.replace(b'"abc"', rb'"\uNothing"'), r"not valid JSON \(after message 0"),
    (WHOLE.replace(b'"A server"', rb'"\uNothing"'), "not valid JSON"),
    (WHOLE.decode().encode("gb18030"), r"not UTF-8 text \(byte \d+, after message 0\).*iconv"),
    (json.dumps(channel(message(1), number=None)).encode(), "holds no channel: wanted an export of Discord"),
    (b'{"guild": {}, "channel": {"id": "5"}, "messages": {}}', "holds no channel"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_export_is_one_message_without_any_of_its_text(tmp_path, content, said):
    with pytest.raises(DataError, match=rf"夜谈\.json .*{said}") as caught:
        records(tmp_path, content)
    assert "今天" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_byte_order_mark_is_accepted(tmp_path):
    assert len(records(tmp_path, b"\xef\xbb\xbf" + WHOLE)) == 3


def test_ids_hold_on_discord_whatever_the_platform_of_the_workspace(tmp_path, keyed):
    (tmp_path / "a.json").write_text(json.dumps(channel(message(1))))
    collect(keyed, [tmp_path / "a.json"])
    row = keyed.store.read("messages").row(0, named=True)
    discord = load_pseudonyms(keyed).on("discord")
    assert (row["chat_id"], row["user_id"]) == (discord.chat("55"), discord.user("7"))
    assert discord.user("7") != load_pseudonyms(keyed).user("7")
    assert load_pseudonyms(keyed).on(None).user("7") == load_pseudonyms(keyed).on("telegram").user("7")


def test_two_parts_of_a_channel_that_overlap_give_each_message_once(tmp_path, keyed):
    for name, numbers in (("a.json", range(1, 5)), ("b.json", range(3, 7))):
        (tmp_path / name).write_text(json.dumps(channel(*(message(n, f"第{n}句话") for n in numbers))))
    report = collect(keyed, [tmp_path / "a.json", tmp_path / "b.json"])
    assert (report.read, report.kept, report.dropped) == (8, 6, {"duplicate": 2})
    assert keyed.store.read("messages").get_column("content").to_list() == [f"第{n}句话" for n in range(1, 7)]
