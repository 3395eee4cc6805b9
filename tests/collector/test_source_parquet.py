"""Reading generic Parquet with the columns that the settings name."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from collector.collecting import collect
from collector.sources import detect, parquet_file
from collector.sources.records import RawMessage, Record
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings, ColumnMap

TIME = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
ROW = {"message_id": 1, "chat_id": -10077, "user_id": 7, "reply_id": None, "timestamp": TIME, "content": "今天好累"}


def write(folder: Path, *rows: dict[str, Any], name: str = "chat.parquet", **options: Any) -> Path:
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / name, **options)
    return folder / name


def read(file: Path, settings: CollectSettings = CollectSettings()) -> list[Record]:
    return list(detect(file).read(file, settings))


def test_a_row_is_a_message(tmp_path):
    found = read(write(tmp_path, ROW, ROW | {"message_id": 2, "reply_id": 1, "extra": "x"}))
    assert found == [
        RawMessage(1, "77", "77/1", "user7", None, TIME, "今天好累"),
        RawMessage(2, "77", "77/2", "user7", "77/1", TIME, "今天好累"),
    ]


@pytest.mark.parametrize(
    "shown",
    [
        TIME, TIME.replace(tzinfo=None), TIME.timestamp(), int(TIME.timestamp()), "2024-03-01T22:00:00", "1709330400",
    ],
    ids=range(6),
)  # fmt: skip
def test_times_of_every_kind(tmp_path, shown):
    assert read(write(tmp_path, ROW | {"timestamp": shown}))[0].time == TIME


def test_a_zone_is_taken_into_account_and_milliseconds_are_kept(tmp_path):
    frame = pl.DataFrame([ROW | {"timestamp": TIME.replace(microsecond=123_000)}])
    frame.with_columns(pl.col("timestamp").dt.convert_time_zone("Asia/Shanghai")).write_parquet(tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0].time == TIME.replace(microsecond=123_000)


def test_dates_decimals_and_categories(tmp_path):
    row = ROW | {"timestamp": date(2024, 3, 1), "message_id": Decimal(12), "user_id": "user7"}
    frame = pl.DataFrame([row]).with_columns(pl.col("user_id").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "a.parquet")
    (found,) = read(tmp_path / "a.parquet")
    assert (found.time, found.message, found.user) == (TIME.replace(hour=0), "77/12", "user7")


def test_columns_have_the_names_of_the_settings_and_a_file_may_be_one_chat(tmp_path):
    settings = CollectSettings(columns=ColumnMap(message_id="no", user_id="who", timestamp="at", content="text"))
    file = write(tmp_path, {"no": 1, "who": 7, "at": 1_709_330_400, "text": "好累"}, name="group [9].parquet")
    assert read(file, settings) == [RawMessage(1, "file:group [9]", "file:group [9]/1", "user7", None, TIME, "好累")]


BAD = [{"message_id": None}, {"chat_id": None}, {"timestamp": None}, {"timestamp": datetime(1970, 1, 1, tzinfo=UTC)}]


@pytest.mark.parametrize("change", BAD, ids=range(len(BAD)))
def test_a_bad_row_is_counted_with_its_number(tmp_path, change):
    found = read(write(tmp_path, ROW, ROW | change, ROW))
    assert [getattr(record, "reason", None) for record in found] == [None, "bad_record", None]
    assert [record.position for record in found] == [1, 2, 3]


@pytest.mark.parametrize("column", [{"content": 5}, {"content": ["x"]}, {"content": b"x"}, {"chat_id": [1]}], ids=str)
def test_a_column_of_another_kind_makes_bad_records(tmp_path, column):
    assert read(write(tmp_path, ROW | column))[0].reason == "bad_record"


def test_rows_of_several_batches_and_row_groups_come_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_file, "ROWS_AT_ONCE", 7)
    file = write(tmp_path, *(ROW | {"message_id": n} for n in range(50)), row_group_size=20)
    assert [(r.position, r.message) for r in read(file)] == [(n + 1, f"77/{n}") for n in range(50)]


def test_an_empty_file_has_no_messages(tmp_path, keyed):
    pl.DataFrame([ROW]).clear().write_parquet(tmp_path / "a.parquet")
    assert collect(keyed, [tmp_path / "a.parquet"]).read == 0


def broken(folder: Path) -> dict[str, bytes]:
    whole = write(folder, *(ROW | {"message_id": n} for n in range(300)), compression="uncompressed").read_bytes()
    return {
        "cut": whole[: len(whole) // 2],
        "head": b"PAR1",
        "nothing": b"",
        "text": b"message_id,content\n",
        "footer": whole[:-30] + b"\xff" * 22 + whole[-8:],
        "header": whole[:4] + b"\xff" * 40 + whole[44:],
    }


@pytest.mark.parametrize("how", ["cut", "head", "nothing", "text", "footer", "header"])
def test_a_damaged_file_is_one_message(tmp_path, keyed, how):
    file = tmp_path / "a.parquet"
    file.write_bytes(broken(tmp_path)[how])
    with pytest.raises(DataError, match=r"a\.parquet is not a readable Parquet file \(after row 0\)"):
        collect(keyed, [file])
    assert not keyed.store.exists("messages")


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path):
    file = write(tmp_path, {"message_id": 1, "user_id": 7, "timestamp": 1_709_330_400})
    with pytest.raises(DataError, match=r"chat\.parquet lacks the column 'content' \(content\); it has: mess"):
        read(file)
