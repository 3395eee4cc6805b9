"""What a message's matches count for."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segmenter.signals import signals_by_message

SCHEMA = {
    "message_id": pl.String,
    "entry_id": pl.String,
    "kind": pl.String,
    "start": pl.Int64,
    "end": pl.Int64,
}


def matches(*rows: tuple[str, str, str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def n_signals(*spans: tuple[int, int]) -> int:
    frame = matches(*(("m", f"e{i}", "implicit", start, end) for i, (start, end) in enumerate(spans)))
    return signals_by_message(frame)["n_signals"].item()


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(0, 2)], 1),
        ([(0, 2), (3, 5)], 2),
        ([(0, 4), (0, 2)], 1),  # shorter from the same start
        ([(0, 4), (2, 4)], 1),  # shorter to the same end
        ([(0, 4), (1, 3)], 1),
        ([(0, 4), (1, 3), (1, 2)], 1),  # contained twice over
        ([(0, 3), (2, 5)], 2),  # overlapping, neither contains the other
        ([(0, 4), (0, 4)], 2),  # equal spans of two entries: neither is longer, both count
        ([(0, 4), (1, 3), (1, 3)], 1),  # equal spans inside a longer one: neither counts
        ([(0, 9), (1, 3), (8, 12)], 2),
    ],
)
def test_matches_inside_a_longer_match_do_not_count(spans, expected):
    assert n_signals(*spans) == expected


def test_only_a_match_of_the_same_message_can_contain_another():
    frame = matches(("a", "e1", "implicit", 0, 9), ("b", "e2", "implicit", 2, 4))
    assert signals_by_message(frame).sort("message_id")["n_signals"].to_list() == [1, 1]


def test_entries_are_counted_once_however_often_they_match():
    frame = matches(
        ("m", "e1", "explicit", 0, 2),
        ("m", "e1", "explicit", 5, 7),
        ("m", "e2", "implicit", 0, 2),
        ("m", "e3", "explicit", 9, 11),
    )
    row = {"message_id": "m", "n_entries": 3, "n_explicit": 2, "n_signals": 4}
    assert signals_by_message(frame).to_dicts() == [row]


def test_no_matches_no_rows_and_the_same_types():
    frame = signals_by_message(matches())
    assert frame.is_empty()
    assert dict(frame.schema) == {
        "message_id": pl.String,
        "n_entries": pl.Int64,
        "n_explicit": pl.Int64,
        "n_signals": pl.Int64,
    }


SPANS = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@settings(deadline=None)
@given(st.lists(SPANS, min_size=1, max_size=12))
def test_n_signals_equals_the_definition(spans):
    def in_a_longer_one(start: int, end: int) -> bool:
        return any(s <= start and end <= e and e - s > end - start for s, e in spans)

    assert n_signals(*spans) == sum(not in_a_longer_one(*span) for span in spans)
