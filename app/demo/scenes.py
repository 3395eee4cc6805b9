"""What is said in one scene of a group: a stretch of ordinary talk, or an episode around one speaker with a level."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.demo.cast import Group, Person, chatty, written_by
from app.demo.phrases import Phrasebook, in_traditional, phrase_table

REPLY_SHARE = 0.28
REACTION_SHARE = 0.24
MEDIA_SHARES = {"sticker": 0.05, "photo": 0.015, "voice": 0.01}
FORWARD_SHARE = 0.03
MENTION_SHARE = 0.03
OWN_TOPIC_SHARE = 0.65
NEWS_SHARE = 0.04
OPENER_SHARE = 0.25
EPISODE_OPENER_SHARE = 0.6
LEAD_IN_SHARE = 0.5
EPISODE_MESSAGES = (4, 14)

Beat = tuple[str, str]
"""A turn of an episode: a role (lead, friend, target) and the pile that its words come from."""

_MILD, _URGENT, _AFTER = ("friend", "support.mild"), ("friend", "support.urgent"), ("friend", "support.after")
_ME_TOO, _PUZZLED, _MORE = ("friend", "bystander.me_too"), ("friend", "bystander.puzzled"), ("lead", "lead.answers")
_REPROACH = [("friend", "bystander.reproach")] * 5 + [_MILD, _PUZZLED, ("target", "bystander.target")]

ANSWERS: dict[str, list[Beat]] = {
    "core.1": [_MILD] * 7 + [_ME_TOO, _PUZZLED, _MORE, _MORE],
    "core.2": [_MILD] * 3 + [_URGENT] * 3 + [_ME_TOO, _PUZZLED, _MORE, _MORE],
    "core.3": [_URGENT] * 6 + [_MILD, _PUZZLED, _MORE, _MORE],
    "core.4": [_AFTER] * 4 + [_URGENT] * 2 + [_MILD, _PUZZLED, _MORE, _MORE],
    "attack.lines": _REPROACH,
    "attack.induce": _REPROACH,
}
"""What may follow the lead's words of a pile, as often as it is listed; a theme of level 0 has answers of its own."""


@dataclass(eq=False)
class Line:
    """One message in the making; `pause` is the seconds since the scene's last one. `when` (Unix seconds) and `id` come
    when it is placed in the chat."""

    speaker: Person
    text: str
    pause: float
    answers: "Line | None" = None
    media: str = ""
    forwarded_from: str = ""
    when: int = 0
    id: int = 0


@dataclass(eq=False)
class Service:
    """A service line: `pinned` is the line that a pin points to."""

    when: int
    actor: Person
    action: str
    extra: dict[str, Any] = field(default_factory=dict)
    pinned: Line | None = None
    id: int = 0


@dataclass(eq=False)
class Scene:
    """Lines that belong together. A notice may be pinned; a late scene answers something said hours before."""

    lines: list[Line]
    notice: bool = False
    late: bool = False


@dataclass(eq=False, kw_only=True)
class Episode(Scene):
    """A scene at a level of suichat6 around its at-risk speaker, the lead."""

    level: int
    lead: Person


class Talk:
    """Makes up the scenes of one group."""

    def __init__(self, rng: random.Random, book: Phrasebook, group: Group, sources: Sequence[str]) -> None:
        self._rng = rng
        self._book = book
        self._group = group
        self._sources = sources
        self._emoji: dict[str, list[str]] = phrase_table("cast.toml")["emoji"]

    def chatter(self, without: Sequence[Person] = ()) -> Scene:
        """Ordinary talk: somebody opens a subject, a few others answer, react or send a sticker, who opened goes on."""
        index, subject = self._subject()
        opener, *others = self._people(self._rng.randint(3, 5), without=without)
        opener = self._group.channel if subject.get("notice") else opener
        scene = Scene(self._say(opener, f"scene.{index}.open", at=others[0]), notice=subject.get("notice", False))
        first = scene.lines[0]
        first.forwarded_from = self._forwarded_from(subject.get("forward", False))
        first.media = "photo" if subject.get("photo") else ""
        for _ in range(min(self._book.size(f"scene.{index}.reply"), 1 + int(self._rng.expovariate(1 / 5)))):
            again = len(scene.lines) > 1 and scene.lines[-1].speaker is not opener and self._rng.random() < OPENER_SHARE
            speaker = opener if again else self._rng.choice(others)
            scene.lines += self._answer(speaker, scene.lines, f"scene.{index}.{'more' if again else 'reply'}", opener)
        return scene

    def afterthought(self) -> Scene:
        """One message that answers something said hours before; the chat picks what, once everything has its time."""
        return Scene(self._say(self._people(1)[0], "late"), late=True)

    def episode(self, level: int) -> Episode:
        """4 to 14 messages around a lead at the given level of suichat6: the lead's words, hints and plain speech
        mixed, with openers and milder lines before them, and the answers of one to three others."""
        lead, target, *friends = self._people(self._rng.randint(3, 5), tempered=True)
        cast = {"lead": [lead], "target": [target], "friend": friends if level == 5 else [target, *friends]}
        story = self._book.story()
        lines: list[Line] = []
        for role, pile in self._beats(level):
            speaker = self._rng.choice(cast[role])
            lines += self._say(
                speaker, pile, story, self._reply_target(lines, speaker), at=lead, mood=_mood(pile, level)
            )
        lines = lines[: EPISODE_MESSAGES[1]]
        return Episode(lines, level=level, lead=lead)

    def _beats(self, level: int) -> list[Beat]:
        n_turns = self._rng.randint(*EPISODE_MESSAGES)
        n_lead = max(2, round(0.4 * n_turns))
        if level == 0:
            theme = f"benign.{self._rng.randrange(self._book.n_benign)}"
            return self._exchange([f"{theme}.lines"] * n_lead, n_turns)
        if level == 5:
            words = self._rng.choice(("attack.lines", "attack.induce"))
            hurt = self._rng.choice(("core.1", "lead.openers", "bystander.target"))
            return [("target", hurt), *self._exchange([words] * n_lead, n_turns - 1)]
        words = [self._lead_in(level) for _ in range(n_lead - 2)] + [f"core.{level}"] * 2
        opening = [("lead", "lead.openers")] if n_turns > 4 and self._rng.random() < EPISODE_OPENER_SHARE else []
        return opening + self._exchange(words, n_turns - len(opening))

    def _lead_in(self, level: int) -> str:
        milder = level > 1 and self._rng.random() < LEAD_IN_SHARE
        return f"core.{self._rng.randint(1, level - 1) if milder else level}"

    def _exchange(self, words: list[str], n_turns: int) -> list[Beat]:
        """The lead's turns in order, each followed by some of the others' turns, which answer what was just said."""
        after = Counter(self._rng.randrange(len(words)) for _ in range(n_turns - len(words)))
        beats: list[Beat] = []
        for turn, pile in enumerate(words):
            beats.append(("lead", pile))
            fitting = [("friend", pile.replace("lines", "replies"))] * 4 + [("friend", "reactions")]
            answers = ANSWERS.get(pile, fitting)
            for _ in range(after[turn]):
                lead_spoke = beats[-1][0] == "lead"
                beats.append(self._rng.choice([beat for beat in answers if not (lead_spoke and beat == _MORE)]))
        return beats

    def _subject(self) -> tuple[int, dict]:
        scenes = list(enumerate(self._book.scenes))
        own = [(index, scene) for index, scene in scenes if scene["topic"] in self._group.topics]
        news = [(index, scene) for index, scene in scenes if scene.get("notice") or scene.get("forward")]
        shares = (OWN_TOPIC_SHARE, NEWS_SHARE, 1 - OWN_TOPIC_SHARE - NEWS_SHARE)
        return self._rng.choice(self._rng.choices([own, news, scenes], shares)[0])

    def _forwarded_from(self, news: bool) -> str:
        if news:
            return self._rng.choice(self._sources)
        return (self._rng.choice(self._group.members).name or "") if self._rng.random() < FORWARD_SHARE else ""

    def _answer(self, speaker: Person, before: list[Line], pile: str, at: Person) -> list[Line]:
        answers = self._reply_target(before, speaker)
        if self._rng.random() < sum(MEDIA_SHARES.values()):
            media = self._rng.choices(list(MEDIA_SHARES), list(MEDIA_SHARES.values()))[0]
            return [Line(speaker, "", self._pause(False), answers, media)]
        reaction = self._rng.random() < REACTION_SHARE and speaker is not self._group.channel
        lines = self._say(speaker, "reactions" if reaction else pile, answers=answers, at=at)
        if at is not speaker and self._rng.random() < MENTION_SHARE:
            lines[0].text = f"{_mention(at)} {lines[0].text}"
        return lines

    def _reply_target(self, before: list[Line], speaker: Person) -> Line | None:
        others = [line for line in before if line.speaker is not speaker]
        return self._rng.choice(others[-4:]) if others and self._rng.random() < REPLY_SHARE else None

    def _say(
        self,
        speaker: Person,
        pile: str,
        story: dict[str, str] | None = None,
        answers: Line | None = None,
        at: Person | None = None,
        mood: str = "idle",
    ) -> list[Line]:
        """A sentence of the pile in this speaker's hand, as one message or as several in quick succession."""
        texts = self._book.line(pile, {**(story or {}), "at": _mention(at)})
        if pile.endswith(("reply", "more")) and speaker.fillers:
            texts[-1] = chatty(speaker, texts[-1], self._rng)
        lines = [Line(speaker, self._in_hand(speaker, text, mood), self._pause(n > 0)) for n, text in enumerate(texts)]
        lines[0].answers = answers
        return lines

    def _in_hand(self, speaker: Person, text: str, mood: str) -> str:
        text = written_by(speaker, text, self._rng, self._emoji[mood])
        script = self._group.script
        traditional = script == "traditional" or (script == "mixed" and speaker.traditional)
        return in_traditional(text) if traditional else text

    def _people(self, n: int, tempered: bool = False, without: Sequence[Person] = ()) -> list[Person]:
        """Distinct members, the active ones first to be drawn (Efraimidis and Spirakis' weighted sampling)."""
        power = 0.5 if tempered else 1.0
        present = [person for person in self._group.members if person not in without]
        keys = {person: self._rng.random() ** (1 / person.activity**power) for person in present}
        return sorted(keys, key=lambda person: -keys[person])[:n]

    def _pause(self, same_speaker: bool) -> float:
        """Seconds to the next message: a few while one types on, else log-normal around 20, at most four minutes."""
        return self._rng.uniform(2, 12) if same_speaker else min(240.0, 2 + self._rng.lognormvariate(3.0, 0.9))


def _mention(person: Person | None) -> str:
    """How Telegram addresses a person: by username, else by display name (an entity that carries the user id)."""
    if person is None or person.raw_id.startswith("channel") or person.name is None:
        return "管理"
    return f"@{person.username}" if person.username else person.name


def _mood(pile: str, level: int) -> str:
    """Which emoji go with a pile: an attacker and a jest take any, care takes warm ones."""
    if level == 0 or pile.startswith("attack"):
        return "idle"
    return "warm" if pile.startswith("support") else "low"
