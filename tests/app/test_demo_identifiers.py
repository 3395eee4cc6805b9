"""The identifiers that the demo's export plants: complete, findable byte for byte, and nobody's words."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from app.demo.generator import write_export
from app.demo.phrases import in_traditional
from core.text import simplified

PHONE = re.compile(r"(?:\+86 )?13[789][ -]?0000[ -]?00\d\d")


class Export(NamedTuple):
    text: str
    chats: list[dict[str, Any]]
    planted: frozenset[str]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    folder = tmp_path_factory.mktemp("export")
    planted = write_export(folder, seed=11, n_messages=2_000).identifiers
    text = (folder / "result.json").read_text(encoding="utf-8")
    return Export(text, json.loads(text)["chats"]["list"], planted)


def entities(export: Export) -> list[dict[str, Any]]:
    return [part for chat in export.chats for record in chat["messages"] for part in record["text_entities"]]


def names_and_ids(node: Any) -> Iterator[str]:
    """Every value of the export that identifies somebody, wherever it stands."""
    if isinstance(node, dict):
        for key in ("from", "from_id", "actor", "actor_id", "forwarded_from", "inviter"):
            if node.get(key):
                yield node[key]
        yield from (str(node[key]) for key in ("user_id",) if key in node)
        yield from (name for name in node.get("members", []) if name)
        if node.get("type") in ("mention", "email", "mention_name"):
            yield node["text"].removeprefix("@")
        node = list(node.values())
    if isinstance(node, list):
        for branch in node:
            yield from names_and_ids(branch)


def test_planted_identifiers_hold_all_that_the_export_names(export: Export) -> None:
    assert set(names_and_ids(export.chats)) <= export.planted
    assert {str(chat["id"]) for chat in export.chats} | {chat["name"] for chat in export.chats} <= export.planted
    users = set(re.findall(r"user(\d+)", export.text))
    assert len(users) > 80
    assert users <= export.planted


def test_phone_numbers_are_planted_as_written_and_as_digits(export: Export) -> None:
    numbers = {match[0] for part in entities(export) for match in PHONE.finditer(part["text"])}
    assert len({re.sub(r"\d", "9", number) for number in numbers}) >= 3
    assert numbers | {re.sub(r"\D", "", number) for number in numbers} <= export.planted


def test_every_planted_identifier_occurs(export: Export) -> None:
    digits_only = {re.sub(r"\D", "", number) for number in PHONE.findall(export.text)}
    absent = {identifier for identifier in export.planted if identifier not in export.text}
    assert absent <= digits_only


def test_a_byte_search_for_an_identifier_means_something(export: Export) -> None:
    assert all(len(identifier) >= 3 for identifier in export.planted)
    assert all(len(identifier) >= 9 for identifier in export.planted if identifier.isdigit())
    said = "\n".join(part["text"] for part in entities(export) if part["type"] == "plain")
    assert [name for name in export.planted if name in said and not PHONE.fullmatch(name)] == []


def test_identifiers_are_the_same_in_both_scripts(export: Export) -> None:
    assert all(in_traditional(identifier) == identifier == simplified(identifier) for identifier in export.planted)
