"""The stage: from the panel's votes to the table ``verdicts``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from consensus.against_gold import against_gold
from consensus.counts import MISSING, code_ratings
from consensus.economy import n_open
from consensus.fleiss import fleiss_kappa
from consensus.gate import REASONS, Rule, judge
from consensus.gold_sample import gold_sample, strata_of
from consensus.intervals import Estimate
from consensus.panel_details import PanelDetails, panel_details
from consensus.panel_votes import KEY, Countable, PanelVotes, read_votes
from core.codebook import Codebook, RatingVariable
from core.contracts import empty
from core.errors import SettingsError, WorkspaceError
from core.full_share import full_share
from core.store import Recipe
from core.texts import closest
from core.workspace import Workspace, with_options

NO_SHARE = "no vote was cast in the random share that the whole panel is asked about"


@dataclass(frozen=True)
class VariableVerdicts:
    """The verdicts on one rating variable. acceptance_rate: accepted of all items, 0 to 1; None without items.

    fleiss_kappa: of the panel's votes, items with fewer than two valid votes left out. details: when asked for.
    """

    n_items: int
    n_accepted: int
    n_no_consensus: int
    n_no_valid_votes: int
    n_below_quorum: int
    acceptance_rate: float | None
    fleiss_kappa: Estimate
    details: PanelDetails | None = None

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; no key ``details`` where there are none."""
        own = {**vars(self), "fleiss_kappa": self.fleiss_kappa.as_json()}
        details = own.pop("details")
        return own if details is None else {**own, "details": details.as_json()}


@dataclass(frozen=True)
class _People:
    """What a panel is measured by. gold: in the shape of the table; strata: as `strata_of`; drawn: as `drawn_as`."""

    gold: pl.DataFrame
    strata: pl.DataFrame
    drawn: Mapping[str, str] | None


@dataclass(frozen=True)
class GateReport:
    """What the gate did.

    voters_without_votes: of the panel. left_out: votes that did not count, by reason. n_failed: voter → votes that
    count as abstentions although they are no answer, since asking failed. variables: by rating variable.
    n_full_panel: where voters saved votes, the segments that all were asked about: agreement and details are measured
    on these alone; None where everybody was asked about everything.
    """

    changed: bool
    threshold: Fraction
    thresholds: Mapping[str, Fraction]
    quorum: int | None
    n_segments: int
    n_panel: int
    voters_without_votes: tuple[str, ...]
    left_out: Mapping[str, int]
    n_failed: Mapping[str, int]
    n_full_panel: int | None
    variables: Mapping[str, VariableVerdicts]

    def as_json(self) -> dict[str, Any]:
        """The attributes as keys; thresholds as text, left_out as a list of reason and n."""
        left_out = [{"reason": reason, "n": n} for reason, n in self.left_out.items()]
        variables = {name: variable.as_json() for name, variable in self.variables.items()}
        exact = {
            "threshold": str(self.threshold),
            "thresholds": {name: str(one) for name, one in self.thresholds.items()},
        }
        return {**vars(self), **exact, "left_out": left_out, "variables": variables}


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``verdicts`` is made of."""
    return Recipe(
        inputs=workspace.store.hashes("segments", "votes"),
        settings=workspace.settings.verdict_rule,
        codebook=workspace.codebook_hash,
    )


def run_gate(
    workspace: Workspace,
    threshold: Fraction | None = None,
    *,
    details: bool = False,
    drawn: Mapping[str, str] | None = None,
) -> GateReport:
    """Write ``verdicts``: one row for every segment and rating variable, voted on or not.

    Only votes count that the panel of assay.toml cast on present segments and on variables and labels of the codebook;
    the report counts the others. ``threshold`` stands in for those of ``[gate]``; ``details`` also asks for what
    `consensus.panel_details` tells, measured with the gold labels that there are; ``drawn``, as `drawn_as` gives it,
    lets it tell how their segments were drawn. Raises SettingsError without a panel and as `consensus.gate.gate`,
    WorkspaceError without segments or votes.
    """
    given = {} if threshold is None else {"threshold": threshold, "thresholds": {}}
    workspace = with_options(workspace, "gate", given)
    panel = workspace.settings.vote.voters
    if not panel:
        raise SettingsError("wanted a panel of voters; assay.toml has no [[vote.voters]]. Add some, then: assay vote")
    _check_thresholds(workspace)
    store = workspace.store
    made_from = recipe(workspace)
    segments = _segments(workspace, made_from)
    gold = store.read_or_empty("gold") if details else empty("gold")
    everybody = full_share(segments, _recipe_settings(workspace))
    countable = Countable([voter.name for voter in panel], segments, workspace.codebook)
    votes = read_votes(store, made_from.inputs, countable, gold, everybody)
    changed = not store.unchanged("verdicts", made_from)
    gate_settings = workspace.settings.gate
    weights = {voter.name: voter.weight for voter in panel}
    names = [variable.name for variable in workspace.codebook.rating_variables]
    rules = {
        name: Rule.of(weights, gate_settings.threshold_for(name), gate_settings.quorum, len(panel)) for name in names
    }
    if everybody is not None:
        _refuse_open(votes, rules, len(segments))
    if changed:
        judged = [judge(coded, variable, rules[variable]) for variable, coded in votes.coded.items()]
        verdicts = _with_unvoted(judged, workspace.codebook, segments, len(panel))
        store.write("verdicts", verdicts, made_from)
    else:
        verdicts = store.read("verdicts")
    cast = {voter for coded in votes.coded.values() for voter in coded.raters}
    people = _People(gold, strata_of(verdicts if gold.height else verdicts.clear()), drawn) if details else None
    return GateReport(
        changed=changed,
        threshold=gate_settings.threshold,
        thresholds=gate_settings.thresholds,
        quorum=workspace.settings.gate.quorum,
        n_segments=len(segments),
        n_panel=len(panel),
        voters_without_votes=tuple(voter.name for voter in panel if voter.name not in cast),
        left_out=votes.left_out,
        n_failed=votes.failed,
        n_full_panel=None if everybody is None else len(everybody),
        variables={
            rating.name: _summary(rating, votes, verdicts, rules[rating.name], everybody, people)
            for rating in workspace.codebook.rating_variables
        },
    )


def _refuse_open(votes: PanelVotes, rules: Mapping[str, Rule], n_segments: int) -> None:
    """Votes are saved under a rule: under another one, or where a run was stopped, a verdict may still be open."""
    waiting = {
        name: n_open(votes.coded.get(name), votes.cast.get(name), rule, n_segments) for name, rule in rules.items()
    }
    if any(waiting.values()):
        told = ", ".join(f"{n:,} of {n_segments:,} on {name}" for name, n in waiting.items() if n)
        raise WorkspaceError(
            f"votes were saved (vote.economy), and votes that were not cast could still change verdicts: {told}. The "
            f"vote was stopped, or the panel or the rule of [gate] has changed since (a threshold given as an option "
            f"counts as a change). Run assay vote --economy, which asks only for what is open under the settings of "
            f"assay.toml, or assay vote --no-economy for all votes"
        )


def _check_thresholds(workspace: Workspace) -> None:
    known = [variable.name for variable in workspace.codebook.rating_variables]
    for name in workspace.settings.gate.thresholds:
        if name not in known:
            raise SettingsError(f"gate.thresholds has no rating variable {name!r}; {closest(name, known)}")


def _segments(workspace: Workspace, made_from: Recipe) -> pl.Series:
    sha256 = made_from.inputs.get("segments", "")
    return workspace.store.read("segments", maker="segment", columns=["segment_id"], sha256=sha256)["segment_id"]


def _recipe_settings(workspace: Workspace) -> list[Mapping[str, Any]]:
    """What the tables of the panel's voters were made with. Raises WorkspaceError for one that was never finished."""
    store = workspace.store
    names = [voter.name for voter in workspace.settings.vote.voters if store.path(f"votes/{voter.name}").exists()]
    manifests = {name: store.manifest(f"votes/{name}") for name in names}
    unfinished = [name for name, manifest in manifests.items() if manifest is None]
    if unfinished:
        raise WorkspaceError(
            f"the votes of {', '.join(unfinished)} were never finished: the vote was stopped while it wrote them, and "
            f"what they are is not known. Run: assay vote"
        )
    return [manifest.recipe.settings for manifest in manifests.values() if manifest is not None]


def _with_unvoted(
    judged: Sequence[pl.DataFrame], codebook: Codebook, segments: pl.Series, n_panel: int
) -> pl.DataFrame:
    """The gate's verdicts, with a row for the segments and variables that nobody voted on."""
    names = [variable.name for variable in codebook.rating_variables]
    if len(judged) == len(names) and all(frame.height == len(segments) for frame in judged):
        return judged[0] if len(judged) == 1 else pl.concat(judged).sort(KEY)
    every = segments.to_frame().join(pl.DataFrame({"variable": names}), how="cross")
    return (
        every.join(pl.concat([empty("verdicts"), *judged]), on=KEY, how="left")
        .with_columns(
            pl.col("accepted").fill_null(False),
            pl.col("n_valid").fill_null(0),
            pl.lit(n_panel, dtype=pl.Int64).alias("n_panel"),
            pl.col("reason").fill_null("no_valid_votes"),
        )
        .sort(KEY)
    )


def _summary(
    rating: RatingVariable,
    votes: PanelVotes,
    verdicts: pl.DataFrame,
    rule: Rule,
    everybody: pl.Series | None,
    people: _People | None,
) -> VariableVerdicts:
    """verdicts: on all variables. people: None where no details are wanted."""
    own = verdicts.filter(variable=rating.name)
    coded = votes.measured.get(rating.name)
    by_reason = dict(own.get_column("reason").cast(pl.String).value_counts().iter_rows())
    counts = {f"n_{reason}": by_reason.get(reason, 0) for reason in REASONS}
    rate = counts["n_accepted"] / own.height if own.height else None
    cast = votes.coded.get(rating.name)
    kappa = (
        fleiss_kappa(coded.counts()) if coded else Estimate.undefined(NO_SHARE if cast else "no item has two ratings")
    )
    details = None
    if cast and people:
        coded = coded or code_ratings(cast.items.clear().to_frame("item").with_columns(rater="item", label=MISSING))
        against = against_gold(
            votes.on_gold, verdicts, people.gold, rating.name, rating.codes, raters=cast.raters,
            strata=people.strata, drawn=people.drawn, full_panel=everybody,
        )  # fmt: skip
        voted = own if len(coded.items) == own.height else own.filter(pl.col("segment_id").is_in(coded.items.implode()))
        gold = people.gold.filter(variable=rating.name)
        sample = gold_sample(gold, rating.codes, coded.items, people.strata, people.drawn)
        details = panel_details(coded, voted, rule, sample, against)
    return VariableVerdicts(n_items=own.height, **counts, acceptance_rate=rate, fleiss_kappa=kappa, details=details)
