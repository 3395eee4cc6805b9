"""Attempts to talk a language model into a label, or out of the form of its reply, from inside a chat.

They are written for this project, in Chinese and English, and try every prompt that ships; they try yours too:

    for attempt in injection_attempts():
        ...  # build a segment around attempt.messages, ask, and see that no label came from them
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, get_args

Kind = Literal["instruction", "fake_turn", "fence", "json", "line", "template", "persona", "encoding", "long"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_REPEAT = "⟪repeat⟫"


@dataclass(frozen=True)
class Attempt:
    """One attempt. messages: what somebody writes in a chat, one after another, as it would come from there.

    kind: ``instruction`` (orders), ``fake_turn`` (turns and chat templates of models), ``fence`` (ending the fence
    around the chat), ``json`` (ready answers), ``line`` (posing as other lines of the transcript), ``template``
    (marks of template languages), ``persona`` (claims to have a say), ``encoding`` (orders in disguise), ``long``.
    wants: the code it is after, as codes go in the codebook suichat6; None: it is after the form of the reply.
    """

    id: str
    language: Literal["zh", "en"]
    kind: Kind
    messages: tuple[str, ...]
    wants: int | None


def injection_attempts() -> tuple[Attempt, ...]:
    """All attempts, in the order of the file: by kind, Chinese first."""
    listed = tomllib.loads(files(__name__).joinpath("attempts.toml").read_text(encoding="utf-8"))["attempts"]
    return tuple(_attempt(entry) for entry in listed)


def _attempt(entry: Mapping[str, Any]) -> Attempt:
    """An entry of the file. repeat = {text, times}: what stands in the messages' places marked ⟪repeat⟫."""
    repeat = entry.get("repeat", {"text": "", "times": 0})
    text = repeat["text"] * repeat["times"]
    return Attempt(
        id=entry["id"],
        language=entry["language"],
        kind=entry["kind"],
        messages=tuple(message.replace(_REPEAT, text) for message in entry["messages"]),
        wants=entry.get("wants"),
    )
