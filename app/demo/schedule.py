"""When the scenes of a group are said: sessions with silence between them, few of them at night."""

import random
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from app.demo.cast import Group
from app.demo.scenes import Episode, Line, Scene, Service

TIMEZONE = timezone(timedelta(hours=8))
FIRST_DAY = int(datetime(2025, 3, 3, tzinfo=TIMEZONE).timestamp())
BETWEEN_SESSIONS = 35 * 60
"""Seconds that the start of a session keeps from the start of another, where the day has room for it."""
JOINED_SHARE = 0.3
INVITED_SHARE = 0.3
PINNED_SHARE = 0.6
TOPIC = "topic_created"

# Relative activity of each hour from midnight on; an episode of risk comes more often late in the evening and at night.
_USUAL_HOURS = (6, 2, 1, 0, 0, 0, 1, 4, 9, 10, 10, 11, 14, 10, 8, 8, 9, 10, 13, 14, 17, 19, 18, 13)
_LATE_HOURS = (12, 9, 4, 1, 0, 0, 1, 2, 3, 4, 4, 4, 6, 5, 4, 4, 5, 6, 8, 9, 12, 15, 18, 16)

Session = list[Scene]


def sessions_of(rng: random.Random, scenes: Sequence[Scene]) -> list[Session]:
    """Scenes dealt out to sessions of one to three."""
    sessions: list[Session] = []
    for scene in scenes:
        if sessions and len(sessions[-1]) < 3 and rng.random() < 0.45:
            sessions[-1].append(scene)
        else:
            sessions.append([scene])
    return sessions


def say_everything(rng: random.Random, sessions: Sequence[Session], n_days: int) -> list[Line]:
    """Give every line its time within `n_days` and return all of them in order. Scenes of a session overlap, so that
    their lines mix."""
    starts: list[float] = []
    for session in sessions:
        late = any(isinstance(scene, Episode) and scene.level > 0 for scene in session)
        start = _session_start(rng, n_days, _LATE_HOURS if late else _USUAL_HOURS, starts)
        starts.append(start)
        _place(rng, session, start)
    lines = sorted(
        (line for session in sessions for scene in session for line in scene.lines), key=lambda line: line.when
    )
    for scene in (scene for session in sessions for scene in session if scene.late):
        scene.lines[0].answers = _something_older(rng, lines, scene.lines[0])
    return lines


def service_lines(rng: random.Random, group: Group, lines: Sequence[Line], notices: Sequence[Line]) -> list[Service]:
    """What the application itself writes: the group's start, its topics, people who join before they speak, pins."""
    services = [Service(FIRST_DAY - 60, group.channel, "migrate_from_group", {"title": group.title})]
    services += [Service(FIRST_DAY + n, group.channel, TOPIC, {"title": name}) for n, name in enumerate(group.forum)]
    first_words = {line.speaker: line for line in reversed(lines) if line.speaker is not group.channel}
    for person in group.members:
        if person in first_words and rng.random() < JOINED_SHARE:
            services.append(_arrival(rng, group, first_words[person]))
    pinned = [notice for notice in notices if rng.random() < PINNED_SHARE]
    return services + [Service(notice.when + 30, group.channel, "pin_message", pinned=notice) for notice in pinned]


def _arrival(rng: random.Random, group: Group, first: Line) -> Service:
    when = first.when - rng.randint(20, 400)
    if rng.random() < INVITED_SHARE:
        host = rng.choice(group.members)
        return Service(when, host, "invite_members", {"members": [first.speaker.name]})
    return Service(when, first.speaker, "join_group_by_link", {"inviter": group.title})


def _place(rng: random.Random, session: Session, start: float) -> None:
    for scene in session:
        now = start
        for line in scene.lines:
            now += line.pause
            line.when = int(now)
        start += (now - start) * rng.uniform(0.3, 1.1)


def _session_start(rng: random.Random, n_days: int, hours: Sequence[int], taken: Sequence[float]) -> float:
    start = 0.0
    for _ in range(20):
        hour = rng.choices(range(24), hours)[0]
        start = FIRST_DAY + rng.randrange(n_days) * 86_400 + hour * 3_600 + rng.uniform(0, 3_600)
        if all(abs(start - other) > BETWEEN_SESSIONS for other in taken):
            break
    return start


def _something_older(rng: random.Random, lines: Sequence[Line], late: Line) -> Line | None:
    """A line said one hour to one day before, by somebody else."""
    times = [line.when for line in lines]
    window = lines[bisect_left(times, late.when - 86_400) : bisect_left(times, late.when - 3_600)]
    others = [line for line in window if line.speaker is not late.speaker]
    return rng.choice(others) if others else None
