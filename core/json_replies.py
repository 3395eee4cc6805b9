"""JSON as language models are asked for it, and as they give it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_BOUNDS = {"maxLength", "minLength", "maxItems", "minItems"}
_SHORTEST_TEXT = 16
_THINKING = re.compile(r"^.*</think(?:ing)?>", re.DOTALL)
_THOUGHT_ON = re.compile(r"<think(?:ing)?>.*$", re.DOTALL)


def strict_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def without_bounds(schema: Any) -> Any:
    """A JSON schema without bounds on lengths, which some servers do not take; anything else as it is."""
    if isinstance(schema, Mapping):
        return {key: without_bounds(part) for key, part in schema.items() if key not in _BOUNDS}
    return [without_bounds(part) for part in schema] if isinstance(schema, list) else schema


def final_words(text: str) -> str:
    """A reply without what the model thought aloud before ``</think>``, or from a ``<think>`` that it never closed."""
    return _THOUGHT_ON.sub("", _THINKING.sub("", text))


class RepeatedKeys(dict[str, Any]):
    """An object that has a key twice, so that nobody can say which value is meant: a quotation may end a string.

    As a mapping it holds the last value of each key. pairs: all keys and values, in order.
    """

    def __init__(self, pairs: Sequence[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = tuple(pairs)


def objects_within(thing: object) -> Iterator[dict[str, Any]]:
    """Every JSON object in a value, itself included, in no order; of a repeated key those in all its values."""
    left = [thing]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield one
            left += [value for _, value in one.pairs] if isinstance(one, RepeatedKeys) else one.values()
        elif isinstance(one, list):
            left += one


def objects_and_places(said: str) -> Iterator[tuple[dict[str, Any], slice]]:
    """Every JSON object in a text that is not inside another, in order, and where it stands.

    An object that has a key twice, at whatever depth, is a `RepeatedKeys`.
    """
    # Some servers let control characters into texts.
    decoder = json.JSONDecoder(strict=False, object_pairs_hook=_object)
    place = said.find("{")
    while place >= 0:
        try:
            thing, end = decoder.raw_decode(said, place)
        except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError of its own
            place = said.find("{", place + 1)
            continue
        yield thing, slice(place, end)
        place = said.find("{", end)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    thing = dict(pairs)
    return thing if len(thing) == len(pairs) else RepeatedKeys(pairs)


def bounded_text(max_tokens: int, form: Mapping[str, Any], n_texts: int) -> dict[str, Any]:
    """The JSON schema of a text in a reply of this form, short enough for ``n_texts`` of them to fit ``max_tokens``.

    Without a bound a model that goes on and on is cut off, and a JSON object that is cut off says nothing. A character
    is taken for two tokens, and every character of the form for one.
    """
    room = max_tokens - len(json.dumps(form, ensure_ascii=False))
    return {"type": "string", "maxLength": max(_SHORTEST_TEXT, room // (2 * max(1, n_texts)))}
