"""Exports of every format, damaged in every way: collected whole or not at all, and every record is accounted for."""

import copy
import io
import json
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from collector.collecting import collect
from collector.exports import open_export
from collector.sources.records import Record, Rejected
from core.errors import DataError
from core.workspace import Workspace

SECRET = "埋名隐姓"
START = 1_700_000_000
FEW, MANY = 8, 125

Messages = list[dict[str, Any]]


def telegram_messages() -> Messages:
    who = {"from": SECRET, "from_id": "user7"}
    said = [
        {"id": 5, "type": "service", "action": "topic_created", "actor": SECRET, "text": ""},
        {"id": 6, "text": "今天好累", "reply_to_message_id": 5},
        {"id": 7, "text": ["看 ", {"type": "bold", "text": "粗体"}]},
        {"id": 8, "text": "改过的话", "edited_unixtime": str(START + 999)},
        {"id": 9, "text": "", "media_type": "sticker"},
        {"id": 10, "text": "转来的话", "forwarded_from": SECRET, "text_entities": [{"type": "plain", "text": SECRET}]},
        {"id": 11, "text": "回你一句", "reply_to_message_id": 6, "reactions": [{"emoji": "👍", "count": 2}]},
    ]  # fmt: skip
    return [{"type": "message", "date_unixtime": str(START + 60 * m["id"]), **who, **m} for m in said]


def telegram_chat(number: int = 77) -> dict[str, Any]:
    return {"name": SECRET, "type": "public_supergroup", "id": number, "messages": telegram_messages()}


def telegram_account() -> dict[str, Any]:
    left = {"about": "x", "list": [telegram_chat(99)]}
    about = {"personal_information": {"user_id": 7}, "contacts": {"list": [{"first_name": SECRET}]}}
    return about | {"chats": {"about": "…", "list": [telegram_chat(77), telegram_chat(88)]}, "left_chats": left}


def telegram_of_old() -> dict[str, Any]:
    chat = telegram_chat((2 << 32) + 77)
    for message in chat["messages"]:
        del message["date_unixtime"]
        message |= {"date": "2019-05-06T07:08:09", "from_id": (1 << 32) + 7, "edited": "1970-01-01T03:00:00"}
    return chat


def discord() -> dict[str, Any]:
    person = {"id": "7", "name": "abc", "nickname": SECRET, "isBot": False}
    said = {"type": "Default", "timestamp": "2024-02-01T12:34:56.123+08:00", "timestampEdited": None, "author": person}
    messages = [said | {"id": str(n), "content": f"第{n}句话 @abc", "mentions": [person]} for n in range(1, 6)]
    messages[2] |= {"type": "Reply", "reference": {"messageId": "1", "channelId": "55"}}
    return {"guild": {"id": "1"}, "channel": {"id": "55", "name": SECRET}, "messages": messages, "messageCount": 5}


def records() -> Messages:
    keys = {"chat_id": "77", "user_id": "user7"}
    return [
        keys | {"message_id": n, "timestamp": START + n, "content": f"第{n}句话", "reply_id": None} for n in range(1, 7)
    ]


def utterances() -> Messages:
    keys = {"conversation_id": "c1", "speaker": "s7", "reply-to": None, "meta": {"name": SECRET}}
    return [keys | {"id": f"u{n}", "text": f"第{n}句话", "timestamp": START + n} for n in range(1, 7)]


def shown() -> Messages:
    """What a page or a text shows of messages."""
    said = ["今天好累", "第二句话\n还有一行", "<Media omitted>", "再见了", "看 https://example.org/x 这里"]
    return [
        {"id": n, "minute": 10 + n, "name": SECRET if n % 2 else "Bob", "text": text} for n, text in enumerate(said)
    ]


def fields(values: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list, whatever else is in it or instead of it."""
    return (value for value in (values if isinstance(values, list) else []) if isinstance(value, dict))


def as_csv(values: Any, separator: str = ",") -> bytes:
    names = list(records()[0])
    rows = [
        [str(row[name]) if row.get(name) is not None else "" for name in names if name in row] for row in fields(values)
    ]
    quoted = [separator.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    return "\n".join([separator.join(names), *quoted, ""]).encode("utf-8", "surrogatepass")


def as_parquet(values: Any) -> bytes:
    """One column a key, of whatever type holds its values; keys come from the first object."""
    rows = list(fields(values)) or records()
    packed = io.BytesIO()
    pl.DataFrame([column(str(name), [row.get(name) for row in rows]) for name in rows[0]]).write_parquet(packed)
    return packed.getvalue()


def column(name: str, held: list[Any]) -> pl.Series:
    """The values as a column that Parquet can hold, as text where it cannot hold them."""
    try:
        made = pl.Series(name, held, strict=False)
        made.to_frame().write_parquet(io.BytesIO())
    except (TypeError, OverflowError, UnicodeEncodeError, pl.exceptions.PolarsError):
        return pl.Series(name, [ascii(value) for value in held])
    return made


HTML_MESSAGE = """<div class="message default clearfix" id="message{id}"><div class="body">
<div class="pull_right date details" title="01.02.2024 12:{minute}:56 UTC+08:00">12:34</div>
<div class="from_name">{name}</div><div class="text">{text}<br><a href="https://example.org/x">这里</a></div></div></div>
"""
HTML_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"/></head><body><div class="page_wrap">
<div class="page_header"><div class="content"><div class="text bold">夜谈</div></div></div>
<div class="page_body chat_page"><div class="history">{}</div></div></div></body></html>"""
ANDROID = "13/1/24, 15:{minute} - {name}: {text}\n"
IPHONE = "[2024/1/2 下午3:{minute}:05] {name}: {text}\r\n"


def written(values: Any, form: str, page: str = "{}") -> bytes:
    empty = dict.fromkeys(shown()[0], "")
    return page.format("".join(form.format(**empty | value) for value in fields(values))).encode(
        "utf-8", "surrogatepass"
    )


def dumped(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode("utf-8", "surrogatepass")


def as_lines(values: list[Any]) -> bytes:
    return b"".join(dumped(value) + b"\n" for value in values)


FILES: dict[str, tuple[str, Callable[[], Any], Callable[[Any], bytes]]] = {
    "one chat": ("result.json", telegram_chat, dumped),
    "one chat, indented": ("result.json", telegram_chat, lambda value: dumped(value, indent=1)),
    "an account": ("result.json", telegram_account, dumped),
    "an old chat": ("result.json", telegram_of_old, dumped),
    "Discord": ("夜谈.json", discord, lambda value: dumped(value, indent=2)),
    "JSON Lines": ("chat.jsonl", records, as_lines),
    "ConvoKit": ("utterances.jsonl", utterances, as_lines),
    "CSV": ("chat.csv", records, as_csv),
    "CSV with tabs": ("chat.tsv", records, lambda values: as_csv(values, "\t")),
    "Parquet": ("chat.parquet", records, as_parquet),
    "HTML": ("messages.html", shown, lambda values: written(values, HTML_MESSAGE, HTML_PAGE)),
    "Android": ("WhatsApp Chat with 夜谈.txt", shown, lambda values: written(values, ANDROID)),
    "iPhone": ("_chat.txt", shown, lambda values: written(values, IPHONE)),
}  # fmt: skip
"""Name → file name, what is in it, and how that is written."""

ODD_VALUES = [
    None, True, False, 0, -1, 10**30, -(10**25), int("9" * 4200), 0.5, 1e308, float("inf"), float("nan"), 1 << 64,
    -(1 << 63), START * 1000, "", " ", "x", "\x00", "\x1b[31m", "a\nb", "\ud800", "\udc00好", "\u202e反", "\ufeff",
    "长" * 100_000, "1e999", "-0", "１２３", "9" * 5000, "user", "-100", "channel77", "2024-02-30T25:61:61",
    "0001-01-01T00:00:00+23:59", [], [[]], {}, {"id": 1}, [None], ["x", 5], {"type": "bold"},
    [{"type": "link", "text": None}], [[[[[[[[[["x"]]]]]]]]]],
]  # fmt: skip
ODD_BYTES = [
    b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xe4\xbd", b"\xef\xbb\xbf", b"\r",
    b"\n\n", b'"', b"\\", b"\\u", b"\\ud800", b"\\x1F", b"\\x", b"{", b"}", b"[", b"]", b",", b":", b"[" * 3000,
    b'{"a":' * 3000, b"]" * 50, b"9" * 6000, b"1e999", b"NaN", b"-Infinity", b"null", b"\x1f", b"<div>",
    b"</div></div>", b"&#0;", b"&#x110000;", b"<!--", b'"' * 3, b";", b"\t", b"PAR1", b"\xe2\x80\x8e", b"'", b"=1+1",
    b"\x7f", b"\xc2\x85", "〈用户〉".encode(),
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where everything lies inside a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield (*path, key)
        yield from places(held, (*path, key))


def with_odd_values(value: Any, rng: random.Random) -> Any:
    """The value with one to three of the things in it replaced, taken away, doubled or renamed."""
    changed = copy.deepcopy(value)
    for _ in range(rng.randint(1, 3)):
        found = list(places(changed))
        if not found:
            return changed
        *way, key = rng.choice(found)
        inside = changed
        for step in way:
            inside = inside[step]
        how = rng.randrange(6)
        if how == 0:
            del inside[key]
        elif how == 1 and isinstance(inside, list):
            inside.insert(key, copy.deepcopy(rng.choice(inside)))
        elif how == 2 and isinstance(inside, dict):
            inside[rng.choice(["id", "text", "messages", "x"])] = inside.pop(key)
        elif how == 3:
            inside[key] = copy.deepcopy(rng.choice([inside, value, inside[key]]))
        else:
            inside[key] = rng.choice(ODD_VALUES)
    return changed


def with_odd_bytes(whole: bytes, rng: random.Random) -> bytes:
    """The bytes with one to four flipped, inserted, cut, doubled or moved."""
    data = bytearray(whole)
    for _ in range(rng.randint(1, 4)):
        start, end = sorted((rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)))
        end = rng.choice([end, min(end, start + 8)])
        how = rng.randrange(7)
        if how == 0:
            del data[start:end]
        elif how == 1:
            del data[rng.choice([start, len(data) - rng.randrange(1 + len(data) // 20)]) :]
        elif how == 2:
            data[start:start] = data[start:end]
        elif how == 3:
            data[end:end] = data[start:end]
        elif how == 4:
            data[start:start] = rng.choice(ODD_BYTES)
        elif how == 5:
            data[start:end] = rng.choice(ODD_BYTES)
        else:
            data[start : start + 1] = bytes([rng.randrange(256)])
    return bytes(data)


def mutated(kind: str, number: int) -> tuple[str, bytes]:
    """The name and content of a damaged file; the same for the same number."""
    rng = random.Random(f"{kind} {number}")
    name, make, write = FILES[kind]
    if rng.random() < 0.6:
        return name, write(with_odd_values(make(), rng))
    if kind == "Parquet":  # polars ends the process where sizes inside a page are damaged
        return name, write(make())[: rng.randrange(len(write(make())))]
    return name, with_odd_bytes(write(make()), rng)


def tables(workspace: Workspace) -> dict[str, bytes]:
    """Every file of the tables, but for the empty lock."""
    folder = workspace.store.folder
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.stat().st_size}


def told(file: Path, workspace: Workspace) -> list[Record]:
    """The records of a file, whose positions go up."""
    found = list(open_export(file).source.read(file, workspace.settings.collect))
    positions = [record.position for record in found]
    assert positions == sorted(set(positions))
    assert not positions or positions[0] >= 1
    return found


def check_collected(workspace: Workspace, file: Path, before: int) -> None:
    """A file that can be read is collected whole: every record is kept or dropped, and each bad one has its place."""
    report = collect(workspace, [file])
    found = told(file, workspace)
    assert report.read == len(found) == report.kept + sum(report.dropped.values())
    rows = before + report.kept - report.updated - report.retracted
    assert workspace.store.read("messages").height == report.table.messages == rows
    assert not list(workspace.store.folder.glob(".collecting-*"))
    bad = [record for record in found if isinstance(record, Rejected) and record.reason == "bad_record"]
    assert report.dropped.get("bad_record", 0) == len(bad)
    rejected = workspace.store.read_rejected("messages")
    listed = (
        Counter() if rejected is None else Counter(rejected.filter(source=open_export(file).short_hash)["position"])
    )
    assert not {record.position for record in bad if record.message is None} - set(listed)


def check(workspace: Workspace, base: Path, folder: Path, kind: str, number: int) -> str:
    """Collect one damaged file into a table that holds other messages; "collected" or "refused"."""
    shutil.rmtree(workspace.store.folder, ignore_errors=True)
    shutil.copytree(base, workspace.store.folder)
    name, content = mutated(kind, number)
    file = folder / name
    file.write_bytes(content)
    before = tables(workspace)
    try:
        check_collected(workspace, file, workspace.store.manifest("messages").rows)
    except DataError as error:
        if SECRET in str(error) or "\n" in str(error) or tables(workspace) != before:
            pytest.fail(f"mutated({kind!r}, {number}) says too much or left a part of itself: {error}")
        return "refused"
    except BaseException as error:
        error.add_note(f"damaged file: mutated({kind!r}, {number})")
        raise
    return "collected"


@pytest.fixture
def base(keyed: Workspace, tmp_path: Path, export: Callable[..., Path], message: Callable[..., Any]) -> Path:
    """The tables of a workspace that holds some messages of the chat that the damaged exports are of."""
    collect(keyed, [export("before.json", *(message(number, f"从前第{number}句") for number in range(4, 9)))])
    return Path(shutil.copytree(keyed.store.folder, tmp_path / "base"))


@pytest.mark.parametrize("kind", FILES)
def test_a_few_damaged_files(keyed, base, tmp_path, kind):
    assert len([check(keyed, base, tmp_path, kind, number) for number in range(FEW)]) == FEW


@pytest.mark.slow
@pytest.mark.parametrize("kind", FILES)
def test_many_damaged_files(keyed, base, tmp_path, kind):
    outcomes = Counter(check(keyed, base, tmp_path, kind, number) for number in range(FEW, FEW + MANY))
    assert outcomes["collected"] >= MANY // 25
    assert outcomes["refused"] >= MANY // 25


@pytest.mark.parametrize("kind", FILES)
def test_the_same_files_undamaged(keyed, base, tmp_path, kind):
    name, make, write = FILES[kind]
    (tmp_path / name).write_bytes(write(make()))
    check_collected(keyed, tmp_path / name, 5)
    assert collect(keyed, [tmp_path / name]).files_known == 1
