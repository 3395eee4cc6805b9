"""What a server says that speaks OpenAI's chat protocol, as a reply; or, in words, what it said instead of one."""

import json
import math
from collections.abc import Mapping
from typing import Any

from core.chat import ChatReply, ChatRequest

WRONG_PLACE = "look at base_url, which many servers end in /v1, and at the model's name"
"""What to look at when it is no model server that answers."""
_NO_CHOICES = "JSON without choices"
_BROKEN_OFF = ("error", "abort", "aborted", "cancelled")
"""Reasons to finish by which servers and gateways say that they did not."""
_ROUNDING = 1e-6
"""How far above 0 a log-probability may lie."""


class UnreadableAnswer(Exception):
    """The server said 200 and sent something that is not the chat protocol."""


def read_reply(body: str, request: ChatRequest, seconds: float) -> ChatReply:
    """The first choice of a chat completion, read leniently: servers leave fields out. Raises UnreadableAnswer."""
    answer = _read_json(body)
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        raise UnreadableAnswer("JSON with an error instead of choices" if answer.get("error") else _NO_CHOICES)
    choice = choices[0]
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise UnreadableAnswer("JSON whose first choice has no message")
    if choice.get("finish_reason") in _BROKEN_OFF:
        raise UnreadableAnswer(f"it broke off ({choice['finish_reason']})")
    text, refusal = message.get("content"), message.get("refusal")
    return ChatReply(
        text=text if isinstance(text, str) else "",
        finish_reason=_encodable(str(choice.get("finish_reason") or "")),
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        model=_encodable(str(answer.get("model") or request.model)),
        seconds=seconds,
        logprobs=_first_logprobs(choice) if request.choices else None,
    )


def _read_json(body: str) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except RecursionError as error:
        raise UnreadableAnswer("JSON that is nested too deeply") from error
    except json.JSONDecodeError as error:
        is_page = body.lstrip()[:1] == "<"
        no_json = "no JSON" if body.strip() else "nothing"
        raise UnreadableAnswer(f"a web page; {WRONG_PLACE}" if is_page else no_json) from error
    except ValueError as error:
        raise UnreadableAnswer("JSON with a number of too many digits") from error
    if not isinstance(answer, dict):
        raise UnreadableAnswer(_NO_CHOICES)
    return answer


def _first_logprobs(choice: Mapping[str, Any]) -> dict[str, float] | None:
    """Token → log-probability at the reply's first place; None where one of them is none. Raises UnreadableAnswer."""
    try:
        places = (choice.get("logprobs") or {}).get("content")
        if not places:
            return None
        given = {str(top["token"]): _as_float(top["logprob"]) for top in places[0]["top_logprobs"]}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableAnswer("a reply whose log-probabilities have another form") from error
    if any(math.isnan(logprob) or logprob > _ROUNDING for logprob in given.values()):
        return None
    return {token: logprob for token, logprob in given.items() if math.isfinite(logprob)}


def _as_float(number: Any) -> float:
    """A number of JSON; NaN for one that is too large."""
    try:
        return float(number)
    except OverflowError:
        return math.nan


def _encodable(text: str) -> str:
    """Text without lone surrogates, which JSON escapes can make and no table takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
