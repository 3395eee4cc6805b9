"""How well personal data is found: precision and recall on messages from templates that the recognisers never saw.

    python benchmarks/privacy_set.py            the table
    python benchmarks/privacy_set.py --misses   and every message that came out wrong

An item counts as found when it is gone from the message and a placeholder of its kind stands there. A placeholder of
which there is one too many counts against precision, and so does ordinary text that vanished from a message without
personal data (as a link, which leaves no placeholder).
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from privacy_items import PARTS, Message, mark_of, messages, names_of, read_digits
from rich.console import Console
from rich.table import Table

from collector.cleaning import clean
from collector.emoji import without_emoji
from collector.scrubbing import PLACEHOLDERS
from core.text import tidy


@dataclass
class Score:
    """Counts of one kind: found items, missed items, and placeholders or removals that nothing called for."""

    found: int = 0
    missed: int = 0
    extra: int = 0

    @classmethod
    def sum(cls, scores: Iterable["Score"]) -> "Score":
        every = list(scores)
        return cls(sum(s.found for s in every), sum(s.missed for s in every), sum(s.extra for s in every))

    @property
    def recall(self) -> float:
        return self.found / (self.found + self.missed) if self.found + self.missed else 1.0

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.extra) if self.found + self.extra else 1.0


@dataclass
class Measured:
    """scores by kind. whole: messages that came out exactly as they should. wrong: (typed, came out, wanted)."""

    scores: dict[str, Score]
    messages: int = 0
    ordinary: int = 0
    whole: int = 0
    wrong: list[tuple[str, str, str]] = field(default_factory=list)

    def overall(self) -> Score:
        return Score.sum(self.scores.values())


def measure(part: str) -> Measured:
    """Clean every message of one part of the set and count."""
    made = messages(part)
    names = names_of(part)
    measured = Measured({kind: Score() for kind in (*PLACEHOLDERS, "link")}, len(made))
    for message in made:
        output, expected = clean(message.text, names=names), wanted(message, part)
        measured.ordinary += not message.items
        measured.whole += output == expected
        if output != expected:
            measured.wrong.append((message.text, output, expected))
        for kind, found, missed, extra in counted(message, output, expected):
            score = measured.scores[kind]
            score.found, score.missed, score.extra = score.found + found, score.missed + missed, score.extra + extra
    return measured


def wanted(message: Message, part: str) -> str:
    """The message as it should come out."""
    text, at = message.text, 0
    for kind, item in message.items:
        start = text.index(item, at)
        end = start + len(item)
        start -= kind == "member" and text[start - 1 : start] == "@"
        mark = mark_of(kind, item, part)
        text, at = text[:start] + mark + text[end:], start + len(mark)
    return tidy(without_emoji(tidy(text)))


def counted(message: Message, output: str, expected: str) -> Iterator[tuple[str, int, int, int]]:
    """(kind, found, missed, extra) of one message."""
    there = Counter({kind: output.count(mark.rstrip("〉")) for kind, mark in PLACEHOLDERS.items()})
    planted = Counter(kind for kind, _ in message.items)
    left = Counter(kind for kind, item in message.items if is_left(item, output))
    for kind in PLACEHOLDERS:
        found = min(there[kind], planted[kind] - left[kind])
        yield kind, found, planted[kind] - found, there[kind] - found
    vanished = not message.items and not there.total() and output != expected
    yield "link", planted["link"] - left["link"], left["link"], int(vanished)


def is_left(item: str, output: str) -> bool:
    """Whether so much of an item stands in a message that it can still be read."""
    digits = re.sub("[^0-9]", "", read_digits(item))
    if len(digits) >= 6:
        return digits[-6:] in re.sub("[^0-9]", "", read_digits(output))
    return item.strip("@ ").lower() in output.lower()


def together(parts: Iterable[Measured]) -> Measured:
    """The counts of several parts as one."""
    whole = Measured({kind: Score() for kind in (*PLACEHOLDERS, "link")})
    for part in parts:
        whole.messages += part.messages
        whole.ordinary += part.ordinary
        whole.whole += part.whole
        whole.wrong += part.wrong
        for kind, score in part.scores.items():
            whole.scores[kind] = Score.sum([whole.scores[kind], score])
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how well personal data is found.")
    parser.add_argument("--misses", action="store_true", help="also print every message that came out wrong")
    misses = parser.parse_args().misses
    parts = {part: measure(part) for part in PARTS}
    whole = together(parts.values())
    console = Console(width=120)
    _show(console, "part", {part: measured.overall() for part, measured in parts.items()} | {"all": whole.overall()})
    _show(console, "kind", whole.scores)
    share = whole.ordinary / whole.messages
    console.print(f"{whole.messages:,} messages, {share:.0%} ordinary; {whole.whole:,} exactly as wanted")
    for typed, output, expected in whole.wrong if misses else ():
        print(f"{typed!r}\n    -> {output!r}\n  want {expected!r}")


def _show(console: Console, what: str, scores: Mapping[str, Score]) -> None:
    table = Table(what, "items", "missed", "too many", "recall", "precision", box=None)
    for name, score in scores.items():
        counts = (str(score.found + score.missed), str(score.missed), str(score.extra))
        table.add_row(name, *counts, f"{score.recall:.3f}", f"{score.precision:.3f}")
    console.print(table, "")


if __name__ == "__main__":
    main()
