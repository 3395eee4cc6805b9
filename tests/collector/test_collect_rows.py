"""From exports to the table: every record becomes a row or is dropped for a reason, and the report says so."""

import json
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import collector.collecting as collecting
from collector import chat_files
from collector.collecting import collect
from collector.pseudonyms import create_key, load_pseudonyms
from core.workspace import create_workspace

SHARED = Path(__file__).parents[3] / "shared"


def service(number: int) -> dict[str, object]:
    return {"id": number, "type": "service", "date_unixtime": "1700000000", "action": "pin_message", "text": ""}


def test_a_message_becomes_a_row_without_its_raw_ids(keyed, export, message):
    file = export("a.json", message(1), message(2, "謝謝 @someone", reply_to_message_id=1, forwarded_from="X"))
    report = collect(keyed, [file])
    pseudonyms = load_pseudonyms(keyed)
    assert keyed.store.read("messages").row(1, named=True) == {
        "message_id": pseudonyms.message("77/2"),
        "chat_id": pseudonyms.chat("77"),
        "user_id": pseudonyms.user("user7"),
        "reply_id": pseudonyms.message("77/1"),
        "timestamp": datetime(2023, 11, 14, 22, 15, 20, tzinfo=UTC),
        "content": "谢谢 〈用户〉",
        "is_forward": True,
        "edited_at": None,
    }
    assert (report.read, report.kept, report.dropped) == (2, 2, {})


def test_every_record_is_kept_or_dropped_for_a_reason(keyed, export, message):
    nobody = message(7)
    del nobody["from_id"]
    records = [
        message(1), message(2, "好"), message(3, ""), message(4, "😀😀😀"), service(5), message(6, date_unixtime="x"),
        nobody, message(1), message(8, "https://example.com"), message(9, "谢谢你", reply_to_message_id=2), "odd",
    ]  # fmt: skip
    report = collect(keyed, [export("a.json", *records)])
    assert report.dropped == {"too_short": 3, "bad_record": 2, "empty": 1, "service": 1, "no_sender": 1, "duplicate": 1}
    assert (report.read, report.kept, report.table.missing_reply_targets) == (11, 2, 1)


def test_rejects_say_where_in_which_file_and_nothing_else(keyed, export, message):
    file = export("a.json", message(1), message(2, "好"), "odd")
    collect(keyed, [file])
    pseudonyms = load_pseudonyms(keyed)
    rejected = keyed.store.read_rejected("messages")
    source = next(iter(sorted(set(keyed.store.manifest("messages").recipe.inputs) - {"pseudonym key"})))
    assert sorted(rejected.rows(), key=lambda row: row[2]) == [
        (pseudonyms.message("77/2"), pseudonyms.chat("77"), 2, "too_short", source, None),
        (None, pseudonyms.chat("77"), 3, "bad_record", source, None),
    ]


def test_an_export_with_nothing_to_keep_makes_no_chat(keyed, export):
    file = export("a.json", service(1))
    report = collect(keyed, [file])
    assert (report.read, report.kept, report.dropped, report.table.messages) == (1, 0, {"service": 1}, 0)
    assert not collect(keyed, [file]).changed


def test_a_folder_stands_for_the_export_in_it(keyed, export, message, tmp_path):
    file = export("x.json", message(1))
    (tmp_path / "ChatExport").mkdir()
    shutil.move(file, tmp_path / "ChatExport" / "result.json")
    assert collect(keyed, [tmp_path / "ChatExport"]).kept == 1


def test_chunks_are_bounded_by_messages_and_by_characters(keyed, export, message, monkeypatch, contents):
    monkeypatch.setattr(collecting, "CHUNK_MESSAGES", 3)
    monkeypatch.setattr(collecting, "CHUNK_CHARACTERS", 1000)
    monkeypatch.setattr(chat_files, "ROWS_AT_ONCE", 2)
    texts = [f"第{number}句话" for number in range(11)] + ["长" * 1000, "再见了"]
    report = collect(keyed, [export("a.json", *(message(n, text) for n, text in enumerate(texts)))])
    assert contents(keyed) == texts
    assert (report.read, report.kept) == (13, 13)


def test_the_report_describes_the_whole_table(keyed, export, message):
    first = export("a.json", message(1, "打13800000000"), message(3, "写信a@example.com", from_id="user8"))
    second = export("b.json", message(2, "找@someone和@another"), chat=88)
    collect(keyed, [first])
    table = collect(keyed, [second]).table
    assert (table.messages, table.chats, table.users) == (3, 2, 2)
    assert {kind: n for kind, n in table.placeholders.items() if n} == {"email": 1, "phone": 1, "user": 2}
    assert (table.first.minute, table.last.minute) == (14, 16)


def test_the_manifest_says_what_the_table_is_made_of(keyed, export, message):
    collect(keyed, [export("named-by-a-user.json", message(1), message(2, "好"))])
    manifest = keyed.store.manifest("messages")
    assert (manifest.rows, manifest.rejected) == (1, {"too_short": 1})
    assert manifest.recipe.settings["min_chars"] == 3
    assert keyed.store.unchanged("messages", manifest.recipe)
    assert "named-by" not in (keyed.store.folder / "messages.manifest.json").read_text()


def test_only_the_owner_can_read_the_tables(keyed, export, message):
    collect(keyed, [export("a.json", message(1))])
    (file,) = (keyed.store.folder / "messages").glob("*.parquet")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.one_of(st.integers(0, 9), st.none()),
            "text": st.sampled_from(["你好呀", "好", "", "😀", 5, ["再见了"]]),
        },
        optional={
            "type": st.sampled_from(["message", "service", "unsupported"]),
            "from_id": st.sampled_from(["user1", "channel2", None]),
            "date_unixtime": st.sampled_from(["1700000000", "1700000060", "0", "x"]),
            "edited_unixtime": st.sampled_from(["1700000100", "1700000200"]),
            "reply_to_message_id": st.integers(0, 9),
        },
    )
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports=st.lists(RECORDS, min_size=1, max_size=3))
def test_kept_and_dropped_are_what_was_read_whatever_is_read(tmp_path_factory, exports):
    folder = tmp_path_factory.mktemp("random")
    workspace = create_workspace(folder / "w")
    create_key(workspace)
    rows = 0
    for number, records in enumerate(exports):
        (folder / f"{number}.json").write_text(json.dumps({"id": 7, "messages": records}))
        report = collect(workspace, [folder / f"{number}.json"])
        assert report.read == report.kept + sum(report.dropped.values()) == (len(records) if report.changed else 0)
        rows += report.kept - report.updated - report.retracted
        assert report.table.messages == rows == workspace.store.read_or_empty("messages").height


def test_real_chat_is_collected_without_losing_a_record(keyed):
    file = SHARED / "data" / "ubuntu-irc" / "result.json"
    if not file.exists():
        pytest.skip("the folder shared/ with the Ubuntu IRC export is not beside this repository")
    report = collect(keyed, [file])
    assert (report.read, report.kept) == (12_500, 11_311)
    assert report.dropped == {"service": 885, "too_short": 301, "empty": 3}
    assert (report.table.chats, report.table.users, report.table.missing_reply_targets) == (1, 1_198, 11)
    assert not collect(keyed, [file]).changed
