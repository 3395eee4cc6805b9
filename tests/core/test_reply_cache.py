import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chat import ChatReply, ChatRequest
from core.errors import WorkspaceError
from core.reply_cache import ReplyCache

HI = ChatReply("hi", "stop", None, "m", 0.5, {"A": -0.25})


def request(text: str = "hello", most: int = 9) -> ChatRequest:
    return ChatRequest("m", (("user", text),), {"max_tokens": most})


def test_a_reply_is_there_for_whoever_opens_the_folder_next(tmp_path: Path):
    ReplyCache(tmp_path / "llm").put(request(), HI)
    assert ReplyCache(tmp_path / "llm").get(request()) == HI
    assert ReplyCache(tmp_path / "llm").get(request(most=10)) is None


def test_looking_makes_no_file(tmp_path: Path):
    assert ReplyCache(tmp_path / "llm").get(request()) is None
    assert list(tmp_path.iterdir()) == []


def test_the_newest_reply_counts(tmp_path: Path):
    cache = ReplyCache(tmp_path)
    cache.put(request(), HI)
    cache.put(request(), ChatReply("no", "stop", None, "m", 0.5))
    assert cache.get(request()) == ChatReply("no", "stop", None, "m", 0.5)


def test_two_may_use_the_file_at_once(tmp_path: Path):
    first, second = ReplyCache(tmp_path), ReplyCache(tmp_path)
    for number in range(50):
        first.put(request(f"a{number}"), HI)
        second.put(request(f"b{number}"), HI)
    assert all(first.get(request(f"b{number}")) == HI for number in range(50))


@given(st.text(st.characters(), max_size=30))
def test_any_text_is_kept(tmp_path_factory: pytest.TempPathFactory, text: str):
    cache = ReplyCache(tmp_path_factory.mktemp("llm"))
    cache.put(request(), ChatReply(text, "stop", None, "m", 0.5))
    kept = cache.get(request())
    assert kept is not None
    assert kept.text == text


@pytest.mark.parametrize("spoilt", ['{"text": "h', "{}", "null", '["hi"]'])
def test_a_spoilt_reply_counts_as_absent(tmp_path: Path, spoilt: str):
    ReplyCache(tmp_path).put(request(), HI)
    with closing(sqlite3.connect(tmp_path / "replies.sqlite")) as kept, kept:
        kept.execute("UPDATE replies SET reply = ?", [spoilt])
    assert ReplyCache(tmp_path).get(request()) is None


def test_a_damaged_file_is_named_and_nothing_is_paid_twice(tmp_path: Path):
    (tmp_path / "replies.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(WorkspaceError, match=r"replies\.sqlite cannot be used .* remove it"):
        ReplyCache(tmp_path).get(request())


def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "llm").write_text("")
    with pytest.raises(WorkspaceError, match="you may write there"):
        ReplyCache(tmp_path / "llm").put(request(), HI)
