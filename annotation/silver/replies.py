"""From a model's reply to votes: what it said for each rating variable, or why that is no label."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.silver.ballots import ABSTAIN, Status
from annotation.silver.prompting import CANNOT_TELL
from core.chat import ChatReply
from core.codebook import RatingVariable
from core.json_replies import objects_said

_MOST_RATIONALE = 2000


@dataclass(frozen=True)
class Said:
    """What a voter said of one rating variable. label: a code, or −1 with a status other than ``ok``."""

    label: int
    status: Status


FAILED = Said(ABSTAIN, "failed")


def read_reply(reply: ChatReply, ratings: Sequence[RatingVariable]) -> tuple[dict[str, Said], str | None]:
    """Rating variable → what was said, and the rationale.

    refused: the server filtered the answer, the model declined, or it gave −1. unparsed: there is no JSON object with
    ``labels`` in the reply, two that differ, or the code given is none of the variable's.
    """
    if reply.refusal is not None or reply.finish_reason == "content_filter":
        return {rating.name: Said(ABSTAIN, "refused") for rating in ratings}, _text(reply.refusal)
    answer = the_answer(reply.text)
    labels = answer["labels"] if answer is not None else {}
    rationale = _text(answer.get("rationale")) if answer is not None else _text(reply.text)
    return {rating.name: _said(labels.get(rating.name), rating) for rating in ratings}, rationale


def _said(given: object, rating: RatingVariable) -> Said:
    code = int(given) if isinstance(given, str) and re.fullmatch(r"-?\d{1,9}", given.strip()) else given
    if isinstance(code, bool) or not isinstance(code, int):
        return Said(ABSTAIN, "unparsed")
    if code == CANNOT_TELL:
        return Said(ABSTAIN, "refused")
    return Said(code, "ok") if code in rating.codes else Said(ABSTAIN, "unparsed")


def the_answer(text: str) -> Mapping[str, Any] | None:
    """The JSON object with a table ``labels`` in a reply; None when there is none or two disagree.

    What a model thought aloud before ``</think>`` is left out. A chat may hold JSON of its own which the model quotes:
    with two answers that differ nobody can say which is the model's.
    """
    found = [thing for thing in objects_said(text) if isinstance(thing.get("labels"), dict)]
    return found[0] if found and all(other["labels"] == found[0]["labels"] for other in found) else None


def _text(value: object) -> str | None:
    """A rationale fit for a table: no lone surrogates (JSON escapes can make them), not endless."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip()[:_MOST_RATIONALE].encode("utf-8", "replace").decode("utf-8")
