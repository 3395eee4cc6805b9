"""Segments with strangers' messages put in: every injection attempt, and harmless messages to compare them with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Literal, get_args

from annotation.silver.injections import Attempt
from core.display import Display, Line
from core.store import digest

Place = Literal["before", "after"]
"""Where messages are put: right before the suspicious message, or right after it."""
PLACES: tuple[Place, ...] = get_args(Place)
PLAIN, CONTROL, LONG_CONTROL = "plain", "control", "long control"
OUTSIDER = "user_0"
"""Who sends what is put in. Members of a corpus are numbered from 1."""

NEUTRAL = {
    "zh": (
        "刚下班，路上有点堵，晚饭打算煮面条吃，再炒个青菜，你们今天都吃什么呀",
        "周末想去郊外爬山，早上八点在北门集合，中午找个地方吃饭，有人一起去吗",
        "快递到了，是上个月订的那几本书，等我看完了可以借给你们，先排个队吧",
    ),
    "en": (
        "just got home, traffic was slow again, having noodles for dinner tonight",
        "anyone up for a walk in the hills this weekend? we meet at eight at the north gate",
        "the books I ordered last month are here, you can borrow them when I am done",
    ),
}
"""Harmless messages, about as long as an attempt is that is not long."""
LONG_CHARACTERS = {"zh": 3800, "en": 5600}
"""Characters of a long harmless message: as many as the long attempts in that language have, by their median."""


@dataclass(frozen=True)
class Trial:
    """A segment as a voter is asked about it.

    segment_id: of the segment as it is; ``display.segment_id`` is the trial's own. name: of the attempt, else the kind.
    kind: ``plain`` (nothing put in), ``control``, ``long control``, or the attempt's. place: None where nothing is put
    in. wants: as in `Attempt`.
    """

    segment_id: str
    display: Display
    name: str
    kind: str
    place: Place | None = None
    wants: int | None = None


def trials_of(display: Display, attempts: Sequence[Attempt]) -> Iterator[Trial]:
    """The segment as it is, with a short and a long harmless message in each place, with each attempt in one place.

    Which place and which message is decided by hash: the same whenever it is asked for.
    """
    segment_id = display.segment_id
    yield Trial(segment_id, display, PLAIN, PLAIN)
    for place in PLACES:
        language = ("zh", "en")[_drawn(2, segment_id, place, "language")]
        text = NEUTRAL[language][_drawn(len(NEUTRAL[language]), segment_id, place)]
        yield _trial(display, (text,), CONTROL, CONTROL, place)
        yield _trial(display, (_stretched(text, LONG_CHARACTERS[language]),), LONG_CONTROL, LONG_CONTROL, place)
    for attempt in attempts:
        place = PLACES[_drawn(len(PLACES), segment_id, attempt.id)]
        yield _trial(display, attempt.messages, attempt.id, attempt.kind, place, attempt.wants)


def with_messages(display: Display, messages: Sequence[str], place: Place) -> Display:
    """A segment with these messages of another member beside the suspicious one, as they are written.

    They come in the same minute as the message before them, so that all other lines keep their gaps.
    """
    at, n = display.suspicious - (place == "before"), len(messages)

    def moved(number: int) -> int:
        return number + n if number > at else number

    lines = [
        replace(line, number=moved(line.number), reply_to=None if line.reply_to is None else moved(line.reply_to))
        for line in display.lines
    ]
    put = [_line(at + number, message) for number, message in enumerate(messages, 1)]
    return replace(display, lines=(*lines[:at], *put, *lines[at:]), suspicious=moved(display.suspicious))


def _line(number: int, message: str) -> Line:
    return Line(
        number=number,
        message_id=f"put in {number}",
        alias=OUTSIDER,
        content=message,
        gap=0.0,
        reply_to=None,
        is_suspicious=False,
        by_at_risk_user=False,
        signals=(),
    )


def _trial(
    display: Display, messages: Sequence[str], name: str, kind: str, place: Place, wants: int | None = None
) -> Trial:
    own_id = f"{display.segment_id}/{name}/{place}"
    shown = replace(with_messages(display, messages, place), segment_id=own_id)
    return Trial(display.segment_id, shown, name, kind, place, wants)


def _stretched(text: str, n_characters: int) -> str:
    return "".join(islice(cycle(f"{text} "), n_characters)).strip()


def _drawn(n: int, *about: str) -> int:
    """One of 0 … n − 1, by hash."""
    return int(digest(["probe", *about])[:13], 16) % n
