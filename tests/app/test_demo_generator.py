"""The demo's synthetic export: its shapes, its people, what it is meant to say and what it must never say."""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app.demo.generator import LEVEL_SHARES, Intended, write_export
from app.demo.schedule import FIRST_DAY
from core.errors import SettingsError, WorkspaceError
from core.text import simplified

DOSE = re.compile(r"[\d一二三四五六七八九十两几百半兩幾]\s*(mg|ml|[毫克片粒颗瓶支盒板针顆針])", re.IGNORECASE)
PHONE = re.compile(r"(?:\+86 )?13[789][ -]?0000[ -]?00\d\d")

Json = dict[str, Any]


class Export(NamedTuple):
    path: Path
    intended: Intended
    chats: list[Json]

    def messages(self) -> list[Json]:
        return [record for chat in self.chats for record in chat["messages"] if record["type"] == "message"]

    def services(self) -> list[Json]:
        return [record for chat in self.chats for record in chat["messages"] if record["type"] == "service"]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    folder = tmp_path_factory.mktemp("export")
    intended = write_export(folder)
    account = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return Export(folder / "result.json", intended, account["chats"]["list"])


def plain(record: Json) -> str:
    return "".join(entity["text"] for entity in record["text_entities"])


# The file


def test_same_seed_same_bytes_and_meaning(tmp_path: Path) -> None:
    seeds = {"a": 3, "b": 3, "c": 4}
    first, again, other = (write_export(tmp_path / name, seed=seed, n_messages=600) for name, seed in seeds.items())
    assert (tmp_path / "a/result.json").read_bytes() == (tmp_path / "b/result.json").read_bytes()
    assert (tmp_path / "a/result.json").read_bytes() != (tmp_path / "c/result.json").read_bytes()
    assert first == again != other


def test_global_random_state_is_left_alone(tmp_path: Path) -> None:
    random.seed(1)
    expected = random.Random(1).random()
    write_export(tmp_path, n_messages=600)
    assert random.random() == expected


@pytest.mark.parametrize(("n_messages", "n_groups"), [(400, 1), (1_000, 2), (2_500, 7)])
def test_counts_are_exact(tmp_path: Path, n_messages: int, n_groups: int) -> None:
    intended = write_export(tmp_path, n_messages=n_messages, n_groups=n_groups)
    chats = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["chats"]["list"]
    found = Counter(record["type"] for chat in chats for record in chat["messages"])
    assert (found["message"], len(chats)) == (n_messages, n_groups)
    assert intended.n_messages == n_messages
    assert len({chat["id"] for chat in chats}) == len({chat["name"] for chat in chats}) == n_groups


def test_the_default_size(export: Export) -> None:
    assert len(export.messages()) == 6_000


@pytest.mark.parametrize(("n_messages", "n_groups"), [(399, 5), (0, 1), (6_000, 0), (6_000, -1)])
def test_impossible_sizes_are_refused(tmp_path: Path, n_messages: int, n_groups: int) -> None:
    with pytest.raises(SettingsError, match=f"got {n_groups} groups and {n_messages} messages"):
        write_export(tmp_path, n_messages=n_messages, n_groups=n_groups)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    with pytest.raises(WorkspaceError, match=r"could not write result\.json"):
        write_export(tmp_path / "taken", n_messages=400)


# Telegram's shapes


def test_whole_account_shape(export: Export) -> None:
    account = json.loads(export.path.read_text(encoding="utf-8"))
    assert list(account) == ["about", "chats"]
    assert list(account["chats"]) == ["about", "list"]
    for chat in export.chats:
        assert list(chat) == ["name", "type", "id", "messages"]
        assert chat["type"] == "public_supergroup"
        assert isinstance(chat["id"], int)
        ids = [record["id"] for record in chat["messages"]]
        assert ids == sorted(set(ids))


def test_messages_carry_what_an_export_carries(export: Export) -> None:
    needed = {"id", "type", "date", "date_unixtime", "from", "from_id", "text", "text_entities"}
    for record in export.messages():
        assert needed <= record.keys()
        assert re.fullmatch(r"(user|channel)\d{9,}", record["from_id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", record["date"])
        assert int(record["date_unixtime"]) >= FIRST_DAY


def test_local_date_and_unix_time_are_eight_hours_apart(export: Export) -> None:
    for record in export.messages()[:200]:
        local = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(record["date_unixtime"]) + 8 * 3_600))
        assert record["date"] == local


def test_text_is_a_string_unless_it_has_entities(export: Export) -> None:
    for record in export.messages():
        kinds = {entity["type"] for entity in record["text_entities"]}
        parts = [record["text"]] if isinstance(record["text"], str) else record["text"]
        assert isinstance(record["text"], str) == (kinds <= {"plain"})
        assert "".join(part if isinstance(part, str) else part["text"] for part in parts) == plain(record)


def test_every_kind_of_entity_occurs(export: Export) -> None:
    kinds = {entity["type"] for record in export.messages() for entity in record["text_entities"]}
    assert kinds == {"plain", "link", "mention", "mention_name", "email", "phone", "hashtag"}


VARIETY: dict[str, Callable[[Json], bool]] = {
    "sticker without text": lambda record: record.get("media_type") == "sticker" and record["text"] == "",
    "voice message": lambda record: record.get("media_type") == "voice_message",
    "photo with a caption": lambda record: "photo" in record and record["text"] != "",
    "photo without one": lambda record: "photo" in record and record["text"] == "",
    "forward": lambda record: "forwarded_from" in record,
    "edit": lambda record: int(record.get("edited_unixtime", 0)) > int(record["date_unixtime"]),
    "reply": lambda record: "reply_to_message_id" in record,
    "reaction": lambda record: bool(record.get("reactions")),
    "deleted account": lambda record: record["from"] is None,
    "channel as sender": lambda record: record["from_id"].startswith("channel"),
    "emoji": lambda record: "😂" in plain(record),
    "number": lambda record: bool(PHONE.search(plain(record))),
    "one or two characters": lambda record: 0 < len(plain(record)) < 3,
}


@pytest.mark.parametrize("kind", VARIETY)
def test_variety_of_messages(export: Export, kind: str) -> None:
    n = sum(map(VARIETY[kind], export.messages()))
    assert 5 <= n < 0.5 * 6_000


def test_service_lines(export: Export) -> None:
    actions = Counter(record["action"] for record in export.services())
    arrivals = {"join_group_by_link", "invite_members"}
    assert set(actions) == arrivals | {"migrate_from_group", "topic_created", "pin_message"}
    assert (actions["migrate_from_group"], actions["topic_created"]) == (5, 3)
    assert all(record["text"] == "" and "from_id" not in record for record in export.services())
    for chat in export.chats:
        ids = {record["id"] for record in chat["messages"]}
        assert {record["message_id"] for record in chat["messages"] if "message_id" in record} <= ids


def test_replies_point_back_and_a_few_to_nothing(export: Export) -> None:
    n_replies = n_missing = 0
    for chat in export.chats:
        ids = {record["id"] for record in chat["messages"]}
        for record in chat["messages"]:
            target = record.get("reply_to_message_id", 0)
            assert target < record["id"]
            n_replies += target > 0
            n_missing += target > 0 and target not in ids
    assert 0.005 < n_missing / n_replies < 0.05


def test_one_group_has_topics_and_answers_to_their_roots(export: Export) -> None:
    topics = [[r["id"] for r in chat["messages"] if r.get("action") == "topic_created"] for chat in export.chats]
    assert list(map(len, topics)) == [3, 0, 0, 0, 0]
    answered = Counter(record.get("reply_to_message_id") for record in export.chats[0]["messages"])
    assert all(answered[root] > 100 for root in topics[0])


# People and time


def test_activity_is_heavy_tailed(export: Export) -> None:
    counts = [n for _, n in Counter(record["from_id"] for record in export.messages()).most_common()]
    assert 100 <= len(counts) <= 130
    assert sum(counts[: len(counts) // 10]) > 0.4 * 6_000


@pytest.mark.parametrize("chat", range(5))
def test_talk_comes_in_bursts_and_nights_are_quiet(export: Export, chat: int) -> None:
    times = [int(record["date_unixtime"]) for record in export.chats[chat]["messages"][5:]]
    gaps = sorted(after - before for before, after in pairwise(times))
    assert gaps[len(gaps) // 2] < 60
    assert gaps[-50] > 3_600
    small_hours = sum((second + 8 * 3_600) // 3_600 % 24 in (3, 4, 5) for second in times)
    assert small_hours < 0.03 * len(times)


def test_text_repeats_little(export: Export) -> None:
    texts = [plain(record) for record in export.messages() if len(plain(record)) >= 6]
    assert len(texts) > 3_000
    assert len(set(texts)) > 0.85 * len(texts)


# Scripts


def test_scripts_of_the_groups(export: Export) -> None:
    texts = ["".join(map(plain, chat["messages"])) for chat in export.chats]
    assert [simplified(text) == text for text in texts] == [True, True, True, False, False]
    assert not re.search("[这们说吗个对]", texts[3])
    assert re.search("[这们说吗个对]", texts[4])
    assert re.search("[這們說嗎個對]", texts[4])


# What is meant


def test_levels_have_their_shares(export: Export) -> None:
    assert sum(LEVEL_SHARES.values()) == pytest.approx(1)
    assert export.intended.n_by_level == {0: 52, 1: 18, 2: 22, 3: 33, 4: 9, 5: 15}
    assert export.intended.n_episodes == 149


@pytest.mark.parametrize("seed", [1, 2])
def test_small_exports_have_every_level(tmp_path: Path, seed: int) -> None:
    intended = write_export(tmp_path, seed=seed, n_messages=400)
    assert set(intended.n_by_level) == set(intended.level.values()) == {0, 1, 2, 3, 4, 5}


def test_levels_and_speakers_name_messages_of_the_export(export: Export) -> None:
    senders = {
        (chat["id"], record["id"]): record["from_id"]
        for chat in export.chats
        for record in chat["messages"]
        if record["type"] == "message"
    }
    assert export.intended.level.keys() == export.intended.speaker.keys() < senders.keys()
    by_lead = sum(senders[key] == speaker for key, speaker in export.intended.speaker.items())
    assert 0.3 < by_lead / len(export.intended.level) < 0.7


# What must never be said


def test_brackets_mask_methods_and_nothing_else(export: Export) -> None:
    texts = list(map(plain, export.messages()))
    assert {mask for text in texts for mask in re.findall("〔[^〕]*〕?", text)} == {"〔方法〕"}
    parts = [part for record in export.messages() for part in record["text_entities"] if part["type"] == "plain"]
    assert [part for part in parts if DOSE.search(part["text"])] == []


def test_no_number_and_no_address_but_the_decoys(export: Export) -> None:
    for text in map(plain, export.messages()):
        links = re.findall(r"https?://[A-Za-z0-9./-]+", text)
        assert all(re.match(r"https://(www\.|m\.)?example\.(com|org)/", link) for link in links), text
        assert set(re.findall(r"@([\w]+\.\w+)", text, re.ASCII)) <= {"example.com", "example.org"}, text
        assert not re.search(r"\d{7,}", PHONE.sub("", re.sub(r"https://\S+", "", text))), text
        assert not re.search("热线|熱線|求助电话|求助電話", text)
