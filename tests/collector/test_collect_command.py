"""``assay collect`` on the command line."""

import json

import pytest
import typer
from typer.testing import CliRunner

from collector.cli import mount


@pytest.fixture
def assay(keyed):
    """Runs ``assay collect …`` in the workspace."""
    app = typer.Typer()
    app.callback()(lambda: None)
    mount(app)
    return lambda *arguments: CliRunner().invoke(app, ["collect", *map(str, arguments), "-w", str(keyed.root)])


def test_the_report_for_a_person(assay, export, message):
    records = [message(1, "打13800000000"), message(2, "好"), message(3, "谢谢你", reply_to_message_id=2)]
    result = assay(export("a.json", *records))
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()[1:4]] == [
        ["read", "3"], ["kept", "2"], ["dropped:", "too_short", "1"],
    ]  # fmt: skip
    assert "2 messages of 1 user in 1 chat, 2023-11-14 to 2023-11-14" in result.stdout
    assert "Replies to a message that is not in it: 1." in result.stdout
    assert "Placeholders in it: 1 phone." in result.stdout


def test_the_report_as_json(assay, export, message):
    result = assay(export("a.json", message(1), message(2, "好")), "--json")
    report = json.loads(result.stdout)
    assert {key: report[key] for key in ("changed", "read", "kept", "updated", "dropped", "messages", "users")} == {
        "changed": True, "read": 2, "kept": 1, "updated": 0, "dropped": {"too_short": 1}, "messages": 1, "users": 1,
    }  # fmt: skip
    assert report["first"] == report["last"] == "2023-11-14T22:14:20+00:00"


def test_the_same_file_again_says_that_nothing_changed(assay, export, message):
    file = export("a.json", message(1))
    assay(file)
    result = assay(file)
    assert (result.exit_code, result.stdout.startswith("nothing changed: every file was collected before")) == (0, True)


def test_newer_versions_are_told(assay, export, message):
    assay(export("a.json", message(1)))
    result = assay(export("b.json", message(1, "改过的话", edited_unixtime="1700000900")))
    assert "newer versions 1" in " ".join(result.stdout.split())


def test_the_word_telegram_leads_to_telegram_itself(assay, monkeypatch):
    monkeypatch.delenv("ASSAY_TELEGRAM_API_ID", raising=False)
    result = assay("telegram", "@somegroup")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "needs the environment variable ASSAY_TELEGRAM_API_ID" in result.stderr


def test_a_file_of_that_name_is_a_file(assay, export, message, tmp_path, monkeypatch):
    export("telegram", message(1))
    monkeypatch.chdir(tmp_path)
    assert "1 message of 1 user in 1 chat" in assay("telegram").stdout


def test_a_missing_file_and_a_missing_key_are_one_message_each(assay, export, message, keyed):
    missing = assay("nowhere.json")
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)
    assert "there is no file nowhere.json" in missing.stderr
    (keyed.secrets / "pseudonym.key").unlink()
    result = assay(export("a.json", message(1)))
    assert result.exit_code == 1
    assert "making pseudonyms needs secrets/pseudonym.key, which is missing" in result.stderr


def test_no_path_is_wrong_usage(assay):
    assert assay().exit_code == 2


def test_what_is_kept_but_marked_is_told(assay, export, message):
    result = assay(export("a.json", message(1, "救命啊", minute=0), message(2, "救命啊", minute=0, forwarded_from="X")))
    assert "Kept in this run, but marked: 1 forward, 1 flood (the settings" in result.stdout
