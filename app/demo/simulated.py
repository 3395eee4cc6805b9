"""Simulated annotators: the intended label plus stated noise. They are marked simulated wherever they appear."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Engine

from annotation.human.work import assignments, submit
from consensus.adjudication import adjudicate, disagreements
from core.clock import Clock
from core.codebook import Codebook

RATIONALE = "模拟标注 simulated"


@dataclass(frozen=True)
class Noise:
    """How a simulated person errs.

    annotator, adjudicator: chance of giving the intended label. Otherwise: ``neighbour`` of the time a label next to it
    on the scale, else any other label, evenly.
    """

    annotator: float = 0.8
    adjudicator: float = 0.95
    neighbour: float = 0.7

    def said(self) -> str:
        """The noise in words, for the terminal and the report."""
        return f"the intended label {self.annotator:.0%} of the time, else mostly a neighbouring one"


def noisy(intended: int, codes: tuple[int, ...], accuracy: float, noise: Noise, rng: random.Random) -> int:
    """A label by somebody who gives the intended one with probability ``accuracy``."""
    if rng.random() < accuracy:
        return intended
    neighbours = [code for code in codes if abs(code - intended) == 1]
    others = [code for code in codes if code != intended]
    return rng.choice(neighbours if neighbours and rng.random() < noise.neighbour else others)


def annotate(
    engine: Engine,
    codebook: Codebook,
    annotators: Sequence[str],
    intended: Mapping[str, int],
    *,
    noise: Noise,
    seed: int,
    clock: Clock,
) -> None:
    """Submit every open assignment of the simulated annotators. intended: segment_id → level."""
    (rating,) = codebook.rating_variables
    for name in annotators:
        for task in assignments(engine, name):
            if task.done:
                continue
            rng = random.Random(f"{seed} {name} {task.segment_id}")
            label = noisy(intended[task.segment_id], rating.codes, noise.annotator, noise, rng)
            submit(
                engine,
                task.assignment_id,
                name,
                {rating.name: label},
                codebook=codebook,
                rationale=RATIONALE,
                clock=clock,
            )


def settle(
    engine: Engine,
    batch: str,
    adjudicator: str,
    codebook: Codebook,
    intended: Mapping[str, int],
    *,
    noise: Noise,
    seed: int,
    clock: Clock,
) -> int:
    """Decide every disagreement of a closed batch that has no majority; returns how many there are."""
    (rating,) = codebook.rating_variables
    found = [one for one in disagreements(engine, batch) if one.majority is None]
    for one in found:
        if one.decision is None:
            rng = random.Random(f"{seed} {adjudicator} {one.segment_id}")
            label = noisy(intended[one.segment_id], rating.codes, noise.adjudicator, noise, rng)
            adjudicate(engine, one.item_id, one.variable, label, RATIONALE, adjudicator, codebook=codebook, clock=clock)
    return len(found)
