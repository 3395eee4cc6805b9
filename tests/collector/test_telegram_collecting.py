"""Public groups into the table, with Telethon's own code over a Telegram that answers from memory."""

import json
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import select

from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms
from collector.telegram import asking, reading
from core.database import open_database, transaction
from core.errors import DataError, ServiceError
from core.people import Event
from core.settings import replace_settings
from core.workspace import Workspace

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said

reading_publish = reading.publish
IN_THE_WINDOW = 31 * 24 * 60 - 600
"""Minutes after the start: ten hours before the reader's clock."""


def group(number: int = 77, name: str = "night_talk", n: int = 12, **about: object) -> object:
    return OfflineGroup.public(number, name, [said(number, k, f"第{k}句话") for k in range(1, n + 1)], **about)


def recent(number: int = 77, n: int = 12) -> object:
    """A group whose messages all lie in the last days, which a later run reads again."""
    messages = [said(number, k, f"第{k}句话", minute=IN_THE_WINDOW + k) for k in range(1, n + 1)]
    return OfflineGroup.public(number, "night_talk", messages)


def contents(workspace: Workspace) -> list[str]:
    return workspace.store.read_or_empty("messages").get_column("content").to_list()


def sentences(*numbers: int) -> list[str]:
    return [f"第{number}句话" for number in numbers]


def events(workspace: Workspace, action: str) -> list[Event]:
    with transaction(open_database(workspace)) as session:
        return list(session.scalars(select(Event).where(Event.action == action)))


def edited(message: object, text: str) -> object:
    message.message, message.edit_date = text, message.date + timedelta(minutes=1)
    return message


def test_a_group_becomes_rows_without_raw_ids(read, keyed):
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


def test_twenty_groups_with_everything_that_goes_wrong_on_the_way(read, keyed):
    groups = [group(1000 + k, f"group_{k:02}", n=120) for k in range(20)]
    telegram = OfflineTelegram(groups, floods={9: 3, 30: 86_400, 41: 1}, drops={15, 16, 50}, fills=True)
    report = read(telegram, at_once=50)
    assert [entry.new for entry in report.groups] == [120] * 20
    assert (report.table.messages, report.table.chats, report.waited) == (2400, 20, 86_404)
    assert sum(read.slept) >= 86_404 + 1 + 2 + 1
    assert contents(keyed)[:120] == sentences(*range(1, 121))


def test_a_long_wait_is_counted_down_in_full(read):
    read(OfflineTelegram([group()], floods={6: 7200}))
    waits = [line for line in read.shown if line.startswith("Telegram asks for a pause")]
    assert (len(waits), waits[0], waits[1]) == (
        7200,
        "Telegram asks for a pause: 2:00:00 left",
        waits[0][:27] + "1:59:59 left",
    )
    assert waits[-1].endswith("0:01 left")


def test_pauses_after_dropped_connections_grow_and_then_it_gives_up(read, keyed, monkeypatch):
    monkeypatch.setattr(asking, "GIVE_UP_AFTER", 4)
    telegram = OfflineTelegram([group(n=250)], drops=set(range(8, 100)))
    with pytest.raises(
        ServiceError, match=r"could not be reached 5 times in a row \(ConnectionError\); what was read is"
    ):
        read(telegram, at_once=100)
    assert [wait for wait in read.slept if wait > 0.01] == [1.0] * (1 + 2 + 4 + 8)
    assert contents(keyed) == sentences(*range(1, 201))
    assert read(OfflineTelegram([group(n=250)])).groups[0].new == 50


def test_the_pace_is_kept(keyed):
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    conversation = asking.Conversation(OfflineTelegram([]).client(), 30, sleep=sleep)
    with conversation:
        for _ in range(3):
            conversation.run(conversation.client.get_me)
    assert [round(wait) for wait in slept] == [2, 2, 2]


def test_a_second_run_reads_only_what_is_new(read, keyed):
    chat = group(n=150)
    read(OfflineTelegram([chat]))
    chat.messages[151] = said(77, 151, "第151句话")
    again = OfflineTelegram([chat])
    report = read(again)
    assert (report.groups[0].read, report.groups[0].new, len(contents(keyed))) == (1, 1, 151)
    assert again.asked.count("GetHistory") == 4


def test_a_run_without_news_changes_no_file(read, keyed):
    telegram = OfflineTelegram([recent()])
    read(telegram)
    before = {path: path.read_bytes() for path in keyed.store.folder.rglob("*.parquet")}
    written = keyed.store.manifest("messages").written_at
    report = read(telegram)
    assert (report.changed, report.groups[0].dropped) == (False, {"duplicate": 12})
    assert {path: path.read_bytes() for path in keyed.store.folder.rglob("*.parquet")} == before
    assert keyed.store.manifest("messages").written_at == written


def test_edits_of_the_last_days_replace_what_was_read(read, keyed):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "第三句改过了")
    edited(chat.messages[5], "好")
    report = read(OfflineTelegram([chat]))
    assert contents(keyed) == [*sentences(1, 2), "第三句改过了", *sentences(4, 6, 7, 8, 9, 10, 11, 12)]
    assert (report.groups[0].updated, report.groups[0].dropped["too_short"]) == (1, 1)
    assert keyed.store.read_rejected("messages").get_column("reason").to_list() == ["too_short"]


def test_edits_before_the_window_are_not_looked_for(read, keyed):
    chat = group()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "第三句改过了")
    assert read(OfflineTelegram([chat])).groups[0].read == 0
    assert read(OfflineTelegram([chat]), edits_window_days=60).groups[0].updated == 1


@pytest.mark.parametrize("taken_back", [1, 3, 12])
def test_a_message_that_its_author_took_back_goes_and_is_noted(read, keyed, taken_back):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[taken_back]
    report = read(OfflineTelegram([chat]))
    assert report.groups[0].deleted == 1
    assert contents(keyed) == sentences(*(k for k in range(1, 13) if k != taken_back))
    message_id = load_pseudonyms(keyed).message(f"77/{taken_back}")
    row = keyed.store.read_rejected("messages").row(0, named=True)
    assert (row["message_id"], row["reason"], row["position"], row["source"]) == (
        message_id,
        "deleted",
        None,
        "telegram",
    )
    assert not read(OfflineTelegram([chat])).changed


def test_a_message_that_was_taken_back_does_not_return_with_an_older_export(read, keyed, export, message):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[3]
    read(OfflineTelegram([chat]))
    report = collect(keyed, [export("old.json", message(3, "第3句话"), message(4, "第4句话"))])
    assert report.dropped == {"duplicate": 1, "deleted": 1}
    assert "第3句话" not in contents(keyed)


def test_all_messages_taken_back_leave_no_file(read, keyed):
    chat = recent(n=2)
    read(OfflineTelegram([chat]))
    chat.messages.clear()
    read(OfflineTelegram([chat]))
    assert keyed.store.parts("messages") == []
    assert keyed.store.read_rejected("messages").height == 2


def test_deleted_messages_may_be_kept_and_are_noted_once(read, keyed):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[3]
    reports = [read(OfflineTelegram([chat]), deletions="keep") for _ in range(2)]
    assert [(report.groups[0].deleted_kept, report.changed) for report in reports] == [(1, False), (1, False)]
    assert len(contents(keyed)) == 12
    (event,) = events(keyed, "deletion_noted")
    pseudonyms = load_pseudonyms(keyed)
    assert (event.subject, event.detail["message_ids"]) == (pseudonyms.chat("77"), [pseudonyms.message("77/3")])


def test_a_message_that_a_page_left_out_is_not_taken_for_deleted(read, keyed):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[4], "第四句改过了")
    report = read(OfflineTelegram([chat], hidden={3, 4}))
    assert (report.groups[0].deleted, report.groups[0].updated, len(contents(keyed))) == (0, 1, 12)


def test_an_export_and_the_api_meet_in_one_chat(read, keyed, export, message):
    collect(keyed, [export("a.json", *(message(k, f"第{k}句话") for k in (1, 2, 3)))])
    report = read(OfflineTelegram([group(n=4)]))
    assert (report.groups[0].new, report.groups[0].dropped) == (1, {"duplicate": 3})
    assert report.table.chats == 1
    assert report.table.messages == 4


def test_a_message_of_an_export_that_is_gone_from_telegram_goes(read, keyed, export, message):
    collect(keyed, [export("a.json", *(message(k, f"第{k}句话") for k in (1, 2, 3)))])
    chat = group(n=4)
    del chat.messages[2]
    assert read(OfflineTelegram([chat])).groups[0].deleted == 1
    assert load_pseudonyms(keyed).message("77/2") not in keyed.store.read("messages").get_column("message_id")


def named(**names: str) -> dict[int, object]:
    return {int(key[1:]): types.User(int(key[1:]), first_name=name) for key, name in names.items()}


def alias(workspace: Workspace, number: int) -> str:
    return f"〈成员:{load_pseudonyms(workspace).user(f'user{number}')[:6]}〉"


def test_names_of_members_become_aliases_also_in_messages_before_their_first(read, keyed, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 1)
    texts = ["阿呆鸟今天在吗", "不知道", "我在", "阿呆鸟你好"]
    messages = [said(77, k, text, by=9 if text == "我在" * 2 or k == 3 else 7) for k, text in enumerate(texts, 1)]
    messages[2].message = "我在这里"
    telegram = OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)], members=named(u9="阿呆鸟"))
    read(telegram, at_once=1)
    bird = alias(keyed, 9)
    assert contents(keyed) == [f"{bird}今天在吗", "不知道", "我在这里", f"{bird}你好"]


def test_a_name_goes_from_older_rows_before_its_owner_is_in_the_table(read, keyed, monkeypatch):
    texts = ["阿呆鸟今天在吗", "不知道", "我在这里", "阿呆鸟你好", "大家晚安"]
    messages = [said(77, k, text, by=9 if k == 3 else 7) for k, text in enumerate(texts, 1)]
    seen = []

    def publish(*given):
        reading_publish(*given)
        seen.append(contents(keyed))

    monkeypatch.setattr("collector.telegram.history.PAGE", 1)
    monkeypatch.setattr(reading, "publish", publish)
    read(OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)], members=named(u9="阿呆鸟")), at_once=1)
    assert any("阿呆鸟今天在吗" in rows for rows in seen)
    assert [rows for rows in seen if "我在这里" in rows and "阿呆鸟" in "".join(rows)] == []


ADVERT = "长期招收夜间聊天搭子，有意者请在群里回复一声，谢谢大家的支持与关注"


def adverts(number: int, name: str, n: int) -> object:
    messages = [said(number, k, ADVERT, by=20 + k, minute=10 * k) for k in range(1, n + 1)]
    return OfflineGroup.public(number, name, messages)


@pytest.mark.parametrize("at_once", [5_000, 2])
def test_adverts_are_told_across_groups_and_steps(read, keyed, at_once, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 2)
    groups = [adverts(77, "night_talk", 3), adverts(88, "day_talk", 4)]
    with_settings(read, floods="drop")
    report = read(OfflineTelegram(groups), at_once=at_once)
    assert (len(contents(keyed)), sum(group.dropped["advert"] for group in report.groups)) == (3, 4)
    assert not read(OfflineTelegram(groups), at_once=at_once).changed


def test_what_is_marked_and_kept_is_told(read, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 2)
    flood = [said(77, k, "快来看快来看", minute=k / 6) for k in range(1, 4)]
    forward = said(77, 9, "转一下", minute=60, fwd_from=types.MessageFwdHeader(None, from_name="某人"))
    with_settings(read, floods="keep", forwards="keep")
    telegram = OfflineTelegram([OfflineGroup.public(77, "night_talk", [*flood, forward]), adverts(88, "day_talk", 6)])
    report = read(telegram, at_once=2)
    assert [dict(group.marked) for group in report.groups] == [{"flood": 2, "forward": 1}, {"advert": 2}]
    assert report.as_json()["marked"] == {"flood": 2, "advert": 2, "forward": 1}


def test_a_message_that_was_edited_down_to_nothing_does_not_return_with_an_older_export(read, keyed, export, message):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "好")
    read(OfflineTelegram([chat]))
    report = collect(keyed, [export("old.json", message(3, "第3句话"), message(4, "第4句话"))])
    assert report.dropped == {"duplicate": 1, "outdated": 1}
    assert "第3句话" not in contents(keyed)


def test_a_later_run_still_knows_the_names(read, keyed):
    chat = OfflineGroup.public(77, "night_talk", [said(77, 1, "我是新来的", by=9)])
    read(OfflineTelegram([chat], members=named(u9="阿呆鸟")))
    chat.messages[2] = said(77, 2, "阿呆鸟你好")
    read(OfflineTelegram([chat]))
    assert contents(keyed)[1] == f"{alias(keyed, 9)}你好"


def test_names_lie_on_no_disk_in_clear(read, keyed):
    chat = OfflineGroup.public(77, "night_talk", [said(77, 1, "我是新来的", by=9)])
    read(OfflineTelegram([chat], members=named(u9="阿呆鸟")))
    files = [path for path in keyed.root.rglob("*") if path.is_file()]
    assert [path.name for path in files if "阿呆鸟".encode() in path.read_bytes()] == []


def with_settings(read: object, **collect: object) -> None:
    """Let later runs of a reader have other settings of ``[collect]``."""
    root, settings = read.workspace.root, read.workspace.settings
    read.workspace = Workspace(root, given_settings=replace_settings(settings, "collect", collect))


def test_bots_are_dropped_or_kept(read, keyed):
    messages = [said(77, 1, by=8), said(77, 2), said(77, 3, by=7, via_bot_id=8, text="通过机器人说")]
    members = {8: types.User(8, first_name="Helper", bot=True)}
    telegram = OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)], members=members)
    with_settings(read, bots="keep")
    assert read(telegram).groups[0].new == 3
    with_settings(read, bots="drop")
    assert (read(telegram).groups[0].dropped["bot"], len(contents(keyed))) == (2, 1)


def a_flood(minute: int) -> object:
    """The same words every ten seconds."""
    messages = [said(77, k, "快来看快来看", minute=minute + k / 6) for k in range(1, 9)]
    return OfflineGroup.public(77, "night_talk", messages)


@pytest.mark.parametrize("at_once", [5_000, 3])
def test_a_flood_is_one_also_across_steps_and_when_it_is_read_again(read, keyed, at_once, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 3)
    telegram = OfflineTelegram([a_flood(IN_THE_WINDOW)])
    with_settings(read, floods="drop")
    report = read(telegram, at_once=at_once)
    assert (contents(keyed), report.groups[0].dropped) == (["快来看快来看"], {"flood": 7})
    again = read(telegram, at_once=at_once)
    assert (contents(keyed), again.changed) == (["快来看快来看"], False)


def test_a_flood_is_one_also_when_a_new_run_begins_in_its_middle(read, keyed):
    chat = a_flood(0)
    with_settings(read, floods="drop")
    rest = {number: chat.messages.pop(number) for number in (5, 6, 7, 8)}
    read(OfflineTelegram([chat]))
    chat.messages |= rest
    assert read(OfflineTelegram([chat])).groups[0].dropped == {"flood": 4}


WINDOWS = [
    ({"since": date(2024, 1, 3)}, range(3, 11)),
    ({"until": date(2024, 1, 4)}, range(1, 5)),
    ({"since": date(2024, 1, 2), "until": date(2024, 1, 2)}, range(2, 3)),
    ({"since": date(2024, 1, 20)}, range(0)),
    ({"limit": 4}, range(1, 5)),
    ({"since": date(2024, 1, 5), "limit": 3}, range(5, 8)),
]


def a_message_a_day() -> object:
    daily = [said(77, k, f"第{k}句话", minute=(k - 1) * 1440) for k in range(1, 11)]
    return OfflineGroup.public(77, "night_talk", daily)


@pytest.mark.parametrize(("settings", "days"), WINDOWS)
def test_the_window_and_the_limit(read, keyed, settings, days):
    for _ in range(2):
        read(OfflineTelegram([a_message_a_day()]), **settings)
    assert contents(keyed) == sentences(*days)


def test_an_earlier_since_and_a_larger_limit_fetch_what_was_left_out(read, keyed):
    chat = a_message_a_day()
    read(OfflineTelegram([chat]), since=date(2024, 1, 4), limit=3)
    assert contents(keyed) == sentences(4, 5, 6)
    read(OfflineTelegram([chat]), since=date(2024, 1, 4), limit=5)
    assert contents(keyed) == sentences(4, 5, 6, 7, 8)
    read(OfflineTelegram([chat]), since=date(2024, 1, 2))
    assert contents(keyed) == sentences(*range(2, 11))


def test_other_settings_read_the_group_anew(read, keyed):
    chat = group(n=12)
    read(OfflineTelegram([chat]))
    with_settings(read, min_chars=5)
    report = read(OfflineTelegram([chat]), at_once=5)
    assert (report.resettled, report.groups[0].read) == (True, 12)
    assert contents(keyed) == sentences(10, 11, 12)


@pytest.mark.parametrize("lost", ["table", "rows"])
def test_what_is_missing_from_the_table_is_read_again(read, keyed, lost):
    telegram = OfflineTelegram([group()])
    read(telegram)
    (file,) = (keyed.store.folder / "messages").glob("*.parquet")
    if lost == "table":
        file.unlink()
    else:
        pl.read_parquet(file).head(4).write_parquet(file)
    read(telegram)
    assert contents(keyed) == sentences(*range(1, 13))


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


REFUSED = [
    ("@approved", "its administrators approve who may join"),
    ("@protected", "its owners have forbidden saving its content"),
    ("@nameless_one", "nothing on Telegram has this name"),
    ("@somebody", "that is a person or a bot"),
    ("@hidden_one", "a private group, or closed to this account"),
    ("t.me/+AbCdEfGhIjKlMn", "an invitation link leads to a private group"),
    ("https://t.me/c/1234/5", "a link with t.me/c/ leads into a private group"),
    ("https://t.me/+8613800138000", "that is a person or a bot"),
    ("t.me/helper_bot", "that is a person or a bot"),
    ("t.me/addlist/abcdef", "that is a list of chats"),
    ("t.me/addstickers/abcdef", "that link leads to no group"),
    ("-1001234567", "neither a public name nor a link of Telegram"),
]


def telegram_with_closed_groups() -> object:
    closed = OfflineGroup.public(4, "hidden_one")
    closed.about = types.ChannelForbidden(4, 5, "x")
    closed.about.username = "hidden_one"
    groups = [group(), group(2, "approved", join_request=True), group(3, "protected", noforwards=True), closed]
    return OfflineTelegram(groups, people={"somebody": types.User(5, first_name="x")})


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_what_is_not_a_public_group_is_refused_with_the_reason(read, keyed, name, reason):
    telegram = telegram_with_closed_groups()
    report = read(telegram, "@night_talk", name)
    ((refused, said_why),) = report.refused.items()
    assert (refused, said_why.startswith(reason)) == (name, True)
    assert report.table.messages == 12
    with pytest.raises(DataError, match=r"no group c.* be read"):
        read(telegram, name)


def test_nothing_is_joined_sent_or_downloaded(read):
    telegram = OfflineTelegram([recent()], floods={7: 1}, drops={8})
    read(telegram)
    assert set(telegram.asked) <= {
        "InitConnection", "GetUsers", "GetState", "GetDifference", "ResolveUsername", "GetHistory", "GetMessages",
    }  # fmt: skip


def test_a_group_that_closes_while_it_is_read_leaves_what_was_read(read, keyed):
    telegram = OfflineTelegram([group(n=250), group(78, "other_talk", n=5)])
    answer = telegram.answer

    def closing(request: object) -> object:
        telegram.groups[0].about.id = 1 if telegram.asked.count("GetHistory") >= 3 else telegram.groups[0].about.id
        return answer(request)

    telegram.answer = closing
    report = read(telegram, at_once=100)
    assert report.refused == {"@night_talk": "Telegram refuses (ChannelPrivateError)"}
    assert [(entry.new, entry.complete) for entry in report.groups] == [(200, False), (5, True)]


def test_a_takeout_session_is_ended_at_the_end_and_left_open_before(read, keyed):
    telegram = OfflineTelegram([group(n=250)], drops=set(range(9, 100)))
    with pytest.raises(ServiceError):
        read(telegram, takeout=True)
    assert "FinishTakeoutSession" not in telegram.asked
    telegram = OfflineTelegram([group(n=250)])
    read(telegram, takeout=True)
    assert (telegram.asked.count("InitTakeoutSession"), telegram.asked[-1]) == (1, "FinishTakeoutSession")
    assert telegram.with_takeout >= telegram.asked.count("GetHistory") > 0


def test_a_takeout_session_that_has_ended_is_begun_again(read):
    telegram = OfflineTelegram([group(n=5)])
    client = telegram.client()
    client.session.takeout_id = 999
    telegram.client = lambda: client
    assert read(telegram, takeout=True).groups[0].new == 5
    assert (telegram.asked.count("InitTakeoutSession"), client.session.takeout_id) == (1, None)


def test_what_was_read_is_part_of_the_audit_trail(read, keyed):
    read(OfflineTelegram([group()]))
    read(OfflineTelegram([group()]))
    (event,) = events(keyed, "telegram_read")
    assert event.subject == load_pseudonyms(keyed).chat("77")
    assert {key: event.detail[key] for key in ("read", "new", "deleted")} == {"read": 12, "new": 12, "deleted": 0}
    assert "night_talk" not in json.dumps(event.detail)


def test_exports_that_were_collected_stay_known(read, keyed, export, message):
    file = export("a.json", message(1), chat=88)
    collect(keyed, [file])
    read(OfflineTelegram([group()]))
    assert not collect(keyed, [file]).changed
    assert set(keyed.store.manifest("messages").recipe.inputs) > {"pseudonym key", "telegram"}
