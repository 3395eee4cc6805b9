"""Pauses that Telegram asks for, lost connections, groups that close, takeout sessions: no message is lost by them."""

import pytest

from collector.telegram import asking
from core.errors import ServiceError

offline = pytest.importorskip("collector.telegram.offline")
OfflineTelegram = offline.OfflineTelegram


def sentences(*numbers: int) -> list[str]:
    return [f"第{number}句话" for number in numbers]


def test_twenty_groups_with_everything_that_goes_wrong_on_the_way(read, group):
    groups = [group(1000 + k, f"group_{k:02}", n=120) for k in range(20)]
    telegram = OfflineTelegram(groups, floods={9: 3, 30: 86_400, 41: 1}, drops={15, 16, 50}, fills=True)
    report = read(telegram, at_once=50)
    assert [entry.new for entry in report.groups] == [120] * 20
    assert (report.table.messages, report.table.chats, report.waited) == (2400, 20, 86_404)
    assert sum(read.slept) >= 86_404 + 1 + 2 + 1
    assert read.contents()[:120] == sentences(*range(1, 121))


def test_a_long_wait_is_counted_down_in_full(read, group):
    read(OfflineTelegram([group()], floods={6: 7200}))
    waits = [line for line in read.shown if line.startswith("Telegram asks for a pause")]
    assert (len(waits), waits[0], waits[1]) == (
        7200,
        "Telegram asks for a pause: 2:00:00 left",
        waits[0][:27] + "1:59:59 left",
    )
    assert waits[-1].endswith("0:01 left")


def test_pauses_after_dropped_connections_grow_and_then_it_gives_up(read, monkeypatch, group):
    monkeypatch.setattr(asking, "GIVE_UP_AFTER", 4)
    telegram = OfflineTelegram([group(n=250)], drops=set(range(8, 100)))
    with pytest.raises(
        ServiceError, match=r"could not be reached 5 times in a row \(ConnectionError\); what was read is"
    ):
        read(telegram, at_once=100)
    assert [wait for wait in read.slept if wait > 0.01] == [1.0] * (1 + 2 + 4 + 8)
    assert read.contents() == sentences(*range(1, 201))
    assert read(OfflineTelegram([group(n=250)])).groups[0].new == 50


def test_the_pace_is_kept():
    slept = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    conversation = asking.Conversation(OfflineTelegram([]).client(), 30, sleep=sleep)
    with conversation:
        for _ in range(3):
            conversation.run(conversation.client.get_me)
    assert [round(wait) for wait in slept] == [2, 2, 2]


def test_nothing_is_joined_sent_or_downloaded(read, recent):
    telegram = OfflineTelegram([recent()], floods={7: 1}, drops={8})
    read(telegram)
    assert set(telegram.asked) <= {
        "InitConnection", "GetUsers", "GetState", "GetDifference", "ResolveUsername", "GetHistory", "GetMessages",
    }  # fmt: skip


def test_a_group_that_closes_while_it_is_read_leaves_what_was_read(read, group):
    telegram = OfflineTelegram([group(n=250), group(78, "other_talk", n=5)])
    answer = telegram.answer

    def closing(request: object) -> object:
        telegram.groups[0].about.id = 1 if telegram.asked.count("GetHistory") >= 3 else telegram.groups[0].about.id
        return answer(request)

    telegram.answer = closing
    report = read(telegram, at_once=100)
    assert report.refused == {"@night_talk": "Telegram refuses (ChannelPrivateError)"}
    assert [(entry.new, entry.complete) for entry in report.groups] == [(200, False), (5, True)]


def test_a_takeout_session_is_ended_at_the_end_and_left_open_before(read, group):
    telegram = OfflineTelegram([group(n=250)], drops=set(range(9, 100)))
    with pytest.raises(ServiceError):
        read(telegram, takeout=True)
    assert "FinishTakeoutSession" not in telegram.asked
    telegram = OfflineTelegram([group(n=250)])
    read(telegram, takeout=True)
    assert (telegram.asked.count("InitTakeoutSession"), telegram.asked[-1]) == (1, "FinishTakeoutSession")
    assert telegram.with_takeout >= telegram.asked.count("GetHistory") > 0


def test_a_takeout_session_that_has_ended_is_begun_again(read, group):
    telegram = OfflineTelegram([group(n=5)])
    client = telegram.client()
    client.session.takeout_id = 999
    telegram.client = lambda: client
    assert read(telegram, takeout=True).groups[0].new == 5
    assert (telegram.asked.count("InitTakeoutSession"), client.session.takeout_id) == (1, None)
