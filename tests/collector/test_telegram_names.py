"""Names of members of a Telegram group become aliases in every message, and lie on no disk in clear."""

import pytest

from collector.pseudonyms import load_pseudonyms
from collector.telegram import reading
from core.workspace import Workspace

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said
reading_publish = reading.publish


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
    assert read.contents() == [f"{bird}今天在吗", "不知道", "我在这里", f"{bird}你好"]


def test_a_name_goes_from_older_rows_before_its_owner_is_in_the_table(read, monkeypatch):
    texts = ["阿呆鸟今天在吗", "不知道", "我在这里", "阿呆鸟你好", "大家晚安"]
    messages = [said(77, k, text, by=9 if k == 3 else 7) for k, text in enumerate(texts, 1)]
    seen = []

    def publish(*given):
        reading_publish(*given)
        seen.append(read.contents())

    monkeypatch.setattr("collector.telegram.history.PAGE", 1)
    monkeypatch.setattr(reading, "publish", publish)
    read(OfflineTelegram([OfflineGroup.public(77, "night_talk", messages)], members=named(u9="阿呆鸟")), at_once=1)
    assert any("阿呆鸟今天在吗" in rows for rows in seen)
    assert [rows for rows in seen if "我在这里" in rows and "阿呆鸟" in "".join(rows)] == []


def test_a_later_run_still_knows_the_names(read, keyed):
    chat = OfflineGroup.public(77, "night_talk", [said(77, 1, "我是新来的", by=9)])
    read(OfflineTelegram([chat], members=named(u9="阿呆鸟")))
    chat.messages[2] = said(77, 2, "阿呆鸟你好")
    read(OfflineTelegram([chat]))
    assert read.contents()[1] == f"{alias(keyed, 9)}你好"


def test_names_lie_on_no_disk_in_clear(read, keyed):
    chat = OfflineGroup.public(77, "night_talk", [said(77, 1, "我是新来的", by=9)])
    read(OfflineTelegram([chat], members=named(u9="阿呆鸟")))
    files = [path for path in keyed.root.rglob("*") if path.is_file()]
    assert [path.name for path in files if "阿呆鸟".encode() in path.read_bytes()] == []
