"""Messages that their authors edited or took back on Telegram after they had been read."""

from datetime import timedelta

import pytest

from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms

offline = pytest.importorskip("collector.telegram.offline")
OfflineTelegram = offline.OfflineTelegram


def sentences(*numbers: int) -> list[str]:
    return [f"第{number}句话" for number in numbers]


def edited(message: object, text: str) -> object:
    message.message, message.edit_date = text, message.date + timedelta(minutes=1)
    return message


def test_edits_of_the_last_days_replace_what_was_read(read, keyed, recent):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "第三句改过了")
    edited(chat.messages[5], "好")
    report = read(OfflineTelegram([chat]))
    assert read.contents() == [*sentences(1, 2), "第三句改过了", *sentences(4, 6, 7, 8, 9, 10, 11, 12)]
    assert (report.groups[0].updated, report.groups[0].dropped["too_short"]) == (1, 1)
    assert keyed.store.read_rejected("messages").get_column("reason").to_list() == ["too_short"]


def test_edits_before_the_window_are_not_looked_for(read, group):
    chat = group()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "第三句改过了")
    assert read(OfflineTelegram([chat])).groups[0].read == 0
    assert read(OfflineTelegram([chat]), edits_window_days=60).groups[0].updated == 1


def test_a_message_that_was_edited_down_to_nothing_does_not_return_with_an_older_export(
    read, keyed, export, message, recent
):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[3], "好")
    read(OfflineTelegram([chat]))
    report = collect(keyed, [export("old.json", message(3, "第3句话"), message(4, "第4句话"))])
    assert report.dropped == {"duplicate": 1, "outdated": 1}
    assert "第3句话" not in read.contents()


@pytest.mark.parametrize("taken_back", [1, 3, 12])
def test_a_message_that_its_author_took_back_goes_and_is_noted(read, keyed, recent, taken_back):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[taken_back]
    report = read(OfflineTelegram([chat]))
    assert report.groups[0].deleted == 1
    assert read.contents() == sentences(*(k for k in range(1, 13) if k != taken_back))
    message_id = load_pseudonyms(keyed).message(f"77/{taken_back}")
    row = keyed.store.read_rejected("messages").row(0, named=True)
    assert (row["message_id"], row["reason"], row["position"], row["source"]) == (
        message_id,
        "deleted",
        None,
        "telegram",
    )
    assert not read(OfflineTelegram([chat])).changed


def test_a_message_that_was_taken_back_does_not_return_with_an_older_export(read, keyed, export, message, recent):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[3]
    read(OfflineTelegram([chat]))
    report = collect(keyed, [export("old.json", message(3, "第3句话"), message(4, "第4句话"))])
    assert report.dropped == {"duplicate": 1, "deleted": 1}
    assert "第3句话" not in read.contents()


def test_all_messages_taken_back_leave_no_file(read, keyed, recent):
    chat = recent(n=2)
    read(OfflineTelegram([chat]))
    chat.messages.clear()
    read(OfflineTelegram([chat]))
    assert keyed.store.parts("messages") == []
    assert keyed.store.read_rejected("messages").height == 2


def test_deleted_messages_may_be_kept_and_are_noted_once(read, keyed, recent):
    chat = recent()
    read(OfflineTelegram([chat]))
    del chat.messages[3]
    reports = [read(OfflineTelegram([chat]), deletions="keep") for _ in range(2)]
    assert [(report.groups[0].deleted_kept, report.changed) for report in reports] == [(1, False), (1, False)]
    assert len(read.contents()) == 12
    (event,) = read.events("deletion_noted")
    pseudonyms = load_pseudonyms(keyed)
    assert (event.subject, event.detail["message_ids"]) == (pseudonyms.chat("77"), [pseudonyms.message("77/3")])


def test_a_message_that_a_page_left_out_is_not_taken_for_deleted(read, recent):
    chat = recent()
    read(OfflineTelegram([chat]))
    edited(chat.messages[4], "第四句改过了")
    report = read(OfflineTelegram([chat], hidden={3, 4}))
    assert (report.groups[0].deleted, report.groups[0].updated, len(read.contents())) == (0, 1, 12)


def test_a_message_of_an_export_that_is_gone_from_telegram_goes(read, keyed, export, message, group):
    collect(keyed, [export("a.json", *(message(k, f"第{k}句话") for k in (1, 2, 3)))])
    chat = group(n=4)
    del chat.messages[2]
    assert read(OfflineTelegram([chat])).groups[0].deleted == 1
    assert load_pseudonyms(keyed).message("77/2") not in keyed.store.read("messages").get_column("message_id")
