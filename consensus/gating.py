"""The stage: from the panel's votes to the table ``verdicts``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from consensus.counts import count_labels
from consensus.fleiss import fleiss_kappa
from consensus.gate import REASONS, gate
from consensus.intervals import Estimate
from core.codebook import Codebook
from core.errors import SettingsError
from core.ratings import votes_as_ratings
from core.setting_tables.voting import Voter
from core.store import Recipe, count_by_reason
from core.workspace import Workspace, with_options

KEY = ("segment_id", "variable")


@dataclass(frozen=True)
class VariableVerdicts:
    """The verdicts on one rating variable. acceptance_rate: accepted of all items, 0 to 1; None without items.

    fleiss_kappa: of the panel's votes, items with fewer than two valid votes left out.
    """

    n_items: int
    n_accepted: int
    n_no_consensus: int
    n_no_valid_votes: int
    n_below_quorum: int
    acceptance_rate: float | None
    fleiss_kappa: Estimate


@dataclass(frozen=True)
class GateReport:
    """What the gate did.

    voters_without_votes: of the panel. left_out: votes that did not count, by reason. variables: by rating variable.
    """

    changed: bool
    threshold: Fraction
    quorum: int | None
    n_segments: int
    n_panel: int
    voters_without_votes: tuple[str, ...]
    left_out: Mapping[str, int]
    variables: Mapping[str, VariableVerdicts]

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; threshold as text, left_out as a list of reason and n."""
        left_out = [{"reason": reason, "n": n} for reason, n in self.left_out.items()]
        return {**asdict(self), "threshold": str(self.threshold), "left_out": left_out}


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``verdicts`` is made of."""
    settings = workspace.settings
    return Recipe(
        inputs=workspace.store.hashes("segments", "votes"),
        settings={
            "threshold": str(settings.gate.threshold),
            "quorum": settings.gate.quorum,
            "panel": [[voter.name, str(voter.weight)] for voter in settings.vote.voters],
        },
        codebook=workspace.codebook_hash,
    )


def run_gate(workspace: Workspace, threshold: Fraction | None = None) -> GateReport:
    """Write ``verdicts``: one row for every segment and rating variable, voted on or not.

    Only votes count that the panel of assay.toml cast on present segments and on variables and labels of the codebook;
    the report counts the others. ``threshold`` stands in for ``gate.threshold``. Raises SettingsError without a panel
    and as `consensus.gate.gate`, WorkspaceError without segments or votes.
    """
    workspace = with_options(workspace, "gate", {"threshold": threshold})
    panel = workspace.settings.vote.voters
    if not panel:
        raise SettingsError("wanted a panel of voters; assay.toml has no [[vote.voters]]. Add some, then: assay vote")
    store = workspace.store
    segments = store.read("segments", maker="segment").get_column("segment_id")
    votes = _judged(store.read("votes", maker="vote"), panel, segments, workspace.codebook)
    valid = votes.filter(pl.col("reason").is_null()).drop("reason")
    made_from = recipe(workspace)
    changed = not store.unchanged("verdicts", made_from)
    if changed:
        store.write("verdicts", _verdicts(valid, workspace, segments), made_from)
    verdicts = store.read("verdicts")
    cast = set(valid.get_column("voter"))
    return GateReport(
        changed=changed,
        threshold=workspace.settings.gate.threshold,
        quorum=workspace.settings.gate.quorum,
        n_segments=len(segments),
        n_panel=len(panel),
        voters_without_votes=tuple(voter.name for voter in panel if voter.name not in cast),
        left_out=count_by_reason(votes.filter(pl.col("reason").is_not_null())),
        variables={
            variable.name: _summary(verdicts.filter(variable=variable.name), valid.filter(variable=variable.name))
            for variable in workspace.codebook.rating_variables
        },
    )


def _judged(votes: pl.DataFrame, panel: Sequence[Voter], segments: pl.Series, codebook: Codebook) -> pl.DataFrame:
    """segment_id, voter, variable, label, and the reason why a vote does not count (null: it does)."""
    codes = [(variable.name, code) for variable in codebook.rating_variables for code in (*variable.codes, -1)]
    known = pl.DataFrame(codes, schema={"variable": pl.String, "label": pl.Int64}, orient="row")
    known = known.with_columns(known=pl.lit(True))
    reason = (
        pl.when(~pl.col("voter").is_in([voter.name for voter in panel]))
        .then(pl.lit("voter not in the panel"))
        .when(~pl.col("segment_id").is_in(segments.implode()))
        .then(pl.lit("segment not in the table"))
        .when(~pl.col("variable").is_in(known["variable"].unique().implode()))
        .then(pl.lit("variable not in the codebook"))
        .when(pl.col("known").is_null())
        .then(pl.lit("label not in the codebook"))
    )
    votes = votes.select("segment_id", "voter", "variable", "label")
    joined = votes.join(known, on=["variable", "label"], how="left", maintain_order="left")
    return joined.with_columns(reason=reason).drop("known")


def _verdicts(votes: pl.DataFrame, workspace: Workspace, segments: pl.Series) -> pl.DataFrame:
    """The gate's verdicts, with a row for the segments and variables that nobody voted on."""
    settings = workspace.settings
    panel = settings.vote.voters
    voted = gate(
        votes,
        weights={voter.name: voter.weight for voter in panel},
        threshold=settings.gate.threshold,
        quorum=settings.gate.quorum,
        n_panel=len(panel),
    )
    names = [variable.name for variable in workspace.codebook.rating_variables]
    every = segments.to_frame().join(pl.DataFrame({"variable": names}), how="cross")
    return (
        every.join(voted, on=KEY, how="left")
        .with_columns(
            pl.col("accepted").fill_null(False),
            pl.col("n_valid").fill_null(0),
            pl.lit(len(panel), dtype=pl.Int64).alias("n_panel"),
            pl.col("reason").fill_null("no_valid_votes"),
        )
        .sort(KEY)
    )


def _summary(verdicts: pl.DataFrame, votes: pl.DataFrame) -> VariableVerdicts:
    reasons = verdicts.get_column("reason").cast(pl.String).to_list()
    counts = {f"n_{reason}": reasons.count(reason) for reason in REASONS}
    rate = counts["n_accepted"] / len(reasons) if reasons else None
    kappa = fleiss_kappa(count_labels(votes_as_ratings(votes)).matrix)
    return VariableVerdicts(n_items=len(reasons), **counts, acceptance_rate=rate, fleiss_kappa=kappa)
