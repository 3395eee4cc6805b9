import pytest

from core.json_replies import objects_said, strict_object


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
    ],
)
def test_objects_said(text, found):
    assert list(objects_said(text)) == found


def test_a_strict_object_wants_every_property_and_no_other():
    assert strict_object({"a": {"type": "string"}}) == {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": False,
    }
