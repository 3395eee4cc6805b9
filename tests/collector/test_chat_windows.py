"""A chat that is ordered in windows of time comes out as one that is ordered at once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector import chat_files, windows
from collector.merging import Merged, merge
from collector.preparing import REJECTED_SCHEMA, Prepared
from collector.spool import Spool
from core.contracts import empty
from core.store import Store

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
NONE_REJECTED = pl.DataFrame(schema=REJECTED_SCHEMA)


def rows(text: str) -> pl.DataFrame:
    """``a0 b1@5``: message a of minute 0, message b of minute 1, edited in minute 5."""
    made = []
    for place, word in enumerate(text.split()):
        sent, _, edited = word[1:].partition("@")
        edited_at = START + timedelta(minutes=int(edited)) if edited else None
        made.append(
            (word[0], "chat", "user", None, START + timedelta(minutes=int(sent)), f"{text}:{place}", False, edited_at)
        )
    return pl.DataFrame(made, schema=empty("messages").schema, orient="row")


def merged(folder: Path, table: str, sources: list[str], gone: str = "", **how: bool) -> tuple[Merged, list[str]]:
    """What merging sources into a table does, and the contents that the chat then has."""
    store, spool = Store(folder / "tables"), Spool(folder / "spool")
    spool.folder.mkdir(parents=True)
    if table:
        first = Spool(folder / "first")
        first.folder.mkdir()
        first.add(0, Prepared(rows(table), NONE_REJECTED))
        (made,) = merge(store, first, resettled=False).finished.values()
        store.adopt("messages/chat", made)
    for number, source in enumerate(sources):
        rejected = pl.DataFrame([(word, "chat", 1, "empty", "x", None) for word in gone], REJECTED_SCHEMA, orient="row")
        spool.add(number, Prepared(rows(source), rejected))
    outcome = merge(store, spool, **{"resettled": False, **how})
    file = outcome.finished.get("chat", store.path("messages/chat"))
    return outcome, [] if file is None or not file.exists() else pl.read_parquet(file).get_column("content").to_list()


def counts(outcome: Merged) -> tuple[int, int, int, int, bool]:
    return outcome.new, outcome.updated, outcome.duplicates, outcome.withdrawn, bool(outcome.finished)


MESSAGE = st.builds(
    "{}{}{}".format, st.sampled_from("abcdefghij"), st.integers(0, 4), st.sampled_from(["", "", "@5", "@6"])
)
MESSAGES = st.lists(MESSAGE, max_size=10).map(" ".join)
STEADY = st.lists(st.sampled_from([f"{name}{place // 3}" for place, name in enumerate("jebhacgdfi")]), max_size=10).map(
    " ".join
)


@settings(max_examples=50, deadline=None)
@given(
    table=MESSAGES | STEADY,
    sources=st.lists(MESSAGES, min_size=1, max_size=2) | st.lists(STEADY, min_size=1, max_size=3),
    gone=st.sampled_from(["", "", "ace", "abcdefghij"]),
    resettled=st.booleans(),
    live=st.booleans(),
)
def test_windows_change_nothing(tmp_path_factory, table, sources, gone, resettled, live):
    folder = tmp_path_factory.mktemp("windows")
    at_once, order = merged(folder / "a", table, sources, gone, resettled=resettled, live=live)
    with patch.object(windows, "WINDOW_ROWS", 2), patch.object(chat_files, "ROWS_AT_ONCE", 3):
        in_windows, same_order = merged(folder / "b", table, sources, gone, resettled=resettled, live=live)
    assert same_order == order
    assert counts(in_windows) == counts(at_once)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of two rows."""
    monkeypatch.setattr(windows, "WINDOW_ROWS", 2)


def planned(folder: Path, *sources: str) -> windows.Plan:
    """The plan for a chat of which the table holds nothing and each source some messages."""
    folder.mkdir(exist_ok=True)
    unwanted = pl.DataFrame(schema={"message_id": pl.String})
    sides = [windows.Side([], 0, unwanted)]
    for number, source in enumerate(sources):
        rows(source).write_parquet(folder / f"{number}.parquet")
        sides.append(windows.Side(chat_files.parts_of([folder / f"{number}.parquet"]), number, unwanted))
    return windows.plan(sides)


def test_windows_part_a_chat_between_different_times(tmp_path, small):
    found = planned(tmp_path, "a0 b0 c0 d1 e2 f3")
    minutes = [
        (window.first / 60_000 - START.timestamp() / 60, window.end / 60_000 - START.timestamp() / 60)
        for window in found.windows
    ]
    assert [last for _, last in minutes[:-1]] == [first for first, _ in minutes[1:]] == [0, 2]


def test_a_message_with_two_times_keeps_the_chat_whole(tmp_path, small):
    assert planned(tmp_path, "a0 b1 c2 d3", "a0 b2").windows == [None]


def test_a_small_chat_is_one_window(tmp_path):
    assert planned(tmp_path, "a0 b1 c2 d3").windows == [None]


@pytest.mark.parametrize(
    ("first", "second", "goes_first"),
    [
        ("b1 c2 d3", "a0 c2", True),  # begins earlier
        ("a0 c2", "b1 c2 d3", False),
        ("a0 b1 c4", "a0 d2", True),  # ends earlier
        ("a0 c1 z2", "a0 b1 z2", True),  # holds the smaller id of its own
        ("a0 b1 z2", "a0 c1 z2", False),
        ("a0 b1 c2", "a0 b1", False),  # holds nothing of its own
    ],
)
def test_which_source_goes_first_is_told_from_all_of_it(tmp_path, small, first, second, goes_first):
    assert planned(tmp_path, first, second).source_first[2] is goes_first
