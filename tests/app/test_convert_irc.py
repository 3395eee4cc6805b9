"""The converter of the published Ubuntu IRC corpus, on two tiny logs invented in its format."""

import csv
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "examples" / "irc" / "convert_irc.py"
FIRST = """\
=== oddkettle [~odd@host.example]  has joined #ubuntu
[12:58] <tarnwick> my mixer is broken
[12:59] <pebble|jar> tarnwick: see https://docs.example/mixer and https://faq.example/sound please
[01:00] <tarnwick>  thanks
[01:00]  * oddkettle waves
[01:02] <oddkettle> hello
"""
SECOND = """\
[23:59] <tarnwick> still broken
[23:58] <oddkettle>
[00:01] <hollowreed> tarnwick: which one?
"""
FIRST_LINKS = "1 1 -\n1 2 -\n3 2 -\n0 3 - \n2 3 -\n5 5 -\n"
SECOND_LINKS = "0 2 -\n"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("convert_irc", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


convert_irc = _load()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "dev"
    folder.mkdir()
    for name, log, links in (("2004-11-15_03", FIRST, FIRST_LINKS), ("2011-11-13_02", SECOND, SECOND_LINKS)):
        (folder / f"{name}.ascii.txt").write_text(log)
        (folder / f"{name}.annotation.txt").write_text(links)
    return folder


@pytest.fixture
def messages(corpus: Path) -> list[dict[str, Any]]:
    return convert_irc.telegram_export(convert_irc.read_corpus(corpus))["messages"]


def test_every_line_becomes_one_message_with_ids_running_through_the_logs(messages: list[dict[str, Any]]) -> None:
    kinds = [(message["id"], message["type"]) for message in messages]
    spoken = "message"
    assert kinds == [
        (1, "service"), (2, spoken), (3, spoken), (4, spoken), (5, "service"), (6, spoken),
        (7, spoken), (8, spoken), (9, spoken),
    ]  # fmt: skip


def test_a_nickname_is_one_user_in_all_logs(messages: list[dict[str, Any]]) -> None:
    senders = [(message["from"], message["from_id"]) for message in messages if message["type"] == "message"]
    assert senders == [
        ("tarnwick", "user100000"), ("pebble|jar", "user100001"), ("tarnwick", "user100000"),
        ("oddkettle", "user100002"), ("tarnwick", "user100000"), ("oddkettle", "user100002"),
        ("hollowreed", "user100003"),
    ]  # fmt: skip


def test_a_twelve_hour_clock_that_steps_back_has_passed_half_a_day(messages: list[dict[str, Any]]) -> None:
    assert [message["date"] for message in messages[:6]] == [
        "2004-11-15T12:58:00", "2004-11-15T12:58:00", "2004-11-15T12:59:00",
        "2004-11-15T13:00:00", "2004-11-15T13:00:00", "2004-11-15T13:02:00",
    ]  # fmt: skip


def test_midnight_begins_the_next_day_and_a_small_step_back_does_not(messages: list[dict[str, Any]]) -> None:
    assert [message["date"] for message in messages[6:]] == [
        "2011-11-13T23:59:00", "2011-11-13T23:58:00", "2011-11-14T00:01:00",
    ]  # fmt: skip
    assert messages[8]["date_unixtime"] == "1321228860"


def test_a_reply_goes_to_the_nearest_antecedent_and_a_link_to_itself_is_none(messages: list[dict[str, Any]]) -> None:
    replies = {message["id"]: message.get("reply_to_message_id") for message in messages}
    assert replies == {1: None, 2: None, 3: 2, 4: 3, 5: None, 6: None, 7: None, 8: None, 9: 7}


def test_links_are_entities_and_no_character_of_a_text_is_lost(messages: list[dict[str, Any]]) -> None:
    linked = messages[2]
    assert linked["text"] == [
        "tarnwick: see ", {"type": "link", "text": "https://docs.example/mixer"},
        " and ", {"type": "link", "text": "https://faq.example/sound"}, " please",
    ]  # fmt: skip
    assert "".join(entity["text"] for entity in linked["text_entities"]) == FIRST.splitlines()[2][21:]
    assert [messages[place]["text"] for place in (3, 7)] == [" thanks", ""]


def test_joins_and_actions_are_service_messages(messages: list[dict[str, Any]]) -> None:
    texts = [message["text"] for message in messages if message["type"] == "service"]
    assert texts == ["=== oddkettle [~odd@host.example]  has joined #ubuntu", " * oddkettle waves"]


def test_conversations_are_what_links_hold_together(corpus: Path) -> None:
    gold = convert_irc.gold_conversations(convert_irc.read_corpus(corpus))
    first, second = "2004-11-15_03", "2011-11-13_02"
    # Line 0 holds with lines 1, 2 and 3 but nobody speaks there, so it is left out.
    assert gold == [
        (2, f"{first}/0"), (3, f"{first}/0"), (4, f"{first}/0"), (6, f"{first}/5"),
        (7, f"{second}/0"), (9, f"{second}/0"),
    ]  # fmt: skip


def test_the_command_writes_both_files(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "export"
    assert convert_irc.main([str(corpus), str(out)]) == 0
    assert "2 logs, 9 lines: 7 messages by 4 nicknames, 3 replies, 3 gold conversations" in capsys.readouterr().out
    export = json.loads((out / "result.json").read_text(encoding="utf-8"))
    assert (export["type"], export["id"], len(export["messages"])) == ("public_supergroup", 1009009009, 9)
    rows = list(csv.reader((out / "conversations.csv").read_text().splitlines()))
    assert rows[:2] == [["message_id", "conversation"], ["2", "2004-11-15_03/0"]]


def test_the_raw_form_is_read_as_utf_8(corpus: Path) -> None:
    for name, log in (("2004-11-15_03", FIRST.replace("hello", "grüße")), ("2011-11-13_02", SECOND)):
        (corpus / f"{name}.raw.txt").write_text(log, encoding="utf-8")
    messages = convert_irc.telegram_export(convert_irc.read_corpus(corpus, "raw"))["messages"]
    assert messages[5]["text"] == "grüße"


BAD = {
    "no corpus there": (None, b"", "name the folder data/dev"),
    "no log beside the links": ("2012-01-01_00.annotation.txt", b"", "has no 2012-01-01_00.ascii.txt"),
    "a name without a date": ("readme.annotation.txt", b"", "begins with a date"),
    "another encoding": ("2004-11-15_03.ascii.txt", b"[12:58] <a> caf\xe9\n", "is not UTF-8 text (byte 15)"),
    "no link": ("2004-11-15_03.annotation.txt", b"1 1 -\n1 two -\n", "line 2: wanted two line numbers"),
    "a link to nowhere": ("2004-11-15_03.annotation.txt", b"1 99 -\n", "line 1: links line 99, but the log has 6"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_the_corpus_gives_one_clear_message(
    case: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content, told = BAD[case]
    source = corpus if name else tmp_path
    if name:
        (corpus / name).write_bytes(content)
        if name.startswith("readme"):
            (corpus / "readme.ascii.txt").touch()
    assert convert_irc.main([str(source), str(tmp_path / "out")]) == 1
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
