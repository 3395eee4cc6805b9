"""What a model said: a label only where it gave one of the codebook's codes, in JSON that can mean one thing only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.silver.replies import Said, read_reply, the_answer
from core.chat import ChatReply
from core.codebook import shipped_codebook

RATINGS = shipped_codebook("suichat6").rating_variables


def reply(text: str, finish_reason: str = "stop", refusal: str | None = None) -> ChatReply:
    return ChatReply(text, finish_reason, refusal, "m", 0.1)


def said(text: str, **more) -> Said:
    return read_reply(reply(text, **more), RATINGS)[0]["risk"]


@pytest.mark.parametrize(
    ("text", "label", "status"),
    [
        ('{"rationale": "…", "labels": {"risk": 2}}', 2, "ok"),
        ('{"labels": {"risk": 0}}', 0, "ok"),
        ('{"labels": {"risk": "3"}}', 3, "ok"),
        ('```json\n{"labels": {"risk": 4}}\n```', 4, "ok"),
        ('Here it is: {"labels": {"risk": 5}} as you wished', 5, "ok"),
        ('<think>{"labels": {"risk": 0}} or not?</think>{"labels": {"risk": 2}}', 2, "ok"),
        ('They wrote {"a": 1}. {"labels": {"risk": 1}}', 1, "ok"),
        ('{"labels": {"risk": 1}} again {"labels": {"risk": 1}}', 1, "ok"),
        ('{"labels": {"risk": -1}}', -1, "refused"),
        ('{"labels": {"risk": "-1"}}', -1, "refused"),
        ('{"labels": {"risk": 6}}', -1, "unparsed"),
        ('{"labels": {"risk": -2}}', -1, "unparsed"),
        ('{"labels": {"risk": 2.5}}', -1, "unparsed"),
        ('{"labels": {"risk": true}}', -1, "unparsed"),
        ('{"labels": {"risk": null}}', -1, "unparsed"),
        ('{"labels": {"risk": "ideation"}}', -1, "unparsed"),
        ('{"labels": {"other": 2}}', -1, "unparsed"),
        ('{"labels": [2]}', -1, "unparsed"),
        ('{"risk": 2}', -1, "unparsed"),
        ('{"rationale": "cut off", "labels": {"ri', -1, "unparsed"),
        ('they say {"labels": {"risk": 0}} but {"labels": {"risk": 2}}', -1, "unparsed"),
        ("I think it is 2.", -1, "unparsed"),
        ("", -1, "unparsed"),
        ("{" * 5000, -1, "unparsed"),
        ('{"labels": {"risk": ' + "9" * 5000 + "}}", -1, "unparsed"),
        ("null", -1, "unparsed"),
    ],
)
def test_what_a_reply_comes_to(text: str, label: int, status: str):
    assert said(text) == Said(label, status)


def test_a_filtered_or_declined_answer_is_refused_whatever_it_says():
    text = '{"labels": {"risk": 2}}'
    assert said(text, finish_reason="content_filter") == Said(-1, "refused")
    assert said(text, refusal="I cannot help with that.") == Said(-1, "refused")
    assert read_reply(reply("", refusal="I cannot."), RATINGS)[1] == "I cannot."


def test_one_bad_variable_does_not_cost_the_others():
    ratings = shipped_codebook("psysuicide11").rating_variables
    labels, _ = read_reply(reply('{"labels": {"risk:plan": 1, "risk:attempt": 7, "risk:irrelevant": -1}}'), ratings)
    assert (labels["risk:plan"], labels["risk:attempt"]) == (Said(1, "ok"), Said(-1, "unparsed"))
    assert (labels["risk:irrelevant"], labels["risk:exploration"]) == (Said(-1, "refused"), Said(-1, "unparsed"))


def test_the_rationale_is_kept_and_what_could_not_be_read_too():
    assert read_reply(reply('{"rationale": " low mood ", "labels": {"risk": 1}}'), RATINGS)[1] == "low mood"
    assert read_reply(reply('{"rationale": 3, "labels": {"risk": 1}}'), RATINGS)[1] is None
    assert read_reply(reply("no idea"), RATINGS)[1] == "no idea"
    assert read_reply(reply('{"rationale": "\\ud83d", "labels": {"risk": 1}}'), RATINGS)[1] == "?"


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_the_reader(text: str):
    assert said(text).status in {"ok", "refused", "unparsed"}


@given(st.text(alphabet="{}[]\"':,labes1-0 \n", max_size=60))
def test_nor_does_what_looks_like_json(text: str):
    answer = the_answer(text)
    assert answer is None or isinstance(answer["labels"], dict)
