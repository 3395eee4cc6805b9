"""What becomes a row of a public group, read with Telethon's own code over a Telegram that answers from memory."""

import json
from datetime import UTC, datetime

import pytest

from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said


def test_a_group_becomes_rows_without_raw_ids(read, keyed, group):
    report = read(OfflineTelegram([group(n=2)]))
    pseudonyms = load_pseudonyms(keyed)
    assert keyed.store.read("messages").row(0, named=True) == {
        "message_id": pseudonyms.message("77/1"),
        "chat_id": pseudonyms.chat("77"),
        "user_id": pseudonyms.user("user7"),
        "reply_id": None,
        "timestamp": datetime(2024, 1, 1, 0, 1, tzinfo=UTC),
        "content": "第1句话",
        "is_forward": False,
        "edited_at": None,
    }
    assert (report.groups[0].read, report.groups[0].new, report.groups[0].complete) == (2, 2, True)


def test_topics_forwards_captions_and_service_lines(read, keyed):
    action = types.MessageActionTopicCreate("夜谈", 0)
    opened = types.MessageService(1, types.PeerChannel(77), offline.START, action=action)
    header = types.MessageReplyHeader
    messages = [
        opened,
        said(77, 2, "话题里的话", reply_to=header(reply_to_msg_id=1, forum_topic=True)),
        said(77, 3, "答复话题", reply_to=header(reply_to_msg_id=2, reply_to_top_id=1, forum_topic=True)),
        said(77, 4, "转来的话", fwd_from=types.MessageFwdHeader(offline.START, from_name="某某")),
        said(77, 5, "图里是海", media=types.MessageMediaPhoto()),
        said(77, 6, "", media=types.MessageMediaPhoto()),
    ]
    report = read(OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)]))
    rows = keyed.store.read("messages")
    pseudonyms = load_pseudonyms(keyed)
    assert rows.get_column("reply_id").to_list() == [None, pseudonyms.message("77/2"), None, None]
    assert rows.get_column("is_forward").to_list() == [False, False, True, False]
    assert rows.get_column("content").to_list()[3] == "图里是海"
    assert report.groups[0].dropped == {"service": 1, "empty": 1}


def test_an_export_and_the_api_meet_in_one_chat(read, keyed, export, message, group):
    collect(keyed, [export("a.json", *(message(k, f"第{k}句话") for k in (1, 2, 3)))])
    report = read(OfflineTelegram([group(n=4)]))
    assert (report.groups[0].new, report.groups[0].dropped) == (1, {"duplicate": 3})
    assert report.table.chats == 1
    assert report.table.messages == 4


def test_exports_that_were_collected_stay_known(read, keyed, export, message, group):
    file = export("a.json", message(1), chat=88)
    collect(keyed, [file])
    read(OfflineTelegram([group()]))
    assert not collect(keyed, [file]).changed
    assert set(keyed.store.manifest("messages").recipe.inputs) > {"pseudonym key", "telegram"}


def test_what_was_read_is_part_of_the_audit_trail(read, keyed, group):
    read(OfflineTelegram([group()]))
    read(OfflineTelegram([group()]))
    (event,) = read.events("telegram_read")
    assert event.subject == load_pseudonyms(keyed).chat("77")
    assert {key: event.detail[key] for key in ("read", "new", "deleted")} == {"read": 12, "new": 12, "deleted": 0}
    assert "night_talk" not in json.dumps(event.detail)
