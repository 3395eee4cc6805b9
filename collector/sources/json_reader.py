"""A JSON file taken apart from front to back, so that only one message is in memory at a time.

Values are built by the scanner of the standard library, which is as fast as reading the file at once. What it stumbles
over and an export may well hold does not end the reading: values nested absurdly deep, numbers of thousands of digits.
"""

import codecs
import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from collector.sources.telegram_escapes import RepairedStream
from collector.sources.values import encoding_advice, first_bad_byte
from core.errors import DataError

MAX_DEPTH = 20
"""Values nested deeper are read as None where they are nested too deep for the scanner; no export nests so deep."""
_WALKED_DEPTH = 3
_BLOCK = 1 << 18
_LONGEST_TOKEN = 16  # of those that a scanner does not wait for: literals and escapes
_MOST_DIGITS = 4000

_BLANKS = re.compile(r"[ \t\n\r]*+")
_COMMA = re.compile(r"[ \t\n\r]*+,[ \t\n\r]*+")
_NO_CHARACTER = "\ufffd"
_PARTIAL_TOKEN = re.compile(rf"[-+.\w\\{_NO_CHARACTER}]*")
_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"|["\[\]{}]', re.DOTALL)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _short(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def _no_json(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is no JSON", "", 0)


_build = json.JSONDecoder(parse_float=_finite, parse_constant=_no_json).raw_decode
_build_with_long_numbers = json.JSONDecoder(parse_float=_finite, parse_constant=_no_json, parse_int=_short).raw_decode


class JsonReader:
    """One file being read; every method raises DataError where it is cut off, not UTF-8 or not JSON.

    position: messages taken so far, by the count of whoever takes them; errors name it.
    """

    def __init__(self, path: Path, stream: RepairedStream) -> None:
        self.position = 0
        self._path = path
        self._stream = stream
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._text = ""
        self._at = 0
        self._ended = False
        self._no_utf8 = False

    def enters(self, bracket: str) -> bool:
        """Step into the next value if it begins with this bracket; whether it did."""
        entered = self._next() == bracket
        self._at += entered
        return entered

    def members(self) -> Iterator[str]:
        """The keys of the object just entered. The caller takes each value before it asks for the next key."""
        if self.enters("}"):
            return
        while True:
            if self._next() != '"':
                raise self._broken()
            key = str(self.value())
            self._take(":")
            yield key
            if self.enters("}"):
                return
            self._take(",")

    def elements(self) -> Iterator[None]:
        """Once for each element of the array just entered; to be taken like the values of `members`."""
        if self.enters("]"):
            return
        while True:
            yield
            if self.enters("]"):
                return
            self._take(",")

    def values(self) -> Iterator[object]:
        """The elements of the array just entered, built as by `value`."""
        if self.enters("]"):
            return
        self._next()
        while True:
            yield self._built()
            comma = _COMMA.match(self._text, self._at)
            if comma is not None and comma.end() < len(self._text):
                self._at = comma.end()
                continue
            if self.enters("]"):
                return
            self._take(",")
            self._next()

    def value(self) -> object:
        """The next value, built. Infinite and absurdly long numbers are None."""
        self._next()
        return self._built()

    def _built(self) -> object:
        """The value that begins here."""
        build = _build
        while True:
            try:
                value, end = build(self._text, self._at)
                length = end - self._at
                # A number may go on in the next block, as 0. does in 0.5.
                if len(self._text) - end > _LONGEST_TOKEN or not self._more():
                    self._at += length
                    return value
                continue
            except json.JSONDecodeError as error:
                ahead, waiting = error.pos - self._at, error.msg.startswith("Unterminated")
            except RecursionError:
                return self._shallow_value()
            except ValueError:  # more digits than Python makes a number of
                build = _build_with_long_numbers
                continue
            known = len(self._text) - self._at - ahead > _LONGEST_TOKEN and not waiting
            if known or not self._more():
                raise self._broken(ahead, waiting)

    def skip(self, depth: int = 0) -> None:
        """Read past the next value, a large one piece by piece."""
        if depth < _WALKED_DEPTH and self.enters("{"):
            for _ in self.members():
                self.skip(depth + 1)
        elif depth < _WALKED_DEPTH and self.enters("["):
            for _ in self.elements():
                self.skip(depth + 1)
        else:
            self.value()

    def finish(self) -> None:
        """Make sure that nothing stands behind the value."""
        if self._next():
            raise self._broken(complete=True)

    def _next(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            blanks = _BLANKS.match(self._text, self._at)
            self._at = blanks.end() if blanks else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self, character: str) -> None:
        if not self.enters(character):
            raise self._broken()

    def _more(self) -> bool:
        """Read on; whether there was more. As much again as is waiting, so that a long value is not read often."""
        self._text = self._text[self._at :]
        self._at = 0
        before = len(self._text)
        while not self._ended and len(self._text) == before:
            block = self._stream.read(max(_BLOCK, before))
            self._ended = not block
            try:
                self._text += self._decode(block, final=self._ended)
            except UnicodeDecodeError as error:
                self._no_utf8 = not self._ended
                self._text += error.object[: error.start].decode() + _NO_CHARACTER
                self._ended = True
        return len(self._text) > before

    def _shallow_value(self) -> object:
        """The next value with None for everything in it that is nested deeper than `MAX_DEPTH`."""
        while True:
            shallow = _without_depths(self._text, self._at)
            if shallow is not None:
                text, end = shallow
                try:
                    value, _ = _build_with_long_numbers(text)
                except json.JSONDecodeError:
                    raise self._broken() from None
                self._at = end
                return value
            if not self._more():
                raise self._broken(waiting=True)

    def _broken(self, ahead: int = 0, waiting: bool = False, complete: bool = False) -> DataError:
        """What to say of the file. The parser's own words are not shown, because they quote the chat.

        ``ahead``: characters from here to where it is broken; ``waiting``: for the end of something that began there;
        ``complete``: nothing is missing, but something is too much.
        """
        name, where = self._path.name, f"after message {self.position}"
        if self._no_utf8:
            return DataError(encoding_advice(self._path, f"byte {first_bad_byte(self._path)}, {where}"))
        partial = waiting or _PARTIAL_TOKEN.fullmatch(self._text, self._at + ahead)
        if self._ended and partial and not complete:
            return DataError(f"{name} ends in the middle ({where}): the file was cut off; export or copy it again")
        consumed = self._stream.consumed
        return DataError(f"{name} is not valid JSON ({where}, before byte {consumed}); export the chat again")


def first_keys(head: bytes) -> set[str]:
    """Keys of the object that a file begins with, as far as its first bytes go."""
    reader = JsonReader(Path(), RepairedStream(io.BytesIO(head.decode("utf-8", "ignore").encode())))
    keys: set[str] = set()
    try:
        if reader.enters("{"):
            for key in reader.members():
                keys.add(key)
                reader.skip()
    except DataError:
        return keys
    return keys


def _without_depths(text: str, start: int) -> tuple[str, int] | None:
    """The value that begins at ``start``, with null for what is nested too deep in it, and where it ends.

    None when it does not end.
    """
    pieces: list[str] = []
    depth, kept = 0, start
    for token in _BRACKET.finditer(text, start):
        sign = token[0]
        if sign == '"':
            return None
        if sign in "[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                pieces += (text[kept : token.start()], "null")
        elif sign in "]}":
            depth -= 1
            if depth == MAX_DEPTH:
                kept = token.end()
            if depth == 0:
                return "".join((*pieces, text[kept : token.end()])), token.end()
    return None
