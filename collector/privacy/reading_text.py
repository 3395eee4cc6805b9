"""The texts in a text file: JSON values by their path, JSON Lines and plain text by line, HTML without its styles."""

import json
import re
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from collector.privacy.texts import Text

NUMBERS_THAT_IDENTIFY = frozenset(
    f"{whose}{what}"
    for whose in ("user", "chat", "channel", "sender", "peer", "from", "author", "group", "telegram", "tg")
    for what in ("_id", "id")
) | {"phone", "phone_number"}
"""Names of keys and columns under which a number, and not only a text, is looked at."""
_SHORT_HASH = re.compile("[0-9a-f]{12}")
_DRAWING = frozenset({"style", "d", "points", "transform", "viewbox"})


def json_texts(place: str, path: Path) -> Iterator[Text]:
    """Every key and value of a JSON file, or its lines where it is not whole."""
    try:
        yield from texts_in(place, json.loads(path.read_text(encoding="utf-8")), "$")
    except (ValueError, RecursionError):
        yield from plain_texts(place, path)


def json_line_texts(place: str, path: Path) -> Iterator[Text]:
    """Every key and value of every line."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, 1):
            try:
                yield from texts_in(place, json.loads(line), f"line {number}")
            except (ValueError, RecursionError):
                yield _line(place, number, line)


def plain_texts(place: str, path: Path) -> Iterator[Text]:
    """Every line."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        for number, line in enumerate(stream, 1):
            yield _line(place, number, line)


def html_texts(place: str, path: Path) -> Iterator[Text]:
    """What a reader sees of a page, and its attributes other than those that draw; its lines where it is no page."""
    parser = _Page()
    try:
        parser.feed(path.read_text(encoding="utf-8", errors="replace"))
        parser.close()
    except AssertionError:  # this is how the parser says that a declaration makes no sense
        yield from plain_texts(place, path)
        return
    for number, text in parser.found:
        yield _line(place, number, text)


def texts_in(place: str, value: Any, where: str) -> Iterator[Text]:
    """The texts inside a JSON value; ``where``: its path."""
    waiting: list[tuple[str, str, Any]] = [(where, "", value)]
    while waiting:
        at, key, item = waiting.pop()
        if isinstance(item, dict):
            waiting += [(f"{at}.{name}", str(name), inner) for name, inner in item.items()]
            yield from (Text(place, partial(str, at), str(name)) for name in item)
        elif isinstance(item, list):
            waiting += [(f"{at}[{number}]", key, inner) for number, inner in enumerate(item)]
        elif isinstance(item, str) or (isinstance(item, int) and key.lower() in NUMBERS_THAT_IDENTIFY):
            yield Text(place, partial(str, at), str(item))


def _line(place: str, number: int, text: str) -> Text:
    return Text(place, partial("line {}".format, number), text)


class _Page(HTMLParser):
    """(line, text) of everything on a page that is no style and no drawing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._styles = 0
        self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._styles += tag == "style"
        self._in_code = tag == "code"
        self.found += [(self.getpos()[0], text) for name, text in attrs if text and name.lower() not in _DRAWING]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self._styles -= tag == "style" and self._styles > 0
        self._in_code = False

    def handle_data(self, data: str) -> None:
        # Reports show the first 12 digits of a hash as code, and one in 280 has no letter.
        hash_shown = self._in_code and _SHORT_HASH.fullmatch(data.strip()) is not None
        if not self._styles and not hash_shown:
            self.found.append((self.getpos()[0], data))

    def handle_comment(self, data: str) -> None:
        self.found.append((self.getpos()[0], data))
