"""Replies that are held to a form, schemas and single letters, by servers that know less or more of them."""

import json
from collections.abc import Callable

import pytest

from core.chat import Answer
from core.scripted_llm import Scripted, ScriptedServer, chat_request, fails, says

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
BOUNDED = {"type": "object", "properties": {"why": {"type": "string", "maxLength": 9}}, "required": ["why"]}
Serve = Callable[..., ScriptedServer]
Ask = Callable[..., list[Answer]]


def knows_no_schema(body: dict) -> Scripted:
    return fails(400) if "response_format" in body else says(body["messages"][1]["content"])


def test_a_server_without_schemas_is_told_once_and_then_asked_plainly(serve: Serve, ask: Ask):
    server = serve(script=knows_no_schema)
    answers = ask(server, [chat_request(t, schema=SCHEMA) for t in "abc"], concurrency=1)
    assert [answer.text for answer in answers] == ["a", "b", "c"]
    assert ["response_format" in body for body in server.asked] == [True, False, False, False]


def test_a_request_that_is_bad_in_itself_does_not_cost_the_others_their_schema(serve: Serve, ask: Ask):
    def script(body: dict) -> Scripted:
        return fails(400) if body["messages"][1]["content"] == "too long" else says("fine")

    server = serve(script=script)
    requests = [chat_request(t, schema=SCHEMA) for t in ("too long", "short")]
    failure, reply = ask(server, requests, concurrency=1)
    assert (failure.reason.partition(" ")[2].partition(";")[0], reply.text) == ("answered 400", "fine")
    # The second one plainly first, to see whether the server takes anything; what counts is the reply in the form.
    assert ["response_format" in body for body in server.asked] == [True, False, False, True]


def test_a_server_that_takes_no_form_goes_through_the_forms_once(serve: Serve, ask: Ask):
    server = serve(fails(400))
    ask(server, [chat_request(str(n), schema=BOUNDED) for n in range(9)], concurrency=1)
    assert ["response_format" in body for body in server.asked] == [True, True] + [False] * 9


def test_after_one_request_in_no_form_a_server_without_schemas_is_still_found_out(serve: Serve, ask: Ask):
    script = lambda body: fails(400) if body["messages"][1]["content"] == "bad" else knows_no_schema(body)  # noqa: E731
    server = serve(script=script)
    answers = ask(server, [chat_request(t, schema=SCHEMA) for t in ("bad", "a", "b")], concurrency=1)
    assert [answer.text for answer in answers[1:]] == ["a", "b"]
    assert ["response_format" in body for body in server.asked] == [True, False, False, True, False]


def test_a_request_without_a_form_does_not_cost_the_others_their_schema(serve: Serve, ask: Ask):
    server = serve(says("{}"))
    ask(server, [chat_request("a"), chat_request("b", schema=SCHEMA)], concurrency=1)
    assert ["response_format" in body for body in server.asked] == [False, True]


def test_bounds_that_a_server_does_not_take_are_left_out_before_the_schema_is(serve: Serve, ask: Ask):
    bounded = lambda body: "maxLength" in json.dumps(body)  # noqa: E731
    server = serve(script=lambda body: fails(400) if bounded(body) else says("{}"))
    ask(server, [chat_request(str(n), schema=BOUNDED) for n in range(3)], concurrency=1)
    assert [bounded(body) for body in server.asked] == [True, False, False, False]
    assert all("response_format" in body for body in server.asked)


def test_choices_come_with_the_probabilities_of_the_first_token(serve: Serve, ask: Ask):
    top = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.4}]
    answer = json.loads(says("A").body)
    answer["choices"][0]["logprobs"] = {"content": [{"token": "A", "logprob": -0.1, "top_logprobs": top}]}
    server = serve(Scripted(json.dumps(answer)))
    [reply] = ask(server, [chat_request(choices=("A", "B"))])
    assert reply.logprobs == {"A": -0.1, "B": -2.4}
    assert [server.asked[0][key] for key in ("logprobs", "top_logprobs")] == [True, 20]
    assert server.asked[0]["structured_outputs"] == {"regex": "(A|B)"}
    assert ask(server, [chat_request(choices=("A", "B"))]) == [reply]


@pytest.mark.parametrize(
    ("other", "known"),
    [
        ("-2.5", {"A": -0.1, "B": -2.5}),
        ("-Infinity", {"A": -0.1}),
        ("NaN", None),
        ("Infinity", None),
        ("800", None),
        ("1" + "0" * 400, None),
        ("1e999", None),
    ],
)
def test_with_one_log_probability_that_is_none_none_is_known(serve: Serve, ask: Ask, other: str, known):
    top = f'[{{"token": "A", "logprob": -0.1}}, {{"token": "B", "logprob": {other}}}]'
    answer = says("A").body.replace('"index": 0', f'"logprobs": {{"content": [{{"top_logprobs": {top}}}]}}')
    [reply] = ask(serve(Scripted(answer)), [chat_request(choices=("A", "B"))])
    assert (reply.text, reply.logprobs) == ("A", known)


def test_choices_are_asked_for_without_what_a_server_does_not_know(serve: Serve, ask: Ask):
    server = serve(script=lambda body: fails(400) if "structured_outputs" in body else says("A"))
    [reply] = ask(server, [chat_request(choices=("A", "B"))])
    assert (reply.text, reply.logprobs) == ("A", None)
    assert "top_logprobs" in server.asked[-1]
