"""What a row of the benchmark is, and how it is measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass


def nothing() -> None:
    """Where there is nothing to prepare."""


@dataclass(frozen=True)
class Row:
    """One comparison of the same work. what: the work and its size; peer: the floor or the other package.

    prepare: makes what both need (data, servers, loaded models), outside the time.
    """

    what: str
    peer: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    repeats: int = 3
    prepare: Callable[[], object] = nothing

    def seconds(self) -> tuple[float, float]:
        """The shortest time of each, which is the one least disturbed by others.

        They take turns, so that a machine that is slow for a while is slow for both.
        """
        self.prepare()
        times = [(_timed(self.ours), _timed(self.theirs)) for _ in range(self.repeats)]
        ours, theirs = zip(*times, strict=True)
        return min(ours), min(theirs)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
