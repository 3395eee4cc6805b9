"""The demo's phrases and the scenes made of them: enough of them, in both scripts, at the level meant, no harm."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from opencc import OpenCC

from app.demo.cast import invite_cast
from app.demo.phrases import Deck, Phrasebook, in_traditional, phrase_table
from app.demo.scenes import Talk
from core.text import simplified

DOSE = re.compile(r"[\d一二三四五六七八九十两几百半]\s*(mg|ml|[毫克片粒颗瓶支盒板针])", re.IGNORECASE)
METHOD_OR_MEANS = set("药毒炭绳刀桥枪")


def sentences(node: Any) -> Iterator[str]:
    """Every wording that a table of phrases can give, slots left open."""
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for branch in node:
            yield from sentences(branch)
    if isinstance(node, str):
        parts = re.split(r"\[([^\[\]]*)\]", node)
        choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
        for nth in range(max(map(len, choices))):
            yield "".join(options[nth % len(options)] for options in choices)


def talk_of(group: int, seed: int = 1) -> Talk:
    rng = random.Random(seed)
    cast = invite_cast(rng, 5)
    book = Phrasebook(rng, {"phone": cast.phones, "email": cast.emails, "link": cast.links})
    return Talk(rng, book, cast.groups[group], cast.forward_sources)


def test_a_drawn_card_stays_away_for_two_thirds_of_the_pile() -> None:
    deck = Deck(random.Random(0), "abcdefghi")
    drawn = [deck.draw() for _ in range(500)]
    assert set(drawn) == set("abcdefghi")
    assert all(drawn[place] not in drawn[place + 1 : place + 7] for place in range(490))


def test_traditional_phrases_are_complete_and_come_back() -> None:
    to_traditional = OpenCC("s2tw")
    for sentence in sentences([phrase_table("talk.toml"), phrase_table("episodes.toml")]):
        converted = in_traditional(sentence)
        assert simplified(converted).replace("著", "着") == sentence.replace("著", "着")
        left = {character for character in converted if to_traditional.convert(character) != character}
        assert left <= set("伙准划里霉"), converted  # rightly kept in 好傢伙, 准考證, 划水, 公里 and 倒霉


def test_words_with_two_traditional_forms() -> None:
    assert in_traditional("头发剪毁了，发工资再说") == "頭髮剪毀了，發工資再說"
    assert in_traditional("泡面干净吗，{n}公里里面") == "泡麵乾淨嗎，{n}公里裡面"


@pytest.mark.parametrize("level", range(6))
def test_an_episode_has_its_size_its_lead_and_company(level: int) -> None:
    talk = talk_of(group=2)
    for _ in range(40):
        episode = talk.episode(level)
        assert episode.level == level
        assert 4 <= len(episode.lines) <= 14
        assert sum(line.speaker is episode.lead for line in episode.lines) >= 2
        assert any(line.speaker is not episode.lead for line in episode.lines)
        assert all(line.answers in episode.lines for line in episode.lines if line.answers)


@pytest.mark.parametrize("level", range(1, 5))
def test_a_lead_says_something_of_its_level(level: int) -> None:
    talk = talk_of(group=2)
    own = [f"core.{level}"] * 2
    for _ in range(40):
        turns = [pile for role, pile in talk._beats(level) if role == "lead" and pile.startswith("core")]
        assert turns[-2:] == own
        assert max(turns) == own[0]


def test_who_is_in_an_episode_talks_of_nothing_else_meanwhile() -> None:
    talk = talk_of(group=1)
    for level in range(6):
        people = {line.speaker for line in talk.episode(level).lines}
        assert all(line.speaker not in people for _ in range(20) for line in talk.chatter(without=list(people)).lines)


def test_there_are_enough_sentences_a_level() -> None:
    table = phrase_table("episodes.toml")
    sizes = {int(level): len(set(cards)) for level, cards in table["core"].items()}
    sizes[0] = sum(len(theme["lines"]) for theme in table["benign"])
    sizes[5] = len(table["attack"]["lines"]) + len(table["attack"]["induce"])
    assert sorted(sizes) == [0, 1, 2, 3, 4, 5]
    assert min(sizes.values()) >= 40


def test_no_dose_in_any_wording() -> None:
    tables = [phrase_table(name) for name in ("talk.toml", "episodes.toml", "cast.toml")]
    assert [text for text in sentences(tables) if DOSE.search(text)] == []


def test_the_guard_against_doses_bites() -> None:
    assert all(DOSE.search(text) for text in ("20mg", "两片", "3 粒", "10 ML", "半瓶"))


def test_episodes_name_no_means() -> None:
    wordings = list(sentences(phrase_table("episodes.toml")))
    assert [text for text in wordings if METHOD_OR_MEANS & set(text)] == []
    assert {mask for text in wordings for mask in re.findall("〔[^〕]*〕?", text)} == {"〔方法〕"}
