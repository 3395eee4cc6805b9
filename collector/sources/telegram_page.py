"""One page of Telegram Desktop's HTML export, taken apart into the blocks that show one message each.

What the export marked in a text as a link, an address, a number or a person is dropped or becomes a placeholder here,
as in the JSON export. Pages that are not well formed are read as far as they make sense.
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import NamedTuple

from collector.scrubbing import LINK_REMOVED, PLACEHOLDERS

MAX_DEPTH = 100
"""Elements nested deeper than this in one message are not told apart; nothing of an export lies so deep."""

_NUMBER = re.compile(r"message(-?[0-9]{1,18})")
_TARGET = re.compile(r"#go_to_message(-?[0-9]{1,18})")
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})

Attributes = list[tuple[str, str | None]]


@dataclass
class Block:
    """A message or service line as it stands on the page.

    number: of the message, negative also for lines that only the page has (dates). sender: the name above the message;
    None: it has none, and when ``joined`` it is by the sender of the one before. date: as ``01.02.2024 12:34:56
    UTC+08:00``, without UTC in old exports. reply_to: number of the message answered. text: of a service line, what
    it says.
    """

    number: int | None
    service: bool
    joined: bool
    date: str = ""
    sender: str | None = None
    forwarded: bool = False
    reply_to: int | None = None
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.pieces).strip()


class _Link(NamedTuple):
    start: int
    target: str
    script: str


class Page(HTMLParser):
    """Feed it the text of a page; ``blocks`` fills up with finished blocks, which the caller takes out.

    title: of the chat; None until it was read. ended: whether the page is there to its end.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title: str | None = None
        self.ended = False
        self.blocks: list[Block] = []
        self._block: Block | None = None
        self._open: list[tuple[str, str]] = []
        self._link: _Link | None = None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = frozenset(given.get("class", "").split())
        if tag == "div" and "message" in classes and given.get("id", "").startswith("message"):
            self._begin(classes, given["id"])
        elif tag == "br":
            self._add("\n")
        if tag in _VOID or len(self._open) >= MAX_DEPTH:
            return
        role = self._role(tag, classes, given)
        if role or self._open:
            self._open.append((tag, role))

    def handle_endtag(self, tag: str) -> None:
        self.ended = self.ended or tag == "html"
        if tag == "a" and self._link is not None:
            self._close_link()
        if any(opened == tag for opened, _ in self._open):
            while self._open.pop()[0] != tag:
                pass
            if not self._open:
                self.finish()

    def handle_data(self, data: str) -> None:
        role = self._open[-1][1] if self._open else ""
        if role == "title":
            self.title = (self.title or "") + data
        elif role == "sender" and self._block is not None:
            self._block.sender = (self._block.sender or "") + data
        else:
            self._add(data)

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """``<![`` is no markup of HTML; the standard library would stop at an unknown one."""
        return self.parse_bogus_comment(i, bool(report))

    def finish(self) -> None:
        """Put the block that is being read, if any, among the finished ones."""
        if self._block is not None:
            self.blocks.append(self._block)
        self._block, self._link = None, None
        self._open.clear()

    def _begin(self, classes: frozenset[str], name: str) -> None:
        """A new message begins, whatever is still open."""
        self.finish()
        number = _NUMBER.fullmatch(name)
        self._block = Block(int(number[1]) if number else None, "service" in classes, "joined" in classes)

    def _role(self, tag: str, classes: frozenset[str], given: dict[str, str]) -> str:
        """What the data in an element is; within texts, names and media it is what it was around it."""
        around = self._open[-1][1] if self._open else ""
        block = self._block
        if block is None:
            return "title" if around == "title" or (self.title is None and {"text", "bold"} <= classes) else ""
        if tag == "a" and around in ("text", "reply"):
            self._follow(given, around)
        if around in ("text", "reply", "media", "aside"):
            return around
        if around == "sender":
            return "aside" if tag == "span" else around
        return self._part(block, classes, given)

    def _part(self, block: Block, classes: frozenset[str], given: dict[str, str]) -> str:
        """The part of a message that an element begins."""
        if {"pull_right", "date"} <= classes:
            block.date = given.get("title", "")
        elif {"forwarded", "body"} <= classes:
            block.forwarded = True
        elif "media_wrap" in classes or "userpic_wrap" in classes:
            return "media"
        elif "from_name" in classes:
            return "aside" if block.forwarded else "sender"
        elif "reply_to" in classes:
            return "reply"
        elif "text" in classes or (block.service and "body" in classes):
            return "text"
        return "part"

    def _follow(self, given: dict[str, str], around: str) -> None:
        target = given.get("href", "")
        if around == "reply" and self._block is not None:
            answered = _TARGET.search(target)
            self._block.reply_to = int(answered[1]) if answered else None
        elif self._link is None and self._block is not None:
            self._link = _Link(len(self._block.pieces), target, given.get("onclick", ""))

    def _close_link(self) -> None:
        """Put what a link stands for in its place."""
        link, block = self._link, self._block
        self._link = None
        if link is not None and block is not None:
            shown = "".join(block.pieces[link.start :])
            block.pieces[link.start :] = [_in_place_of(link, shown)]

    def _add(self, data: str) -> None:
        if self._block is not None and self._open and self._open[-1][1] == "text":
            self._block.pieces.append(data)


def _in_place_of(link: _Link, shown: str) -> str:
    if link.target.startswith("mailto:"):
        return PLACEHOLDERS["email"]
    if link.target.startswith("tel:"):
        return PLACEHOLDERS["phone"]
    if "ShowMentionName" in link.script or (shown.startswith("@") and not link.script):
        return PLACEHOLDERS["user"]
    return LINK_REMOVED if shown == link.target else shown
