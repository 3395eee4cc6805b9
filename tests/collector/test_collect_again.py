"""Collecting again: known files, files that overlap, other settings, and a table that was lost."""

import shutil
from pathlib import Path

import pytest

from collector.collecting import collect
from core.workspace import Workspace


def test_the_same_file_again_changes_nothing(keyed, export, message, tables):
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


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_overlapping_exports_give_the_chat_once_and_in_order(keyed, export, message, contents, backwards, together):
    chat = [message(number, f"第{number}句话", minute=number // 4) for number in range(12)]
    files = [export("a.json", *chat[:8]), export("b.json", *chat[5:])]
    files = files[::-1] if backwards else files
    reports = [collect(keyed, files)] if together else [collect(keyed, [file]) for file in files]
    assert contents(keyed) == [f"第{number}句话" for number in range(12)]
    assert sum(report.kept for report in reports) == 12
    assert sum(report.dropped.get("duplicate", 0) for report in reports) == 3


def test_rejects_of_several_runs_are_kept_once(keyed, export, message):
    collect(keyed, [export("a.json", message(1, "好"), message(2, "嗯"))])
    collect(keyed, [export("b.json", message(2, "嗯"), message(3, "哦"))])
    assert keyed.store.read_rejected("messages").height == 3
    assert keyed.store.manifest("messages").rejected == {"too_short": 3}


def resettle(workspace: Workspace, old: str, new: str) -> Workspace:
    file = workspace.root / "assay.toml"
    file.write_text(file.read_text().replace(old, new))
    return Workspace(workspace.root)


def test_changed_settings_make_the_messages_anew(keyed, export, message, contents):
    file = export("a.json", message(1, "這樣"), message(2, "這樣嗎"), message(3, "這樣也好"))
    other = export("b.json", message(9, "嗯嗯嗯"), chat=88)
    collect(keyed, [file, other])
    changed = resettle(resettle(keyed, "min_chars = 3", "min_chars = 4"), "simplify = true", "simplify = false")
    report = collect(changed, [file, other])
    assert report.resettled
    assert (report.read, report.kept, report.updated) == (4, 1, 1)
    assert contents(changed) == ["這樣也好"]
    assert not collect(changed, [file, other]).changed


def test_back_at_the_old_settings_the_table_is_as_before(keyed, export, message, contents):
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
