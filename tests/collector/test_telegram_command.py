"""``assay collect telegram`` and ``assay discover`` on the command line."""

import json

import pytest
import typer
from typer.testing import CliRunner

from collector import cli, discover_cli, telegram_cli

offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram, said = offline.OfflineGroup, offline.OfflineTelegram, offline.said


@pytest.fixture
def telegram():
    groups = [
        OfflineGroup.public(77, "night_talk", [said(77, 1), said(77, 2, "好")]),
        OfflineGroup.public(78, "day_talk", join_request=True),
    ]
    groups[0].members = 5
    return OfflineTelegram(groups)


@pytest.fixture
def assay(keyed, telegram, monkeypatch):
    """Runs a command of the collector in the workspace, with the offline Telegram behind it."""
    monkeypatch.setattr("collector.telegram.opening.open_client", lambda workspace: telegram.client())
    file = keyed.root / "assay.toml"
    file.write_text(file.read_text().replace("per_minute = 60", "per_minute = 600"))
    app = typer.Typer()
    app.callback()(lambda: None)
    cli.mount(app)
    discover_cli.mount(app)
    return lambda *words, **more: CliRunner().invoke(app, [*map(str, words), "-w", str(keyed.root)], **more)


def test_the_report_for_a_person(assay):
    result = assay("collect", "telegram", "@night_talk", "https://t.me/day_talk")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].split() == ["@night_talk", "2", "1", "0", "0", "1", "too_short"]
    assert "https://t.me/day_talk was not read" not in result.stdout
    assert "@day_talk was not read: its administrators approve who may join" in result.stdout
    assert "The table messages holds 1 message of 1 user in 1 chat." in result.stdout
    assert result.stderr == ""


def test_the_report_as_json(assay):
    report = json.loads(assay("collect", "telegram", "night_talk", "--json").stdout)
    (group,) = report["groups"]
    assert {key: group[key] for key in ("name", "read", "new", "dropped", "complete")} == {
        "name": "night_talk", "read": 2, "new": 1, "dropped": {"too_short": 1}, "complete": True,
    }  # fmt: skip
    assert (report["changed"], report["messages"], report["refused"]) == (True, 1, {})


def test_again_says_that_nothing_changed(assay):
    assay("collect", "telegram", "night_talk")
    assert assay("collect", "telegram", "night_talk").stdout.startswith("nothing changed: no new, edited or deleted")


def test_pauses_and_kept_deletions_are_told(assay, telegram, keyed):
    telegram.floods = {6: 1}
    file = keyed.root / "assay.toml"
    file.write_text(file.read_text().replace('deletions = "remove"', 'deletions = "keep"'))
    recent = said(77, 3)
    recent.date = keyed.clock()
    telegram.groups[0].messages[3] = recent
    assert "Telegram asked for pauses of 1 s in all." in assay("collect", "telegram", "night_talk").stdout
    del telegram.groups[0].messages[3]
    assert "@night_talk: 1 deleted message kept" in assay("collect", "telegram", "night_talk").stdout


def test_nothing_that_can_be_read_is_one_message(assay):
    result = assay("collect", "telegram", "t.me/+AbCdEf_gHi-12345")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("assay: no group can be read: t.me/+AbCdEf_gHi-12345: an invitation link leads")


def test_signing_in_needs_a_terminal(assay, telegram):
    telegram.signed_in = False
    result = assay("collect", "telegram", "night_talk")
    assert result.exit_code == 1
    assert "run the command once in a terminal, or set ASSAY_TELEGRAM_SESSION" in result.stderr


def test_signing_in_at_a_terminal(assay, telegram, monkeypatch):
    answers = iter(["+49 170 0000000", "12345"])
    monkeypatch.setattr(telegram_cli.typer, "prompt", lambda question, **options: next(answers))
    monkeypatch.setattr(telegram_cli, "_somebody_is_there", lambda: True)
    telegram.signed_in = False
    result = assay("collect", "telegram", "night_talk", "--json")
    assert (result.exit_code, json.loads(result.stdout)["messages"]) == (0, 1)


def test_discovery_from_files_to_a_decision_to_messages(assay, tmp_path):
    file = tmp_path / "posts.txt"
    file.write_text("来 t.me/night_talk\nt.me/night_talk 和 t.me/day_talk 和 t.me/some_bot\n", encoding="utf-8")
    found = assay("discover", file, "--online").stdout.splitlines()
    assert found[0] == "3 mentions of groups in 2 posts; 2 new candidates."
    assert found[1] == "Links that lead to no group, or to a message of a private one: 1 bot."
    assert [line.split()[:8] for line in found[3:]] == [
        ["@night_talk", "2", "2", "1", "open", "5", "0", "–"],
        ["@day_talk", "1", "1", "1", "approval", "1", "0", "–"],
    ]
    assert assay("discover", file).stdout.startswith("nothing changed: every file was read before")
    decided = assay("discover", "decide", "t.me/night_talk", "include", "--reason", "互助群")
    assert (decided.exit_code, decided.stdout) == (0, "@night_talk: include (互助群)\n")
    assert json.loads(assay("collect", "telegram", "--json").stdout)["messages"] == 1


def test_the_list_as_json(assay, tmp_path):
    assert assay("discover", "list").stdout.startswith("there are no candidates yet")
    assay("discover", "decide", "night_talk", "exclude", "--reason", "only adverts")
    (row,) = json.loads(assay("discover", "list", "--json").stdout)["candidates"]
    assert (row["link"], row["decision"], row["reason"]) == ("@night_talk", "exclude", "only adverts")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["discover"], 1, "no file was given"),
        (["discover", "nowhere.jsonl"], 1, "there is no file nowhere.jsonl"),
        (["discover", "decide", "night_talk", "include"], 2, "--reason"),
        (["discover", "decide", "night_talk", "perhaps", "--reason", "x"], 2, "perhaps"),
    ],
)
def test_wrong_usage(assay, words, code, said):
    result = assay(*words)
    assert result.exit_code == code
    assert said in result.stderr
