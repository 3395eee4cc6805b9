"""`assay privacy attack`: enumeration, unicity and verbatim sentences, worked by hand, and the report."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from typer.testing import CliRunner

from collector.privacy.attack import attack
from collector.privacy.attack_page import of_enumeration
from collector.privacy.enumeration import CONSTRUCTIONS, enumerate_ids
from collector.privacy.unicity import unicity
from collector.privacy.verbatim import verbatim
from collector.privacy_cli import app
from collector.pseudonyms import Pseudonyms
from core.contracts import empty
from core.errors import SettingsError, WorkspaceError
from core.store import Recipe

NUMBER = 5_000_000_123
MINUTE = 60_000


def hashed(name: str, text: str) -> str:
    return hashlib.new(name, text.encode()).hexdigest()


def test_plain_hashes_fall_and_keyed_ids_do_not():
    found = enumerate_ids(set(), 3_000)
    assert (found.synthetic, found.plain_found, found.keyed_found) == (1_000, 1_000, 0)
    assert found.hours_for_all == pytest.approx(1e10 / found.per_second / 3600)


@pytest.mark.parametrize(
    ("stored", "way"),
    [
        (hashed("sha256", f"user{NUMBER}"), "SHA-256 of user123"),
        (hashed("sha256", f"user{NUMBER}")[:32], "SHA-256 of user123"),
        (hashed("sha256", f"{NUMBER}")[:32], "SHA-256 of 123"),
        (hashed("sha256", f"channel{NUMBER}")[:40], "SHA-256 of channel123"),
        (hashed("sha256", f"telegram:{NUMBER}"), "SHA-256 of telegram:123"),
        (hashed("sha256", f"chat:telegram:{NUMBER}"), "SHA-256 of chat:telegram:123"),
        (hashed("sha256", f"user\x1ftelegram\x1fuser{NUMBER}")[:32], "SHA-256 of user 0x1F telegram 0x1F user123"),
        (hashed("sha1", f"user{NUMBER}"), "SHA-1 of user123"),
        (hashed("md5", f"{NUMBER}"), "MD5 of 123"),
        (hashed("md5", f"{NUMBER}").upper(), "MD5 of 123"),
    ],
)
def test_a_stored_plain_hash_is_found_whatever_it_was_made_of(stored, way):
    found = enumerate_ids({stored, "0" * 32}, 200)
    assert (found.stored, found.stored_found) == (2, {way: 1})
    assert "can be undone by anybody: 1 as " + way in of_enumeration(found)


@pytest.mark.parametrize(
    "stored",
    [
        Pseudonyms(bytes(32), "telegram").user(f"user{NUMBER}"),
        hashed("sha256", f"user{NUMBER - 124}"),
        hashed("sha256", f"user{NUMBER + 77}"),
        str(NUMBER),
        "not hexadecimal",
        "ab",
    ],
)
def test_keyed_ids_ids_outside_the_range_and_other_things_are_not_found(stored):
    found = enumerate_ids({stored}, 200)
    assert (found.stored, found.stored_found) == (1, {})
    assert "No id of this workspace is a plain hash" in of_enumeration(found)


def test_a_tiny_range_has_as_many_invented_users_as_ids():
    found = enumerate_ids(set(), 1, first_id=0)
    assert (found.synthetic, found.plain_found, found.keyed_found, found.constructions) == (1, 1, 0, len(CONSTRUCTIONS))


def test_unicity_of_four_users_by_hand():
    """Minutes in which they wrote (all within one hour):

    A: 0, 1    B: 0, 1    C: 0, 2    D: 3
    One minute: A shares both of hers with B, so 0 of her draws single her out; so with B. Of C's two minutes 0 is
    shared and 2 is hers alone: half of her draws. D's only minute is hers: all. Mean (0 + 0 + ½ + 1) / 4 = 0.375.
    Two minutes: A and B hold the same two, 0; C's two are hers alone, 1; D has one only and is left out. Mean 1/3.
    """
    users = [1, 1, 2, 2, 3, 3, 4, 4]
    minutes = [0, 1, 0, 1, 0, 2, 3, 3]
    rows = {(row.resolution, row.points): row for row in unicity(users, [minute * MINUTE for minute in minutes])}
    assert rows["minute", 1].share == pytest.approx(0.375, abs=0.02)
    assert (rows["minute", 1].users, rows["minute", 1].draws) == (4, 2_000)
    assert rows["minute", 2].share == pytest.approx(1 / 3, abs=1e-9)
    assert (rows["minute", 2].users, rows["minute", 2].draws) == (3, 1_500)
    assert (rows["minute", 3].users, rows["minute", 3].draws, rows["minute", 3].share) == (0, 0, None)
    assert [rows["hour", points].share for points in (1, 2)] == [0.0, None]
    assert rows["second", 1].share == rows["minute", 1].share


def test_messages_of_one_moment_count_once_and_the_scale_decides():
    """Two users in one day, an hour apart: alone by the hour, together by the day. Two messages a second are one."""
    rows = {(r.resolution, r.points): r for r in unicity([9, 9, 7], [0, 900, 3_600_000])}
    assert [rows[scale, 1].share for scale in ("second", "minute", "hour", "day")] == [1.0, 1.0, 1.0, 0.0]
    assert rows["second", 2].users == 0


def test_unicity_is_repeatable_and_nobody_is_no_error():
    users, times = [1, 1, 2, 2] * 50, [n * 7_000_003 % 10_000_000 for n in range(200)]
    assert unicity(users, times, seed=3) == unicity(users, times, seed=3)
    assert [row.share for row in unicity([], [])] == [None] * 16


def test_verbatim_sentences_by_hand():
    """Six messages of three users: 1 and 2 share one of 25 characters; 1 has another of 45; 3 has short ones only."""
    rows = [(1, "a", 25), (2, "a", 25), (1, "b", 45), (2, "c", 20), (3, "d", 19), (3, "e", 5)]
    messages = pl.DataFrame(rows, schema=["user", "text", "n_chars"], orient="row")
    twenty, forty = verbatim(messages)
    assert (twenty.long, twenty.unique, twenty.share, twenty.users) == (4, 2, 0.5, 3)
    assert (forty.long, forty.unique, forty.users_share) == (1, 1, pytest.approx(1 / 3))
    assert twenty.users_share == pytest.approx(2 / 3)
    (none,) = verbatim(messages, [99])
    assert (none.long, none.share, none.users_share) == (0, None, 0.0)


@pytest.fixture
def corpus(workspace):
    """Two chats; ids under a key; one long sentence of each user."""
    ids = Pseudonyms(bytes(range(32)), "telegram")
    for chat in ("77", "78"):
        rows = [
            {"message_id": ids.message(f"{chat}/{n}"), "chat_id": ids.chat(chat),
             "user_id": ids.user(f"user{NUMBER + n % 3}"), "content": f"群{chat}里的话" * n,
             "timestamp": datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=7 * n),
             "is_forward": False, "reply_id": None, "edited_at": None}
            for n in range(1, 9)
        ]  # fmt: skip
        frame = pl.DataFrame(rows, schema=empty("messages").schema)
        workspace.store.write(f"messages/{ids.chat(chat)}", frame, Recipe(inputs={}))
    return workspace


def test_the_attack_reads_the_tables_and_writes_the_report(corpus):
    report = attack(corpus, n_ids=1_500)
    assert (report.messages, report.users, report.enumeration.stored) == (16, 3, 5)
    assert (report.enumeration.stored_found, report.enumeration.keyed_found) == ({}, 0)
    # 8 messages a chat of 6 characters times 1 … 8: five of 20 or more (24 … 48), two of 40 or more (42, 48).
    assert [(row.long, row.unique) for row in report.verbatim] == [(10, 10), (4, 4)]
    page = (corpus.reports / "privacy.md").read_text("utf-8")
    assert page == report.report.read_text("utf-8")
    assert "| invented users found, hashed without a key | 1,000 of 1,000 |" in page
    assert "| invented users found, keyed | 0 of 1,000 |" in page
    figures = json.loads((corpus.reports / "privacy.json").read_text("utf-8"))
    assert (figures["users"], figures["report"], len(figures["unicity"])) == (3, "privacy.md", 16)


def test_a_workspace_with_plain_ids_is_told(corpus):
    for part in corpus.store.parts("messages"):
        frame = corpus.store.read(part).with_columns(user_id=pl.lit(hashed("sha256", f"user{NUMBER}")[:32]))
        corpus.store.write(part, frame, Recipe(inputs={}))
    result = CliRunner().invoke(app, ["attack", "--ids", "500", "-w", str(corpus.root)])
    assert result.exit_code == 0, result.stderr
    assert (
        "Ids of this workspace are plain hashes and can be undone by anybody: 1 as SHA-256 of user123" in result.stdout
    )


def test_the_command_prints_one_json_object(corpus):
    result = CliRunner().invoke(app, ["attack", "--ids", "200", "--from", "1000", "--json", "-w", str(corpus.root)])
    said = json.loads(result.stdout)
    assert (said["enumeration"]["first_id"], said["enumeration"]["n_ids"], said["messages"]) == (1000, 200, 16)


@pytest.mark.parametrize(("n_ids", "first_id"), [(0, 1), (-5, 1), (10, -1)])
def test_a_range_that_is_none_is_refused(corpus, n_ids, first_id):
    with pytest.raises(SettingsError, match="wanted at least 1 id"):
        attack(corpus, n_ids, first_id)


def test_without_messages_there_is_nothing_to_attack(workspace):
    with pytest.raises(WorkspaceError, match="no messages in this workspace yet"):
        attack(workspace, 10)
