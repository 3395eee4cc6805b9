"""The door to language models, against a real HTTP server that says what each test tells it to."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.chat import Answer, ChatRequest, ChatServer
from core.llm.door import ask_all
from core.llm.openai_door import OpenAIDoor
from core.reply_cache import ReplyCache
from core.scripted_llm import ScriptedServer, chat_request, says

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
Serve = Callable[..., ScriptedServer]
Ask = Callable[..., list[Answer]]


def test_a_reply_comes_with_its_model_and_its_time(serve: Serve, ask: Ask):
    server = serve(says("hi", model="m-2026"))
    [reply] = ask(server, [chat_request()])
    assert (reply.text, reply.finish_reason, reply.refusal, reply.model) == ("hi", "stop", None, "m-2026")
    assert 0 < reply.seconds < 10


def test_the_server_is_asked_exactly_what_the_request_says(serve: Serve, ask: Ask):
    server = serve(says("hi"))
    ask(server, [chat_request(schema=SCHEMA)])
    assert server.asked == [
        {
            "model": "m",
            "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
            "temperature": 0.0,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        }
    ]
    assert server.keys == ["Bearer secret"]


def test_what_was_answered_is_never_asked_again(serve: Serve, ask: Ask):
    server = serve(says("hi"))
    first = ask(server, [chat_request("a"), chat_request("b")])
    again = ask(server, [chat_request("b"), chat_request("a"), chat_request("c")])
    assert sorted(body["messages"][1]["content"] for body in server.asked) == ["a", "b", "c"]
    assert again[:2] == first[::-1]


def test_a_refusal_is_an_answer_and_kept(serve: Serve, ask: Ask):
    server = serve(says(None, refusal="I would rather not."))
    ask(server, [chat_request()])
    [reply] = ask(server, [chat_request()])
    assert (reply.text, reply.refusal, len(server.asked)) == ("", "I would rather not.", 1)


def test_no_more_requests_are_under_way_than_allowed(serve: Serve, ask: Ask):
    server = serve(says("hi", delay=0.03))
    answers = ask(server, [chat_request(str(n)) for n in range(20)], concurrency=4)
    assert len(answers) == 20
    assert server.busiest == 4


def test_requests_are_taken_as_they_are_needed(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    taken: list[int] = []

    def requests() -> Iterator[ChatRequest]:
        for number in range(100):
            taken.append(number)
            yield chat_request(str(number))

    with closing(OpenAIDoor(ChatServer(server.base_url, "k", concurrency=3))) as door:
        next(ask_all(door, requests(), ReplyCache(tmp_path)))
    assert len(taken) == 3


def test_equal_requests_are_asked_once(serve: Serve, ask: Ask):
    server = serve(says("hi"))
    answers = ask(server, [chat_request("a"), chat_request("b"), chat_request("a")], concurrency=3)
    assert sorted(body["messages"][1]["content"] for body in server.asked) == ["a", "b"]
    assert [answer.text for answer in answers] == ["hi", "hi", "hi"]


def test_a_door_may_be_asked_again(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    with closing(OpenAIDoor(ChatServer(server.base_url, "k"))) as door:
        for text in ("a", "b"):
            [(number, answer)] = ask_all(door, [chat_request(text)], ReplyCache(tmp_path))
            assert (number, answer.text) == (0, "hi")


def test_half_a_character_in_the_name_of_a_model_is_replaced(serve: Serve, ask: Ask):
    [reply] = ask(serve(says("hi", model="m\ud800", finish_reason="\udc00")), [chat_request()])
    assert (reply.model, reply.finish_reason) == ("m?", "?")


def test_the_key_of_a_request_covers_everything_but_the_server():
    base = chat_request()
    others = [
        chat_request("hallo"),
        chat_request(schema=SCHEMA),
        ChatRequest("other", base.messages, base.parameters),
        ChatRequest("m", base.messages, {"temperature": 0.5}),
        chat_request(choices=("A", "B")),
        chat_request(engine={"dtype": "float16"}),
    ]
    assert len({base.key, *(other.key for other in others)}) == 7
    assert base.key == chat_request().key
