"""Which of the JSON objects in a reply is the model's own, and not one that it quotes from a chat."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.fence import without_heads
from core.json_replies import RepeatedKeys, final_words, objects_and_places, objects_within
from core.text import folded

_FENCE_OPENS = re.compile(r"```\w*")
IN_ONE_PIECE = 24
"""Letters before an object that show it to be repeated from the prompt; nobody writes so many alike by chance."""
_LOOK_BACK = 10 * IN_ONE_PIECE
_NO_LETTER = re.compile(r"[\W_]+")


def own_answer(
    text: str,
    key: str,
    kind: type,
    chat: str,
    form: Mapping[str, Any] | None = None,
    prompt: str = "",
    cut_off: bool = False,
) -> Mapping[str, Any] | None:
    """The JSON object in a reply that holds ``key`` with a value of this kind; None for none, or two that differ.

    What a model thought aloud before ``</think>`` is left out, unless the chat holds that mark too. A chat may hold
    JSON of its own which the model quotes: an object that stands in the chat, whatever its blanks, marks and widths,
    counts only when it is the whole reply and holds nothing but codes, as every honest reply might. form: the object
    that the prompt shows as a form, which is nobody's answer. prompt: a request whose examples are answers like any
    other; one of them counts unless it comes in the prompt's own words, as it does when a model repeats the prompt.
    With two answers that differ, or the chat's key once more outside the objects, or an object that holds the key, has
    some key twice and stands in no chat or prompt (a quotation may end a string of the model's), nobody can say which
    is the model's. cut_off: the reply ends where its tokens were used up, and with words after the object the model was
    still at work.
    """
    shown = f"{_letters(chat)} {_letters(without_heads(chat))}"
    said = text if "</think" in folded(chat) else final_words(text)
    asked = _letters(prompt)
    whole = _unfenced(said)
    own: list[Mapping[str, Any]] = []
    rest: list[str] = []
    end = 0
    for thing, place in objects_and_places(said):
        source = said[place]
        rest.append(said[end : place.start])
        end = place.stop
        unclear = _is_unclear(thing, key)
        if unclear or (isinstance(thing.get(key), kind) and thing != form):
            bare = not unclear and source == whole and _holds_only_codes(thing, key)
            before = said[max(0, place.start - _LOOK_BACK) : place.start]
            if (not bare and _quoted(thing, source, shown, unclear)) or _goes_on(before, source, asked):
                continue
            if unclear:
                return None
            own.append(thing)
    rest.append(said[end:])
    if cut_off and _unfenced(said[end:]):
        return None
    if not own or (key in folded(chat) and f'"{key}"' in folded(" ".join(rest))):
        return None
    return own[0] if all(other[key] == own[0][key] for other in own) else None


def _unfenced(said: str) -> str:
    """A reply without blanks and a code fence around it."""
    whole = said.strip()
    fence = _FENCE_OPENS.match(whole)
    return whole[fence.end() if fence else 0 :].removesuffix("```").strip()


def _is_unclear(thing: Mapping[str, Any], key: str) -> bool:
    """Whether an object holds ``key``, and some key twice, at whatever depth each."""
    within = list(objects_within(thing))
    return any(isinstance(one, RepeatedKeys) for one in within) and any(key in one for one in within)


def _quoted(thing: Mapping[str, Any], source: str, shown: str, unclear: bool) -> bool:
    """Whether an object was shown, letter by letter: as the model wrote it or as JSON is usually written."""
    # Of an unclear one, to write it anew would leave something out.
    written = (source,) if unclear else (source, *_rewritten(thing))
    return any(_letters(text) in shown for text in written)


def _rewritten(thing: Mapping[str, Any]) -> Sequence[str]:
    """An object as JSON is usually written; nothing where it is nested too deep for that."""
    try:
        return json.dumps(thing, ensure_ascii=False), json.dumps(thing)
    except RecursionError:
        return ()


def _goes_on(before: str, source: str, asked: str) -> bool:
    """Whether an object and what was said just before it are words of the prompt in one piece."""
    before = _letters(before)[-IN_ONE_PIECE:]
    return len(before) == IN_ONE_PIECE and before + _letters(source) in asked


def _letters(text: str) -> str:
    """Letters and digits only, width and case folded: what remains of JSON however it was copied."""
    return _NO_LETTER.sub("", folded(text))


def _holds_only_codes(thing: Mapping[str, Any], key: str) -> bool:
    """Whether all it says are codes, or nothing: words would be too many to be the same by chance."""
    given = thing[key]
    codes = isinstance(given, dict) and not any(isinstance(one, dict | list) for one in given.values())
    return list(thing) == [key] and (codes or not given)
