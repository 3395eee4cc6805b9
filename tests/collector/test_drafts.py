"""Rows that wait for the names of members: nobody else can read them, and names are found whatever comes first."""

import json

import polars as pl
import pytest

import collector.collecting as collecting
from collector.collecting import collect
from collector.drafts import Draft, Drafts
from collector.pseudonyms import load_pseudonyms


def contents(workspace) -> list[str]:
    return workspace.store.read("messages").get_column("content").to_list()


def test_drafts_come_back_as_they_were_as_often_as_wanted(tmp_path):
    drafts = Drafts(tmp_path)
    frames = [pl.DataFrame({"content": [f"第{n}句", None], "n": [n, 1]}) for n in range(3)]
    for number, frame in enumerate(frames):
        drafts.add(Draft(number, "file", frame))
    for _ in range(2):
        read = list(drafts)
        assert [draft.number for draft in read] == [0, 1, 2]
        assert all(draft.rows.equals(frame) for draft, frame in zip(read, frames, strict=True))
    drafts.remove()
    assert list(tmp_path.iterdir()) == []


def test_no_word_of_a_draft_can_be_read_on_the_disk(tmp_path):
    drafts = Drafts(tmp_path)
    drafts.add(Draft(0, "file", pl.DataFrame({"content": ["a secret name"] * 1000})))
    (file,) = tmp_path.iterdir()
    assert b"secret" not in file.read_bytes()
    assert b"ARROW" not in file.read_bytes()


def test_two_runs_have_two_keys(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Drafts(tmp_path / name).add(Draft(0, "file", pl.DataFrame({"content": ["x" * 100]})))
    assert (tmp_path / "a/0.draft").read_bytes() != (tmp_path / "b/0.draft").read_bytes()


def test_a_name_is_found_before_its_owner_speaks_and_across_chunks_and_files(keyed, export, message, monkeypatch):
    monkeypatch.setattr(collecting, "CHUNK_MESSAGES", 1)
    first = export("a.json", message(1, "有人见到小鹿吗"), message(2, "问问 @Nova 吧"))
    second = export("b.json", message(3, "我在呢", **{"from": "小鹿🦌", "from_id": "user8"}),
                    message(4, "我也在", **{"from": "nova", "from_id": "user9"}))  # fmt: skip
    report = collect(keyed, [first, second])
    aliases = [f"〈成员:{load_pseudonyms(keyed).user(user)[:6]}〉" for user in ("user8", "user9")]
    assert contents(keyed) == [f"有人见到{aliases[0]}吗", f"问问 {aliases[1]} 吧", "我在呢", "我也在"]
    assert report.table.placeholders["member"] == 2


def test_names_are_of_one_chat(keyed, export, message):
    here = export("a.json", message(1, "有人见到小鹿吗"))
    there = export("b.json", message(1, "我是小鹿", **{"from": "小鹿"}), chat=88)
    collect(keyed, [here, there])
    assert sorted(contents(keyed))[1] == "有人见到小鹿吗"


def test_names_that_are_words_are_counted_in_the_report(keyed, export, message):
    report = collect(keyed, [export("a.json", message(1, "今天很开心", **{"from": "开心"}))])
    assert (contents(keyed), report.names_left) == (["今天很开心"], 1)
    assert report.as_json()["names_left"] == 1


def test_the_files_of_a_run_that_dies_hold_no_name(keyed, export, message, monkeypatch):
    def die(*_: object) -> None:
        files = [path for path in keyed.store.folder.rglob("*") if path.is_file()]
        assert any(path.suffix == ".draft" for path in files)
        assert not any("埋名者".encode() in path.read_bytes() for path in files)
        raise MemoryError

    monkeypatch.setattr(collecting, "_finish", die)
    file = export("a.json", message(1, "埋名者你好"), message(2, "我在呢", **{"from": "埋名者"}))
    with pytest.raises(MemoryError):
        collect(keyed, [file])
    monkeypatch.undo()
    assert list(keyed.store.folder.glob(".collecting-*")) == []


def test_marks_of_kept_messages_are_in_the_report(keyed, export, message):
    records = [message(1, "救命啊", minute=0), message(2, "救命啊", minute=0), message(3, forwarded_from="X")]
    report = collect(keyed, [export("a.json", *records)])
    assert (report.kept, report.marked) == (3, {"forward": 1, "flood": 1})


def test_floods_are_dropped_where_the_settings_say_so(keyed, export, message):
    file = keyed.root / "assay.toml"
    file.write_text(file.read_text().replace('floods = "keep"', 'floods = "drop"'))
    records = [message(number, "救命啊", minute=0) for number in range(1, 6)]
    report = collect(type(keyed)(keyed.root), [export("a.json", *records)])
    assert (report.read, report.kept, report.dropped) == (5, 1, {"flood": 4})
    assert json.dumps(report.as_json())
