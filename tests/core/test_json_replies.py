import json

import pytest

from core.json_replies import (
    RepeatedKeys,
    bounded_text,
    final_words,
    objects_and_places,
    objects_within,
    strict_object,
    without_bounds,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("no JSON", []),
        ('{"a": 1}', [{"a": 1}]),
        ('first {"a": {"b": 2}} then {"c": 3}.', [{"a": {"b": 2}}, {"c": 3}]),
        ('<think>{"a": 1}</think>{"b": 2}', [{"b": 2}]),
        ('{"cut": "off', []),
        ('{bad {"a": 1}', [{"a": 1}]),
        ('{"n": ' + "9" * 5000 + '} {"a": 1}', [{"a": 1}]),
        ("{" * 5000, []),
        ('{"why": "two\nlines"}', [{"why": "two\nlines"}]),
    ],
)
def test_the_objects_in_a_reply_without_the_thinking_aloud(text, found):
    said = final_words(text)
    pairs = list(objects_and_places(said))
    assert [thing for thing, _ in pairs] == found
    assert all(json.loads(said[place], strict=False) == thing for thing, place in pairs)


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ('{"a": 1, "b": 1}', []),
        ('{"a": {"b": 1}, "c": {"b": 1}}', []),
        ('{"a": 1, "a": 1}', [("a", "a")]),
        ('{"a": [{"b": 1, "\\u0062": 2}]}', [("b", "b")]),
        ('{"a": {"b": {"c": 1, "d": 2, "c": 3}}, "a": 0}', [("a", "a"), ("c", "d", "c")]),
    ],
)
def test_an_object_with_a_key_twice_is_known_at_any_depth(text: str, repeats: list[tuple[str, ...]]):
    [(thing, _)] = objects_and_places(text)
    found = [one for one in objects_within(thing) if isinstance(one, RepeatedKeys)]
    assert sorted(tuple(key for key, _ in one.pairs) for one in found) == repeats


def test_texts_are_bounded_by_what_a_reply_may_hold():
    form = {"why": "…"}  # 12 characters
    assert bounded_text(512, form, 1) == {"type": "string", "maxLength": 250}
    assert bounded_text(512, form, 2) == {"type": "string", "maxLength": 125}
    assert bounded_text(8, form, 1) == {"type": "string", "maxLength": 16}


def test_bounds_can_be_taken_out_and_nothing_else_goes():
    bounded = strict_object(
        {"a": {"type": "array", "maxItems": 3, "items": {"anyOf": [{"minLength": 1, "enum": ["x"]}]}}}
    )
    assert without_bounds(bounded) == strict_object({"a": {"type": "array", "items": {"anyOf": [{"enum": ["x"]}]}}})
    assert without_bounds(without_bounds(bounded)) == without_bounds(bounded)


def test_a_strict_object_wants_every_property_and_no_other():
    assert strict_object({"a": {"type": "string"}}) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
