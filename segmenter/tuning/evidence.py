"""What the search found, and ``reports/segment-tune.json``, which keeps all of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.workspace import Workspace
from core.writing import write_atomically
from segmenter.tuning.grid import Configuration
from segmenter.tuning.intervals import METHOD, Interval

REPORT = "segment-tune"


@dataclass(frozen=True)
class Scored:
    """One configuration. macro_f1: 0 to 1, with its interval; behind: macro-F1 of the best minus it, paired.

    as_good: whether the interval of ``behind`` holds 0. mean_messages: of its contexts. n_abstained, n_failed: items on
    which the voter gave no label, which count as wrong.
    """

    configuration: Configuration
    macro_f1: Interval
    behind: Interval
    as_good: bool
    mean_messages: float
    n_abstained: int
    n_failed: int


@dataclass(frozen=True)
class Evidence:
    """The whole search.

    n_items: items with a label; n_contexts: items × configurations; n_distinct: of these judged; n_beyond: contexts
    that hold a message which people were not shown. class_f1: label → F1 of the best. best, current: places in
    ``scored``; current: what assay.toml said, None when that is not in the grid.
    """

    made_at: str
    voter: str
    model: str
    variable: str
    expansion: str
    n_items: int
    labels: Mapping[int, int]
    by_source: Mapping[str, int]
    left_out: Mapping[str, int]
    simulated: tuple[str, ...]
    n_contexts: int
    n_distinct: int
    n_beyond: int
    resamples: int
    seed: int
    scored: tuple[Scored, ...]
    best: int
    current: int | None
    class_f1: Mapping[int, float]
    method: str = METHOD

    @property
    def winner(self) -> Scored:
        return self.scored[self.best]

    @property
    def n_as_good(self) -> int:
        """Configurations that cannot be told from the best, itself not counted."""
        return sum(one.as_good for one in self.scored) - 1

    @property
    def n_failed(self) -> int:
        """Judgements that failed, over all configurations."""
        return sum(one.n_failed for one in self.scored)

    def in_words(self) -> str:
        """The result in a line, for the settings file."""
        f1 = self.winner.macro_f1
        simulated = "SIMULATED labels of " if self.simulated else ""
        return (
            f"macro-F1 {f1.value:.3f} [{f1.low:.3f}, {f1.high:.3f}] of {self.voter} on {simulated}{self.n_items} "
            f"messages; {self.n_as_good} of the other {len(self.scored) - 1} configurations cannot be told from it"
        )

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys, and winner, n_as_good and n_failed."""
        found = {**asdict(self), "winner": asdict(self.winner), "n_as_good": self.n_as_good, "n_failed": self.n_failed}
        return json.loads(json.dumps(found, ensure_ascii=False))


def keep(workspace: Workspace, evidence: Evidence) -> bool:
    """Write the report; False when it says this already, and then the old one stays with its time."""
    path = workspace.reports / f"{REPORT}.json"
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = {}
    if isinstance(before, dict) and before == replace(evidence, made_at=str(before.get("made_at"))).as_json():
        return False
    write_atomically(path, json.dumps(evidence.as_json(), ensure_ascii=False, indent=1).encode())
    return True
