"""What the report tells: everything read from a workspace once, with absent stages as empty tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import polars as pl
from sqlalchemy import Engine

from annotation.human.batch_reports import BatchSummary
from annotation.human.batches import list_batches
from app.report_page import Html, element
from consensus.gold_origins import drawn_as
from consensus.gold_sample import strata_of
from core.contracts import CONTRACTS, MANY_FILES
from core.full_share import ECONOMY, full_share
from core.store import Manifest, Store, count_by_reason
from core.workspace import Workspace

COMMANDS = {
    "messages": "assay collect PATH",
    "lexicon": "assay lexicon import FILE, then assay lexicon freeze",
    "matches": "assay lexicon match",
    "segments": "assay segment",
    "votes": "assay vote",
    "verdicts": "assay gate",
    "gold": "assay resolve",
}
BATCH_COMMAND = "assay batch new"


@dataclass(frozen=True)
class Facts:
    """A workspace as the report sees it.

    absent: tables that are not there. hashes: SHA-256 of every table file, by name (``segments``, ``votes/NAME``).
    manifests: by name, None where a stage did not finish; a many-file table has one, or each of its parts has.
    rejected: table → reason → rows. n_messages: messages kept. votes: those that count at the gate. simulated: names
    of the simulated annotators behind gold labels and batches. drawn: segment_id → how it came into a closed batch.
    """

    workspace: Workspace
    made_at: datetime
    absent: tuple[str, ...]
    hashes: Mapping[str, str]
    manifests: Mapping[str, Manifest | None]
    rejected: Mapping[str, Mapping[str, int]]
    n_messages: int
    n_entries: int
    matches: pl.DataFrame
    segments: pl.DataFrame
    votes: pl.DataFrame
    verdicts: pl.DataFrame
    gold: pl.DataFrame
    batches: tuple[BatchSummary, ...]
    simulated: tuple[str, ...]
    drawn: Mapping[str, str]

    def on(self, table: str, variable: str) -> pl.DataFrame:
        """The rows of ``votes``, ``verdicts`` or ``gold`` on one rating variable."""
        frames = {"votes": self.votes, "verdicts": self.verdicts, "gold": self.gold}
        return frames[table].filter(pl.col("variable") == variable)

    @cached_property
    def strata(self) -> pl.DataFrame:
        """What batches draw from, as `strata_of` gives it."""
        return strata_of(self.verdicts)

    @property
    def votes_were_saved(self) -> bool:
        """Whether voters were asked no more than a verdict needs; then ``votes`` are those of the full share."""
        panel = _panel(self.workspace, self.manifests.get("verdicts"))
        made = [self.manifests.get(f"votes/{voter}") for voter in panel]
        return any(ECONOMY in manifest.recipe.settings for manifest in made if manifest is not None)

    @property
    def gold_is_simulated(self) -> bool:
        return bool(_simulated_raters(self.manifests.get("gold")))


def read_facts(workspace: Workspace, engine: Engine) -> Facts:
    """Read the tables and the batches of a workspace. Stages that did not run yet are empty tables."""
    store = workspace.store
    manifests = {name: store.manifest(name) for name in _names(store)}
    batches = tuple(list_batches(engine))
    in_batches = {load.annotator for batch in batches for load in batch.loads if load.simulated}
    return Facts(
        workspace=workspace,
        made_at=workspace.clock(),
        absent=tuple(table for table in COMMANDS if not store.exists(table)),
        hashes=store.hashes(*CONTRACTS),
        manifests=manifests,
        rejected={table: _rejected(store, table) for table in CONTRACTS},
        n_messages=_n_messages(store, manifests),
        n_entries=store.read_or_empty("lexicon").height,
        matches=store.read_or_empty("matches"),
        segments=store.read_or_empty("segments"),
        votes=_counted_votes(workspace, manifests.get("verdicts")),
        verdicts=store.read_or_empty("verdicts"),
        gold=store.read_or_empty("gold"),
        batches=batches,
        simulated=tuple(sorted({*_simulated_raters(manifests.get("gold")), *in_batches})),
        drawn=drawn_as(engine),
    )


def _names(store: Store) -> list[str]:
    """What has a manifest, in the order of the pipeline: a table, or the parts of a many-file table without its own."""
    there = [table for table in CONTRACTS if store.exists(table)]
    return [
        name
        for table in there
        for name in (store.parts(table) if table in MANY_FILES and store.manifest(table) is None else [table])
    ]


def _rejected(store: Store, table: str) -> Mapping[str, int]:
    manifest = store.manifest(table)
    return manifest.rejected if manifest else count_by_reason(store.read_rejected(table))


def _n_messages(store: Store, manifests: Mapping[str, Manifest | None]) -> int:
    """Counted from the manifests where all are there, so that a large corpus is not read for its length."""
    made = [manifest for name, manifest in manifests.items() if name.partition("/")[0] == "messages"]
    rows = [manifest.rows for manifest in made if manifest is not None]
    return sum(rows) if len(rows) == len(made) else store.read("messages").height


def _panel(workspace: Workspace, verdicts: Manifest | None) -> list[str]:
    """The panel that made the verdicts, before that the one of the settings, else everybody who voted."""
    made = [name for name, _ in verdicts.recipe.settings.get("panel", ())] if verdicts else []
    ours = made or [voter.name for voter in workspace.settings.vote.voters]
    return ours or [part.partition("/")[2] for part in workspace.store.parts("votes")]


def _counted_votes(workspace: Workspace, verdicts: Manifest | None) -> pl.DataFrame:
    """The votes that count at the gate: of the panel, on present segments, with labels of the codebook.

    Where voters saved votes, those on the segments that all were asked about: the others are no fair sample.
    """
    store, panel = workspace.store, _panel(workspace, verdicts)
    codes = [(rating.name, code) for rating in workspace.codebook.rating_variables for code in (-1, *rating.codes)]
    known = pl.DataFrame(codes, schema={"variable": pl.String, "label": pl.Int64}, orient="row")
    votes = store.read_or_empty("votes").filter(pl.col("voter").is_in(panel))
    ours = votes.join(known, on=["variable", "label"], how="semi")
    ours = ours.join(store.read_or_empty("segments"), on="segment_id", how="semi")
    made = [store.manifest(f"votes/{voter}") for voter in panel]
    everybody = full_share(ours["segment_id"], [one.recipe.settings for one in made if one is not None])
    return ours if everybody is None else ours.filter(pl.col("segment_id").is_in(everybody.implode()))


def _simulated_raters(gold: Manifest | None) -> tuple[str, ...]:
    return tuple(gold.recipe.settings.get("simulated_raters", ())) if gold else ()


def not_yet(what: str, needs: str) -> Html:
    """The sentence that stands where a stage has not run."""
    return element("p", f"There are no {what} yet; make them with ", element("code", COMMANDS[needs]), class_="soft")
