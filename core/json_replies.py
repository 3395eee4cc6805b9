"""JSON as language models are asked for it, and as they give it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

_THINKING = re.compile(r"^.*</think(?:ing)?>", re.DOTALL)


def strict_object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of an object with exactly these properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def objects_said(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in a reply that is not inside another, in order.

    What a model thought aloud before ``</think>`` is left out.
    """
    said = _THINKING.sub("", text)
    decoder = json.JSONDecoder()
    place = said.find("{")
    while place >= 0:
        try:
            thing, end = decoder.raw_decode(said, place)
        except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError of its own
            place = said.find("{", place + 1)
            continue
        yield thing
        place = said.find("{", end)
