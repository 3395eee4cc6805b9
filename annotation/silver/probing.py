"""The shipped injection attempts against the models of a panel: whose votes change, and by what.

A few segments are asked about as they are, with every attempt put in, and with harmless messages in the same places.
More messages in a chat may honestly change a judgement, and some models waver by themselves; so a changed label says
something only beside how often harmless messages change one. No vote is written; replies are kept as all others are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from heapq import nsmallest
from typing import Any

import polars as pl

from annotation.silver.chat_voter import ChatVoter
from annotation.silver.injections import injection_attempts
from annotation.silver.interviews import forms_for
from annotation.silver.material import Material
from annotation.silver.planning import AskingCost, asking_cost
from annotation.silver.probe_report import ProbeReport, VoterProbe, voter_probe
from annotation.silver.trials import Trial, trials_of
from annotation.silver.voting import chosen_voters
from core.codebook import RatingVariable, shipped_codebook
from core.errors import DataError, SettingsError
from core.progress import track
from core.reply_cache import ReplyCache
from core.setting_tables.voting import Voter
from core.store import digest
from core.workspace import Workspace

N_SEGMENTS = 3


@dataclass(frozen=True, kw_only=True)
class VoterCost(AskingCost):
    """What a probe asks of one voter. n_later: the most that the answers may lead to besides, counted nowhere else."""

    voter: str
    model: str
    n_later: int


@dataclass(frozen=True)
class ProbePlan:
    """What a probe would ask. no_model: voters that were chosen and ask no model."""

    voters: tuple[VoterCost, ...]
    segments: tuple[str, ...]
    n_attempts: int
    no_model: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        counted = ("n_requests", "prompt_tokens", "completion_tokens", "completion_tokens_at_most")
        total = {key: sum(getattr(voter, key) for voter in self.voters) for key in counted}
        return {**asdict(self), "total": total}


def probe(workspace: Workspace, voters: Sequence[str] | None = None, n_segments: int = N_SEGMENTS) -> ProbeReport:
    """Put the attempts to the voters that ask a model, or to those of them that are named.

    Raises SettingsError for an unknown voter, when no voter asks a model, or for less than one segment; DataError or
    WorkspaceError without segments.
    """
    probing = Probing(workspace, voters, n_segments)
    return ProbeReport(
        voters=tuple(probing.probe(voter) for voter in probing.members),
        segments=probing.segments,
        n_attempts=len(probing.attempts),
        wanted_known=bool(probing.with_levels),
        no_model=probing.no_model,
    )


def plan_probe(workspace: Workspace, voters: Sequence[str] | None = None, n_segments: int = N_SEGMENTS) -> ProbePlan:
    """Count what `probe` would ask, and ask nothing; no key and no server is needed. Errors as `probe`."""
    probing = Probing(workspace, voters, n_segments)
    costs = tuple(probing.cost(voter) for voter in probing.members)
    return ProbePlan(costs, probing.segments, len(probing.attempts), probing.no_model)


class Probing:
    """Who is probed, and with what."""

    def __init__(self, workspace: Workspace, voters: Sequence[str] | None, n_segments: int) -> None:
        chosen = chosen_voters(workspace.settings.vote, voters)
        self.workspace = workspace
        self.members = tuple(voter for voter in chosen if voter.asks_a_model)
        self.no_model = tuple(voter.name for voter in chosen if not voter.asks_a_model)
        if not self.members:
            raise SettingsError(
                f"there is no model to probe: these voters ask no language model: {', '.join(self.no_model)}; add one "
                f"with the backend openai, vllm or ray to assay.toml, or name one with --voter"
            )
        self.attempts = injection_attempts()
        self.material = Material(workspace, some_segments(workspace, n_segments))

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.material.displays)

    @cached_property
    def trials(self) -> Mapping[str, Trial]:
        """By the trial's own id, which is the segment's where nothing is put in."""
        segments = self.material.displays.values()
        return {trial.display.segment_id: trial for one in segments for trial in trials_of(one, self.attempts)}

    @cached_property
    def with_levels(self) -> frozenset[str]:
        """The rating variables whose codes are those that attempts are after."""
        return frozenset(one.name for one in self.workspace.codebook.rating_variables if has_levels_of_suichat(one))

    def probe(self, voter: Voter) -> VoterProbe:
        ready = self.ready(voter)
        ballots = list(ready.hashes())
        cast = track(ready.cast(ballots), f"probe {voter.name}", ready.rounds(ballots))
        votes = {vote.ballot: vote for some in cast for vote in some}
        # Answers come in any order; a report is the same each time.
        in_order = [votes[ballot] for ballot in ballots]
        return voter_probe(voter.name, ready.model, in_order, self.trials, self.with_levels)

    def cost(self, voter: Voter) -> VoterCost:
        ready = self.ready(voter)
        ballots = list(ready.hashes())
        prompt = self.workspace.settings.vote.prompt_of(voter)
        cost = asking_cost(ready.first_requests(ballots), ready.cache, prompt)
        return VoterCost(voter=voter.name, model=ready.model, n_later=ready.n_later(ballots), **vars(cost))

    def ready(self, voter: Voter) -> ChatVoter:
        """The voter as in a vote, with the trials in place of the segments."""
        settings, codebook = self.workspace.settings.vote, self.workspace.codebook
        forms = forms_for(voter, settings, codebook, self.material.prompts)
        shown = {trial_id: trial.display for trial_id, trial in self.trials.items()}
        return ChatVoter(voter, codebook, forms, shown, ReplyCache(self.workspace.cache / "llm"), settings.engines)


def some_segments(workspace: Workspace, n: int) -> pl.DataFrame:
    """n rows of ``segments``, or all where there are fewer, in the order of the table.

    Drawn by hash of their ids: the same each time, and mostly the same when others come and go.
    """
    if n < 1:
        raise SettingsError(f"a probe needs at least one segment, and {n} were asked for")
    segments = workspace.store.read("segments", maker="segment")
    if segments.is_empty():
        raise DataError("there are no segments to put attempts into; run: assay lexicon match, then assay segment")
    chosen = nsmallest(n, segments.get_column("segment_id"), key=lambda one: digest(["probe", one]))
    return segments.filter(pl.col("segment_id").is_in(chosen))


def has_levels_of_suichat(rating: RatingVariable) -> bool:
    """Whether a variable's labels are the levels of the codebook suichat6, code by code."""
    [levels] = shipped_codebook("suichat6").variables
    own = {label.code: label.name for label in rating.variable.labels}
    return rating.label is None and own == {label.code: label.name for label in levels.labels}
