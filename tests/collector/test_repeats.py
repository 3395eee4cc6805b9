"""Bots, forwards, adverts and floods: what they are told by, and what the settings do with them."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from collector.preparing import prepare
from collector.pseudonyms import Pseudonyms
from collector.repeats import COPIES, LONG, Repeats, is_by_a_bot
from collector.sources.records import RawMessage
from core.setting_tables.collecting import CollectSettings, PrivacySettings

START = datetime(2024, 3, 1, 22, 0, tzinfo=UTC)
PSEUDONYMS = Pseudonyms(bytes(range(32)), "telegram")
ADVERT = "长" * LONG


def said(text: str, second: int = 0, user: str = "user7", chat: str = "77", number: int | None = None) -> RawMessage:
    number = second if number is None else number
    return RawMessage(number, chat, f"{chat}/{number}", user, None, START + timedelta(seconds=second), text)


def rows(*messages: RawMessage) -> pl.DataFrame:
    columns = dict.fromkeys(("message_id", "chat_id", "user_id", "content"), pl.String)
    columns["timestamp"] = pl.Datetime("ms", "UTC")
    data = [(m.message, m.chat, m.user, m.text, m.time) for m in messages]
    return pl.DataFrame(data, schema=columns, orient="row")


@pytest.mark.parametrize(
    ("messages", "floods"),
    [
        ([said("救命啊", 0), said("救命啊", 60), said("救命啊", 90), said("救命啊", 151)], [False, True, True, False]),
        ([said("救命啊", 0), said("救命啊", 10, "user8"), said("救命啊", 20, chat="88")], [False, False, False]),
        ([said("救命啊", 0), said("别的话", 10), said("救命啊", 20)], [False, False, True]),
        ([said("救命啊", 20), said("救命啊", 0)], [True, False]),
        ([said("救命啊", 0), said("救命啊", 0)], [False, False]),
        ([said("救命啊", 0, number=1), said("救命啊", 0, number=2)], [False, True]),
        ([], []),
    ],
)
def test_a_flood_is_the_same_text_by_the_same_person_within_a_minute(messages, floods):
    assert Repeats().floods(rows(*messages)).to_list() == floods


def test_a_flood_goes_on_where_the_rows_are_cut():
    repeats = Repeats()
    parts = [
        [said("救命啊", 0)],
        [said("嗯嗯嗯", 30)],
        [said("救命啊", 50)],
        [said("救命啊", 200)],
        [said("救命啊", 230)],
    ]
    assert [repeats.floods(rows(*part)).to_list() for part in parts] == [[False], [False], [True], [False], [True]]


def adverts(*messages: RawMessage) -> list[bool]:
    repeats = Repeats()
    repeats.note(rows(*messages))
    return repeats.adverts(rows(*messages)).to_list()


def test_an_advert_is_a_long_text_that_goes_round_and_its_first_copy_is_none():
    copies = [said(ADVERT, 1000 * n, f"user{n}") for n in range(COPIES)]
    assert adverts(*copies, said("别的话", 9)) == [False, *[True] * (COPIES - 1), False]


@pytest.mark.parametrize(
    "messages",
    [
        [said(ADVERT, n, f"user{n}") for n in range(COPIES - 1)],
        [said(ADVERT, n) for n in range(COPIES)],
        [said(ADVERT[1:], n, f"user{n}") for n in range(COPIES)],
        [said(ADVERT, 1, f"user{n}") for n in range(COPIES)],  # one message, read many times
    ],
)
def test_few_copies_copies_of_one_person_and_short_texts_are_no_adverts(messages):
    assert not any(adverts(*messages))


def test_one_person_in_two_chats_makes_an_advert():
    assert sum(adverts(*[said(ADVERT, n, chat=str(n % 2)) for n in range(COPIES)])) == COPIES - 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("welcome_bot", True), ("GroupHelpBot", True), ("签到机器人", True), ("news bot", True), ("Bot", True),
        ("rose_Bot", True), ("Abbot", False), ("robot", False), ("小鹿", False), ("bottle", False), ("", False),
        (None, False), ("Talbot", False),
    ],
)  # fmt: skip
def test_a_bot_is_told_by_its_name(name, expected):
    assert is_by_a_bot(said("你好呀")._replace(name=name)) is expected


def test_a_bot_is_told_by_the_platform():
    assert is_by_a_bot(said("你好呀")._replace(is_bot=True))


MESSAGES = [
    said("欢迎新人", 1)._replace(is_bot=True),
    said("转来的话", 2)._replace(is_forward=True),
    said("机器转的", 3)._replace(is_forward=True, is_bot=True),
    said("救命啊", 4),
    said("救命啊", 5),
    *(said(ADVERT, 1000 * n, f"user{n}") for n in range(1, COPIES + 1)),
]


@pytest.mark.parametrize(
    ("settings", "dropped", "marked"),
    [
        ({}, [], {"bot": 2, "forward": 2, "flood": 1, "advert": 4}),
        ({"bots": "drop"}, ["bot", "bot"], {"forward": 1, "flood": 1, "advert": 4}),
        ({"floods": "drop"}, ["flood", *["advert"] * 4], {"bot": 2, "forward": 2}),
        ({"forwards": "drop"}, ["forward", "forward"], {"bot": 1, "flood": 1, "advert": 4}),
        ({"bots": "drop", "forwards": "drop"}, ["bot", "forward", "bot"], {"flood": 1, "advert": 4}),
    ],
)
def test_what_the_settings_drop_has_a_reason_and_what_they_keep_is_counted(settings, dropped, marked):
    prepared = prepare(MESSAGES, "source", PSEUDONYMS, CollectSettings(**settings))
    assert prepared.rejected.get_column("reason").to_list() == dropped
    assert dict(prepared.marked) == marked
    assert prepared.rows.height == len(MESSAGES) - len(dropped)


def test_floods_are_told_by_exact_times_whatever_the_table_keeps():
    coarse = Pseudonyms(bytes(range(32)), "telegram", PrivacySettings(coarsen="hour"))
    within_an_hour = said("救命啊", 0), said("救命啊", 1800)
    assert prepare(within_an_hour, "source", coarse, CollectSettings(floods="drop")).rows.height == 2
