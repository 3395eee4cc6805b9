"""A later run reads what is new, what was left out and what is missing from the table, and nothing else."""

from datetime import date

import polars as pl
import pytest

offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said


def sentences(*numbers: int) -> list[str]:
    return [f"第{number}句话" for number in numbers]


def test_a_second_run_reads_only_what_is_new(read, group):
    chat = group(n=150)
    read(OfflineTelegram([chat]))
    chat.messages[151] = said(77, 151, "第151句话")
    again = OfflineTelegram([chat])
    report = read(again)
    assert (report.groups[0].read, report.groups[0].new, len(read.contents())) == (1, 1, 151)
    assert again.asked.count("GetHistory") == 4


def test_a_run_without_news_changes_no_file(read, keyed, recent):
    telegram = OfflineTelegram([recent()])
    read(telegram)
    before = {path: path.read_bytes() for path in keyed.store.folder.rglob("*.parquet")}
    written = keyed.store.manifest("messages").written_at
    report = read(telegram)
    assert (report.changed, report.groups[0].dropped) == (False, {"duplicate": 12})
    assert {path: path.read_bytes() for path in keyed.store.folder.rglob("*.parquet")} == before
    assert keyed.store.manifest("messages").written_at == written


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
def test_the_window_and_the_limit(read, settings, days):
    for _ in range(2):
        read(OfflineTelegram([a_message_a_day()]), **settings)
    assert read.contents() == sentences(*days)


def test_an_earlier_since_and_a_larger_limit_fetch_what_was_left_out(read):
    chat = a_message_a_day()
    read(OfflineTelegram([chat]), since=date(2024, 1, 4), limit=3)
    assert read.contents() == sentences(4, 5, 6)
    read(OfflineTelegram([chat]), since=date(2024, 1, 4), limit=5)
    assert read.contents() == sentences(4, 5, 6, 7, 8)
    read(OfflineTelegram([chat]), since=date(2024, 1, 2))
    assert read.contents() == sentences(*range(2, 11))


def test_other_settings_read_the_group_anew(read, group):
    chat = group(n=12)
    read(OfflineTelegram([chat]))
    read.with_settings(min_chars=5)
    report = read(OfflineTelegram([chat]), at_once=5)
    assert (report.resettled, report.groups[0].read) == (True, 12)
    assert read.contents() == sentences(10, 11, 12)


@pytest.mark.parametrize("lost", ["table", "rows"])
def test_what_is_missing_from_the_table_is_read_again(read, keyed, group, lost):
    telegram = OfflineTelegram([group()])
    read(telegram)
    (file,) = (keyed.store.folder / "messages").glob("*.parquet")
    if lost == "table":
        file.unlink()
    else:
        pl.read_parquet(file).head(4).write_parquet(file)
    read(telegram)
    assert read.contents() == sentences(*range(1, 13))
