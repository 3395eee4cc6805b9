"""The sentences of the demo's chats: piles of templates to draw from, their slots, and Traditional characters."""

import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")


def phrase_table(name: str) -> dict[str, Any]:
    """The parsed TOML file `name` of this package."""
    return tomllib.loads((files("app.demo") / name).read_text(encoding="utf-8"))


class Deck:
    """A pile of templates. A drawn one goes to the bottom, draws are from the top third: nothing comes back soon."""

    def __init__(self, rng: random.Random, cards: Sequence[str]) -> None:
        self._rng = rng
        self._cards = rng.sample(cards, len(cards))

    def __len__(self) -> int:
        return len(self._cards)

    def draw(self) -> str:
        card = self._cards.pop(self._rng.randrange(max(1, len(self._cards) // 3)))
        self._cards.append(card)
        return card


class Phrasebook:
    """Every pile of talk.toml and episodes.toml under a dotted name (`core.3`, `scene.0.reply`, `slots.food`).

    `decoys` adds piles for slots whose values are invented elsewhere: phone, email, link.
    """

    def __init__(self, rng: random.Random, decoys: Mapping[str, Sequence[str]]) -> None:
        self._rng = rng
        talk, episodes = phrase_table("talk.toml"), phrase_table("episodes.toml")
        tree = {**talk, **episodes, "slots": {**talk["slots"], **decoys}}
        self._decks = {name: Deck(rng, cards) for name, cards in _piles(tree, "")}
        self.scenes: list[dict[str, Any]] = talk["scene"]
        self.n_benign = len(episodes["benign"])
        self._stories: list[dict[str, Any]] = episodes["story"]

    def story(self) -> dict[str, str]:
        """One value for each slot of an episode's story, so that its speaker stays the same person."""
        index = self._rng.randrange(len(self._stories))
        return {slot: self._decks[f"story.{index}.{slot}"].draw() for slot in self._stories[index]}

    def line(self, pile: str, bound: Mapping[str, str]) -> list[str]:
        """A sentence of `pile` as one or more consecutive message texts; slots come from `bound`, else from `slots`."""
        sentence = _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), self._decks[pile].draw())
        return [_SLOT.sub(lambda slot: self._value(slot[1], bound), part).strip("，") for part in sentence.split("//")]

    def size(self, pile: str) -> int:
        """How many templates a pile has."""
        return len(self._decks[pile])

    def _value(self, slot: str, bound: Mapping[str, str]) -> str:
        return bound[slot] if slot in bound else self._decks[f"slots.{slot}"].draw()


def _piles(node: Any, name: str) -> Iterator[tuple[str, Sequence[str]]]:
    if isinstance(node, list | tuple) and all(isinstance(card, str) for card in node):
        yield name, node
        return
    branches = enumerate(node) if isinstance(node, list) else node.items() if isinstance(node, dict) else ()
    for key, branch in branches:
        yield from _piles(branch, f"{name}.{key}".lstrip("."))


@cache
def _scripts() -> tuple[re.Pattern[str], dict[str, str]]:
    table = phrase_table("traditional.toml")
    forms = {**table["words"], **dict(zip(table["simplified"], table["traditional"], strict=True))}
    return re.compile("|".join(map(re.escape, forms))), forms


def in_traditional(text: str) -> str:
    """The text in Traditional characters as used in Taiwan, for the characters of the demo's own phrases: words whose
    characters have several Traditional forms first, the rest character by character."""
    pattern, forms = _scripts()
    return pattern.sub(lambda match: forms[match[0]], text)
