import pytest

from core.codebook import SHIPPED, parse_codebook, shipped_codebook
from release.content_warning import content_warning

FOOD = """
name = "food2"
version = "1"
title = { zh = "%s", en = "Talk of food" }
description = { zh = "聊天里有没有谈到吃饭。", en = "Whether the chat is about a meal." }
source = "made for this test"
unit = { zh = "一段聊天", en = "A segment of chat" }
[[variables]]
name = "meal"
kind = "%s"
title = { zh = "吃饭", en = "%s" }
question = { zh = "谈到吃饭了吗？", en = "Is a meal mentioned?" }
"""
GRAVE = "The conversations speak of distress and suicide. Read them with care and not alone."


def food(zh="聊吃的", title="Meal", labels=""):
    return parse_codebook(FOOD % (zh, "single" if labels else "binary", title) + labels, "food2.toml")


def labels(*titles):
    one = '[[variables.labels]]\ncode = {}\nname = "l{}"\ntitle = {{ zh = "级", en = "{}" }}\n'
    definition = 'definition = { zh = "级别", en = "A level" }\n'
    return "".join(one.format(n, n, title) + definition for n, title in enumerate(titles))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_codebook_is_about_suicide(name):
    assert content_warning(shipped_codebook(name)) == GRAVE


@pytest.mark.parametrize("codebook", [food(), food(labels=labels("Breakfast", "Supper"))])
def test_of_a_codebook_about_food_nothing_is_claimed(codebook):
    assert content_warning(codebook) == (
        "The conversations were written by people, and some may hold sensitive or painful matters, whatever they were "
        "labelled for. Read them with care."
    )


@pytest.mark.parametrize(
    "codebook",
    [food(zh="自杀风险"), food(title="SUICIDE risk"), food(labels=labels("None", "Suicidal ideation"))],
)
def test_any_title_of_a_codebook_may_say_it(codebook):
    assert content_warning(codebook) == GRAVE
