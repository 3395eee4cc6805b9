"""How few moments of activity single a person out (de Montjoye, Hidalgo, Verleysen & Blondel, Unique in the Crowd,
Scientific Reports 3, 1376, 2013; here of times alone, without places).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.progress import track

RESOLUTIONS_MS = {"second": 1_000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
MOST_POINTS = 4
DRAWS = 2_000

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Unicity:
    """One resolution and number of points.

    share: of the draws in which exactly one person was active at all the drawn moments, 0 to 1; None when nobody has
    that many. users: with at least ``points`` distinct moments; the others are left out. draws: how often it was tried.
    """

    resolution: str
    points: int
    users: int
    draws: int
    share: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def unicity(users: Sequence[int] | Integers, times_ms: Sequence[int] | Integers, seed: int = 7) -> list[Unicity]:
    """The share of users that 1 to 4 random moments of theirs single out, at every resolution.

    users: who wrote each message, any integers; times_ms: when, milliseconds since the epoch. A moment is a second,
    minute, hour or day (UTC) in which a user wrote at least once, in any chat. Every user is drawn equally often: once,
    or as often as makes `DRAWS` draws; of more than `DRAWS` users that many are drawn. The same seed draws the same.
    """
    codes = np.unique(np.asarray(users, dtype=np.int64), return_inverse=True)[1].astype(np.int64)
    times = np.asarray(times_ms, dtype=np.int64)
    return [
        row
        for name, length in RESOLUTIONS_MS.items()
        for row in _at_resolution(name, codes, times // length, np.random.default_rng(seed))
    ]


def _at_resolution(name: str, users: Integers, moments: Integers, random: np.random.Generator) -> list[Unicity]:
    crowd = _Crowd(users, moments)
    unique, drawn = np.zeros(MOST_POINTS, dtype=np.int64), np.zeros(MOST_POINTS, dtype=np.int64)
    for user in track(crowd.drawn_users(random), f"singling out by the {name}"):
        alone = crowd.alone_after(random.permutation(crowd.moments_of(user))[:MOST_POINTS])
        drawn[: len(alone)] += 1
        unique[: len(alone)] += alone
    lengths = crowd.moments_a_user()
    return [
        Unicity(
            resolution=name,
            points=points,
            users=int((lengths >= points).sum()),
            draws=int(drawn[points - 1]),
            share=float(unique[points - 1] / drawn[points - 1]) if drawn[points - 1] else None,
        )
        for points in range(1, MOST_POINTS + 1)
    ]


class _Crowd:
    """Who was active when. users: codes 0 … n − 1."""

    def __init__(self, users: Integers, moments: Integers) -> None:
        self.n_users = int(users.max()) + 1 if users.size else 0
        moment_codes = np.unique(moments, return_inverse=True)[1].astype(np.int64)
        pairs = np.unique(moment_codes * max(self.n_users, 1) + users)
        self._who = pairs % max(self.n_users, 1)
        when = pairs // max(self.n_users, 1)
        self._moment_ends = np.searchsorted(when, np.arange(when.max() + 2 if when.size else 1))
        order = np.argsort(self._who, kind="stable")
        self._when_by_user = when[order]
        self._user_ends = np.searchsorted(self._who[order], np.arange(self.n_users + 1))

    def moments_of(self, user: int) -> Integers:
        return self._when_by_user[self._user_ends[user] : self._user_ends[user + 1]]

    def moments_a_user(self) -> Integers:
        """Distinct moments of every user."""
        return np.diff(self._user_ends)

    def active_at(self, moment: int) -> Integers:
        """Users who were, sorted."""
        return self._who[self._moment_ends[moment] : self._moment_ends[moment + 1]]

    def drawn_users(self, random: np.random.Generator) -> list[int]:
        chosen = random.permutation(self.n_users)[:DRAWS]
        return np.repeat(chosen, -(-DRAWS // max(len(chosen), 1)) if self.n_users < DRAWS else 1).tolist()

    def alone_after(self, moments: Integers) -> list[bool]:
        """Whether one person is left after the first moment, after the first two, and so on."""
        left = self.active_at(int(moments[0]))
        alone = [len(left) == 1]
        for moment in moments[1:].tolist():
            left = left if len(left) == 1 else _in_both(left, self.active_at(moment))
            alone.append(len(left) == 1)
        return alone


def _in_both(one: Integers, other: Integers) -> Integers:
    """What two sorted, non-empty arrays share."""
    few, many = sorted((one, other), key=len)
    places = np.minimum(np.searchsorted(many, few), len(many) - 1)
    return few[many[places] == few]
