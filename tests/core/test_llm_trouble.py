"""A model server in trouble: what is tried again, what is given up, and what is kept of it (nothing)."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.chat import Answer, ChatFailure, ChatReply, ChatServer
from core.scripted_llm import Scripted, ScriptedServer, chat_request, fails, says

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
BOUNDED = {"type": "object", "properties": {"why": {"type": "string", "maxLength": 9}}, "required": ["why"]}
Serve = Callable[..., ScriptedServer]
Ask = Callable[..., list[Answer]]


@pytest.mark.parametrize(
    ("trouble", "n_asked"),
    [
        (fails(429), 2),
        (fails(500), 2),
        (fails(503), 2),
        (fails(408), 2),
        (Scripted("{}" * 50, hang_up=True), 2),
    ],
)
def test_passing_trouble_is_tried_again(serve: Serve, ask: Ask, trouble: Scripted, n_asked: int):
    server = serve(trouble, says("hi"))
    [reply] = ask(server, [chat_request()])
    assert (reply.text, len(server.asked)) == ("hi", n_asked)


def test_the_server_says_how_long_to_wait(serve: Serve, ask: Ask):
    server = serve(fails(429, wait_ms=700), says("hi"))
    started = time.perf_counter()
    [reply] = ask(server, [chat_request()])
    assert reply.text == "hi"
    assert time.perf_counter() - started >= 0.7


@pytest.mark.parametrize(
    ("answer", "retries", "n_asked", "reason"),
    [
        (fails(500), 3, 4, "answered 500"),
        (fails(429, code="rate_limit"), 1, 2, "answered 429 (rate_limit)"),
        (
            fails(400),
            3,
            1,
            "answered 400; look at the model's name, at max_tokens, and at what else is set for the voter",
        ),
        (fails(422, code="bad"), 3, 1, "answered 422 (bad); look at the model's name"),
        (fails(400, code="context_length_exceeded"), 3, 1, "; it says that this is too long for the model: look at"),
        (fails(413), 3, 1, "answered 413; it says that this is too long for the model: look at max_tokens"),
        (fails(401, code="invalid_api_key"), 3, 1, "answered 401 (invalid_api_key); look at the key (api_key_env)"),
        (fails(404), 3, 1, "answered 404; look at base_url, which many servers end in /v1, and at the model's name"),
        (Scripted("x" * 99, hang_up=True), 0, 1, "could not be reached or hung up"),
        (Scripted("<html>busy</html>"), 3, 1, "answered what is no chat completion: a web page; look at base_url"),
        (Scripted("[]", 307, {"Location": "/elsewhere"}), 3, 1, "answered 307; look at base_url"),
        (Scripted("", 304), 3, 1, "answered 304; look at base_url"),
    ],
)
def test_trouble_that_stays_is_a_failure_and_not_kept(
    serve: Serve, ask: Ask, tmp_path: Path, answer: Scripted, retries: int, n_asked: int, reason: str
):
    server = serve(answer)
    [failure] = ask(server, [chat_request()], retries=retries)
    assert isinstance(failure, ChatFailure)
    assert reason in failure.reason
    assert len(server.asked) == n_asked
    ask(server, [chat_request()], retries=0)
    assert len(server.asked) == n_asked + 1


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("", "nothing"),
        (" \n", "nothing"),
        ("ok", "no JSON"),
        ('data: {"choices": []}', "no JSON"),
        ("[]", "JSON without choices"),
        ("null", "JSON without choices"),
        ("{}", "JSON without choices"),
        ('{"choices": []}', "JSON without choices"),
        ('{"choices": {"0": 1}}', "JSON without choices"),
        ('{"error": {"message": "you said hello"}}', "JSON with an error instead of choices"),
        ('{"choices": [7]}', "JSON whose first choice has no message"),
        ('{"choices": [{"message": null}]}', "JSON whose first choice has no message"),
        ("[" * 200_000, "JSON that is nested too deeply"),
        ('{"created": ' + "9" * 5000 + "}", "JSON with a number of too many digits"),
    ],
)
def test_what_came_instead_of_a_reply_is_said_in_words(serve: Serve, ask: Ask, body: str, what: str):
    server = serve(Scripted(body))
    [failure] = ask(server, [chat_request()], retries=3)
    assert failure.reason.partition(" ")[2] == f"answered what is no chat completion: {what}"
    ask(server, [chat_request()], retries=0)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "logprobs", ["7", '{"content": 7}', '{"content": [{}]}', '{"content": [{"top_logprobs": [1]}]}']
)
def test_log_probabilities_of_another_form_are_said_in_words(serve: Serve, ask: Ask, logprobs: str):
    answer = says("A").body.replace('"index": 0', f'"logprobs": {logprobs}')
    [failure] = ask(serve(Scripted(answer)), [chat_request(choices=("A", "B"))])
    assert failure.reason.endswith("no chat completion: a reply whose log-probabilities have another form")


def test_a_server_that_is_silent_is_given_up_in_time(serve: Serve, ask: Ask):
    server = serve(says("late", delay=20))
    [failure] = ask(server, [chat_request()], retries=0, timeout=0.2)
    assert failure.reason.endswith("was silent for 0.2 s")
    assert failure.seconds < 10


def test_a_server_that_is_not_there(ask: Ask):
    with ScriptedServer(lambda body: says("")) as gone:
        pass
    [failure] = ask(gone, [chat_request()], retries=0)
    assert failure.reason == f"127.0.0.1:{gone.http.server_port} could not be reached or hung up"


def test_an_error_shows_neither_the_key_nor_what_the_server_quotes(serve: Serve, ask: Ask):
    body = json.dumps({"error": {"message": "you said hello with secret", "code": "too long: hello"}})
    [failure] = ask(serve(Scripted(body, 400)), [chat_request()])
    assert "hello" not in failure.reason
    assert "secret" not in failure.reason
    assert "secret" not in repr(ChatServer("http://h/v1", "secret"))


def test_a_wrong_key_ends_the_asking(serve: Serve, ask: Ask):
    server = serve(fails(401))
    answers = ask(server, [chat_request(str(n)) for n in range(50)], concurrency=2)
    assert len(server.asked) <= 2
    assert [type(answer) for answer in answers] == [ChatFailure] * 50
    assert answers[-1].reason.startswith("not asked: 127.0.0.1:")


def test_a_broken_server_ends_the_asking_but_not_what_is_on_disk(serve: Serve, ask: Ask):
    ask(serve(says("kept")), [chat_request("49")])
    server = serve(fails(500))
    answers = ask(server, [chat_request(str(n)) for n in range(50)], retries=0, concurrency=1)
    assert len(server.asked) == 20
    assert isinstance(answers[49], ChatReply)
    assert answers[30].reason.startswith("not asked: 20 failures in a row, the last one:")


def test_a_server_that_fails_now_and_then_is_not_given_up(serve: Serve, ask: Ask):
    server = serve(script=lambda body: says("fine") if body["messages"][1]["content"].endswith("0") else fails(500))
    answers = ask(server, [chat_request(str(n)) for n in range(50)], retries=0, concurrency=1)
    assert len(server.asked) == 50
    assert sum(isinstance(answer, ChatReply) for answer in answers) == 5


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "content_filter"),
        (400, "data_inspection_failed"),
        (400, "content_policy_violation"),
        (403, "moderation_blocked"),
        (422, "sensitive"),
    ],
)
def test_a_chat_that_the_servers_filter_does_not_take_is_declined_and_not_asked_again(
    serve: Serve, ask: Ask, status: int, code: str
):
    server = serve(script=lambda body: fails(status, code=code) if "hello" in str(body) else says("fine"))
    for _ in range(2):
        declined, other = ask(server, [chat_request(schema=BOUNDED), chat_request("b", schema=BOUNDED)], concurrency=1)
        assert (declined.text, declined.finish_reason, declined.refusal) == ("", "content_filter", None)
        assert (declined.model, other.text) == ("m", "fine")
    assert ["maxLength" in json.dumps(body) for body in server.asked] == [True, True]


@pytest.mark.parametrize(("status", "code"), [(400, "bad"), (500, "content_filter"), (403, "no_access")])
def test_other_errors_stay_failures(serve: Serve, ask: Ask, status: int, code: str):
    [failure] = ask(serve(fails(status, code=code)), [chat_request()], retries=0)
    assert isinstance(failure, ChatFailure)
    assert f"answered {status} ({code})" in failure.reason


@pytest.mark.parametrize("reason", ["error", "abort"])
def test_an_answer_that_broke_off_is_a_failure_and_not_kept(serve: Serve, ask: Ask, reason: str):
    server = serve(says("", finish_reason=reason), says("hi"))
    [failure] = ask(server, [chat_request()])
    assert isinstance(failure, ChatFailure)
    assert f"it broke off ({reason})" in failure.reason
    [reply] = ask(server, [chat_request()])
    assert reply.text == "hi"


def test_where_nobody_is_there_the_rest_is_not_tried(ask: Ask):
    with ScriptedServer(lambda body: says("")) as gone:
        pass
    answers = ask(gone, [chat_request(str(n)) for n in range(40)], retries=0)
    where = f"127.0.0.1:{gone.http.server_port} could not be reached or hung up"
    assert {answer.reason for answer in answers} == {where, f"not asked: {where}"}
    assert sum(answer.reason == where for answer in answers) <= 8  # as many as are under way at once
