"""The search step by step: what has been done, and what comes next."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.workspace import Workspace
from segmenter.tuning.outside import Labelling, Outside

UI = "assay ui"


@dataclass(frozen=True)
class Step:
    """What to do next. name: draw, label, wait (people are labelling), discuss (disagreements are undecided) or run.

    command: what does it; told: why, in words. labelling: how far people are, once there is a batch.
    """

    name: Literal["draw", "label", "wait", "discuss", "run"]
    command: str
    told: str
    labelling: Labelling | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def next_step(workspace: Workspace, outside: Outside) -> Step:
    """The first step that is not done. Nothing is changed."""
    if not workspace.store.exists("development"):
        return Step("draw", "assay segment tune draw", "there is no development set yet")
    found = outside.labelling(workspace)
    if found is None:
        return Step("label", "assay segment tune label", "nobody labels the development set yet")
    if found.state == "open":
        missing = found.n_total - found.n_done
        if missing:
            told = f"batch {found.batch!r}: {found.n_done} of {found.n_total} labels given; annotators go on in {UI}"
            return Step("wait", UI, told, found)
        command = f"assay batch close {found.batch}"
        return Step("wait", command, f"batch {found.batch!r} is complete and has to be closed", found)
    if found.n_undecided:
        told = (
            f"batch {found.batch!r}: {found.n_undecided} of {found.n_disputed} disagreements are to be discussed; an "
            f"adjudicator decides them in {UI} (without that, majorities count: assay segment tune run)"
        )
        return Step("discuss", UI, told, found)
    return Step("run", "assay segment tune run", f"batch {found.batch!r} is labelled and settled", found)
