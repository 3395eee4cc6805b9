"""A window as a model reads it: numbered lines between the two lines of a fence (`core.fence`)."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from core.display import Display, Line, members, with_aliases
from core.fence import LINE_BREAK, as_data, fenced
from core.text import folded, normalised
from lexicon.extraction.windows import Window


def comparable(text: str) -> str:
    """The form in which a quote and a line meet: normalised, folded, every run of blanks and line breaks one blank."""
    return " ".join(folded(normalised(text)).replace(LINE_BREAK, " ").split())


@dataclass(frozen=True)
class Transcript:
    """A window ready to be read. lines: as shown. contents: of the same messages, as stored."""

    lines: tuple[Line, ...]
    contents: tuple[str, ...]

    @cached_property
    def chat(self) -> str:
        """The lines between their fence."""
        return fenced(Display("", self.lines, 0).plain())

    @cached_property
    def comparable_lines(self) -> tuple[str, ...]:
        return tuple(comparable(line.content) for line in self.lines)


def transcript(window: Window) -> Transcript:
    """The messages of a window, users numbered by their first message in it.

    Numbers of the corpus would change, and with them every request, whenever a chat is added.
    """
    rows = window.messages.rows()
    users = dict.fromkeys(row[2] for row in rows)
    names = {user: f"user_{number}" for number, user in enumerate(users, 1)}
    placeholders = members(names)
    numbers = {row[0]: number for number, row in enumerate(rows, 1)}
    lines: list[Line] = []
    before: datetime | None = None
    for message_id, _, user, reply_id, time, content in rows:
        lines.append(
            Line(
                number=numbers[message_id],
                message_id=message_id,
                alias=names[user],
                content=as_data(with_aliases(content, (), placeholders)[0]),
                gap=(time - before).total_seconds() / 60 if before else 0.0,
                reply_to=numbers.get(reply_id),
                is_suspicious=False,
                by_at_risk_user=False,
                signals=(),
            )
        )
        before = time
    return Transcript(tuple(lines), tuple(row[5] for row in rows))
