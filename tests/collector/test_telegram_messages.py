"""A message of the API becomes the record that an export of the same chat gives."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.pseudonyms import Pseudonyms
from collector.sources import telegram_json
from collector.sources.records import RawMessage, Rejected
from collector.telegram.messages import Person, marked_text, people_in, record_of, records_of
from core.setting_tables.collecting import CollectSettings

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
CHAT, START = 1_009_123_457, offline.START


def said(number: int, text: str = "今天好累", **more: object):
    return offline.said(CHAT, number, text, **more)


def record(number: int = 1, text: str = "今天好累", **more: object):
    return record_of(said(number, text, **more), str(CHAT), {})


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_a_plain_message():
    time = datetime(2024, 1, 1, 0, 5, tzinfo=UTC)
    assert record(5) == RawMessage(0, str(CHAT), f"{CHAT}/5", "user7", None, time, "今天好累", False, None)


def test_service_lines_gaps_and_messages_without_text():
    joined = types.MessageActionChatAddUser([7])
    service = types.MessageService(2, types.PeerChannel(CHAT), START, from_id=types.PeerUser(7), action=joined)
    gap = types.MessageEmpty(3, types.PeerChannel(CHAT))
    assert records_of([service, gap], str(CHAT), {}) == [Rejected(0, "service", str(CHAT), f"{CHAT}/2")]
    assert record(4, "", media=types.MessageMediaPhoto()).text == ""


def test_a_caption_is_the_text_of_its_message():
    assert record(text="图里是海", media=types.MessageMediaPhoto()).text == "图里是海"


@pytest.mark.parametrize(
    ("sender", "raw"),
    [
        (types.PeerUser(5), "user5"),
        (types.PeerChannel(88), "channel88"),
        (types.PeerChat(9), "chat9"),
        (None, f"channel{CHAT}"),
    ],
)
def test_who_sent_it(sender, raw):
    message = said(1, by=None)
    message.from_id = sender
    assert record_of(message, str(CHAT), {}).user == raw


@pytest.mark.parametrize(
    ("header", "target"),
    [
        (types.MessageReplyHeader(reply_to_msg_id=3), f"{CHAT}/3"),
        (types.MessageReplyHeader(reply_to_msg_id=3, reply_to_peer_id=types.PeerChannel(CHAT)), f"{CHAT}/3"),
        (types.MessageReplyHeader(reply_to_msg_id=3, reply_to_peer_id=types.PeerChannel(88)), "88/3"),
        (types.MessageReplyHeader(reply_to_msg_id=3, forum_topic=True), None),
        (types.MessageReplyHeader(reply_to_msg_id=6, reply_to_top_id=3, forum_topic=True), f"{CHAT}/6"),
        (types.MessageReplyHeader(reply_to_msg_id=6, reply_to_top_id=3), f"{CHAT}/6"),
        (types.MessageReplyHeader(), None),
        (types.MessageReplyStoryHeader(types.PeerUser(5), 3), None),
    ],
)
def test_what_it_answers(header, target):
    assert record(9, reply_to=header).reply_to == target


def test_forwards_say_from_whom():
    by_user = types.MessageFwdHeader(START, from_id=types.PeerUser(5))
    hidden = types.MessageFwdHeader(START, from_name="Somebody")
    imported = types.MessageFwdHeader(START, imported=True)
    assert [record(fwd_from=header).is_forward for header in (by_user, hidden, imported)] == [True, True, False]


def test_edits_have_their_time():
    assert record(edit_date=START + timedelta(hours=1)).edited_at == datetime(2024, 1, 1, 1, tzinfo=UTC)


def test_senders_have_names_and_some_are_bots():
    users = [
        types.User(7, first_name="小", last_name="明"),
        types.User(8, first_name="Helper", bot=True),
        types.User(9),
    ]
    chats = [offline.OfflineGroup.public(CHAT, "night_talk").about]
    people = people_in(types.messages.ChannelMessages(1, 0, [], [], chats, users))
    assert people == {
        "user7": Person("小 明"), "user8": Person("Helper", True), "user9": Person(),
        f"channel{CHAT}": Person("Title of night_talk"),
    }  # fmt: skip
    made = [record_of(said(1, by=number), str(CHAT), people) for number in (7, 8, 9, 10)]
    assert [(record.name, record.is_bot) for record in made] == [
        ("小 明", False), ("Helper", True), (None, False), (None, False),
    ]  # fmt: skip
    assert record(via_bot_id=8).is_bot


MARKED = [
    ("打13800138000好", "MessageEntityPhone", "13800138000", "打〈电话〉好"),
    ("写a@b.cn吧", "MessageEntityEmail", "a@b.cn", "写〈邮箱〉吧"),
    ("找@someone聊", "MessageEntityMention", "@someone", "找〈用户〉聊"),
    ("卡4000123412341234", "MessageEntityBankCard", "4000123412341234", "卡〈银行卡〉"),
    ("看example.com吧", "MessageEntityUrl", "example.com", "看 吧"),
    ("#夜谈 今天", "MessageEntityHashtag", "#夜谈", "#夜谈 今天"),
]


@pytest.mark.parametrize("before", ["", "😀", "👨‍👩‍👧 家 "])
@pytest.mark.parametrize(("text", "kind", "part", "clean"), MARKED)
def test_marks_count_utf16_units_so_emoji_before_them_count_double(before, text, kind, part, clean):
    mark = getattr(types, kind)(utf16(before + text.partition(part)[0]), utf16(part))
    assert marked_text(before + text, [mark]) == before + clean


def test_a_name_with_its_person_behind_it_is_replaced():
    mark = types.MessageEntityMentionName(utf16("😀谢谢"), utf16("小明😀"), user_id=5)
    assert marked_text("😀谢谢小明😀！", [mark]) == "😀谢谢〈用户〉！"


def test_marks_within_marks_and_beyond_the_end():
    bold = types.MessageEntityBold(0, 30)
    phone, inside = types.MessageEntityPhone(1, 11), types.MessageEntityEmail(3, 4)
    beyond, backwards = types.MessageEntityUrl(13, 400), types.MessageEntityUrl(-3, 2)
    assert marked_text("打13800138000 网址在此", [bold, inside, phone, beyond, backwards]) == "打〈电话〉  "


@given(st.text(), st.text(min_size=1), st.text())
def test_whatever_stands_around_a_mark_stays(before, inside, after):
    mark = types.MessageEntityPhone(utf16(before), utf16(inside))
    assert marked_text(before + inside + after, [mark]) == f"{before}〈电话〉{after}"


@given(st.text(), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40))))
def test_no_mark_breaks_a_text(text, spans):
    marks = [types.MessageEntityPhone(offset, length) for offset, length in spans]
    assert isinstance(marked_text(text, marks), str)


MARKS = [types.MessageEntityPhone(3, 8), types.MessageEntityMentionName(12, 2, 5)]
PAIRS = [
    (said(1, "大家好"), {"id": 1, "text": "大家好"}),
    (
        said(2, "😀打12345678给小明", entities=MARKS),
        {"id": 2, "text": ["😀打", {"type": "phone", "text": "12345678"}, "给",
                          {"type": "mention_name", "text": "小明", "user_id": 5}]},
    ),
    (
        said(3, "答复你", reply_to=types.MessageReplyHeader(reply_to_msg_id=1), edit_date=START + timedelta(hours=2)),
        {"id": 3, "text": "答复你", "reply_to_message_id": 1, "edited_unixtime": str(int(START.timestamp()) + 7200)},
    ),
    (
        said(4, "转来的", fwd_from=types.MessageFwdHeader(START, from_id=types.PeerUser(9))),
        {"id": 4, "text": "转来的", "forwarded_from": "Somebody", "forwarded_from_id": "user9"},
    ),
    (said(5, "频道说", by=None), {"id": 5, "text": "频道说", "from_id": f"channel{CHAT}"}),
]  # fmt: skip


def test_an_export_and_the_api_give_the_same_rows(tmp_path):
    from collector.preparing import prepare

    exported = []
    for message, values in PAIRS:
        stamp = str(int(message.date.timestamp()))
        exported.append({"type": "message", "date_unixtime": stamp, "from_id": "user7", "from": "Name"} | values)
    file = tmp_path / "result.json"
    file.write_text(json.dumps({"id": CHAT, "type": "public_supergroup", "messages": exported}), encoding="utf-8")
    settings, pseudonyms = CollectSettings(), Pseudonyms(bytes(32), "telegram")
    people = {"user7": Person("Name"), f"channel{CHAT}": Person("Name")}
    from_export = prepare(list(telegram_json.read(file, settings)), "x", pseudonyms, settings).rows
    from_api = prepare(records_of([message for message, _ in PAIRS], str(CHAT), people), "x", pseudonyms, settings).rows
    assert from_api.rows() == from_export.rows()
    assert from_api.height == len(PAIRS)
