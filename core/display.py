"""A segment as people and models read it: aliases instead of pseudonyms, gaps instead of clock times, reply marks.

One function serves prompts, pages and releases, so that everybody judges the same text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

_MEMBER = re.compile("〈成员:([0-9a-f]{6})〉")


@dataclass(frozen=True)
class Line:
    """One message of a displayed segment.

    gap: minutes since the message before it (0 for the first). reply_to: number of the line it answers, if it is shown.
    content: text with members' names as aliases. signals: (start, end) character offsets of signal words in it.
    """

    number: int
    message_id: str
    alias: str
    content: str
    gap: float
    reply_to: int | None
    is_suspicious: bool
    by_at_risk_user: bool
    signals: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Display:
    """A segment ready to be read. ``suspicious``: number of the line in question."""

    segment_id: str
    lines: tuple[Line, ...]
    suspicious: int

    def plain(self) -> str:
        """The segment as text, one line a message: number, alias, reply mark, gap of a minute or more, content."""
        return "\n".join(_plain(line) for line in self.lines)


def _plain(line: Line) -> str:
    gap = f" (+{line.gap:.0f} min)" if line.gap >= 1 else ""
    reply = f" → {line.reply_to}" if line.reply_to else ""
    mark = " *" if line.is_suspicious else ""
    return f"[{line.number}]{mark} {line.alias}{reply}{gap}: {line.content}"


def aliases(messages: pl.DataFrame) -> dict[str, str]:
    """user_id → ``user_N``, numbered by first appearance in the corpus (chats in their order)."""
    users = messages.get_column("user_id").unique(maintain_order=True).to_list()
    return {user: f"user_{number}" for number, user in enumerate(users, 1)}


def displays(
    segments: pl.DataFrame, messages: pl.DataFrame, matches: pl.DataFrame, names: Mapping[str, str] | None = None
) -> dict[str, Display]:
    """segment_id → `Display`, for frames in the shape of the tables ``segments``, ``messages`` and ``matches``."""
    shown = aliases(messages) if names is None else names
    wanted = segments.get_column("message_ids").explode().unique()
    rows = messages.filter(pl.col("message_id").is_in(wanted.implode())).iter_rows(named=True)
    by_id = {row["message_id"]: row for row in rows}
    signals = _signals(matches.filter(pl.col("message_id").is_in(wanted.implode())))
    return {
        segment["segment_id"]: _display(segment, by_id, signals, shown) for segment in segments.iter_rows(named=True)
    }


def _signals(matches: pl.DataFrame) -> dict[str, tuple[tuple[int, int], ...]]:
    """message_id → its matches merged into disjoint spans."""
    found: dict[str, list[tuple[int, int]]] = {}
    for message_id, start, end in matches.select("message_id", "start", "end").sort("message_id", "start").iter_rows():
        spans = found.setdefault(message_id, [])
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return {message_id: tuple(spans) for message_id, spans in found.items()}


def _display(
    segment: Mapping[str, object],
    by_id: Mapping[str, Mapping[str, object]],
    signals: Mapping[str, tuple[tuple[int, int], ...]],
    names: Mapping[str, str],
) -> Display:
    ids = _strings(segment["message_ids"])
    numbers = {message_id: number for number, message_id in enumerate(ids, 1)}
    lines: list[Line] = []
    before: datetime | None = None
    placeholders = members(names)
    for message_id, number in numbers.items():
        row = by_id[message_id]
        time = row["timestamp"]
        if not isinstance(time, datetime):
            raise TypeError("timestamp must be a datetime")
        content, spans = with_aliases(str(row["content"]), signals.get(message_id, ()), placeholders)
        lines.append(
            Line(
                number=number,
                message_id=message_id,
                alias=names[str(row["user_id"])],
                content=content,
                gap=(time - before).total_seconds() / 60 if before else 0.0,
                reply_to=numbers.get(str(row["reply_id"])),
                is_suspicious=message_id == segment["suspicious_message_id"],
                by_at_risk_user=row["user_id"] == segment["at_risk_user_id"],
                signals=spans,
            )
        )
        before = time
    return Display(str(segment["segment_id"]), tuple(lines), numbers[str(segment["suspicious_message_id"])])


def members(names: Mapping[str, str]) -> dict[str, str]:
    """First six digits of a pseudonym → alias, where only one person has them."""
    found: dict[str, str] = {}
    for user, alias in names.items():
        found[user[:6]] = "" if user[:6] in found else alias
    return {digits: alias for digits, alias in found.items() if alias}


def with_aliases(
    content: str, signals: tuple[tuple[int, int], ...], members: Mapping[str, str]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Content in which a member's placeholder shows an alias (a stranger's: ``〈成员〉``), and the spans moved along.

    members: first six digits of a pseudonym → alias. A span that touches a placeholder is left out.
    """
    parts: list[str] = []
    moved = list(signals)
    done = shift = 0
    for match in _MEMBER.finditer(content):
        shown = f"〈{members.get(match[1], '成员')}〉"
        parts += [content[done : match.start()], shown]
        done = match.end()
        here, grown = match.start() + shift, len(shown) - len(match[0])
        moved = [
            (start + grown, end + grown) if start >= here + len(match[0]) else (start, end)
            for start, end in moved
            if end <= here or start >= here + len(match[0])
        ]
        shift += grown
    return "".join([*parts, content[done:]]), tuple(moved)


def _strings(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, Iterable) else []
