"""Segments of messages that come in portions of whole chats."""

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from core.contracts import empty
from core.errors import ContractError
from segmenter.expansion import Expansion
from segmenter.segments import build_in_portions, build_segments

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)


def made(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Messages of four chats in bursts, a third of them replies, and matches in a fifth of them."""
    rng = random.Random(seed)
    minute, rows = 0, []
    for number in range(160):
        minute += rng.choice([0, 0, 1, 2, 90])
        reply = f"m{rng.randrange(160)}" if rng.random() < 0.3 else None
        reply = None if reply == f"m{number}" else reply
        at = START + timedelta(minutes=minute)
        rows.append((f"m{number}", rng.choice("abcd"), rng.choice("uvw"), reply, at, "今天好累", False, None))
    found = [(f"m{n}", "e1", "好累", "implicit", "mood", 2, 4) for n in range(160) if rng.random() < 0.2]
    return (
        pl.DataFrame(rows, schema=empty("messages").schema, orient="row"),
        pl.DataFrame(found, schema=empty("matches").schema, orient="row"),
    )


@pytest.mark.parametrize("merge", ["union", "bounded"])
@pytest.mark.parametrize("seed", range(6))
def test_portions_give_what_all_at_once_gives(seed, merge):
    messages, matches = made(seed)
    parameters = Expansion(max_size=6, max_messages=8, merge=merge)
    whole = build_segments(messages, matches, parameters)
    portions = build_in_portions(messages.partition_by("chat_id"), matches, parameters)
    assert whole.kept.height > 10
    assert portions.kept.equals(whole.kept)
    assert portions.rejected.equals(whole.rejected)
    assert portions.n_suspicious() == matches.height


def test_no_portion_is_as_one_empty_one():
    messages, matches = (frame.clear() for frame in made(1))
    assert build_in_portions([], matches, Expansion()).kept.equals(build_segments(messages, matches, Expansion()).kept)


def test_a_suspicious_message_in_two_portions_is_refused():
    messages, matches = made(1)
    with pytest.raises(ContractError, match=f"each message_id once, got {matches.height} repeated"):
        build_in_portions([messages, messages], matches, Expansion())


def test_a_match_that_no_portion_has_is_refused():
    messages, matches = made(1)
    portions = [part for part in messages.partition_by("chat_id") if part["chat_id"][0] != "a"]
    n_absent = matches.join(messages.filter(chat_id="a"), on="message_id").height
    with pytest.raises(ContractError, match=f"got {n_absent} that it lacks"):
        build_in_portions(portions, matches, Expansion())
