"""Who is in the demo's groups: invented people with Zipf activity and writing habits of their own."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from app.demo.phrases import phrase_table

USERS_PER_GROUP = 24
ZIPF_EXPONENT = 1.5
ZIPF_SHIFT = 3
"""Zipf and Mandelbrot: activity of the person of rank r (from 0) is 1 / (r + shift) ** exponent."""
DELETED_SHARE = 0.04
LATIN_NAME_SHARE = 0.35
USERNAME_SHARE = 0.6
SECOND_GROUP_SHARE = 0.3
TRADITIONAL_WRITERS = 0.5
FILLER_SHARE = 0.13
LAST_WORDS_SHARE = 0.08


@dataclass(frozen=True)
class Person:
    """A sender. `raw_id` is canonical (`user5…`, `channel2…`); `name` is None for a deleted account."""

    raw_id: str
    name: str | None
    username: str | None
    activity: float
    traditional: bool = False
    comma: str = "，"
    ending: str = ""
    emoji: float = 0.0
    fillers: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """A chat: `script` is simplified, traditional or mixed (by person); `forum` names its topics, if it has any."""

    chat_id: int
    title: str
    topics: tuple[str, ...]
    script: str
    forum: tuple[str, ...]
    channel: Person
    members: tuple[Person, ...] = field(repr=False)


@dataclass(frozen=True)
class Cast:
    """The groups, the news channels people forward from, and the contact data that they write into messages."""

    groups: tuple[Group, ...]
    forward_sources: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    links: tuple[str, ...]

    def planted(self) -> frozenset[str]:
        """Every identifier that the export may hold, as it would be written there; raw user ids also as bare digits."""
        people = {person for group in self.groups for person in (*group.members, group.channel)}
        ids = {form for person in people for form in (person.raw_id, person.raw_id.removeprefix("user"))}
        texts = {text for person in people for text in (person.name, person.username) if text}
        chats = {text for group in self.groups for text in (group.title, str(group.chat_id))}
        channels = {person.raw_id.removeprefix("channel") for person in people}
        return frozenset(ids | texts | chats | channels | {*self.forward_sources, *self.phones, *self.emails})


def invite_cast(rng: random.Random, n_groups: int) -> Cast:
    """People, groups and decoys for `n_groups` groups of about `USERS_PER_GROUP` people, many of them in two groups."""
    table = phrase_table("cast.toml")
    people = _people(rng, table, USERS_PER_GROUP * n_groups)
    homes = {person: {rank % n_groups, _second_group(rng, rank, n_groups)} for rank, person in enumerate(people)}
    groups = tuple(
        _group(rng, table["group"], index, tuple(person for person in people if index in homes[person]))
        for index in range(n_groups)
    )
    emails = _distinct(lambda: f"{_handle(rng, table['syllables'])}@example.{rng.choice(('com', 'org'))}", 30)
    return Cast(groups, tuple(table["channels"]), _phones(rng), tuple(emails), _links(rng))


def written_by(person: Person, text: str, rng: random.Random, emoji: Sequence[str]) -> str:
    """The text as this person types it: their comma, their way to end a sentence, their liking for emoji."""
    text = text.replace("，", person.comma)
    if person.ending and len(text) > 4 and text[-1].isalnum() and rng.random() < 0.6:
        text += person.ending
    return text + rng.choice(emoji) * rng.choice((1, 1, 1, 2, 3)) if rng.random() < person.emoji else text


def chatty(person: Person, text: str, rng: random.Random) -> str:
    """The text with this person's own fillers and last words now and then, as in idle talk."""
    if rng.random() < FILLER_SHARE:
        text = f"{rng.choice(person.fillers)}，{text}"
    runs_on = text[-1:].isascii()  # a link or a number would swallow what follows
    return text if runs_on or rng.random() > LAST_WORDS_SHARE else text + rng.choice(person.tails)


def _people(rng: random.Random, table: dict[str, list[str]], n_users: int) -> list[Person]:
    numbers = rng.sample(range(5_000_000_000, 8_000_000_000), n_users)
    names = _distinct(lambda: _display_name(rng, table), n_users)
    handles = _distinct(lambda: _handle(rng, table["syllables"]), n_users)
    return [
        Person(
            raw_id=f"user{numbers[rank]}",
            name=None if rank >= 10 and rng.random() < DELETED_SHARE else names[rank],
            username=handles[rank] if rng.random() < USERNAME_SHARE else None,
            activity=1 / (rank + ZIPF_SHIFT) ** ZIPF_EXPONENT,
            traditional=rng.random() < TRADITIONAL_WRITERS,
            comma=rng.choices(["，", " ", ","], [46, 42, 12])[0],
            ending=rng.choices(["", "。", "~", "……", "。。。"], [70, 12, 7, 6, 5])[0],
            emoji=rng.choice((0.0, 0.02, 0.05, 0.1, 0.3)),
            fillers=tuple(rng.sample(table["fillers"], 3)),
            tails=tuple(rng.sample(table["last_words"], 2)),
        )
        for rank in range(n_users)
    ]


def _group(rng: random.Random, templates: list[dict], index: int, members: tuple[Person, ...]) -> Group:
    template = templates[index % len(templates)]
    title = template["title"] + (f" {index // len(templates) + 1}" if index >= len(templates) else "")
    # Chat and channel numbers stay clear of ten-digit Unix times, so that a byte search cannot meet one by chance.
    chat_id, channel_id = (
        base + index * 1_000_003 + rng.randrange(1_000_000) for base in (2_000_000_000, 2_500_000_000)
    )
    channel = Person(f"channel{channel_id}", title + "公告", None, 0.0, traditional=False)
    return Group(
        chat_id,
        title,
        tuple(template["topics"]),
        template["script"],
        tuple(template.get("forum", ())),
        channel,
        members,
    )


def _second_group(rng: random.Random, rank: int, n_groups: int) -> int:
    return rng.randrange(n_groups) if rng.random() < SECOND_GROUP_SHARE else rank % n_groups


def _display_name(rng: random.Random, table: dict[str, list[str]]) -> str:
    if rng.random() < LATIN_NAME_SHARE:
        return "".join(rng.sample(table["syllables"], 3)).capitalize() + rng.choice(("", "", "_", ".x", "90"))
    return rng.choice(table["heads"]) + rng.choice(table["tails"])


def _handle(rng: random.Random, syllables: list[str]) -> str:
    return "".join(rng.sample(syllables, 3)) + f"_{rng.randrange(10, 99)}"


def _phones(rng: random.Random) -> tuple[str, ...]:
    """Numbers with the form of mainland mobile numbers, all 13x 0000 00xx, in the ways that people write them."""
    shapes = ("{}{}{}", "{} {} {}", "{}-{}-{}", "+86 {} {} {}")
    endings = rng.sample(range(100), 40)
    return tuple(rng.choice(shapes).format(rng.choice((137, 138, 139)), "0000", f"{end:04d}") for end in endings)


def _links(rng: random.Random) -> tuple[str, ...]:
    hosts = [f"https://{sub}example.{top}" for sub in ("", "www.", "m.") for top in ("com", "org")]
    return tuple(f"{rng.choice(hosts)}/{rng.choice('pvdn')}/{rng.getrandbits(28):x}" for _ in range(80))


def _distinct(make: Callable[[], str], n: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < n:
        found[make()] = None
    return list(found)
