"""`assay privacy scan`: identifiers planted in every place are found, and shown to nobody; a clean corpus is clean."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from collector.collecting import collect
from collector.privacy.attack import attack
from collector.privacy.scan import scan
from collector.privacy_cli import app
from collector.pseudonyms import create_key
from core.chat import ChatReply, ChatRequest
from core.database import open_database, transaction
from core.errors import ServiceError
from core.people import Event
from core.reply_cache import ReplyCache
from core.store import Recipe
from core.workspace import Workspace

PHONE = "13900001111"
CLEAN_ID = "0123456789abcdef" * 2
ASKED = ChatRequest("m", (("user", "hi"),))


def parquet(path: Path, **columns: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)


def written(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def event(workspace: Workspace, **more: object) -> None:
    with transaction(open_database(workspace)) as session:
        session.add(Event(at=datetime(2026, 1, 1, tzinfo=UTC), actor="a", action="b", **more))


def other_database(path: Path, value: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE entities (id INTEGER PRIMARY KEY, phone INTEGER, name TEXT)")
        connection.execute("INSERT INTO entities VALUES (1, ?, 'x')", (int(value),))
    connection.close()


PLANTS: dict[str, tuple[Callable[[Workspace, str], None], str, str]] = {
    "a message": (
        lambda w, v: parquet(w.root / "tables/messages/c.parquet", message_id=[CLEAN_ID], content=[f"打{v}"]),
        "tables/messages/c.parquet: content", f"row 1, message_id {CLEAN_ID}",
    ),
    "a column of ids": (
        lambda w, v: parquet(w.root / "tables/messages/c.parquet", user_id=[CLEAN_ID, v, v]),
        "tables/messages/c.parquet: user_id", "row 2",
    ),
    "a key": (
        lambda w, v: parquet(w.root / "tables/matches.parquet", message_id=[v]),
        "tables/matches.parquet: message_id", "row 1, message_id 13*******11",
    ),
    "a list": (
        lambda w, v: parquet(w.root / "tables/segments.parquet", message_ids=[[CLEAN_ID], [CLEAN_ID, v]]),
        "tables/segments.parquet: message_ids", "row 2",
    ),
    "a list of structures": (
        lambda w, v: parquet(w.root / "releases/v1/data.parquet", chat=[[{"alias": "user_1", "text": v}]]),
        "releases/v1/data.parquet: chat", "row 1",
    ),
    "a number column": (
        lambda w, v: parquet(w.root / "releases/v1/data.parquet", sender_id=[int(v)]),
        "releases/v1/data.parquet: sender_id", "row 1",
    ),
    "the name of a column": (
        lambda w, v: parquet(w.root / "tables/votes/nb.parquet", **{v: [1]}), "tables/votes/nb.parquet",
        "names of columns",
    ),
    "the rejects": (
        lambda w, v: parquet(w.root / "tables/messages_rejected.parquet", reason=["empty", v]),
        "tables/messages_rejected.parquet: reason", "row 2",
    ),
    "what a crash left": (
        lambda w, v: parquet(w.root / "tables/.collecting-x/1.parquet", content=[v]),
        "tables/.collecting-x/1.parquet: content", "row 1",
    ),
    "a manifest": (
        lambda w, v: written(w.root / "tables/messages.manifest.json", json.dumps({"recipe": {"inputs": {v: "x"}}})),
        "tables/messages.manifest.json", "$.recipe.inputs",
    ),
    "the database": (lambda w, v: event(w, subject=v), "assay.db: events.subject", "id 1"),
    "JSON in the database": (
        lambda w, v: event(w, detail={"a": [{"b": f"at {v}"}]}), "assay.db: events.detail", "id 1"
    ),
    "another database": (
        lambda w, v: other_database(w.root / "cache/other.bin", v), "cache/other.bin: entities.phone", "id 1"
    ),
    "a kept reply": (
        lambda w, v: ReplyCache(w.cache / "llm").put(ASKED, ChatReply(f'{{"why": "{v}"}}', "stop", None, "m", 0.5)),
        "cache/llm/replies.sqlite: replies.reply", f"key {ASKED.key}",
    ),
    "a list in JSON": (
        lambda w, v: written(w.root / "cache/other/x.json", json.dumps({"text": [1, v]})),
        "cache/other/x.json", "$.text[1]",
    ),
    "a number in JSON": (
        lambda w, v: written(w.root / "cache/other/x.json", json.dumps({"user_id": int(v), "n": int(v)})),
        "cache/other/x.json", "$.user_id",
    ),
    "a journal": (
        lambda w, v: written(w.root / "cache/votes/nb.jsonl", '{"a": 1}\n' + json.dumps({"rationale": v}) + "\n"),
        "cache/votes/nb.jsonl", "line 2.rationale",
    ),
    "a broken journal": (
        lambda w, v: written(w.root / "cache/votes/nb.jsonl", '{"a": 1}\n{"rationale": "' + v),
        "cache/votes/nb.jsonl", "line 2",
    ),
    "a log": (lambda w, v: written(w.root / "logs/collect.log", f"start\nread {v}\n"), "logs/collect.log", "line 2"),
    "a report": (
        lambda w, v: written(w.root / "reports/r.html", f"<style>@media x</style>\n<p title='{v}'>〈电话〉</p>"),
        "reports/r.html", "line 2",
    ),
    "a page": (lambda w, v: written(w.root / "reports/r.md", f"# Report\n\n{v}\n"), "reports/r.md", "line 3"),
    "a release": (
        lambda w, v: written(w.root / "releases/v1/data.jsonl", json.dumps({"segment": {"content": v}}) + "\n"),
        "releases/v1/data.jsonl", "line 1.segment.content",
    ),
    "the name of a file": (
        lambda w, v: written(w.root / f"reports/{v}/plot.svg", "<svg/>"),
        "names of files", "reports/13*******11/plot.svg",
    ),
}  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_number_is_found_where_it_is_and_not_shown(workspace, plant):
    put, place, where = PLANTS[plant]
    put(workspace, PHONE)
    result = CliRunner().invoke(app, ["scan", "--json", "-w", str(workspace.root)])
    said = json.loads(result.stdout)
    (found,) = said["findings"]
    assert (found["place"], found["examples"][0]["where"]) == (place, where)
    assert (result.exit_code, said["clean"], found["kind"], found["examples"][0]["shown"]) == (
        1, False, "phone", "13*******11",
    )  # fmt: skip
    assert PHONE not in result.stdout + result.stderr


def test_the_same_text_in_many_rows_is_counted_and_told_by_the_first(workspace):
    parquet(workspace.root / "tables/messages/c.parquet", content=["今天好累", *["@planted_user"] * 7, PHONE])
    report = scan(workspace)
    assert [(found.kind, found.count, found.examples) for found in report.findings] == [
        ("user", 7, [("row 2", "@p*********er")]), ("phone", 1, [("row 9", "13*******11")]),
    ]  # fmt: skip


def test_the_command_shows_a_table_and_says_what_to_do(workspace):
    written(workspace.root / "logs/a.log", f"{PHONE} planted@example.com\n" * 9)
    result = CliRunner().invoke(app, ["scan", "-w", str(workspace.root)])
    assert result.exit_code == 1
    assert "logs/a.log  email  9" in " ".join(result.stdout.split("\n")).replace("   ", "  ")
    assert "found 18 in 1 places" in result.stderr
    assert "planted" not in result.stdout + result.stderr


def test_secrets_are_never_read_not_even_through_a_link(workspace):
    written(workspace.secrets / "telegram.txt", PHONE)
    (workspace.reports / "link.txt").symlink_to(workspace.secrets / "telegram.txt")
    (workspace.reports / "folder").symlink_to(workspace.secrets)
    assert scan(workspace).findings == ()


def test_what_holds_no_readable_text_is_told(workspace):
    (workspace.releases / "v1.zip").write_bytes(b"PK\x03\x04\0\0")
    (workspace.root / "tables" / "lexicon.parquet").write_bytes(b"PAR1 and then nothing")
    (workspace.cache / f"{PHONE}.png").write_bytes(b"\x89PNG\0")
    report = scan(workspace)
    assert sorted(report.not_looked_into) == ["cache/13*******11.png", "releases/v1.zip", "tables/lexicon.parquet"]
    assert [found.place for found in report.findings] == ["names of files"]


def test_what_the_owner_put_into_the_settings_may_stand_elsewhere(workspace):
    toml = (workspace.root / "assay.toml").read_text("utf-8")
    written(workspace.root / "assay.toml", toml.replace('contact = ""', 'contact = "team@example.org"'))
    written(workspace.releases / "v1" / "README.md", "Ask team@example.org, or other@example.org")
    (found,) = scan(Workspace(workspace.root)).findings
    assert (found.count, found.examples) == (1, [("line 1", "ot*************rg")])


def digits_only(make: Callable[[int], str], length: int) -> tuple[int, str]:
    """The first number of which the hash's first digits are decimal digits, and those."""
    return next((n, made) for n in range(10**6) if (made := hash_of(make(n))[:length]).isdecimal())


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_ids_and_hashes_made_of_digits_only_are_no_finding(workspace):
    store = workspace.store
    term, entry = digits_only(lambda n: f"词{n}", 12)
    member, segment = digits_only(lambda n: f"c\n{n}", 16)
    file, source = digits_only(lambda n: f"file {n}", 12)
    parquet(store.path("lexicon"), entry_id=[entry], term=[f"词{term}"])
    parquet(store.path("matches"), entry_id=[entry], message_id=[CLEAN_ID])
    parquet(store.path("segments"), segment_id=[segment], chat_id=["c"], message_ids=[[str(member)]])
    parquet(store.path("votes/nb"), segment_id=[segment])
    parquet(store.path("messages_rejected"), source=[source])
    parquet(store.path("messages/c"), content=["今天好累"])
    store.write_manifest("messages", Recipe(inputs={source: hash_of(f"file {file}")}), 1, {})
    written(workspace.reports / "r.html", "<td><code>440912345652</code></td>")
    assert scan(workspace).findings == ()


@pytest.mark.parametrize(("table", "column"), [("lexicon", "entry_id"), ("segments", "segment_id")])
def test_a_number_in_the_place_of_an_id_is_a_finding(workspace, table, column):
    parquet(workspace.store.path(table), **{column: ["571930264815"], "term": ["词"], "chat_id": ["c"]})
    assert [(each.place, each.kind) for each in scan(workspace).findings] == [
        (f"tables/{table}.parquet: {column}", "number")
    ]


def test_a_collected_corpus_with_its_reports_is_clean(workspace, export, message):
    create_key(workspace)
    said = [
        "我的电话139 0000 1111", "写planted@example.com", "进群 https://t.me/planted_group 吧", "QQ：123456789",
        "〔方法〕的事不要说", "666666", "今天20241120", "下午三点见",
    ]  # fmt: skip
    messages = [message(n, text, from_id=f"user{5_551_234_000 + n}") for n, text in enumerate(said, 1)]
    service = {"id": 99, "type": "service", "date_unixtime": "1700000000", "actor_id": "user5551234567"}
    collect(workspace, [export("13900001111.json", *messages, service, chat=1_009_123_457)])
    event(workspace, subject="batch-1", detail={"n": 1234567, "at": "2026-11-20T10:31:00+00:00"})
    attack(workspace, n_ids=300)
    report = scan(workspace)
    assert report.findings == ()
    assert report.files >= 7
    assert report.texts > 20


def test_a_database_elsewhere_is_looked_at_too(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_DATABASE_URL", f"sqlite:///{tmp_path}/people.db")
    event(workspace, subject=PHONE)
    assert [found.place for found in scan(workspace).findings] == ["database: events.subject"]


def test_postgresql_is_looked_at(workspace, pg_engine):
    event(workspace, subject=PHONE, detail={"a": ["planted@example.com"]})
    found = {(each.place, each.kind): each.examples for each in scan(workspace).findings}
    assert found == {
        ("database: events.subject", "phone"): [("id 1", "13*******11")],
        ("database: events.detail", "email"): [("id 1", "pl***************om")],
    }


def test_a_database_that_cannot_be_read_is_no_clean_one(workspace, monkeypatch):
    monkeypatch.setenv("ASSAY_DATABASE_URL", "sqlite:////nowhere/people.db")
    with pytest.raises(ServiceError, match="cannot be opened"):
        scan(workspace)


@pytest.mark.slow
def test_the_demo_is_clean(tmp_path):
    from app.demo.run import run_demo

    workspace = run_demo(tmp_path / "demo", n_messages=2_500).workspace
    attack(workspace, n_ids=1_000)
    report = scan(workspace)
    assert report.findings == ()
    assert report.texts > 10_000
