"""Every format of `SOURCES`: how it is found, and that no identifier of it reaches the disk."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from collector.collecting import collect
from collector.sources import SOURCES, detect
from core.errors import DataError
from core.workspace import Workspace

NAME, NICKNAME, TITLE = "阿花花", "ahuahua", "夜谈小屋"
USER, CHAT, MESSAGE = "918273645", "564738291", "192837465"
IDENTIFIERS = (NAME, NICKNAME, TITLE, USER, CHAT, MESSAGE, f"title:{TITLE}")
STAMP = 1_709_330_400
TEXT = "今天好累"


def telegram_json(folder: Path) -> Path:
    sent = {"id": int(MESSAGE), "type": "message", "date_unixtime": str(STAMP), "from": NAME, "from_id": f"user{USER}"}
    named = [{"type": "mention_name", "text": NAME}, " ", {"type": "mention", "text": f"@{NICKNAME}"}]
    content = {"name": TITLE, "id": int(CHAT), "messages": [sent | {"text": [TEXT, *named]}]}
    return write(folder / "result.json", json.dumps(content))


def telegram_html(folder: Path) -> Path:
    text = f'{TEXT}<a href="" onclick="return ShowMentionName()">{NAME}</a><a href="https://t.me/{NICKNAME}">@{NICKNAME}</a>'
    block = (
        f'<div class="message default clearfix" id="message{MESSAGE}"><div class="body">'
        f'<div class="pull_right date details" title="01.03.2024 22:00:00 UTC+00:00">22:00</div>'
        f'<div class="from_name">{NAME}</div><div class="text">{text}</div></div></div>'
    )
    header = f'<div class="page_header"><div class="text bold">{TITLE}</div></div><div class="chat_page">'
    return write(folder / "messages.html", f"<html><body>{header}{block}</div></body></html>")


def whatsapp(folder: Path) -> Path:
    line = f"[2024/3/1 22:00:00] {NAME}: {TEXT} @\u2068{NAME}\u2069\n[2024/3/1 22:00:01] \u200e{NAME}退出了群组\n"
    return write(folder / f"WhatsApp Chat with {TITLE}.txt", line)


def discord(folder: Path) -> Path:
    author = {"id": USER, "name": NICKNAME, "nickname": NAME, "isBot": False}
    message = {"id": MESSAGE, "type": "Default", "timestamp": "2024-03-01T22:00:00+00:00", "author": author}
    message |= {"content": f"{TEXT} @{NAME} <@{USER}> @{NICKNAME}", "mentions": [author]}
    content = {"guild": {"name": TITLE}, "channel": {"id": CHAT, "name": TITLE}, "messages": [message]}
    return write(folder / f"{TITLE}.json", json.dumps(content, indent=1))


def row() -> dict[str, object]:
    ids = {"message_id": MESSAGE, "chat_id": CHAT, "user_id": USER, "reply_id": f"9{MESSAGE}"}
    return ids | {"timestamp": STAMP, "content": f"{TEXT} @{NICKNAME}", "name": NAME}


def json_lines(folder: Path) -> Path:
    return write(folder / f"{TITLE}.jsonl", json.dumps(row()) + "\n")


def csv_file(folder: Path) -> Path:
    header, cells = ",".join(row()), ",".join(str(cell) for cell in row().values())
    return write(folder / f"{TITLE}.csv", f"{header}\n{cells}\n")


def parquet(folder: Path) -> Path:
    pl.DataFrame([row()]).write_parquet(folder / f"{TITLE}.parquet")
    return folder / f"{TITLE}.parquet"


def convokit(folder: Path) -> Path:
    said = {"id": MESSAGE, "conversation_id": CHAT, "speaker": USER, "reply-to": None, "timestamp": STAMP, "text": TEXT}
    (folder / TITLE).mkdir()
    write(folder / TITLE / "utterances.jsonl", json.dumps(said | {"meta": {"name": NAME}}) + "\n")
    return folder / TITLE


def write(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "ConvoKit corpus": convokit,
    "JSON Lines": json_lines,
    "Discord JSON": discord,
    "Telegram Desktop JSON": telegram_json,
    "Telegram Desktop HTML": telegram_html,
    "Parquet": parquet,
    "WhatsApp text": whatsapp,
    "CSV": csv_file,
}


def test_every_format_is_tested_here():
    assert list(MAKERS) == [source.name for source in SOURCES]


@pytest.mark.parametrize("name", MAKERS)
def test_the_format_is_found(tmp_path, name):
    made = MAKERS[name](tmp_path)
    assert detect(made / "utterances.jsonl" if made.is_dir() else made).name == name


@pytest.mark.parametrize("name", sorted(set(MAKERS) - {"ConvoKit corpus"}))
def test_the_format_is_found_without_a_suffix(tmp_path, name):
    made = MAKERS[name](tmp_path)
    assert detect(made.rename(tmp_path / "export")).name == name


def test_the_largest_json_head_is_looked_through_without_delay(tmp_path):
    deep = write(tmp_path / "a.json", '{"a":' + "[" * 100_000)
    assert detect(deep).name == "Telegram Desktop JSON"


def everything(workspace: Workspace) -> str:
    """All that lies in a workspace, names of files included, tables as text."""
    files = [path for path in workspace.root.rglob("*") if path.is_file()]
    tables = [str(pl.read_parquet(path).rows()) for path in files if path.suffix == ".parquet"]
    raw = [path.read_bytes().decode("utf-8", "ignore") for path in files]
    return "\n".join([*(str(path.relative_to(workspace.root)) for path in files), *tables, *raw])


@pytest.mark.parametrize("name", MAKERS)
def test_no_identifier_reaches_the_disk(tmp_path, keyed, name):
    (tmp_path / "given").mkdir()
    report = collect(keyed, [MAKERS[name](tmp_path / "given")])
    written = everything(keyed)
    assert report.kept == 1
    assert TEXT in written
    assert [identifier for identifier in IDENTIFIERS if identifier in written] == []


@pytest.mark.parametrize("name", MAKERS)
def test_a_format_that_fails_leaves_no_identifier_either(tmp_path, keyed, name):
    (tmp_path / "given").mkdir()
    made = MAKERS[name](tmp_path / "given")
    file = made / "utterances.jsonl" if made.is_dir() else made
    whole = file.read_bytes()
    file.write_bytes(b"\xff\xfe" + whole[: len(whole) // 2] + b"\xff" + whole[len(whole) // 2 :])
    with pytest.raises(DataError) as caught:
        collect(keyed, [made])
    assert [identifier for identifier in IDENTIFIERS if identifier in everything(keyed)] == []
    told = str(caught.value).replace(file.name, "").replace(str(file), "")
    assert [identifier for identifier in IDENTIFIERS if identifier in told] == []
