"""The door to language models, against a real HTTP server that says what each test tells it to."""

import builtins
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.chat import ChatFailure, ChatReply, ChatRequest, ChatServer, api_key, is_local
from core.errors import MissingExtraError, SettingsError
from core.llm.door import ask_all
from core.llm.openai_door import GIVE_UP_AFTER, OpenAIDoor
from core.reply_cache import ReplyCache
from core.scripted_llm import Script, Scripted, ScriptedServer, fails, says

pytest.importorskip("openai", reason="openai is not installed (pip install 'assay[llm]')")
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
Serve = Callable[..., ScriptedServer]


def request(text: str = "hello", **options) -> ChatRequest:
    return ChatRequest("m", (("system", "be brief"), ("user", text)), {"temperature": 0.0}, **options)


def ask(server: ScriptedServer, requests: list[ChatRequest], folder: Path, retries: int = 2, **options) -> list:
    """The answers in the order of the requests."""
    with closing(OpenAIDoor(ChatServer(server.base_url, "secret", retries=retries, **options))) as door:
        answers = sorted(ask_all(door, requests, ReplyCache(folder)), key=lambda found: found[0])
    return [answer for _, answer in answers]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ScriptedServer] = []

    def start(*answers: Scripted, script: Script | None = None) -> ScriptedServer:
        """A server that gives these answers in turn, the last one for ever; or follows a script."""
        left = list(answers)
        server = ScriptedServer(script or (lambda body: left.pop(0) if len(left) > 1 else left[0]))
        servers.append(server)
        return server.__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def test_a_reply_comes_with_its_model_and_its_time(serve: Serve, tmp_path: Path):
    server = serve(says("hi", model="m-2026"))
    [reply] = ask(server, [request()], tmp_path)
    assert (reply.text, reply.finish_reason, reply.refusal, reply.model) == ("hi", "stop", None, "m-2026")
    assert 0 < reply.seconds < 10


def test_the_server_is_asked_exactly_what_the_request_says(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    ask(server, [request(schema=SCHEMA)], tmp_path)
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


def test_what_was_answered_is_never_asked_again(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    first = ask(server, [request("a"), request("b")], tmp_path)
    again = ask(server, [request("b"), request("a"), request("c")], tmp_path)
    assert sorted(body["messages"][1]["content"] for body in server.asked) == ["a", "b", "c"]
    assert again[:2] == first[::-1]


def test_a_refusal_is_an_answer_and_kept(serve: Serve, tmp_path: Path):
    server = serve(says(None, refusal="I would rather not."))
    ask(server, [request()], tmp_path)
    [reply] = ask(server, [request()], tmp_path)
    assert (reply.text, reply.refusal, len(server.asked)) == ("", "I would rather not.", 1)


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
def test_passing_trouble_is_tried_again(serve: Serve, tmp_path: Path, trouble: Scripted, n_asked: int):
    server = serve(trouble, says("hi"))
    [reply] = ask(server, [request()], tmp_path)
    assert (reply.text, len(server.asked)) == ("hi", n_asked)


def test_the_server_says_how_long_to_wait(serve: Serve, tmp_path: Path):
    server = serve(fails(429, wait_ms=700), says("hi"))
    started = time.perf_counter()
    [reply] = ask(server, [request()], tmp_path)
    assert reply.text == "hi"
    assert 0.7 <= time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("answer", "retries", "n_asked", "reason"),
    [
        (fails(500), 3, 4, "answered 500"),
        (fails(429, code="rate_limit"), 1, 2, "answered 429 (rate_limit)"),
        (fails(400), 3, 1, "answered 400"),
        (fails(401, code="invalid_api_key"), 3, 1, "answered 401 (invalid_api_key); look at the key (api_key_env)"),
        (fails(404), 3, 1, "answered 404; look at base_url, which many servers end in /v1, and at the model's name"),
        (Scripted("x" * 99, hang_up=True), 0, 1, "could not be reached or hung up"),
        (Scripted("<html>busy</html>"), 3, 1, "answered what is no chat completion: a web page; look at base_url"),
        (Scripted('{"choices": []}'), 3, 1, "answered what is no chat completion"),
        (Scripted('{"choices": [{"message": null}]}'), 3, 1, "answered what is no chat completion"),
        (Scripted("[" * 200_000), 3, 1, "answered what is no chat completion: RecursionError"),
        (Scripted('{"created": ' + "9" * 5000 + "}"), 3, 1, "answered what is no chat completion: ValueError"),
        (Scripted("[]", 307, {"Location": "/elsewhere"}), 3, 1, "answered 307"),
    ],
)
def test_trouble_that_stays_is_a_failure_and_not_kept(
    serve: Serve, tmp_path: Path, answer: Scripted, retries: int, n_asked: int, reason: str
):
    server = serve(answer)
    [failure] = ask(server, [request()], tmp_path, retries=retries)
    assert isinstance(failure, ChatFailure)
    assert reason in failure.reason
    assert len(server.asked) == n_asked
    assert not list(tmp_path.rglob("*.json"))


def test_a_server_that_is_silent_is_given_up_in_time(serve: Serve, tmp_path: Path):
    server = serve(says("late", delay=2))
    [failure] = ask(server, [request()], tmp_path, retries=0, timeout=0.2)
    assert failure.reason.endswith("was silent for 0.2 s")
    assert failure.seconds < 1.5


def test_a_server_that_is_not_there(tmp_path: Path):
    with ScriptedServer(lambda body: says("")) as gone:
        pass
    [failure] = ask(gone, [request()], tmp_path, retries=0)
    assert failure.reason == f"127.0.0.1:{gone.http.server_port} could not be reached or hung up"


def test_an_error_shows_neither_the_key_nor_what_the_server_quotes(serve: Serve, tmp_path: Path):
    body = json.dumps({"error": {"message": "you said hello with secret", "code": "too long: hello"}})
    [failure] = ask(serve(Scripted(body, 400)), [request()], tmp_path)
    assert "hello" not in failure.reason
    assert "secret" not in failure.reason
    assert "secret" not in repr(ChatServer("http://h/v1", "secret"))


def knows_no_schema(body: dict) -> Scripted:
    return fails(400) if "response_format" in body else says(body["messages"][1]["content"])


def test_a_server_without_schemas_is_told_once_and_then_asked_plainly(serve: Serve, tmp_path: Path):
    server = serve(script=knows_no_schema)
    answers = ask(server, [request(t, schema=SCHEMA) for t in "abc"], tmp_path, concurrency=1)
    assert [answer.text for answer in answers] == ["a", "b", "c"]
    assert ["response_format" in body for body in server.asked] == [True, False, False, False]


def test_a_request_that_is_bad_in_itself_does_not_cost_the_others_their_schema(serve: Serve, tmp_path: Path):
    def script(body: dict) -> Scripted:
        return fails(400) if body["messages"][1]["content"] == "too long" else says("fine")

    server = serve(script=script)
    requests = [request(t, schema=SCHEMA) for t in ("too long", "short")]
    failure, reply = ask(server, requests, tmp_path, concurrency=1)
    assert (failure.reason.partition(" ")[2], reply.text) == ("answered 400", "fine")
    assert ["response_format" in body for body in server.asked] == [True, False, True]


def test_no_more_requests_are_under_way_than_allowed(serve: Serve, tmp_path: Path):
    server = serve(says("hi", delay=0.03))
    answers = ask(server, [request(str(n)) for n in range(20)], tmp_path, concurrency=4)
    assert len(answers) == 20
    assert server.busiest == 4


def test_a_wrong_key_ends_the_asking(serve: Serve, tmp_path: Path):
    server = serve(fails(401))
    answers = ask(server, [request(str(n)) for n in range(50)], tmp_path, concurrency=2)
    assert len(server.asked) <= 2
    assert [type(answer) for answer in answers] == [ChatFailure] * 50
    assert answers[-1].reason.startswith("not asked: 127.0.0.1:")


def test_a_broken_server_ends_the_asking_but_not_what_is_on_disk(serve: Serve, tmp_path: Path):
    ask(serve(says("kept")), [request("49")], tmp_path)
    server = serve(fails(500))
    answers = ask(server, [request(str(n)) for n in range(50)], tmp_path, retries=0, concurrency=1)
    assert len(server.asked) == GIVE_UP_AFTER
    assert isinstance(answers[49], ChatReply)
    assert answers[30].reason.startswith("not asked: 20 failures in a row, the last one:")


def test_a_server_that_fails_now_and_then_is_not_given_up(serve: Serve, tmp_path: Path):
    server = serve(script=lambda body: says("fine") if body["messages"][1]["content"].endswith("0") else fails(500))
    answers = ask(server, [request(str(n)) for n in range(50)], tmp_path, retries=0, concurrency=1)
    assert len(server.asked) == 50
    assert sum(isinstance(answer, ChatReply) for answer in answers) == 5


def test_requests_are_taken_as_they_are_needed(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    taken: list[int] = []

    def requests() -> Iterator[ChatRequest]:
        for number in range(100):
            taken.append(number)
            yield request(str(number))

    with closing(OpenAIDoor(ChatServer(server.base_url, "k", concurrency=3))) as door:
        next(ask_all(door, requests(), ReplyCache(tmp_path)))
    assert len(taken) == 3


def test_equal_requests_are_asked_once(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    answers = ask(server, [request("a"), request("b"), request("a")], tmp_path, concurrency=3)
    assert sorted(body["messages"][1]["content"] for body in server.asked) == ["a", "b"]
    assert [answer.text for answer in answers] == ["hi", "hi", "hi"]


def test_a_door_may_be_asked_again(serve: Serve, tmp_path: Path):
    server = serve(says("hi"))
    with closing(OpenAIDoor(ChatServer(server.base_url, "k"))) as door:
        for text in ("a", "b"):
            [(number, answer)] = ask_all(door, [request(text)], ReplyCache(tmp_path))
            assert (number, answer.text) == (0, "hi")


BOUNDED = {"type": "object", "properties": {"why": {"type": "string", "maxLength": 9}}, "required": ["why"]}


def test_bounds_that_a_server_does_not_take_are_left_out_before_the_schema_is(serve: Serve, tmp_path: Path):
    bounded = lambda body: "maxLength" in json.dumps(body)  # noqa: E731
    server = serve(script=lambda body: fails(400) if bounded(body) else says("{}"))
    ask(server, [request(str(n), schema=BOUNDED) for n in range(3)], tmp_path, concurrency=1)
    assert [bounded(body) for body in server.asked] == [True, False, False, False]
    assert all("response_format" in body for body in server.asked)


def test_choices_come_with_the_probabilities_of_the_first_token(serve: Serve, tmp_path: Path):
    top = [{"token": "A", "logprob": -0.1}, {"token": "B", "logprob": -2.4}]
    answer = json.loads(says("A").body)
    answer["choices"][0]["logprobs"] = {"content": [{"token": "A", "logprob": -0.1, "top_logprobs": top}]}
    server = serve(Scripted(json.dumps(answer)))
    [reply] = ask(server, [request(choices=("A", "B"))], tmp_path)
    assert reply.logprobs == {"A": -0.1, "B": -2.4}
    assert [server.asked[0][key] for key in ("logprobs", "top_logprobs")] == [True, 20]
    assert server.asked[0]["structured_outputs"] == {"regex": "(A|B)"}
    assert ask(server, [request(choices=("A", "B"))], tmp_path) == [reply]


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
def test_with_one_log_probability_that_is_none_none_is_known(serve: Serve, tmp_path: Path, other: str, known):
    top = f'[{{"token": "A", "logprob": -0.1}}, {{"token": "B", "logprob": {other}}}]'
    answer = says("A").body.replace('"index": 0', f'"logprobs": {{"content": [{{"top_logprobs": {top}}}]}}')
    [reply] = ask(serve(Scripted(answer)), [request(choices=("A", "B"))], tmp_path)
    assert (reply.text, reply.logprobs) == ("A", known)


def test_half_a_character_in_the_name_of_a_model_is_replaced(serve: Serve, tmp_path: Path):
    [reply] = ask(serve(says("hi", model="m\ud800", finish_reason="\udc00")), [request()], tmp_path)
    assert (reply.model, reply.finish_reason) == ("m?", "?")


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
    serve: Serve, tmp_path: Path, status: int, code: str
):
    server = serve(script=lambda body: fails(status, code=code) if "hello" in str(body) else says("fine"))
    for _ in range(2):
        declined, other = ask(server, [request(schema=BOUNDED), request("b", schema=BOUNDED)], tmp_path, concurrency=1)
        assert (declined.text, declined.finish_reason, declined.refusal) == ("", "content_filter", None)
        assert (declined.model, other.text) == ("m", "fine")
    assert ["maxLength" in json.dumps(body) for body in server.asked] == [True, True]


@pytest.mark.parametrize(("status", "code"), [(400, "bad"), (500, "content_filter"), (403, "no_access")])
def test_other_errors_stay_failures(serve: Serve, tmp_path: Path, status: int, code: str):
    [failure] = ask(serve(fails(status, code=code)), [request()], tmp_path, retries=0)
    assert isinstance(failure, ChatFailure)
    assert f"answered {status} ({code})" in failure.reason


def test_choices_are_asked_for_without_what_a_server_does_not_know(serve: Serve, tmp_path: Path):
    server = serve(script=lambda body: fails(400) if "structured_outputs" in body else says("A"))
    [reply] = ask(server, [request(choices=("A", "B"))], tmp_path)
    assert (reply.text, reply.logprobs) == ("A", None)
    assert "top_logprobs" in server.asked[-1]


def test_the_key_of_a_request_covers_everything_but_the_server():
    base = request()
    others = [
        request("hallo"),
        request(schema=SCHEMA),
        ChatRequest("other", base.messages, base.parameters),
        ChatRequest("m", base.messages, {"temperature": 0.5}),
        request(choices=("A", "B")),
        request(engine={"dtype": "float16"}),
    ]
    assert len({base.key, *(other.key for other in others)}) == 7
    assert base.key == request().key


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:80/v1", True),
        ("https://api.example.org/v1", False),
        ("http://127.0.0.1.example.org/v1", False),
        ("http://10.0.0.7:8000/v1", False),
    ],
)
def test_which_servers_need_a_key(monkeypatch: pytest.MonkeyPatch, address: str, local: bool):
    monkeypatch.delenv("SOME_KEY", raising=False)
    assert is_local(address) is local
    if local:
        assert api_key("SOME_KEY", address) == "none"
    else:
        with pytest.raises(SettingsError, match="environment variable SOME_KEY"):
            api_key("SOME_KEY", address)
    monkeypatch.setenv("SOME_KEY", " k \n")
    assert api_key("SOME_KEY", address) == "k"


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    real = builtins.__import__

    def without_openai(name: str, *rest, **more):
        if name == "openai":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without_openai)
    with pytest.raises(MissingExtraError, match=r"pip install 'assay\[llm\]'"):
        OpenAIDoor(ChatServer("http://127.0.0.1:1/v1", "k"))


@pytest.mark.parametrize("key", ["sk-请填密钥", "k\nl", "two words", "k\x07"])
def test_a_key_that_can_be_none_is_not_sent_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("A_KEY", key)
    with pytest.raises(SettingsError, match="A_KEY has characters that no key has") as told:
        api_key("A_KEY", "https://models.example/v1")
    assert key not in str(told.value)


@pytest.mark.parametrize("reason", ["error", "abort"])
def test_an_answer_that_broke_off_is_a_failure_and_not_kept(serve: Serve, tmp_path: Path, reason: str):
    server = serve(says("", finish_reason=reason), says("hi"))
    [failure] = ask(server, [request()], tmp_path)
    assert isinstance(failure, ChatFailure)
    assert f"it broke off ({reason})" in failure.reason
    [reply] = ask(server, [request()], tmp_path)
    assert reply.text == "hi"
