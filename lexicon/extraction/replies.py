"""From a model's reply to proposals: every quote has to stand in the chat, every term in its quote."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ValidationError

from core.chat import Answer, ChatFailure
from core.json_replies import strict_object
from core.own_answers import own_answer
from core.text import folded, normalised, tidy
from lexicon.extraction.transcript import Transcript, comparable

Status = Literal["read", "unparsed", "refused", "failed"]
CUT_OFF = "cut off at max_tokens of lexicon.extract"
_PLACEHOLDER = re.compile("〈[^〉]*〉")
_MOST = 500


def _text(value: object) -> object:
    """Text fit for a table: no lone surrogates (JSON escapes can make them), no control characters, not endless."""
    return tidy(value)[:_MOST].strip() if isinstance(value, str) else value


def _line_number(value: object) -> int | None:
    """The number in ``3``, ``"3"`` or ``"[3]"``; None for anything else: the quote finds its line without it."""
    digits = re.fullmatch(r"\D{0,4}(\d{1,9})\D{0,4}", str(value)) if isinstance(value, int | str) else None
    return int(digits[1]) if digits else None


_Said = Annotated[str, BeforeValidator(_text)]


class Item(BaseModel):
    """One entry of ``terms`` in a reply, as the model gave it."""

    line: Annotated[int | None, BeforeValidator(_line_number)] = None
    quote: _Said
    reason: _Said | None = None
    term: _Said
    kind: _Said
    category: _Said | None = None


@dataclass(frozen=True)
class Proposal:
    """A term that stands in a quote that stands in a message. term: normalised and folded. kind: explicit, implicit."""

    term: str
    kind: str
    category: str | None
    message_id: str
    quote: str
    reason: str | None


@dataclass(frozen=True)
class Discard:
    """An entry of a reply that is no proposal. item: None when it is not even an entry."""

    reason: str
    item: Item | None = None


@dataclass(frozen=True)
class Reading:
    """What came of one window. detail: why it was not read, in words free of chat text."""

    status: Status
    proposals: tuple[Proposal, ...] = ()
    discards: tuple[Discard, ...] = ()
    detail: str | None = None


def read_answer(answer: Answer, transcript: Transcript, categories: Sequence[str]) -> Reading:
    """What a reply says about a window. Nothing is guessed: a reply that is not the JSON asked for is unparsed."""
    if isinstance(answer, ChatFailure):
        return Reading("failed", detail=answer.reason)
    if answer.refusal is not None or answer.finish_reason == "content_filter":
        return Reading("refused", detail="content filter" if answer.refusal is None else "the model declined")
    items = listed_items(answer.text, transcript.chat)
    if items is None:
        cut_off = answer.finish_reason == "length"
        return Reading("unparsed", detail=CUT_OFF if cut_off else "not one JSON object with a list of terms")
    judged = [_judge(item, transcript, categories) for item in items]
    return Reading(
        "read",
        tuple(found for found in judged if isinstance(found, Proposal)),
        tuple(found for found in judged if isinstance(found, Discard)),
    )


def listed_items(text: str, chat: str) -> list[object] | None:
    """The list ``terms`` of the JSON object in a reply that is the model's own (`own_answer`); None without one."""
    answer = own_answer(text, "terms", list, chat)
    return None if answer is None else answer["terms"]


def _judge(raw: object, transcript: Transcript, categories: Sequence[str]) -> Proposal | Discard:
    try:
        item = Item.model_validate(raw)
    except ValidationError:
        return Discard("malformed")
    quote, term = comparable(item.quote), folded(normalised(item.term))
    if not quote or not term:
        return Discard("malformed", item)
    if item.kind not in ("explicit", "implicit"):
        return Discard("unknown_kind", item)
    place = _place(quote, item.line, transcript)
    if place is None:
        return Discard("quote_not_in_window", item)
    if comparable(item.term) not in quote:
        return Discard("term_not_in_quote", item)
    if "\n" in term or term not in folded(normalised(_PLACEHOLDER.sub("\n", transcript.contents[place]))):
        return Discard("term_not_in_message", item)  # it is a placeholder or an alias, or goes over a line break
    known = item.category and (not categories or item.category in categories)
    return Proposal(
        term=term,
        kind=item.kind,
        category=item.category if known else None,
        message_id=transcript.lines[place].message_id,
        quote=item.quote,
        reason=item.reason or None,
    )


def _place(quote: str, named: int | None, transcript: Transcript) -> int | None:
    """Place of the line that holds the quote: the one named, else the nearest to it (ties: the earlier)."""
    holding = [place for place, line in enumerate(transcript.comparable_lines) if quote in line]
    return min(holding, key=lambda place: abs(place + 1 - (named or 1)), default=None)


def reply_schema(categories: Sequence[str], n_lines: int) -> Mapping[str, Any]:
    """JSON schema of the reply, strict. Thoughts and reasons come before what they are to decide."""
    text = {"type": "string"}
    category = {"type": "string", "enum": list(categories)} if categories else text
    item = {
        "line": {"type": "integer", "minimum": 1, "maximum": n_lines},
        "quote": text,
        "reason": text,
        "term": text,
        "kind": {"type": "string", "enum": ["explicit", "implicit"]},
        "category": {"anyOf": [category, {"type": "null"}]},
    }
    return strict_object({"thoughts": text, "terms": {"type": "array", "items": strict_object(item)}})
