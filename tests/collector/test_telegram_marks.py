"""Adverts, floods, forwards and bots in Telegram groups: told across groups, steps and runs, and dropped or kept."""

import pytest

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said
ADVERT = "长期招收夜间聊天搭子，有意者请在群里回复一声，谢谢大家的支持与关注"


def adverts(number: int, name: str, n: int) -> object:
    messages = [said(number, k, ADVERT, by=20 + k, minute=10 * k) for k in range(1, n + 1)]
    return OfflineGroup.public(number, name, messages)


@pytest.mark.parametrize("at_once", [5_000, 2])
def test_adverts_are_told_across_groups_and_steps(read, at_once, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 2)
    groups = [adverts(77, "night_talk", 3), adverts(88, "day_talk", 4)]
    read.with_settings(floods="drop")
    report = read(OfflineTelegram(groups), at_once=at_once)
    assert (len(read.contents()), sum(group.dropped["advert"] for group in report.groups)) == (3, 4)
    assert not read(OfflineTelegram(groups), at_once=at_once).changed


def test_what_is_marked_and_kept_is_told(read, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 2)
    flood = [said(77, k, "快来看快来看", minute=k / 6) for k in range(1, 4)]
    forward = said(77, 9, "转一下", minute=60, fwd_from=types.MessageFwdHeader(None, from_name="某人"))
    read.with_settings(floods="keep", forwards="keep")
    telegram = OfflineTelegram([OfflineGroup.public(77, "night_talk", [*flood, forward]), adverts(88, "day_talk", 6)])
    report = read(telegram, at_once=2)
    assert [dict(group.marked) for group in report.groups] == [{"flood": 2, "forward": 1}, {"advert": 2}]
    assert report.as_json()["marked"] == {"flood": 2, "advert": 2, "forward": 1}


def test_bots_are_dropped_or_kept(read):
    messages = [said(77, 1, by=8), said(77, 2), said(77, 3, by=7, via_bot_id=8, text="通过机器人说")]
    members = {8: types.User(8, first_name="Helper", bot=True)}
    telegram = OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)], members=members)
    read.with_settings(bots="keep")
    assert read(telegram).groups[0].new == 3
    read.with_settings(bots="drop")
    assert (read(telegram).groups[0].dropped["bot"], len(read.contents())) == (2, 1)


def a_flood(minute: int) -> object:
    """The same words every ten seconds."""
    messages = [said(77, k, "快来看快来看", minute=minute + k / 6) for k in range(1, 9)]
    return OfflineGroup.public(77, "night_talk", messages)


@pytest.mark.parametrize("at_once", [5_000, 3])
def test_a_flood_is_one_also_across_steps_and_when_it_is_read_again(read, at_once, monkeypatch):
    monkeypatch.setattr("collector.telegram.history.PAGE", 3)
    telegram = OfflineTelegram([a_flood(read.ten_hours_ago)])
    read.with_settings(floods="drop")
    report = read(telegram, at_once=at_once)
    assert (read.contents(), report.groups[0].dropped) == (["快来看快来看"], {"flood": 7})
    again = read(telegram, at_once=at_once)
    assert (read.contents(), again.changed) == (["快来看快来看"], False)


def test_a_flood_is_one_also_when_a_new_run_begins_in_its_middle(read):
    chat = a_flood(0)
    read.with_settings(floods="drop")
    rest = {number: chat.messages.pop(number) for number in (5, 6, 7, 8)}
    read(OfflineTelegram([chat]))
    chat.messages |= rest
    assert read(OfflineTelegram([chat])).groups[0].dropped == {"flood": 4}
