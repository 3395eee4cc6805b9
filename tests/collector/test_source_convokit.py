"""ConvoKit corpora, in and out."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from collector import convokit_cli
from collector.collecting import collect
from collector.convokit_export import export_convokit
from collector.pseudonyms import create_key
from collector.sources import convokit, detect
from collector.sources.records import RawMessage, Record, Rejected
from core.errors import DataError, WorkspaceError
from core.setting_tables.collecting import CollectSettings
from core.workspace import create_workspace

TIME = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
FILES = ["conversations.json", "corpus.json", "index.json", "speakers.json", "utterances.jsonl"]


def utterance(number: int, text: Any = "今天好累", **more: Any) -> dict[str, Any]:
    return {
        "id": f"u{number}", "conversation_id": "c1", "text": text, "speaker": "s7", "meta": {"name": "Somebody"},
        "reply-to": None, "timestamp": 1_709_330_400, "vectors": [],
    } | more  # fmt: skip


def corpus(folder: Path, *utterances: dict[str, Any], name: str = "a-corpus") -> Path:
    """A corpus as ConvoKit dumps it."""
    made = folder / name
    made.mkdir()
    (made / "utterances.jsonl").write_text("".join(json.dumps(u) + "\n" for u in utterances))
    (made / "speakers.json").write_text(json.dumps({"s7": {"meta": {"name": "Somebody"}, "vectors": []}}))
    return made


def records(folder: Path, *utterances: dict[str, Any], name: str = "a-corpus") -> list[Record]:
    file = corpus(folder, *utterances, name=name) / "utterances.jsonl"
    return list(detect(file).read(file, CollectSettings()))


def test_an_utterance_is_a_message_and_a_conversation_a_chat(tmp_path):
    assert records(tmp_path, utterance(1), utterance(2, **{"reply-to": "u1"})) == [
        RawMessage(1, "a-corpus/c1", "a-corpus/c1/u1", "a-corpus/s7", None, TIME, "今天好累"),
        RawMessage(2, "a-corpus/c1", "a-corpus/c1/u2", "a-corpus/s7", "a-corpus/c1/u1", TIME, "今天好累"),
    ]


def test_the_keys_of_older_corpora(tmp_path):
    old = {"id": "u2", "root": "u1", "user": "s7", "reply_to": "u1", "timestamp": "1709330400", "text": "今天好累"}
    assert records(tmp_path, old) == [
        RawMessage(1, "a-corpus/u1", "a-corpus/u1/u2", "a-corpus/s7", "a-corpus/u1/u1", TIME, "今天好累")
    ]


def test_numbers_as_ids_are_nobody_of_telegram(tmp_path):
    (found,) = records(tmp_path, utterance(1, id=1, conversation_id=-1005, speaker=7))
    assert (found.chat, found.message, found.user) == ("a-corpus/-1005", "a-corpus/-1005/1", "a-corpus/7")


def test_the_same_ids_in_two_corpora_are_two_people(tmp_path, keyed):
    texts = {"a": "x", "b": "嗯嗯嗯"}
    folders = [corpus(tmp_path, utterance(1), utterance(2, text), name=name) for name, text in texts.items()]
    report = collect(keyed, folders)
    assert (report.kept, report.table.users, report.table.chats) == (3, 2, 2)


BAD = [{"id": None}, {"conversation_id": None}, {"timestamp": None}, {"timestamp": "soon"}, {"text": 5}]


@pytest.mark.parametrize("change", BAD, ids=str)
def test_a_bad_utterance_is_counted_with_its_line(tmp_path, change):
    found = records(tmp_path, utterance(1), utterance(2, **change), utterance(3))
    assert isinstance(found[1], Rejected)
    assert (found[1].position, found[1].reason, found[2].position) == (2, "bad_record", 3)


def test_a_corpus_that_is_cut_off_is_refused(tmp_path):
    folder = corpus(tmp_path, utterance(1))
    with (folder / "utterances.jsonl").open("a") as stream:
        stream.write('{"id": "u2", "te')
    with pytest.raises(DataError, match=r"utterances\.jsonl ends in the middle \(line 2\)"):
        list(detect(folder / "utterances.jsonl").read(folder / "utterances.jsonl", CollectSettings()))


def test_other_json_lines_are_no_corpus(tmp_path):
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": 1, "speaker": 2, "text": "x", "timestamp": 3}) + "\n")
    assert detect(tmp_path / "a.jsonl").name == "JSON Lines"
    with pytest.raises(DataError, match="no list of utterances of a ConvoKit corpus"):
        convokit.read(tmp_path / "a.jsonl", CollectSettings())


@pytest.fixture
def collected(keyed, export, message):
    """A workspace with two chats: a reply, a reply to nothing, an edit, a forward."""
    edited = message(3, "打13800138000", edited_unixtime="1700000300", from_id="user8", reply_to_message_id=99)
    chat = [message(1, "第一句话"), message(2, "第二句话", reply_to_message_id=1, forwarded_from="X"), edited]
    collect(keyed, [export("a.json", *chat), export("b.json", message(1, "另一个群"), chat=88)])
    return keyed


def read_utterances(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "utterances.jsonl").read_text().splitlines()]


def test_the_table_becomes_a_corpus_with_its_pseudonyms(collected, tmp_path):
    report = export_convokit(collected, tmp_path / "out")
    assert report.as_json() == {"conversations": 2, "utterances": 4, "replies_left_out": 1, "speakers": 2}
    rows = {row["message_id"]: row for row in collected.store.read("messages").iter_rows(named=True)}
    for written in read_utterances(tmp_path / "out"):
        row = rows.pop(written["id"])
        assert (written["conversation_id"], written["speaker"]) == (row["chat_id"], row["user_id"])
        assert (written["text"], written["timestamp"]) == (row["content"], row["timestamp"].timestamp())
    assert rows == {}


def test_replies_forwards_and_edits_are_written(collected, tmp_path):
    export_convokit(collected, tmp_path / "out")
    by_text = {written["text"]: written for written in read_utterances(tmp_path / "out")}
    assert by_text["第二句话"]["reply-to"] == by_text["第一句话"]["id"]
    assert by_text["第二句话"]["meta"] == {"is_forward": True}
    assert by_text["打〈电话〉"]["meta"] == {"is_forward": False, "edited_at": 1_700_000_300.0}
    assert by_text["打〈电话〉"]["reply-to"] is None


def test_the_files_are_those_that_convokit_reads(collected, tmp_path):
    export_convokit(collected, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    parts = {name: json.loads((tmp_path / "out" / name).read_text()) for name in FILES if name.endswith(".json")}
    users = collected.store.read("messages").get_column("user_id").unique().sort().to_list()
    assert parts["speakers.json"] == {user: {"meta": {}, "vectors": []} for user in users}
    assert len(parts["conversations.json"]) == 2
    assert set(parts["index.json"]) == {
        "utterances-index", "speakers-index", "conversations-index", "overall-index", "version", "vectors",
    }  # fmt: skip
    assert set(parts["index.json"]["overall-index"]) == set(parts["corpus.json"])


def test_only_the_owner_can_read_it(collected, tmp_path):
    export_convokit(collected, tmp_path / "out")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert (stat.S_IMODE((tmp_path / "out").stat().st_mode), modes) == (0o700, {0o600})


def test_what_goes_out_comes_back_the_same(collected, tmp_path):
    export_convokit(collected, tmp_path / "out")
    again = create_workspace(tmp_path / "again")
    create_key(again)
    assert collect(again, [tmp_path / "out"]).kept == 4
    shown = [w.store.read("messages").select("content", "timestamp").sort("content") for w in (collected, again)]
    assert shown[0].equals(shown[1])
    assert again.store.read("messages").get_column("reply_id").null_count() == 3


def test_a_folder_with_something_in_it_is_left_alone(collected, tmp_path):
    (tmp_path / "out").mkdir()
    export_convokit(collected, tmp_path / "out")
    with pytest.raises(WorkspaceError, match="exists and is not an empty folder; name a new one"):
        export_convokit(collected, tmp_path / "out")


def test_without_messages_there_is_nothing_to_write(keyed, tmp_path):
    with pytest.raises(WorkspaceError, match="there are no messages in this workspace yet"):
        export_convokit(keyed, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_run_that_fails_leaves_no_folder(collected, tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "iter_rows", full)
    with pytest.raises(WorkspaceError, match="could not write out: No space left on device"):
        export_convokit(collected, tmp_path / "out")
    assert not [path for path in tmp_path.iterdir() if "convokit" in path.name or path.name == "out"]


def test_the_command_says_what_it_wrote(collected, tmp_path):
    app = typer.Typer()
    app.callback()(lambda: None)
    convokit_cli.mount(app)
    done = CliRunner().invoke(app, ["export-convokit", str(tmp_path / "out"), "-w", str(collected.root)])
    assert "Wrote 4 utterances of 2 speakers in 2 conversations" in done.output
    assert "Replies to a message that is not in the table, which are not marked: 1." in done.output
    asked = [str(tmp_path / "b"), "-w", str(collected.root), "--json"]
    assert json.loads(CliRunner().invoke(app, ["export-convokit", *asked]).stdout)["utterances"] == 4
