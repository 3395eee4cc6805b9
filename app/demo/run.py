"""The demo: the whole pipeline as one readable function, on an invented chat with simulated annotators."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from annotation.human.batches import list_batches, open_batch
from annotation.human.drawing import plan_for
from annotation.human.users import add_user, list_users
from annotation.silver.voting import vote
from app.demo.generator import write_export
from app.demo.simulated import Noise, annotate, settle
from app.demo.telling import Teller
from app.demo.truth import intended_levels, share_as_intended
from app.report import write_report
from app.staleness import out_of_date
from app.wiring import close
from app.workspaces import init
from collector.collecting import collect
from collector.pseudonyms import load_pseudonyms
from consensus.gating import run_gate
from consensus.gold import resolve
from core.database import open_database
from core.errors import WorkspaceError
from core.workspace import Workspace, open_workspace
from core.writing import write_atomically
from lexicon.drafts import freeze, import_entries
from lexicon.matching import match
from release.publishing import ReleaseReport, new_release
from segmenter.segmenting import segment

MARK = "DEMO.txt"
NOTE = (
    "Made by `assay demo`. Every message is invented; the annotators sim_1, sim_2, sim_3 and sim_judge are simulated.\n"
)
ANNOTATORS, ADJUDICATOR, VISITOR = ("sim_1", "sim_2", "sim_3"), "sim_judge", "visitor"
SIMULATED_BATCH, TRIAL_BATCH = "demo-simulated", "try-it-yourself"
RELEASE = "demo-simulated"
NOISE = Noise()


@dataclass(frozen=True)
class Demo:
    """What the demo made. figures: name → number, as they fell. password: of the visitor, when it was made just now."""

    workspace: Workspace
    figures: dict[str, Any]
    password: str | None

    def as_json(self) -> dict[str, Any]:
        return {"workspace": str(self.workspace.root), "visitor": VISITOR, "password": self.password, **self.figures}


def run_demo(
    folder: Path, *, seed: int = 7, n_messages: int = 6_000, tell: Callable[[str], None] = lambda _: None
) -> Demo:
    """Raw export → messages → matches → segments → votes → verdicts → people → gold → report, telling each step.

    ``folder`` becomes a workspace; the raw export lies beside it in ``FOLDER-export``. Run again, it goes on where it
    stopped. Neither voters nor settings know what the generator intended; only the comparison at the end does.
    """
    teller = Teller(tell)
    export = folder.with_name(f"{folder.name}-export")
    workspace = _demo_workspace(folder)
    engine = open_database(workspace)
    intended = write_export(export, seed=seed, n_messages=n_messages)
    teller.started(export, intended)

    teller.collected(collect(workspace, [export / "result.json"]))
    with as_file(files("lexicon").joinpath("data", "signals_zh.csv")) as signals:
        import_entries(workspace, engine, signals, actor="demo")
    teller.matched(freeze(workspace, engine), match(workspace))
    teller.segmented(segment(workspace))
    teller.voted(vote(workspace))
    teller.gated(run_gate(workspace))

    store = workspace.store
    levels = intended_levels(intended, store.read("segments"), store.read("messages"), load_pseudonyms(workspace))
    teller.annotated(_simulated_batch(workspace, engine, levels, seed), NOISE)
    teller.resolved(resolve(workspace, engine, by="demo"))
    gold = store.read("gold")
    silver = store.read("verdicts").join(gold, on="segment_id", how="anti")
    teller.compared(share_as_intended(silver, levels), share_as_intended(gold, levels))

    teller.released(_trial_release(workspace, engine))
    password = _trial_batch(workspace, engine)
    teller.finished(write_report(workspace, engine), workspace, VISITOR, password)
    return Demo(workspace, teller.figures, password)


def _demo_workspace(folder: Path) -> Workspace:
    """The workspace of an earlier demo, to go on with, or a new one."""
    if (folder / MARK).exists():
        return open_workspace(folder)
    if folder.exists() and any(folder.iterdir()):
        raise WorkspaceError(f"{folder} is there and is no demo; name an empty or new folder: assay demo DIR")
    workspace = init(folder, "suichat6")
    write_atomically(folder / MARK, NOTE.encode())
    return workspace


def _simulated_batch(workspace: Workspace, engine: Engine, levels: dict[str, int], seed: int) -> dict[str, Any]:
    """Fill a batch with three simulated annotators, close it, let a simulated adjudicator settle; its agreement."""
    _add_simulated_people(engine, workspace)
    if SIMULATED_BATCH not in _batches(engine):
        open_batch(
            workspace, engine, plan_for(workspace.settings.annotate, name=SIMULATED_BATCH, annotators=ANNOTATORS)
        )
    annotate(engine, workspace.codebook, ANNOTATORS, levels, noise=NOISE, seed=seed, clock=workspace.clock)
    if _batches(engine)[SIMULATED_BATCH].state == "open":
        close(workspace, engine, SIMULATED_BATCH, by="demo")
    settled = settle(
        engine, SIMULATED_BATCH, ADJUDICATOR, workspace.codebook, levels, noise=NOISE, seed=seed, clock=workspace.clock
    )
    batch = _batches(engine)[SIMULATED_BATCH]
    (measured,) = (batch.agreement or {})["variables"].values()
    return {"items": batch.n_items, "settled": settled, "fleiss_kappa": measured["fleiss_kappa"]}


def _add_simulated_people(engine: Engine, workspace: Workspace) -> None:
    known = {person.name for person in list_users(engine)}
    for name in (*ANNOTATORS, ADJUDICATOR):
        if name not in known:
            role = "adjudicator" if name == ADJUDICATOR else "annotator"
            add_user(engine, name, role, secrets.token_urlsafe(16), simulated=True, by="demo", clock=workspace.clock)


def _trial_release(workspace: Workspace, engine: Engine) -> ReleaseReport | None:
    """A release of simulated labels, allowed and marked; None where an earlier run made it."""
    if (workspace.releases / RELEASE).exists():
        return None
    return new_release(workspace, engine, RELEASE, allow_simulated=True, stale=out_of_date(workspace, engine))


def _trial_batch(workspace: Workspace, engine: Engine) -> str | None:
    """A user and a small open batch for whoever looks at the pages; the user's password when it is new."""
    if VISITOR in {person.name for person in list_users(engine)}:
        return None
    password = secrets.token_urlsafe(9)
    add_user(engine, VISITOR, "annotator", password, by="demo", clock=workspace.clock)
    plan = plan_for(workspace.settings.annotate, name=TRIAL_BATCH, size=10, overlap=1, annotators=(VISITOR,))
    open_batch(workspace, engine, plan, by="demo")
    return password


def _batches(engine: Engine) -> dict[str, Any]:
    return {batch.name: batch for batch in list_batches(engine)}
