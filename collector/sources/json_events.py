"""Walking a JSON file event by event (ijson), so that only one message is in memory at a time."""

from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 20
"""Values nested deeper in what is built are read as None; nothing of an export lies so deep."""

_STARTS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})

Event = tuple[str, Any]
Events = Iterator[Event]


def members(events: Events) -> Iterator[tuple[str, str, Any]]:
    """(key, kind, value) of each member of the object whose start was just read.

    The caller takes the rest of each value (`built`, `skip`, `elements`, `members`) before asking for the next.
    """
    for kind, key in events:
        if kind == "end_map":
            return
        first, value = next(events)
        yield key, first, value


def elements(events: Events) -> Iterator[Event]:
    """(kind, value) of each element of the array whose start was just read; to be taken like `members`."""
    for kind, value in events:
        if kind == "end_array":
            return
        yield kind, value


def skip(kind: str, events: Events) -> None:
    """Read past the value that begins with an event of this kind."""
    depth = int(kind in _STARTS)
    while depth:
        kind, _ = next(events)
        if kind in _STARTS:
            depth += 1
        elif kind in _ENDS:
            depth -= 1


def built(kind: str, value: Any, events: Events, unwanted: frozenset[str] = frozenset(), depth: int = 0) -> Any:
    """The Python value that begins with this event, without the members of its objects named in ``unwanted``."""
    if kind not in _STARTS:
        return value
    if depth > MAX_DEPTH:
        skip(kind, events)
        return None
    if kind == "start_array":
        return [built(*element, events, unwanted, depth + 1) for element in elements(events)]
    result: dict[str, Any] = {}
    for end, key in events:  # as `members`, without its cost: this loop runs for every value of every message
        if end == "end_map":
            break
        kind, value = next(events)
        if key in unwanted:
            skip(kind, events)
        elif kind in _STARTS:
            result[key] = built(kind, value, events, unwanted, depth + 1)
        else:
            result[key] = value
    return result
