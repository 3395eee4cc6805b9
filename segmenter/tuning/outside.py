"""What the search needs of other stages: somebody who labels, and somebody who judges. The application brings both."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from core.workspace import Workspace


@dataclass(frozen=True)
class Judgement:
    """What the voter said of a context. label: None unless status is ``ok``."""

    context_id: str
    label: int | None
    status: Literal["ok", "abstained", "failed"]


@dataclass(frozen=True)
class Judge:
    """A voter at work. name: in assay.toml; model: what answers, in words.

    judge: contexts (`Contexts.distinct`) → a judgement each, as they come; what was judged before is not asked again.
    waiting: contexts → how many of them the voter would be asked about.
    """

    name: str
    model: str
    judge: Callable[[pl.DataFrame], Iterable[Judgement]]
    waiting: Callable[[pl.DataFrame], int]


@dataclass(frozen=True)
class Labelled:
    """What people settled. labels: item → code; by_source: unanimous, majority or adjudicated → items; left_out: why an
    item has no label → items; simulated: names of the simulated people among them.
    """

    labels: Mapping[str, int]
    by_source: Mapping[str, int]
    left_out: Mapping[str, int]
    simulated: tuple[str, ...]


@dataclass(frozen=True)
class Labelling:
    """How far the labelling of the development set is: its newest batch. state: open, closed or resolved.

    n_done of n_total: assignments. n_undecided of n_disputed: ratings that differ and that nobody has decided yet.
    """

    batch: str
    state: str
    n_done: int
    n_total: int
    n_disputed: int
    n_undecided: int


class Outside(Protocol):
    """The other stages, as the search sees them."""

    def labelling(self, workspace: Workspace) -> Labelling | None:
        """The newest batch that holds items of the table ``development``; None when there is none."""
        ...

    def open_batch(self, workspace: Workspace, annotators: Sequence[str]) -> Mapping[str, int]:
        """Give the items of ``development`` to annotators (all enabled ones without names): annotator → items."""
        ...

    def labels(self, workspace: Workspace, variable: str) -> Labelled:
        """The settled labels of the items of ``development`` on a rating variable, from closed batches."""
        ...

    def judge(self, workspace: Workspace, variable: str) -> Judge:
        """The voter that ``segment.tune.voter`` names, or the first that reads whole conversations."""
        ...
