"""Nothing raw reaches the disk: identifiers are planted everywhere in an export and looked for in every byte."""

import json
import re
from pathlib import Path

import pytest

from collector import merging
from collector.collecting import collect
from collector.pseudonyms import create_key
from core.errors import DataError
from core.workspace import Workspace, create_workspace

START = 1_700_000_000
CHAT, USER, MESSAGE, OTHER = 1_009_123_457, 5_551_234_567, 987_654_321, 444_333_222
PLANTED = [
    str(CHAT), str(USER), str(MESSAGE), str(OTHER), "Zhang-Planted", "张埋名", "planted_user", "planted@example.com",
    "13900001111", "139 0000 1111", "planted.example.org", "PlantedGroup", "planted-file", "555-0199-333",
]  # fmt: skip


def planted_export() -> dict[str, object]:
    """An account with an identifier in every field that an export has room for."""
    who = {"from": "Zhang-Planted", "from_id": f"user{USER}"}
    text = [
        "请找", {"type": "mention", "text": "@planted_user"}, " 打", {"type": "phone", "text": "555-0199-333"},
        {"type": "mention_name", "text": "张埋名", "user_id": USER}, "或１３９００００１１１１或139 0000 1111 ",
        "写planted@example.com ", {"type": "text_link", "text": "这里", "href": "https://planted.example.org"},
        " https://planted.example.org/x",
    ]  # fmt: skip
    said = {
        "id": MESSAGE, "type": "message", "date_unixtime": str(START), "edited_unixtime": str(START + 9), **who,
        "author": "Zhang-Planted", "forwarded_from": "张埋名", "saved_from": "PlantedGroup", "via_bot": "@planted_user",
        "reply_to_message_id": OTHER, "reply_to_peer_id": f"channel{CHAT}", "text": text, "text_entities": text,
        "contact_information": {"first_name": "Zhang-Planted", "phone_number": "13900001111"},
        "poll": {"question": "张埋名"}, "reactions": [{"emoji": "👍", "recent": [who]}], "file_name": "planted-file",
    }  # fmt: skip
    service = {
        "id": OTHER, "type": "service", "date_unixtime": str(START), "actor": "Zhang-Planted",
        "actor_id": f"user{USER}", "action": "invite_members", "members": ["张埋名"], "title": "PlantedGroup",
    }  # fmt: skip
    bad, short = said | {"id": 1, "date_unixtime": "13900001111"}, said | {"id": 2, "text": "@planted_user"[:2]}
    chat = {"name": "PlantedGroup", "type": "public_supergroup", "id": CHAT, "messages": [service, said, bad, short]}
    return {"personal_information": {"user_id": USER, "phone_number": "13900001111"}, "chats": {"list": [chat]}}


def traces(folder: Path) -> list[tuple[str, str]]:
    """Planted identifiers in any name or byte under a folder. Parquet may pack text, so tables are also read."""
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        text = unpacked(path) if path.suffix == ".parquet" else ""
        for trace in PLANTED:
            if trace.encode() in content or trace in text or trace in path.name:
                found.append((path.name, trace))
    return found


def unpacked(path: Path) -> str:
    import polars as pl

    return json.dumps(pl.read_parquet(path).to_dict(as_series=False), default=str, ensure_ascii=False)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    file = folder / "planted-file.json"
    file.write_text(json.dumps(planted_export(), ensure_ascii=False), encoding="utf-8")
    return file


def test_no_planted_identifier_is_in_any_byte_of_the_workspace(keyed, planted):
    report = collect(keyed, [planted])
    assert (report.read, report.kept) == (4, 1)
    (content,) = keyed.store.read("messages").get_column("content")
    assert content == "请找〈用户〉 打〈电话〉〈用户〉或〈电话〉或〈电话〉 写〈邮箱〉 这里"
    assert traces(keyed.root) == []


def test_the_files_of_a_run_that_dies_hold_none_either(keyed, planted, monkeypatch, tmp_path):
    seen: list[tuple[str, str]] = []

    def look(*_: object) -> None:
        working = list(keyed.store.folder.glob(".collecting-*/*.parquet"))
        assert len(working) == 2
        seen.extend(traces(keyed.root))
        raise MemoryError

    monkeypatch.setattr(merging, "_merge_chat", look)
    with pytest.raises(MemoryError):
        collect(keyed, [planted])
    assert seen == []


def test_column_files_leave_no_trace_of_their_name_or_ids(keyed, tmp_path):
    rows = f"message_id,user_id,timestamp,content\n{MESSAGE},{USER},{START},我是好人\n{OTHER},planted_user,x,y\n"
    (tmp_path / "planted-file.csv").write_text(rows, encoding="utf-8")
    assert collect(keyed, [tmp_path / "planted-file.csv"]).kept == 1
    assert traces(keyed.root) == []


def test_an_error_names_the_file_and_the_place_and_nothing_from_inside(keyed, planted):
    whole = planted.read_bytes()
    planted.write_bytes(whole[: whole.rindex(b'"id"')])
    with pytest.raises(DataError) as caught:
        collect(keyed, [planted])
    said = str(caught.value)
    assert re.match(r"planted-file\.json ends in the middle \(after message 3\)", said)
    assert not [trace for trace in PLANTED if trace in said and trace != "planted-file"]
    assert traces(keyed.root) == []


def test_two_workspaces_share_no_pseudonym(planted, tmp_path):
    made = []
    for name in ("one", "two"):
        workspace: Workspace = create_workspace(tmp_path / name)
        create_key(workspace)
        collect(workspace, [planted])
        made.append(set(workspace.store.read("messages").select("message_id", "chat_id", "user_id").row(0)))
    assert not made[0] & made[1]
