"""From a model's reply to what it said: the one JSON object in it that is its own answer."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.silver.forms.form import REFUSED, UNPARSED, Said
from core.chat import ChatReply
from core.codebook import RatingVariable
from core.fence import without_heads
from core.json_replies import final_words, objects_and_places
from core.text import folded

CANNOT_TELL = -1
_MOST_RATIONALE = 2000
_CODE_FENCE = re.compile(r"^```\w*\s*|\s*```$")


def declined(reply: ChatReply) -> bool:
    """Whether the server filtered the answer or the model declined to give one."""
    return reply.refusal is not None or reply.finish_reason == "content_filter"


def own_answer(
    text: str, key: str, kind: type, chat: str, form: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """The JSON object in a reply that holds ``key`` with a value of this kind; None for none, or two that differ.

    What a model thought aloud before ``</think>`` is left out, unless the chat holds that mark too. A chat may hold
    JSON of its own which the model quotes: an object that stands in the chat, whatever its blanks, marks and widths,
    counts only when it is the whole reply and holds nothing but codes, as every honest reply might. form: the object
    that the prompt shows as a form, which is nobody's answer. With two answers that differ, or the chat's key once
    more outside the objects (a quotation may end a string of the model's), nobody can say which is the model's.
    """
    shown = f"{_letters(chat)} {_letters(without_heads(chat))}"
    said = text if "</think" in folded(chat) else final_words(text)
    whole = _CODE_FENCE.sub("", said.strip()).strip()
    own: list[Mapping[str, Any]] = []
    rest = said
    for thing, source in objects_and_places(said):
        rest = rest.replace(source, " ", 1)
        if isinstance(thing.get(key), kind) and thing != form:
            bare = source == whole and _holds_only_codes(thing, key)
            own += [thing] if bare or not _quoted(thing, source, shown) else []
    if not own or (key in folded(chat) and f'"{key}"' in folded(rest)):
        return None
    return own[0] if all(other[key] == own[0][key] for other in own) else None


def _quoted(thing: Mapping[str, Any], source: str, shown: str) -> bool:
    """Whether an object was shown, letter by letter: as the model wrote it or as JSON is usually written."""
    written = (source, json.dumps(thing, ensure_ascii=False), json.dumps(thing))
    return any(_letters(text) in shown for text in written)


def _letters(text: str) -> str:
    """Letters and digits only, width and case folded: what remains of JSON however it was copied."""
    return "".join(character for character in folded(text) if character.isalnum())


def _holds_only_codes(thing: Mapping[str, Any], key: str) -> bool:
    given = thing[key]
    return list(thing) == [key] and isinstance(given, dict) and all(not isinstance(one, dict) for one in given.values())


def said_of(given: object, rating: RatingVariable) -> Said:
    """What a value given for a rating variable says. −1: the model cannot tell, which is a refusal."""
    code = int(given) if isinstance(given, str) and re.fullmatch(r"-?\d{1,9}", given.strip()) else given
    if isinstance(code, bool) or not isinstance(code, int):
        return UNPARSED
    if code == CANNOT_TELL:
        return REFUSED
    return Said(code, "ok") if code in rating.codes else UNPARSED


def reason(value: object) -> str | None:
    """A rationale fit for a table: no lone surrogates (JSON escapes can make them), not endless."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip()[:_MOST_RATIONALE].encode("utf-8", "replace").decode("utf-8")


def chosen(given: object, names: Sequence[str]) -> str | None:
    """Which of these names was given, whatever its case and the blanks around it."""
    told = given.strip().casefold() if isinstance(given, str) else None
    return next((name for name in names if name.casefold() == told), None)
