"""The texts of the pages: both languages, none missing, none left over."""

import re
from pathlib import Path
from string import Formatter

import app.views
from app.views.words import texts, words

SOURCES = [*Path(app.views.__file__).parent.glob("*.py"), Path(app.views.__file__).parents[1] / "sign_in.py"]
SOURCE = "".join(path.read_text("utf-8") for path in SOURCES if path.name != "words.py")
FAMILIES = ("sign_in_", "role_", "state_")
"""Beginnings of keys that the pages put together from a state, a role or a field."""


def fields(text):
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def test_both_languages_say_the_same_things():
    assert [key for key, (chinese, english) in texts().items() if fields(chinese) != fields(english)] == []
    assert [key for key, pair in texts().items() if not all(text.strip() for text in pair)] == []


def test_every_text_is_used_and_every_used_text_is_there():
    named = set(re.findall(r"""["']([a-z][a-z0-9_]+)["']""", SOURCE))
    left_over = {key for key in texts() if key not in named and not key.startswith(FAMILIES)}
    assert left_over == set()
    asked = set(re.findall(r"""\bsay\(\s*["']([a-z0-9_]+)["']""", SOURCE))
    assert asked - set(texts()) == set()


def test_the_language_is_the_one_asked_for():
    assert words("zh")("minutes_later", minutes=12) == "12 分钟后"
    assert words("en")("minutes_later", minutes=12) == "12 min later"
