"""How long the reply to a request is, in tokens by its characters, before any has come."""

import json
from collections.abc import Mapping
from typing import Any

from core.chat import ChatRequest
from core.errors import SettingsError
from core.setting_tables.voting import PromptName, Voter
from core.tokens import estimated_tokens

TOKENS_OF_A_THOUGHT: Mapping[PromptName, int] = {"cot": 70, "zero_shot": 70, "questions": 20, "tree": 80}
"""Assumed of each text that a model writes down beside its labels, by the prompts that ask for any."""


def shortest_reply(request: ChatRequest) -> float:
    """Tokens of the shortest reply that the request's form allows: one letter, or JSON with every text empty."""
    return _bones(request)[0]


def assumed_reply(request: ChatRequest, prompt: PromptName) -> float:
    """Tokens that a reply is taken to have."""
    shortest, n_thoughts = _bones(request)
    return shortest + n_thoughts * TOKENS_OF_A_THOUGHT.get(prompt, 0)


def refuse_too_little_room(request: ChatRequest, voter: Voter) -> None:
    """Raises SettingsError where ``max_tokens`` cuts off even the shortest reply: then every vote would be unparsed."""
    room, shortest = request.parameters["max_tokens"], shortest_reply(request)
    if shortest > room:
        raise SettingsError(
            f"voter {voter.name!r} has max_tokens = {room}, and the shortest reply to its prompt takes about "
            f'{shortest:.0f}: every reply would be cut off. Raise its max_tokens, or set vote.variables = "each"'
        )


def _bones(request: ChatRequest) -> tuple[float, int]:
    if request.schema is None:
        return 1.0, 0
    value, n_thoughts = _shortest(request.schema)
    return estimated_tokens(json.dumps(value, ensure_ascii=False)), n_thoughts


def _shortest(schema: Mapping[str, Any]) -> tuple[Any, int]:
    """A short value of a JSON schema as the forms make them, and how many texts are in it. Lists have one entry."""
    if "anyOf" in schema:
        return min((_shortest(one) for one in schema["anyOf"]), key=lambda found: len(json.dumps(found[0])))
    if "enum" in schema:
        return min(schema["enum"], key=lambda one: len(json.dumps(one))), 0
    if schema.get("type") == "object":
        parts = {name: _shortest(part) for name, part in schema.get("properties", {}).items()}
        return {name: value for name, (value, _) in parts.items()}, sum(n for _, n in parts.values())
    if schema.get("type") == "array":
        value, n_thoughts = _shortest(schema["items"])
        return [value], n_thoughts
    return ("", 1) if schema.get("type") == "string" else (0, 0)
