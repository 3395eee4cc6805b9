"""From exports to the table: each message once, every record accounted for, all or nothing."""

import json
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import collector.collecting as collecting
import collector.merging as merging
from collector import chat_files
from collector.collecting import collect
from collector.pseudonyms import create_key, load_pseudonyms
from core.errors import DataError, WorkspaceError
from core.workspace import Workspace, create_workspace

SHARED = Path(__file__).parents[3] / "shared"


def contents(workspace: Workspace) -> list[str]:
    return workspace.store.read("messages").get_column("content").to_list()


def tables(workspace: Workspace) -> dict[str, bytes]:
    """Every file of the tables, but for the empty lock."""
    folder = workspace.store.folder
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.stat().st_size}


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


def test_the_report_describes_the_whole_table(keyed, export, message):
    first = export("a.json", message(1, "打13800000000"), message(3, "写信a@example.com", from_id="user8"))
    second = export("b.json", message(2, "找@someone和@another"), chat=88)
    collect(keyed, [first])
    table = collect(keyed, [second]).table
    assert (table.messages, table.chats, table.users) == (3, 2, 2)
    assert {kind: n for kind, n in table.placeholders.items() if n} == {"email": 1, "phone": 1, "user": 2}
    assert (table.first.minute, table.last.minute) == (14, 16)


def test_the_same_file_again_changes_nothing(keyed, export, message):
    file = export("a.json", message(1), message(2, "好"))
    collect(keyed, [file])
    before = tables(keyed)
    again = collect(keyed, [file, file])
    assert (again.changed, again.read, again.files_known, again.table.messages) == (False, 0, 2, 1)
    assert tables(keyed) == before


def test_a_copy_under_another_name_is_the_same_file(keyed, export, message, tmp_path):
    file = export("a.json", message(1))
    copy = shutil.copy(file, tmp_path / "b.json")
    assert collect(keyed, [file, Path(copy)]).files_known == 1


def test_a_known_file_is_passed_over_beside_a_new_one(keyed, export, message):
    first, second = export("a.json", message(1)), export("b.json", message(2))
    collect(keyed, [first])
    report = collect(keyed, [first, second])
    assert (report.files_known, report.read, report.kept, report.table.messages) == (1, 1, 1, 2)


def test_a_folder_stands_for_the_export_in_it(keyed, export, message, tmp_path):
    file = export("x.json", message(1))
    (tmp_path / "ChatExport").mkdir()
    shutil.move(file, tmp_path / "ChatExport" / "result.json")
    assert collect(keyed, [tmp_path / "ChatExport"]).kept == 1


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_overlapping_exports_give_the_chat_once_and_in_order(keyed, export, message, backwards, together):
    chat = [message(number, f"第{number}句话", minute=number // 4) for number in range(12)]
    files = [export("a.json", *chat[:8]), export("b.json", *chat[5:])]
    files = files[::-1] if backwards else files
    reports = [collect(keyed, files)] if together else [collect(keyed, [file]) for file in files]
    assert contents(keyed) == [f"第{number}句话" for number in range(12)]
    assert sum(report.kept for report in reports) == 12
    assert sum(report.dropped.get("duplicate", 0) for report in reports) == 3


def test_a_newer_version_replaces_the_older_at_its_place(keyed, export, message):
    collect(
        keyed, [export("a.json", message(1, "一一一"), message(2, "二二二", minute=1), message(3, "三三三", minute=1))]
    )
    newer = message(2, "改过了", minute=1, edited_unixtime="1700000900")
    report = collect(keyed, [export("b.json", newer)])
    assert contents(keyed) == ["一一一", "改过了", "三三三"]
    assert (report.read, report.kept, report.updated, report.dropped) == (1, 1, 1, {})
    older = collect(keyed, [export("c.json", message(2, "二二二", minute=1))])
    assert (contents(keyed)[1], older.dropped) == ("改过了", {"duplicate": 1})


LONG, SHORT, NOTHING, AGAIN = (None, "今天好累"), (9, "好"), (9, ""), (18, "又写了")
"""Versions of a message: minute of the edit, text."""


def version(message, edited, text):
    return message(1, text, **({"edited_unixtime": str(1_700_000_000 + 60 * edited)} if edited else {}))


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("versions", "left"),
    [
        ((LONG, SHORT), []),
        ((SHORT, LONG), []),
        ((LONG, NOTHING, LONG), []),
        (((18, "今天好累"), SHORT), ["今天好累"]),
        ((LONG, (None, "好")), ["今天好累"]),
        ((LONG, SHORT, AGAIN), ["又写了"]),
        ((SHORT, AGAIN, LONG), ["又写了"]),
        ((AGAIN, SHORT, LONG), ["又写了"]),
    ],
)
def test_a_message_that_was_edited_down_to_nothing_goes(keyed, export, message, versions, left, together):
    files = [
        export(f"{number}.json", version(message, *one), message(number + 2, "别的话"))
        for number, one in enumerate(versions)
    ]
    for some in [files] if together else [[file] for file in files]:
        collect(keyed, some)
    assert [text for text in contents(keyed) if text != "别的话"] == left


def test_what_was_edited_down_to_nothing_is_counted(keyed, export, message):
    runs = [collect(keyed, [export(f"{n}.json", version(message, *one))]) for n, one in enumerate((LONG, SHORT))]
    again = collect(keyed, [export("again.json", version(message, *LONG), message(2))])
    assert [(run.kept, run.dropped, run.retracted) for run in runs] == [(1, {}, 0), (0, {"too_short": 1}, 1)]
    assert (again.kept, again.dropped, contents(keyed)) == (1, {"outdated": 1}, ["今天好累"])
    assert keyed.store.read_rejected("messages").get_column("reason").to_list() == ["too_short"]


def test_rejects_from_before_the_time_of_the_edit_was_noted_are_read(keyed, export, message):
    collect(keyed, [export("a.json", message(1, "好"), message(2))])
    keyed.store.write_rejected("messages", keyed.store.read_rejected("messages").drop("edited_at"))
    collect(keyed, [export("b.json", message(3, "嗯"))])
    assert keyed.store.read_rejected("messages").height == 2


def test_a_message_that_grew_long_enough_leaves_the_rejects(keyed, export, message):
    collect(keyed, [export("a.json", message(1, "好"), message(2))])
    collect(keyed, [export("b.json", message(1, "好多了", edited_unixtime="1700000900"))])
    assert keyed.store.read_rejected("messages") is None
    assert contents(keyed) == ["好多了", "今天好累"]


def test_rejects_of_several_runs_are_kept_once(keyed, export, message):
    collect(keyed, [export("a.json", message(1, "好"), message(2, "嗯"))])
    collect(keyed, [export("b.json", message(2, "嗯"), message(3, "哦"))])
    assert keyed.store.read_rejected("messages").height == 3
    assert keyed.store.manifest("messages").rejected == {"too_short": 3}


def resettle(workspace: Workspace, old: str, new: str) -> Workspace:
    file = workspace.root / "assay.toml"
    file.write_text(file.read_text().replace(old, new))
    return Workspace(workspace.root)


def test_changed_settings_make_the_messages_anew(keyed, export, message):
    file = export("a.json", message(1, "這樣"), message(2, "這樣嗎"), message(3, "這樣也好"))
    other = export("b.json", message(9, "嗯嗯嗯"), chat=88)
    collect(keyed, [file, other])
    changed = resettle(resettle(keyed, "min_chars = 3", "min_chars = 4"), "simplify = true", "simplify = false")
    report = collect(changed, [file, other])
    assert report.resettled
    assert (report.read, report.kept, report.updated) == (4, 1, 1)
    assert contents(changed) == ["這樣也好"]
    assert not collect(changed, [file, other]).changed


def test_back_at_the_old_settings_the_table_is_as_before(keyed, export, message):
    file = export("a.json", message(1, "一二三"), message(2, "一二三四"))
    collect(keyed, [file])
    changed = resettle(keyed, "min_chars = 3", "min_chars = 4")
    collect(changed, [file])
    back = resettle(changed, "min_chars = 4", "min_chars = 3")
    assert collect(back, [file]).dropped == {}
    assert contents(back) == ["一二三", "一二三四"]
    assert back.store.read_rejected("messages") is None


def test_a_lost_chat_file_is_read_again(keyed, export, message):
    file = export("a.json", message(1))
    collect(keyed, [file])
    shutil.rmtree(keyed.store.folder / "messages")
    assert collect(keyed, [file]).kept == 1


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


def test_chunks_are_bounded_by_messages_and_by_characters(keyed, export, message, monkeypatch):
    monkeypatch.setattr(collecting, "CHUNK_MESSAGES", 3)
    monkeypatch.setattr(collecting, "CHUNK_CHARACTERS", 1000)
    monkeypatch.setattr(chat_files, "ROWS_AT_ONCE", 2)
    texts = [f"第{number}句话" for number in range(11)] + ["长" * 1000, "再见了"]
    report = collect(keyed, [export("a.json", *(message(n, text) for n, text in enumerate(texts)))])
    assert contents(keyed) == texts
    assert (report.read, report.kept) == (13, 13)


def broken_exports(good: bytes) -> dict[str, bytes]:
    return {
        "truncated.json": good[:-20],
        "gbk.json": good.decode().encode("gb18030"),
        "no-column.csv": b"message_id,user_id,timestamp\n1,2,1700000000\n",
        "cut.jsonl": b'{"message_id":1,"user_id":2,"timestamp":1700000000,"content":"abc"}\n{"mess',
    }


@pytest.mark.parametrize("name", ["truncated.json", "gbk.json", "no-column.csv", "cut.jsonl", "absent.json"])
def test_a_broken_file_leaves_everything_as_it_was(keyed, export, message, tmp_path, name):
    collect(keyed, [export("old.json", message(1))])
    before = tables(keyed)
    good = export("good.json", message(1), message(2), message(3))
    if name != "absent.json":
        (tmp_path / name).write_bytes(broken_exports(good.read_bytes())[name])
    with pytest.raises(DataError, match=name):
        collect(keyed, [good, tmp_path / name])
    assert tables(keyed) == before


@pytest.mark.parametrize("step", ["keys_of", "join", "write_ordered"])
def test_a_run_that_dies_while_merging_leaves_everything_as_it_was(keyed, export, message, monkeypatch, step):
    collect(keyed, [export("a.json", message(1))])
    before = tables(keyed)

    def die(*_: object, **__: object) -> None:
        raise MemoryError

    second = export("b.json", message(2))
    monkeypatch.setattr(merging, step, die)
    with pytest.raises(MemoryError):
        collect(keyed, [second])
    assert tables(keyed) == before
    monkeypatch.undo()
    assert collect(keyed, [second]).table.messages == 2


def test_a_run_that_dies_while_publishing_is_finished_by_the_next(keyed, export, message, monkeypatch):
    files = [export("a.json", message(1)), export("b.json", message(2), chat=88)]
    adopt = keyed.store.adopt

    def adopt_one(name: str, finished: Path) -> None:
        if keyed.store.parts("messages"):
            raise KeyboardInterrupt
        adopt(name, finished)

    monkeypatch.setattr(keyed.store, "adopt", adopt_one)
    with pytest.raises(KeyboardInterrupt):
        collect(keyed, files)
    monkeypatch.undo()
    assert collect(keyed, files).table.messages == 2
    assert not collect(keyed, files).changed


def test_what_a_killed_run_left_is_removed_by_the_next(keyed, export, message):
    left_over = keyed.store.folder / ".collecting-killed"
    left_over.mkdir()
    (left_over / "x.parquet").write_bytes(b"x")
    collect(keyed, [export("a.json", message(1))])
    assert not list(keyed.store.folder.glob(".collecting-*"))


def test_two_runs_at_once_are_refused(keyed, export, message):
    from collector.spool import spooling

    with spooling(keyed.store.folder), pytest.raises(WorkspaceError, match="another `assay collect` is at work"):
        collect(keyed, [export("a.json", message(1))])


def test_a_full_disk_is_one_message_and_leaves_everything_as_it_was(keyed, export, message, monkeypatch):
    collect(keyed, [export("a.json", message(1))])
    before = tables(keyed)

    def full(*_: object, **__: object) -> None:
        raise pl.exceptions.ComputeError("parquet: underlying IO error: No space left on device (os error 28)")

    second = export("b.json", message(2))
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(WorkspaceError, match="No space left on device; free some"):
        collect(keyed, [second])
    assert tables(keyed) == before


def test_a_damaged_chat_file_is_one_message(keyed, export, message):
    collect(keyed, [export("a.json", message(1))])
    (file,) = (keyed.store.folder / "messages").glob("*.parquet")
    file.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match=rf"messages/{file.name} is not a readable Parquet file"):
        collect(keyed, [export("b.json", message(2))])


def test_another_key_is_refused_once_there_are_messages(keyed, export, message):
    collect(keyed, [export("a.json", message(1))])
    (keyed.secrets / "pseudonym.key").unlink()
    create_key(keyed)
    with pytest.raises(WorkspaceError, match="collected with another pseudonym key"):
        collect(keyed, [export("b.json", message(2))])


def test_an_export_with_nothing_to_keep_makes_no_chat(keyed, export):
    file = export("a.json", service(1))
    report = collect(keyed, [file])
    assert (report.read, report.kept, report.dropped, report.table.messages) == (1, 0, {"service": 1}, 0)
    assert not collect(keyed, [file]).changed


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
