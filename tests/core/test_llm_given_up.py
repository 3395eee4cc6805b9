"""How many requests a model server gets that never, or no longer, replies."""

from collections.abc import Callable

import pytest

from core.chat import Answer, ChatFailure, ChatReply
from core.scripted_llm import Scripted, ScriptedServer, chat_request, fails, says

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
BOUNDED = {"type": "object", "properties": {"why": {"type": "string", "maxLength": 9}}, "required": ["why"]}
TOO_LONG = fails(400, code="context_length_exceeded")
Serve = Callable[..., ScriptedServer]
Ask = Callable[..., list[Answer]]


def said(message: str) -> Scripted:
    """A 400 with a text, as vLLM gives it."""
    return Scripted(f'{{"error": {{"message": "{message}", "type": "BadRequestError", "code": 400}}}}', 400)


def by_text(body: dict) -> Scripted:
    """Replies to requests whose text starts with "good"."""
    return says("fine") if body["messages"][1]["content"].startswith("good") else fails(400)


def n_replies(answers: list[Answer]) -> int:
    return sum(isinstance(answer, ChatReply) for answer in answers)


@pytest.mark.parametrize(
    ("answer", "n_asked"),
    [
        (Scripted("", 302, {"Location": "/v1/chat/completions"}), 20),
        (Scripted("", 303, {"Location": "/login"}), 20),
        (fails(400), 22),
        (fails(422), 22),
        (fails(409), 20),
        (fails(418), 20),
        (fails(429), 20),
        (fails(503), 20),
        (Scripted("ok"), 20),
        (fails(401), 1),
        (fails(404), 1),
    ],
)
def test_a_server_that_never_replies_is_left_alone(serve: Serve, ask: Ask, answer: Scripted, n_asked: int):
    server = serve(answer)
    answers = ask(server, [chat_request(str(n), schema=BOUNDED) for n in range(160)], retries=0, concurrency=1)
    assert len(server.asked) == n_asked
    assert [type(answer) for answer in answers] == [ChatFailure] * 160
    n_failed = min(n_asked, 20)
    assert [a.reason.startswith("not asked: ") for a in answers] == [False] * n_failed + [True] * (160 - n_failed)


def test_what_is_under_way_when_a_server_is_given_up_is_all_that_it_still_gets(serve: Serve, ask: Ask):
    server = serve(Scripted("", 302, {"Location": "/"}))
    ask(server, [chat_request(str(n)) for n in range(160)], concurrency=8)
    assert 20 <= len(server.asked) <= 27


def test_the_last_failure_is_told_with_what_to_look_at(serve: Serve, ask: Ask):
    answers = ask(serve(said("Unknown model toy")), [chat_request(str(n)) for n in range(21)], concurrency=1)
    assert answers[20].reason.startswith("not asked: 20 failures in a row, the last one: 127.0.0.1:")
    assert answers[20].reason.endswith(
        " answered 400; look at the model's name, at max_tokens, and at what else is set for the voter"
    )
    assert "toy" not in answers[20].reason


def test_bad_requests_amid_good_ones_never_end_the_asking(serve: Serve, ask: Ask):
    server = serve(script=by_text)
    texts = [f"{'good' if n % 20 == 19 else 'bad'} {n}" for n in range(60)]
    answers = ask(server, [chat_request(text) for text in texts], concurrency=1)
    assert (len(server.asked), n_replies(answers)) == (60, 3)


def test_after_a_reply_many_bad_requests_in_a_row_are_bad_in_themselves(serve: Serve, ask: Ask):
    server = serve(script=by_text)
    texts = ["good", *[f"bad {n}" for n in range(190)], "good again"]
    answers = ask(server, [chat_request(text) for text in texts], concurrency=8)
    assert (len(server.asked), n_replies(answers)) == (192, 2)


@pytest.mark.slow
def test_a_server_that_replied_and_then_takes_nothing_is_given_up_in_the_end(serve: Serve, ask: Ask):
    server = serve(says("fine"), fails(400))
    answers = ask(server, [chat_request(str(n), schema=BOUNDED) for n in range(300)], concurrency=1)
    assert len(server.asked) == 1 + 3 + 199
    assert answers[201].reason.startswith("not asked: 200 failures in a row, the last one:")


@pytest.mark.parametrize(
    "refusal",
    [
        TOO_LONG,
        fails(413),
        said("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens."),
        said("The input (5000 tokens) is longer than the model's context length (4096 tokens)."),
        said("the request exceeds the available context size"),
    ],
)
def test_chats_that_are_too_long_do_not_keep_the_others_from_being_asked(serve: Serve, ask: Ask, refusal: Scripted):
    server = serve(script=lambda body: refusal if "long" in body["messages"][1]["content"] else says("fine"))
    answers = ask(server, [chat_request(t) for t in [*[f"long {n}" for n in range(30)], "short"]], concurrency=1)
    assert (len(server.asked), n_replies(answers)) == (31, 1)


def test_a_server_for_which_everything_is_too_long_is_given_up_in_the_end(serve: Serve, ask: Ask):
    server = serve(TOO_LONG)
    ask(server, [chat_request(str(n)) for n in range(300)], concurrency=8)
    assert 200 <= len(server.asked) <= 207


def test_what_a_server_quotes_far_down_does_not_make_a_request_too_long(serve: Serve, ask: Ask):
    server = serve(said("Unknown model toy. " + "You said: " * 50 + "my context length is too long"))
    ask(server, [chat_request(str(n)) for n in range(160)], concurrency=1)
    assert len(server.asked) == 20


def test_too_long_chats_and_other_trouble_are_counted_apart(serve: Serve, ask: Ask):
    server = serve(*[TOO_LONG] * 21, *[fails(500)] * 19, says("fine"))
    answers = ask(server, [chat_request(str(n)) for n in range(41)], retries=0, concurrency=1)
    assert (len(server.asked), n_replies(answers)) == (41, 1)


def test_chats_that_the_servers_filter_declines_are_no_failures(serve: Serve, ask: Ask):
    server = serve(fails(400, code="content_filter"))
    answers = ask(server, [chat_request(str(n), schema=BOUNDED) for n in range(40)], concurrency=1)
    assert (len(server.asked), n_replies(answers)) == (40, 40)


def test_a_good_request_among_bad_ones_is_sent_once(serve: Serve, ask: Ask):
    server = serve(script=by_text)
    texts = [f"{kind} {number}" for number in range(5) for kind in ("good", "bad")]
    ask(server, [chat_request(text, schema=BOUNDED) for text in texts], retries=0, concurrency=1)
    sent = [body["messages"][1]["content"] for body in server.asked]
    assert [sent.count(text) for text in texts if text.startswith("good")] == [1] * 5


def test_what_is_too_long_says_nothing_of_the_form(serve: Serve, ask: Ask):
    server = serve(script=lambda body: says("fine") if "good" in body["messages"][1]["content"] else TOO_LONG)
    ask(server, [chat_request(text, schema=BOUNDED) for text in ("long", "good 1")], retries=0, concurrency=1)
    assert [body["messages"][1]["content"] for body in server.asked].count("good 1") == 1
