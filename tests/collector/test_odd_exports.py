"""What must not stop a run: odd values in single records of an export that is otherwise whole."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from collector.collecting import collect
from core.workspace import Workspace

START = 1_700_000_000
LONG_ID = "9" * 5000


@pytest.fixture
def collected(keyed: Workspace, tmp_path: Path) -> Callable[[str, bytes], Any]:
    """Collects a file of this name and content: its report, and the contents of the table."""

    def run(name: str, content: bytes) -> Any:
        (tmp_path / name).write_bytes(content)
        report = collect(keyed, [tmp_path / name])
        table = keyed.store.read_or_empty("messages")
        return report.kept, report.dropped, table.get_column("content").to_list()

    return run


def telegram(**odd: Any) -> bytes:
    """A chat with an odd message between two ordinary ones."""
    messages = [
        {"id": n, "type": "message", "date_unixtime": str(START + n), "from_id": "user7", "text": f"第{n}句话"} | more
        for n, more in ((1, {}), (2, odd), (3, {}))
    ]
    return json.dumps({"id": 77, "messages": messages}).encode()


@pytest.mark.parametrize(
    ("odd", "content"),
    [
        ({"text": "前\ud800后来"}, "前\ufffd后来"),
        ({"text": "前\x00\x1b[31m后来"}, "前[31m后来"),
        ({"text": "长" * 100_000}, "长" * 100_000),
        ({"id": 10**30}, "第2句话"),
        ({"id": "\ud800"}, "第2句话"),
        ({"from_id": LONG_ID}, "第2句话"),
        ({"from_id": 10**30}, "第2句话"),
        ({"from": "\ud800", "reply_to_message_id": 10**40}, "第2句话"),
        ({"reactions": [[[]]] * 1000, "width": 10**400}, "第2句话"),
    ],
    ids=range(9),
)
def test_an_odd_message_is_kept(collected, odd, content):
    assert collected("result.json", telegram(**odd)) == (3, {}, ["第1句话", content, "第3句话"])


@pytest.mark.parametrize(
    "odd", [{"id": 1e308 * 10}, {"id": None}, {"date_unixtime": 10**400}, {"text": {"x": 10**400}}]
)
def test_an_odd_message_is_a_bad_record(collected, odd):
    content = telegram(**odd).replace(b"Infinity", b"1e999")
    assert collected("result.json", content) == (2, {"bad_record": 1}, ["第1句话", "第3句话"])


def test_a_number_of_too_many_digits_spoils_only_its_message(collected):
    content = telegram(id="HERE").replace(b'"HERE"', LONG_ID.encode())
    assert collected("result.json", content) == (2, {"bad_record": 1}, ["第1句话", "第3句话"])


@pytest.mark.parametrize("name", ["chat.csv", "chat.jsonl"])
def test_ids_of_thousands_of_digits(collected, name):
    row = {"message_id": 1, "chat_id": LONG_ID, "user_id": LONG_ID, "reply_id": LONG_ID, "timestamp": START}
    values = row | {"content": "第1句话"}
    csv = ",".join(values) + "\n" + ",".join(str(value) for value in values.values()) + "\n"
    content = csv if name.endswith("csv") else json.dumps(values) + "\n"
    assert collected(name, content.encode()) == (1, {}, ["第1句话"])


@pytest.mark.parametrize("odd", [[], {}, 5, None, [["x"]]])
def test_odd_names_and_kinds_in_a_discord_export(collected, odd):
    said = {"timestamp": "2024-02-01T12:34:56+08:00", "author": {"id": "7", "name": odd, "nickname": odd}}
    messages = [
        said | {"id": "1", "type": odd, "content": "谁知道呢"},
        said | {"id": "2", "type": "Default", "content": "第2句话", "mentions": [{"name": odd, "nickname": odd}]},
    ]
    content = json.dumps({"guild": {}, "channel": {"id": "5"}, "messages": messages}).encode()
    assert collected("夜谈.json", content) == (1, {"service": 1}, ["第2句话"])
