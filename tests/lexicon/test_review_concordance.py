"""The lines that experts read: which messages, and the term in the middle of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from core.contracts import empty
from core.store import Recipe
from lexicon.review.candidates import Candidate
from lexicon.review.concordance import KwicLine, concordances, with_lines

LIN, ZHOU = "a1b2c3" + "0" * 26, "d4e5f6" + "0" * 26


def candidate(term):
    return Candidate(term, term, None, None, ("llm",), (), 0, 0, 0, 0, None, (), ())


@pytest.fixture
def write(workspace):
    """Writes chats: each a list of (message_id, user_id, content)."""

    def chats(**said):
        for chat, lines in said.items():
            rows = [
                (id_, chat, user, None, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n), text, False, None)
                for n, (id_, user, text) in enumerate(lines)
            ]
            frame = pl.DataFrame(rows, schema=empty("messages").schema, orient="row")
            workspace.store.write(f"messages/{chat}", frame, Recipe(inputs={}))
        return workspace

    return chats


def lines_of(workspace, term, *examples):
    schema = {"candidate_id": pl.String, "example_ids": pl.List(pl.String)}
    table = pl.DataFrame([(term, list(examples))], schema=schema, orient="row")
    return with_lines(workspace, [candidate(term)], table)[0]


def test_lines_come_from_several_chats_in_turn_examples_first(write):
    one = [(f"a{n}", LIN, f"第{n}次说想重开") for n in range(15)]
    two = [(f"b{n}", ZHOU, f"别重开啊{n}") for n in range(3)]
    found = lines_of(write(a=one, b=two), "重开", "a7", "b2")
    assert found.line_ids == ("a7", "b2", "a0", "b0", "a1", "b1", "a2", "a3", "a4", "a5")


def test_the_same_words_are_shown_once(write):
    spam = [(f"a{n}", LIN, "又想重开了") for n in range(5)]
    assert lines_of(write(a=spam, b=[("b0", ZHOU, "又想重开了")]), "重开", "a3").line_ids == ("a3",)


def test_a_term_that_no_message_holds_has_no_lines(write):
    workspace = write(a=[("a0", LIN, "今天吃什么")])
    found = lines_of(workspace, "重开", "a0", "gone")
    assert found.line_ids == ()
    assert concordances(workspace, [found]) == {"重开": ()}


def test_the_term_stands_between_what_comes_before_and_after(write):
    workspace = write(a=[("a0", LIN, "这局没了，重开重开")], b=[("b0", ZHOU, "Ｒeｍake 吧"), ("b1", LIN, "想 remake")])
    both = [lines_of(workspace, "重开"), lines_of(workspace, "remake")]
    assert concordances(workspace, both) == {
        "重开": (KwicLine("user_1", 1, "这局没了，", "重开", "重开"),),
        "remake": (KwicLine("user_2", 2, "", "Ｒeｍake", " 吧"), KwicLine("user_1", 2, "想 ", "remake", "")),
    }


def test_members_are_aliases_in_the_lines_too(write):
    text = f"〈成员:{LIN[:6]}〉 说想重开，〈成员:999999〉 没理"
    workspace = write(a=[("a0", LIN, "先占个位"), ("a1", ZHOU, text)])
    assert concordances(workspace, [lines_of(workspace, "重开")])["重开"] == (
        KwicLine("user_2", 1, "〈user_1〉 说想", "重开", "，〈成员〉 没理"),
    )


def test_a_message_that_is_gone_is_left_out(write):
    workspace = write(a=[("a0", LIN, "想重开"), ("a1", LIN, "还想重开")])
    found = replace(lines_of(workspace, "重开"), line_ids=("a0", "gone", "a1"))
    assert [line.left for line in concordances(workspace, [found])["重开"]] == ["想", "还想"]


def test_without_messages_there_are_no_lines(workspace):
    assert concordances(workspace, [replace(candidate("重开"), line_ids=("a0",))]) == {"重开": ()}
