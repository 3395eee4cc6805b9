"""JSON as language models are asked for it, and as they give it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BOUNDS = {"maxLength", "minLength", "maxItems", "minItems"}
_SHORTEST_TEXT = 16
_THINKING = re.compile(r"^.*</think(?:ing)?>", re.DOTALL)


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
    """A reply without what the model thought aloud before ``</think>``."""
    return _THINKING.sub("", text)


def objects_and_places(said: str) -> Iterator[tuple[dict[str, Any], slice]]:
    """Every JSON object in a text that is not inside another, in order, and where it stands."""
    decoder = json.JSONDecoder(strict=False)  # Some servers let control characters into texts.
    place = said.find("{")
    while place >= 0:
        try:
            thing, end = decoder.raw_decode(said, place)
        except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError of its own
            place = said.find("{", place + 1)
            continue
        yield thing, slice(place, end)
        place = said.find("{", end)


def bounded_text(max_tokens: int, form: Mapping[str, Any], n_texts: int) -> dict[str, Any]:
    """The JSON schema of a text in a reply of this form, short enough for ``n_texts`` of them to fit ``max_tokens``.

    Without a bound a model that goes on and on is cut off, and a JSON object that is cut off says nothing. A character
    is taken for two tokens, and every character of the form for one.
    """
    room = max_tokens - len(json.dumps(form, ensure_ascii=False))
    return {"type": "string", "maxLength": max(_SHORTEST_TEXT, room // (2 * max(1, n_texts)))}
