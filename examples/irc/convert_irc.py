"""Rewrite the published Ubuntu IRC disentanglement corpus as one Telegram Desktop export.

The corpus (Kummerfeld et al., *A Large-Scale Corpus for Conversation Disentanglement*, ACL 2019) is a folder of logs
``NAME.ascii.txt`` (or ``NAME.raw.txt``) with links between their lines in ``NAME.annotation.txt``. All logs become one
public supergroup in ``result.json``; ``conversations.csv`` gives the gold conversation of every annotated message.

    python convert_irc.py irc-disentanglement/data/dev irc-export

Only the standard library is needed.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMED = re.compile(r"\[(\d\d):(\d\d)\] ?(.*)", re.DOTALL)
_SPOKEN = re.compile(r"<([^>\s]+)> ?(.*)", re.DOTALL)
_LINK = re.compile(r"(https?://\S+)")
_CHAT_ID = 1_009_009_009
_FIRST_USER = 100_000
_DISORDER = timedelta(hours=1)


class CorpusError(Exception):
    """The folder or a file in it is not the published corpus; the message says what to do."""


@dataclass(frozen=True)
class Line:
    """One line of a log. nick is None where nobody speaks: somebody joined, left, was renamed or acted."""

    time: datetime
    nick: str | None
    text: str


@dataclass(frozen=True)
class Log:
    """One file of the corpus. links: pairs (antecedent, line), counted from 0; a line linked to itself starts anew."""

    name: str
    lines: tuple[Line, ...]
    links: tuple[tuple[int, int], ...]


def read_corpus(folder: Path, kind: str = "ascii") -> list[Log]:
    """Every annotated log of the folder, by name. kind: ``ascii`` or ``raw``. Raises CorpusError."""
    annotations = sorted(folder.glob("*.annotation.txt"))
    if not annotations:
        raise CorpusError(f"{folder} holds no *.annotation.txt; name the folder data/dev of a checkout of the corpus")
    return [_read_log(path, kind) for path in annotations]


def _read_log(annotation: Path, kind: str) -> Log:
    name = annotation.name.removesuffix(".annotation.txt")
    text = annotation.with_name(f"{name}.{kind}.txt")
    if not text.is_file():
        raise CorpusError(f"{annotation.name} has no {text.name} beside it; check out the corpus again, or try --text")
    lines = read_lines(_rows(text), _day(name))
    return Log(name, lines, tuple(read_links(_rows(annotation), len(lines), annotation.name)))


def _day(name: str) -> datetime:
    """The day that a file's name begins with; its clock times count from there. The corpus gives no time zone."""
    found = _DATE.match(name)
    try:
        return datetime.fromisoformat(found[0] if found else "").replace(tzinfo=UTC)
    except ValueError as error:
        raise CorpusError(f"{name}: wanted a file name that begins with a date, such as 2004-11-15_03") from error


def _rows(path: Path) -> list[str]:
    try:
        rows = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path.name} is not UTF-8 text (byte {error.start}); check out the corpus again") from error
    return rows[:-1] if rows[-1] == "" else rows


def read_lines(rows: Sequence[str], day: datetime) -> tuple[Line, ...]:
    """Log rows with the times made whole. A row without a clock time takes that of the row before it."""
    clocks = [_clock(row) for row in rows]
    times = _running([clock for clock in clocks if clock is not None])
    now = day + next(iter(times), timedelta())
    remaining = iter(times)
    lines: list[Line] = []
    for row, clock in zip(rows, clocks, strict=True):
        now = now if clock is None else day + next(remaining)
        timed = _TIMED.fullmatch(row)
        said = timed[3] if timed else row
        spoken = _SPOKEN.fullmatch(said) if timed else None
        lines.append(Line(now, spoken[1], spoken[2]) if spoken else Line(now, None, said))
    return tuple(lines)


def _clock(row: str) -> timedelta | None:
    timed = _TIMED.fullmatch(row)
    return timedelta(hours=int(timed[1]), minutes=int(timed[2])) if timed else None


def _running(clocks: Sequence[timedelta]) -> list[timedelta]:
    """Clock times as time since midnight of the first day, never wrapping round.

    The oldest logs use a twelve-hour clock without saying which half of the day it is: where such a clock steps back,
    half a day has passed, elsewhere a whole one. A step back of up to an hour is the log's own disorder and stays.
    """
    hours = {clock // timedelta(hours=1) for clock in clocks}
    turn = timedelta(hours=12 if hours <= set(range(1, 13)) else 24)
    turns, before, found = timedelta(), timedelta(), list[timedelta]()
    for clock in clocks:
        if before - clock > _DISORDER:
            turns += turn
        before = clock
        found.append(clock + turns)
    return found


def read_links(rows: Sequence[str], n_lines: int, origin: str) -> Iterator[tuple[int, int]]:
    """The links of annotation rows such as ``1002 1003 -``, the earlier line first. Raises CorpusError."""
    for number, row in enumerate(rows, 1):
        parts = row.split()
        if len(parts) != 3 or parts[2] != "-" or not (parts[0] + parts[1]).isdecimal():
            raise CorpusError(f"{origin}, line {number}: wanted two line numbers and a dash, such as 1002 1003 -")
        earlier, later = sorted((int(parts[0]), int(parts[1])))
        if later >= n_lines:
            raise CorpusError(f"{origin}, line {number}: links line {later}, but the log has {n_lines} lines")
        yield earlier, later


def antecedents(log: Log) -> dict[int, int]:
    """Line → the line it answers; the nearest where the annotators name several."""
    found: dict[int, int] = {}
    for earlier, later in log.links:
        if earlier < later:
            found[later] = max(earlier, found.get(later, earlier))
    return found


def conversations(log: Log) -> dict[int, int]:
    """Annotated line → its gold conversation, which is what links hold together; named by its first line."""
    name: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for link in log.links:
        joined = sorted({place for line in link for place in members.get(name.get(line, -1), [line])})
        members[joined[0]] = joined
        name.update(dict.fromkeys(joined, joined[0]))
    return name


def telegram_export(logs: Sequence[Log]) -> dict[str, Any]:
    """The corpus in the layout of a Telegram Desktop export: one message a line, ids counted from 1."""
    users: dict[str, int] = {}
    messages: list[dict[str, Any]] = []
    for log in logs:
        first, answers = len(messages) + 1, antecedents(log)
        for place, line in enumerate(log.lines):
            head = {"id": first + place, "date": line.time.strftime("%Y-%m-%dT%H:%M:%S")}
            head["date_unixtime"] = str(int(line.time.timestamp()))
            body = _service(line) if line.nick is None else _message(line.nick, line.text, users)
            reply = {"reply_to_message_id": first + answers[place]} if line.nick and place in answers else {}
            messages.append({**head, **body, **reply})
    return {"name": "#ubuntu", "type": "public_supergroup", "id": _CHAT_ID, "messages": messages}


def _service(line: Line) -> dict[str, Any]:
    return {"type": "service", "actor": "system", "action": "join_or_leave", "text": line.text}


def _message(nick: str, text: str, users: dict[str, int]) -> dict[str, Any]:
    number = users.setdefault(nick, _FIRST_USER + len(users))
    pieces = [piece for piece in _LINK.split(text) if piece] or [""]
    entities = [{"type": "link" if _LINK.fullmatch(piece) else "plain", "text": piece} for piece in pieces]
    parts = [entity if entity["type"] == "link" else entity["text"] for entity in entities]
    whole = text if parts == [text] else parts
    return {
        "type": "message", "from": nick, "from_id": f"user{number}", "text": whole, "text_entities": entities,
    }  # fmt: skip


def gold_conversations(logs: Sequence[Log]) -> list[tuple[int, str]]:
    """(message id of the export, ``LOG/LINE``) for every annotated spoken message, by message id."""
    rows: list[tuple[int, str]] = []
    first = 1
    for log in logs:
        named = sorted(conversations(log).items())
        rows += [(first + line, f"{log.name}/{name}") for line, name in named if log.lines[line].nick is not None]
        first += len(log.lines)
    return rows


def write_export(logs: Sequence[Log], folder: Path) -> str:
    """Write ``result.json`` and ``conversations.csv``; what was written, in a sentence."""
    export, gold = telegram_export(logs), gold_conversations(logs)
    messages = export["messages"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").write_text(json.dumps(export, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with (folder / "conversations.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([("message_id", "conversation"), *gold])
    n_spoken = sum(message["type"] == "message" for message in messages)
    n_users = len({message["from_id"] for message in messages if "from_id" in message})
    n_replies = sum("reply_to_message_id" in message for message in messages)
    return (
        f"{len(logs)} logs, {len(messages):,} lines: {n_spoken:,} messages by {n_users:,} nicknames, "
        f"{n_replies:,} replies, {len({name for _, name in gold}):,} gold conversations; written to {folder}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code."""
    parser = argparse.ArgumentParser(description="Rewrite the Ubuntu IRC corpus as one Telegram Desktop export.")
    parser.add_argument(
        "corpus", type=Path, help="folder with the corpus's files, such as irc-disentanglement/data/dev"
    )
    parser.add_argument("out", type=Path, help="folder for result.json and conversations.csv")
    parser.add_argument("--text", choices=("ascii", "raw"), default="ascii", help="which form of the logs to read")
    given = parser.parse_args(arguments)
    try:
        told = write_export(read_corpus(given.corpus, given.text), given.out)
    except (CorpusError, OSError) as error:
        sys.stderr.write(f"convert_irc: {error}\n")
        return 1
    sys.stdout.write(f"{told}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
