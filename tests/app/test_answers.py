"""Answers on the page become ratings in the tables and back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.views.answers import (
    answer_words,
    answers_of,
    choose,
    is_chosen,
    label_keys,
    needs_none,
    ratings,
    spare_key,
    unanswered,
)
from core.codebook import SHIPPED, Variable, shipped_codebook

SIX, ELEVEN, MANY = (shipped_codebook(name) for name in ("suichat6", "psysuicide11", "narratives23"))
RISK6, RISK11 = SIX.variable("risk"), ELEVEN.variable("risk")


def test_a_single_variable_holds_the_last_choice():
    answers = choose(choose({}, RISK6, RISK6.labels[2]), RISK6, RISK6.labels[4])
    assert ratings(answers, SIX) == {"risk": 4}
    assert [label.code for label in RISK6.labels if is_chosen(answers, RISK6, label)] == [4]


def test_labels_of_a_multi_variable_are_switched_on_and_off():
    answers = choose(choose({}, RISK11, RISK11.by_name["plan"]), RISK11, RISK11.by_name["active_ideation"])
    assert {name for name, code in ratings(answers, ELEVEN).items() if code} == {"risk:plan", "risk:active_ideation"}
    after = choose(choose(answers, RISK11, RISK11.by_name["plan"]), RISK11, RISK11.by_name["active_ideation"])
    assert unanswered(after, ELEVEN) == [RISK11]


def test_none_of_these_and_cannot_tell_are_answers_too():
    assert set(ratings({"risk": frozenset()}, ELEVEN).values()) == {0}
    assert set(ratings({"risk": -1}, ELEVEN).values()) == {-1}
    assert ratings({"risk": -1}, SIX) == {"risk": -1}


def test_a_label_chosen_after_cannot_tell_takes_its_place():
    assert choose({"risk": -1}, RISK11, RISK11.by_name["plan"]) == {"risk": frozenset({"plan"})}


def test_every_variable_is_asked_in_the_order_of_the_codebook():
    first, second = MANY.variables[:2]
    assert unanswered({first.name: 0}, MANY)[0] is second
    assert len(unanswered({}, MANY)) == 23


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=25)
@given(data=st.data())
def test_ratings_come_back_as_the_answers_they_came_from(name, data):
    codebook = shipped_codebook(name)
    answers = {}
    for variable in codebook.variables:
        names = st.frozensets(st.sampled_from(sorted(variable.by_name)))
        codes = names if variable.kind == "multi" else st.sampled_from(sorted(variable.by_code))
        answers[variable.name] = data.draw(codes | st.just(-1))
    assert answers_of(ratings(answers, codebook), codebook) == answers


def test_nothing_rated_is_nothing_answered():
    assert answers_of({}, ELEVEN) == {}


@pytest.mark.parametrize(
    ("answer", "variable", "words"),
    [
        (None, RISK6, ""),
        (2, RISK6, "自杀意念"),
        (-1, RISK6, "无法判断"),
        (frozenset(), RISK11, "都没有"),
        (frozenset({"plan", "attempt"}), RISK11, "自杀未遂、自杀计划"),
    ],
)
def test_an_answer_in_words(answer, variable, words):
    assert answer_words(answer, variable, "zh", cannot_tell="无法判断", none="都没有") == words


def test_none_of_these_is_offered_where_no_label_says_it():
    assert not needs_none(RISK11)
    assert not needs_none(RISK6)
    without = RISK11.model_copy(update={"labels": RISK11.labels[:-1]})
    assert needs_none(without)


def test_keys_are_the_codebooks_and_never_one_that_the_browser_keeps():
    assert label_keys(RISK6) == {0: "0", 1: "1", 2: "2", 3: "3", 4: "4", 5: "5"}
    labels = [{**label.model_dump(), "key": key} for label, key in zip(RISK6.labels, "cr？ab0", strict=True)]
    bound = label_keys(Variable.model_validate({**RISK6.model_dump(), "labels": labels}))
    assert bound == {3: "a", 4: "b", 5: "0"}


def test_the_spare_key_is_one_that_no_label_uses():
    assert spare_key(RISK6, "xz") == "x"
    assert spare_key(RISK11, "ab1x") == "x"
    assert spare_key(RISK6, "0") is None
