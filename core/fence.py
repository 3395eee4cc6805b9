"""Chat as data in a prompt: lines between two fence lines that no message can imitate.

Three things hold whatever the messages say, because `as_data` lets nothing else through: a message is one line, every
line begins with its number, and the character that fence lines are made of stands in fence lines only. The fence also
carries a hash of the chat, which nobody can know before the chat exists.
"""

import hashlib
import re
from dataclasses import replace

from core.display import Display, Line
from core.text import tidy

FENCE_MARK = "═"
LINE_BREAK = "⏎"
_HEAD = re.compile(r"^\[\d+\].*?: ", re.MULTILINE)


def as_data(text: str) -> str:
    """A message as one line without invisible characters and without the fence's mark; idempotent.

    Line breaks show as ⏎. Lone surrogates become U+FFFD: a request is UTF-8.
    """
    return f" {LINE_BREAK} ".join(tidy(text).splitlines()).replace(FENCE_MARK, "=")


def fenced(lines: str) -> str:
    """Lines that went through `as_data` between an opening and a closing line, which differ."""
    nonce = hashlib.sha256(lines.encode()).hexdigest()[:16]
    rule = FENCE_MARK * 5
    return f"{rule} CHAT {nonce} {rule}\n{lines}\n{rule} END {nonce} {rule}"


def without_heads(chat: str) -> str:
    """A fenced chat without the number, sender and gap that each of its lines begins with."""
    return _HEAD.sub("", chat)


def as_data_lines(display: Display) -> Display:
    """A segment for a prompt: messages as one line each, users numbered by their first message in it.

    Numbers that depended on the whole corpus would change, and every vote with them, whenever a chat is added.
    """
    names: dict[str, str] = {}
    for line in display.lines:
        names.setdefault(line.alias, f"user_{len(names) + 1}")
    return replace(display, lines=tuple(_as_data_line(line, names[line.alias]) for line in display.lines))


def _as_data_line(line: Line, alias: str) -> Line:
    return replace(line, alias=alias, content=as_data(line.content))
