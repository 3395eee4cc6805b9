"""Reading JSON Lines and CSV with a column map; finding out a file's format."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collector.sources import detect
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.values import LATEST, first_bad_byte, identifier, moment
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings, ColumnMap

TIME = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
HEADER = "message_id,chat_id,user_id,reply_id,timestamp,content\n"
LINE = {"message_id": 1, "chat_id": -10077, "user_id": 7, "timestamp": "2024-03-01T22:00:00", "content": "今天好累"}


def read(folder: Path, name: str, content: str | bytes, settings: CollectSettings = CollectSettings()) -> list[Record]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(detect(file).read(file, settings))


def lines(*values: object) -> str:
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


def test_json_lines(tmp_path):
    second = LINE | {"message_id": "2", "reply_id": 1.0, "user_id": "channel9", "timestamp": TIME.timestamp()}
    assert read(tmp_path, "chat.jsonl", lines(LINE) + "\n" + lines(second)) == [
        RawMessage(1, "77", "77/1", "user7", None, TIME, "今天好累"),
        RawMessage(3, "77", "77/2", "channel9", "77/1", TIME, "今天好累"),
    ]


def test_csv_with_a_quoted_cell_over_two_lines(tmp_path):
    rows = '1,77,7,,1709330400,"一,\n""二"""\n2,77,,1,2024-03-02T06:00:00+08:00,三四五\n'
    assert read(tmp_path, "chat.csv", HEADER + rows) == [
        RawMessage(3, "77", "77/1", "user7", None, TIME, '一,\n"二"'),
        RawMessage(4, "77", "77/2", None, "77/1", TIME, "三四五"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_the_header_uses(tmp_path, separator):
    (record,) = read(tmp_path, "chat.csv", (HEADER + "1,77,7,,1709330400,好累\n").replace(",", separator))
    assert isinstance(record, RawMessage)
    assert record.text == "好累"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path):
    rows = (HEADER + "1,77,7,,1709330400,好累\n").replace("\n", "\r\n")
    assert read(tmp_path, "chat.csv", b"\xef\xbb\xbf" + rows.encode())[0].message == "77/1"
    assert read(tmp_path, "chat.jsonl", b"\xef\xbb\xbf" + lines(LINE).encode())[0].message == "77/1"


def test_a_very_large_cell(tmp_path):
    (record,) = read(tmp_path, "chat.csv", f"{HEADER}1,77,7,,1709330400,{'好' * 500_000}\n")
    assert isinstance(record, RawMessage)
    assert len(record.text) == 500_000


def test_columns_have_the_names_of_the_settings(tmp_path):
    settings = CollectSettings(columns=ColumnMap(message_id="no", user_id="who", timestamp="at", content="text"))
    (record,) = read(tmp_path, "group 9.csv", "no,who,at,text,more\n1,7,1709330400,好累,x\n", settings)
    assert record == RawMessage(2, "file:group 9", "file:group 9/1", "user7", None, TIME, "好累")


def test_other_platforms_keep_their_ids(tmp_path):
    (record,) = read(tmp_path, "chat.jsonl", lines(LINE), CollectSettings(platform="discord"))
    assert (record.chat, record.message, record.user) == ("-10077", "-10077/1", "7")


BAD = [
    {"message_id": None}, {"message_id": ""}, {"message_id": True}, {"chat_id": None}, {"chat_id": " "},
    {"timestamp": None}, {"timestamp": ""}, {"timestamp": "yesterday"}, {"timestamp": "1709330400000"},
    {"timestamp": "0001-01-01T00:00:00+14:00"}, {"timestamp": float("nan")}, {"content": 5}, {"content": ["x"]},
]  # fmt: skip


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_bad_line_is_counted_with_its_number(tmp_path, change):
    found = read(tmp_path, "chat.jsonl", lines(LINE, LINE | change, LINE))
    assert [isinstance(record, RawMessage) for record in found] == [True, False, True]
    assert (found[1].position, found[1].reason) == (2, "bad_record")


def test_lines_that_are_no_objects_are_bad_records(tmp_path):
    deep = "[" * 100_000
    found = read(tmp_path, "chat.jsonl", f"[]\n{lines(LINE)}no json\n{deep}\n7\n{'9' * 5000}\n")
    assert [record.position for record in found if isinstance(record, Rejected)] == [1, 3, 4, 5, 6]


def test_a_row_of_another_width_is_a_bad_record(tmp_path):
    found = read(tmp_path, "chat.csv", HEADER + "1,77\n2,77,7,,1709330400,好累\n\n3,77,7,,1709330400,好,累\n")
    assert [getattr(record, "reason", None) for record in found] == ["bad_record", None, "bad_record"]


BROKEN = [
    (
        "a.csv",
        "message_id,user_id,timestamp\n",
        r"a\.csv lacks the column 'content' \(content\); it has: message_id, tim",
    ),
    ("a.csv", "chat_id,user_id,timestamp,content\n", "lacks the column 'message_id'"),
    ("a.csv", "", "lacks .*it has: nothing. Name your columns in"),
    ("a.csv", HEADER + '1,77,7,,1709330400,"cut', "not valid CSV after line 1: unexpected end of data"),
    ("a.csv", HEADER + '1,77,7,,1709330400,"a"b\n', "not valid CSV after line 1"),
    (
        "a.csv",
        (HEADER + "1,77,7,,1709330400,好累\n").encode("gb18030"),
        r"not UTF-8 text \(byte 73\); .*iconv -f GB18030",
    ),
    ("a.csv", (HEADER + "1,77,7,,1709330400,好累\n").encode("utf-16"), r"not UTF-8 text \(byte 0\)"),
    ("a.jsonl", "", "lacks the column 'message_id'"),
    ("a.jsonl", "no json\n", "it has: nothing"),
    ("a.jsonl", lines({"message_id": 1, "user_id": 7, "content": "x"}), r"lacks the column 'timestamp'"),
    ("a.jsonl", lines(LINE) + '{"message_id": 2, "con', r"ends in the middle \(line 2\): the file was cut off"),
    ("a.jsonl", lines(LINE).encode() + lines(LINE).encode("gb18030"), r"not UTF-8 text \(line 2\)"),
    ("a.xyz", b"PK\x03\x04\x00", "no format that can be read; wanted one of: .*JSON Lines"),
]


@pytest.mark.parametrize(("name", "content", "said"), BROKEN)
def test_a_broken_file_is_one_message_without_any_of_its_text(tmp_path, name, content, said):
    with pytest.raises(DataError, match=said) as caught:
        read(tmp_path, name, content)
    assert "好累" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "format_name"),
    [
        ("a.json", lines(LINE), "JSON Lines"),
        ("a.json", '{"id": 1, "messages": []}\n', "Telegram Desktop JSON"),
        ("a.json", '{\n "id": 1,\n "messages": []}', "Telegram Desktop JSON"),
        ("a.json", "no json", "Telegram Desktop JSON"),
        ("A.JSONL", "no json", "JSON Lines"),
        ("export", lines(LINE), "JSON Lines"),
        ("export", '{"id": 1, "messages": []}', "Telegram Desktop JSON"),
        ("export.txt", HEADER, "CSV"),
    ],
)
def test_the_format_is_found_by_suffix_and_content(tmp_path, name, content, format_name):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert detect(tmp_path / name).name == format_name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1709330400", TIME), (1709330400, TIME), (1709330400.0, TIME), ("2024-03-01 22:00", TIME),
        ("2024-03-01T22:00:00Z", TIME), ("2024-03-02T06:00:00+08:00", TIME), (LATEST.timestamp(), None), ("", None),
        ("inf", None), (True, None), (None, None), ([], None), (10**400, None), ("631151999", None),
    ],
)  # fmt: skip
def test_times(value, expected):
    assert moment(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(5, "5"), (-5, "-5"), ("5", "5"), (" a ", "a"), (5.0, "5"), ("5.0", "5"), ("", None), (False, None)],
)
def test_ids(value, expected):
    assert identifier(value) == expected


@pytest.mark.parametrize(
    ("content", "offset"), [(b"", None), ("好".encode() * 700_000, None), (b"ab\xff", 2), ("a好".encode()[:3], 1)]
)
def test_the_first_byte_that_is_not_utf8(tmp_path, content, offset):
    (tmp_path / "x").write_bytes(content)
    assert first_bad_byte(tmp_path / "x") == offset


def test_a_bad_byte_beyond_the_first_block_is_found(tmp_path):
    (tmp_path / "x").write_bytes("a好".encode() * 400_000 + b"\xff")
    assert first_bad_byte(tmp_path / "x") == 1_600_000
