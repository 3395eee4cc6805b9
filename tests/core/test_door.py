"""Answers that are kept and answers that are asked for, in one stream: what is read when, and handed on when."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import Answer, ChatFailure, ChatReply, ChatRequest
from core.llm import door as doors
from core.llm.door import ask_all
from core.reply_cache import ReplyCache


class Model:
    """A door with room for some requests, which are answered in the reverse of the order they came in."""

    def __init__(self, room: int = 1, answer: Callable[[str], Answer] | None = None) -> None:
        self.room = room
        self.answer = answer or says
        self.asked: list[str] = []
        self.n_calls = 0

    def ask(self, requests: Iterable[ChatRequest]) -> Iterator[tuple[int, Answer]]:
        self.n_calls += 1
        waiting = enumerate(requests)
        under_way: list[tuple[int, str]] = []
        while under_way := [*under_way, *((n, text_of(r)) for n, r in islice(waiting, self.room - len(under_way)))]:
            number, text = under_way.pop()
            self.asked.append(text)
            yield number, self.answer(text)

    def close(self) -> None:
        pass


def says(text: str) -> Answer:
    return ChatReply(f"re {text}", "stop", None, "m", 0.1)


def fails(text: str) -> Answer:
    return ChatFailure(f"no {text}", 0.1)


def text_of(request: ChatRequest) -> str:
    return request.messages[0][1]


def request(text: object) -> ChatRequest:
    return ChatRequest("m", (("user", str(text)),))


def keep(cache: ReplyCache, texts: Iterable[object]) -> None:
    for text in texts:
        cache.put(request(text), ChatReply(f"kept {text}", "stop", None, "m", 0.1))


def words(answers: Iterable[tuple[int, Answer]]) -> dict[int, str]:
    """What was answered to which request, each of which was answered once."""
    found = list(answers)
    assert len(dict(found)) == len(found)
    return {number: answer.text if isinstance(answer, ChatReply) else answer.reason for number, answer in found}


@pytest.fixture
def cache(tmp_path: Path) -> ReplyCache:
    return ReplyCache(tmp_path)


def test_kept_replies_are_handed_on_while_others_are_still_unread(cache: ReplyCache):
    keep(cache, range(1000))
    read: list[int] = []
    model = Model()
    answers = ask_all(model, (read.append(n) or request(n) for n in range(1000)), cache)
    assert next(answers)[0] == 0
    assert len(read) == doors.PORTION
    assert [number for number, _ in answers] == list(range(1, 1000))
    assert model.n_calls == 0


def test_kept_replies_do_not_pile_up_while_the_model_is_at_work(cache: ReplyCache, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doors, "MOST_KEPT", 200)
    keep(cache, range(2, 1000))
    read: list[int] = []
    model = Model(room=3)
    answers = ask_all(model, (read.append(n) or request(n) for n in range(1001)), cache)
    assert next(answers)[0] == 2
    assert len(read) == 202
    assert len(words(answers)) == 1000
    assert sorted(model.asked) == ["0", "1", "1000"]


def test_what_is_kept_comes_in_its_order_and_before_what_must_be_asked(cache: ReplyCache):
    keep(cache, "abd")
    assert list(words(ask_all(Model(), map(request, "abcd"), cache)).items()) == [
        (0, "kept a"),
        (1, "kept b"),
        (2, "re c"),
        (3, "kept d"),
    ]


def test_nothing_that_must_be_asked_is_read_before_there_is_room(cache: ReplyCache):
    keep(cache, range(5))
    read: list[int] = []
    answers = ask_all(Model(room=4), (read.append(n) or request(n) for n in range(100)), cache)
    assert [next(answers)[0] for _ in range(5)] == [0, 1, 2, 3, 4]
    assert len(read) == 6
    next(answers)
    assert len(read) == 9


def test_equal_requests_fail_alike_and_are_asked_once(cache: ReplyCache):
    model = Model(answer=fails)
    assert words(ask_all(model, map(request, "aabaa"), cache)) == dict(
        enumerate(["no a", "no a", "no b", "no a", "no a"])
    )
    assert model.asked == ["a", "b"]


def test_a_failure_is_forgotten_when_all_is_answered(cache: ReplyCache):
    assert words(ask_all(Model(answer=fails), [request("a")], cache)) == {0: "no a"}
    assert words(ask_all(Model(), [request("a")], cache)) == {0: "re a"}


class Memory(dict[str, ChatReply]):
    """Kept replies without a disk, so that many corpora can be tried."""

    def get(self, wanted: ChatRequest) -> ChatReply | None:
        return super().get(wanted.key)

    def put(self, wanted: ChatRequest, reply: ChatReply) -> None:
        self[wanted.key] = reply


@given(
    texts=st.lists(st.integers(0, 12), max_size=60),
    kept=st.sets(st.integers(0, 12)),
    bad=st.sets(st.integers(0, 12)),
    room=st.integers(1, 5),
    piles=st.tuples(st.integers(1, 4), st.integers(1, 8)),
)
def test_every_request_is_answered_once_and_asked_at_most_once(
    texts: Sequence[int], kept: set[int], bad: set[int], room: int, piles: tuple[int, int]
):
    cache = Memory()
    keep(cache, kept)
    model = Model(room, lambda text: fails(text) if int(text) in bad else says(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors, "PORTION", piles[0])
        patch.setattr(doors, "MOST_KEPT", piles[1])
        found = words(ask_all(model, map(request, texts), cache))
    expected = {text: f"kept {text}" if text in kept else f"{'no' if text in bad else 're'} {text}" for text in texts}
    assert found == {number: expected[text] for number, text in enumerate(texts)}
    assert sorted(map(int, model.asked)) == sorted(set(texts) - kept)
