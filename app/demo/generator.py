"""The synthetic export of `assay demo`: five invented groups, in which some people, at times, are not well.

Every sentence is the project's own and holds no method, substance, dose, place or source. The text was written without
sight of the codebooks' examples and of the lexicon that later judge it.
"""

import json
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.demo.cast import Cast, Group, invite_cast
from app.demo.phrases import Phrasebook, phrase_table
from app.demo.scenes import Episode, Line, Scene, Service, Talk
from app.demo.schedule import TOPIC, Session, say_everything, service_lines, sessions_of
from app.demo.telegram import Exporter, Record
from core.errors import SettingsError
from core.writing import write_atomically

LEVEL_SHARES = {0: 0.35, 1: 0.12, 2: 0.15, 3: 0.22, 4: 0.06, 5: 0.10}
"""Share of the episodes at each level of suichat6: roughly SuiChat-CN's (35, 6, 15, 26, 6 and 11 %), with twice its
level 1, mostly at the cost of level 3, so that a demo has enough of each to look at."""
EPISODES_PER_MESSAGE = 25 / 1_000
FEWEST_MESSAGES = 400
AFTERTHOUGHT_SHARE = 0.06
"""Share of ordinary scenes that are one message answering something said hours before."""
MISSING_REPLY_SHARE = 0.03
"""Share of replies whose target is a deleted message, absent from the export."""
DELETED_MESSAGE_SHARE = 0.05
MAIN_TOPIC_SHARE = 0.35
"""Share of the scenes of a group with topics that happen in none of them."""
MESSAGES_PER_GROUP_AND_DAY = 43
"""6,000 messages in 5 groups last 28 days."""

Key = tuple[int, int]


@dataclass(frozen=True)
class Intended:
    """What the generator meant. It holds raw ids, so it stays in memory; compare after pseudonymising.

    level: (raw chat id, raw message id) → level 0..5 of the episode that the message belongs to, whoever wrote
    it; messages outside every episode are absent, which means 0.
    speaker: the same keys → raw id (`user…`) of the episode's at-risk speaker, for whom the level is meant; at
    level 5 that is the one who urges or attacks.
    n_messages: messages in the export, service lines not counted. n_by_level: level → number of episodes.
    identifiers: every raw user, channel and chat id, display name, username, group and channel title, phone
    number and e-mail address that occurs in the export, as written there; ids and phone numbers also as digits.
    """

    level: dict[Key, int]
    speaker: dict[Key, str]
    n_messages: int
    n_episodes: int
    n_by_level: dict[int, int]
    identifiers: frozenset[str]


@dataclass(frozen=True)
class Chat:
    """One group's part of the export, and the episodes in it."""

    group: Group
    record: Record
    episodes: list[Episode]


def write_export(folder: Path, *, seed: int = 7, n_messages: int = 6_000, n_groups: int = 5) -> Intended:
    """Write `folder/result.json`, a Telegram Desktop export of a whole account with `n_groups` groups and exactly
    `n_messages` messages, and return what was meant by them. The same arguments give the same bytes.

    Of every five groups the fourth writes Traditional Chinese and the fifth both scripts; the first has topics.
    Raises SettingsError below one group or `FEWEST_MESSAGES`, WorkspaceError when the file cannot be written.
    """
    if n_groups < 1 or n_messages < FEWEST_MESSAGES:
        raise SettingsError(
            f"the demo's export needs at least 1 group and {FEWEST_MESSAGES} messages; got {n_groups} groups and "
            f"{n_messages} messages. Ask for more"
        )
    rng = random.Random(seed)
    cast = invite_cast(rng, n_groups)
    n_days = max(2, round(n_messages / n_groups / MESSAGES_PER_GROUP_AND_DAY))
    levels = _levels(rng, round(n_messages * EPISODES_PER_MESSAGE))
    chats = [
        _chat(rng, cast, group, size, levels[index::n_groups], n_days)
        for index, (group, size) in enumerate(zip(cast.groups, _sizes(n_messages, n_groups), strict=True))
    ]
    text = json.dumps(_account([chat.record for chat in chats]), ensure_ascii=False, indent=1)
    write_atomically(folder / "result.json", text.encode())
    return _intended(chats, n_messages, _occurring(cast, text))


def _levels(rng: random.Random, n_episodes: int) -> list[int]:
    """The episodes' levels in random order, each level's number its share rounded, at least one."""
    levels = [level for level, share in LEVEL_SHARES.items() for _ in range(max(1, round(share * n_episodes)))]
    return rng.sample(levels, len(levels))


def _sizes(n_messages: int, n_groups: int) -> list[int]:
    """Messages a group: the first is the busiest, a late one about half as busy."""
    weights = [1 / (rank + 1) ** 0.4 for rank in range(n_groups)]
    sizes = [int(n_messages * weight / sum(weights)) for weight in weights]
    return [sizes[0] + n_messages - sum(sizes), *sizes[1:]]


def _chat(rng: random.Random, cast: Cast, group: Group, n_messages: int, levels: Sequence[int], n_days: int) -> Chat:
    """People of a group talk for some weeks: make up the scenes, give them their times, write them down."""
    book = Phrasebook(rng, {"phone": cast.phones, "email": cast.emails, "link": cast.links})
    talk = Talk(rng, book, group, cast.forward_sources)
    episodes = [talk.episode(level) for level in levels]
    sessions = [_amid_others(rng, talk, episode) for episode in episodes]
    n_left = n_messages - sum(len(scene.lines) for session in sessions for scene in session)
    sessions += sessions_of(rng, _ordinary_talk(rng, talk, n_left))
    scenes = [scene for session in sessions for scene in session]
    lines = say_everything(rng, sessions, n_days)
    services = service_lines(rng, group, lines, [scene.lines[0] for scene in scenes if scene.notice])
    missing = _number(rng, [*services, *lines])
    roots = _topic_roots(rng, scenes, services)
    exporter = Exporter(rng, group, phrase_table("cast.toml")["stickers"])
    records = [exporter.service(event) for event in services]
    records += [exporter.message(line, _reply_to(rng, line, roots, missing)) for line in lines]
    return Chat(group, exporter.chat(sorted(records, key=lambda record: record["id"])), episodes)


def _amid_others(rng: random.Random, talk: Talk, episode: Episode) -> Session:
    """The episode, and what other people are talking of at the same time."""
    people = [line.speaker for line in episode.lines]
    session: Session = [episode, *(talk.chatter(without=people) for _ in range(rng.choice((0, 0, 1, 1, 2))))]
    return rng.sample(session, len(session))


def _ordinary_talk(rng: random.Random, talk: Talk, n_messages: int) -> list[Scene]:
    """Scenes of exactly `n_messages` messages together; the last one is cut to fit."""
    scenes: list[Scene] = []
    left = n_messages
    while left > 0:
        scene = talk.afterthought() if rng.random() < AFTERTHOUGHT_SHARE else talk.chatter()
        del scene.lines[left:]
        left -= len(scene.lines)
        scenes.append(scene)
    return scenes


def _number(rng: random.Random, events: Sequence[Line | Service]) -> list[int]:
    """Give the events their ids in order of time, and return the ids in between, of messages deleted since."""
    missing: list[int] = []
    number = rng.randint(1, 40_000)
    for event in sorted(events, key=lambda event: event.when):
        number += 1
        while rng.random() < DELETED_MESSAGE_SHARE:
            missing.append(number)
            number += 1
        event.id = number
    return missing


def _topic_roots(rng: random.Random, scenes: Sequence[Scene], services: Sequence[Service]) -> dict[Line, Service]:
    """Line → the service line that opened its topic, for lines in a topic."""
    topics = [event for event in services if event.action == TOPIC]
    inside = [scene for scene in scenes if topics and rng.random() > MAIN_TOPIC_SHARE]
    return {line: root for scene in inside for root in [rng.choice(topics)] for line in scene.lines}


def _reply_to(rng: random.Random, line: Line, roots: dict[Line, Service], missing: list[int]) -> int | None:
    """The id in `reply_to_message_id`: what the line answers, else the root of its topic, else none."""
    if line.answers is None:
        return roots[line].id if line in roots else None
    before = bisect_left(missing, line.id)
    if before and rng.random() < MISSING_REPLY_SHARE:
        return missing[rng.randrange(max(0, before - 20), before)]
    return line.answers.id


def _account(chats: list[Record]) -> Record:
    return {
        "about": "A synthetic export in the shape of Telegram Desktop's; nobody in it exists.",
        "chats": {"about": "The invented groups of the demo.", "list": chats},
    }


def _occurring(cast: Cast, text: str) -> frozenset[str]:
    """The planted identifiers that the export really holds, phone numbers also as bare digits."""
    found = {planted for planted in cast.planted() if planted in text}
    return frozenset(found | {"".join(filter(str.isdigit, phone)) for phone in cast.phones if phone in found})


def _intended(chats: Sequence[Chat], n_messages: int, identifiers: frozenset[str]) -> Intended:
    level: dict[Key, int] = {}
    speaker: dict[Key, str] = {}
    episodes = [(chat.group.chat_id, episode) for chat in chats for episode in chat.episodes]
    for chat_id, episode in episodes:
        keys = [(chat_id, line.id) for line in episode.lines]
        level |= dict.fromkeys(keys, episode.level)
        speaker |= dict.fromkeys(keys, episode.lead.raw_id)
    by_level = Counter(episode.level for _, episode in episodes)
    return Intended(level, speaker, n_messages, len(episodes), dict(sorted(by_level.items())), identifiers)
