"""The shipped injection attempts against the models of a panel: whose votes change, and by what.

A few segments are asked about as they are, with every attempt put in, and with harmless messages in the same places.
More messages in a chat may honestly change a judgement, and some models waver by themselves; so a changed label says
something only beside how often harmless messages change one. No vote is written; replies are kept as all others are.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from heapq import nsmallest
from math import ceil
from typing import Any

import polars as pl

from annotation.silver.ballots import ABSTAIN, Ballot, Vote
from annotation.silver.chat_voter import ChatVoter
from annotation.silver.injections import KINDS, injection_attempts
from annotation.silver.interviews import forms_for
from annotation.silver.material import Material
from annotation.silver.planning import REPLY_TOKENS
from annotation.silver.trials import CONTROL, LONG_CONTROL, PLAIN, Trial, trials_of
from annotation.silver.voting import chosen_voters
from core.chat import ReplyCache
from core.codebook import RatingVariable, shipped_codebook
from core.errors import DataError, SettingsError
from core.progress import track
from core.setting_tables.voting import Voter
from core.store import digest
from core.tokens import estimated_tokens
from core.workspace import Workspace

N_SEGMENTS = 3
ALL = "all attempts"


@dataclass(frozen=True)
class Share:
    """n of ``of``, 0 to 1, with its 95 % Wilson interval; None where ``of`` is 0."""

    n: int
    of: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Tally:
    """What became of the votes under one kind of messages put in.

    n: votes; n_failed: of these, without an answer, here or as the segment is. changed: another label than as the
    segment is (or one where that vote abstained), of the votes that did not fail. abstained: no label where there was
    one, of the same. wanted: the label that the attempt was after, of the votes that were not that label anyhow; None
    where that is not known. control: changed, under harmless messages of similar length; None for what has no such.
    """

    kind: str
    n: int
    n_failed: int
    changed: Share
    abstained: Share
    wanted: Share | None
    control: Share | None


@dataclass(frozen=True)
class Change:
    """A vote that is another than on the segment as it is. Labels are codes, −1: abstained.

    attempt: its id, or the kind of control. wanted: whether it is what the attempt was after; None: not known.
    """

    segment_id: str
    attempt: str
    kind: str
    place: str
    variable: str
    plain: int
    label: int
    wanted: bool | None


@dataclass(frozen=True)
class VoterProbe:
    """One voter's votes compared. tallies: a kind each, then all attempts, then the two controls.

    n_plain: votes on the segments as they are; n_plain_abstained: those without a label. n_failed: votes that failed,
    of all; problems: why → how many.
    """

    voter: str
    model: str
    n_plain: int
    n_plain_abstained: int
    n_failed: int
    problems: Mapping[str, int]
    tallies: tuple[Tally, ...]
    changes: tuple[Change, ...]

    def tally(self, kind: str) -> Tally:
        return next(tally for tally in self.tallies if tally.kind == kind)


@dataclass(frozen=True)
class ProbeReport:
    """A probe of a panel. wanted_known: whether labels mean what the attempts mean by them. no_model: not probed."""

    voters: tuple[VoterProbe, ...]
    segments: tuple[str, ...]
    n_attempts: int
    wanted_known: bool
    no_model: tuple[str, ...]

    @property
    def n_failed(self) -> int:
        return sum(voter.n_failed for voter in self.voters)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "n_failed": self.n_failed}


@dataclass(frozen=True)
class VoterCost:
    """What a probe asks of one voter: as `annotation.silver.planning.VoterPlan`; equal requests count once."""

    voter: str
    model: str
    n_kept: int
    n_requests: int
    n_later: int
    prompt_tokens: int
    completion_tokens: int
    completion_tokens_at_most: int


@dataclass(frozen=True)
class ProbePlan:
    """What a probe would ask."""

    voters: tuple[VoterCost, ...]
    segments: tuple[str, ...]
    n_attempts: int
    no_model: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        counted = ("n_requests", "n_later", "prompt_tokens", "completion_tokens", "completion_tokens_at_most")
        total = {key: sum(getattr(voter, key) for voter in self.voters) for key in counted}
        return {**asdict(self), "total": total}


def probe(workspace: Workspace, voters: Sequence[str] | None = None, n_segments: int = N_SEGMENTS) -> ProbeReport:
    """Put the attempts to the voters that ask a model, or to those of them that are named.

    Raises SettingsError for an unknown voter, or when none of them asks a model; DataError without segments.
    """
    probing = Probing(workspace, voters, n_segments)
    return ProbeReport(
        voters=tuple(probing.probe(voter) for voter in probing.members),
        segments=probing.segments,
        n_attempts=len(probing.attempts),
        wanted_known=any(wants_are_codes_of(rating) for rating in workspace.codebook.rating_variables),
        no_model=probing.no_model,
    )


def plan_probe(workspace: Workspace, voters: Sequence[str] | None = None, n_segments: int = N_SEGMENTS) -> ProbePlan:
    """Count what `probe` would ask, and ask nothing; no key and no server is needed. Errors as `probe`."""
    probing = Probing(workspace, voters, n_segments)
    costs = tuple(probing.cost(voter) for voter in probing.members)
    return ProbePlan(costs, probing.segments, len(probing.attempts), probing.no_model)


def wants_are_codes_of(rating: RatingVariable) -> bool:
    """Whether a variable's labels are those by which attempts say what they are after: the levels of suichat6."""
    [levels] = shipped_codebook("suichat6").variables
    own = {label.code: label.name for label in rating.variable.labels}
    return rating.label is None and own == {label.code: label.name for label in levels.labels}


class Probing:
    """Who is probed, and with what."""

    def __init__(self, workspace: Workspace, voters: Sequence[str] | None, n_segments: int) -> None:
        chosen = chosen_voters(workspace.settings.vote, voters)
        self.workspace = workspace
        self.members = tuple(voter for voter in chosen if voter.asks_a_model)
        self.no_model = tuple(voter.name for voter in chosen if not voter.asks_a_model)
        if not self.members:
            raise SettingsError(
                f"there is no model to probe: {', '.join(self.no_model)} put no prompts to a language model; add a "
                f"voter with the backend openai, vllm or ray to assay.toml, or choose another with --voter"
            )
        self.attempts = injection_attempts()
        self.material = Material(workspace, _drawn(workspace, n_segments))

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.material.displays)

    @cached_property
    def trials(self) -> Mapping[str, Trial]:
        """By the trial's own id, which is the segment's where nothing is put in."""
        shown = self.material.displays.values()
        return {trial.display.segment_id: trial for one in shown for trial in trials_of(one, self.attempts)}

    def ready(self, voter: Voter) -> ChatVoter:
        settings, codebook = self.workspace.settings.vote, self.workspace.codebook
        forms = forms_for(voter, settings, codebook, self.material.prompts)
        shown = {own_id: trial.display for own_id, trial in self.trials.items()}
        return ChatVoter(voter, codebook, forms, shown, ReplyCache(self.workspace.cache / "llm"), settings.engines)

    def cost(self, voter: Voter) -> VoterCost:
        ready = self.ready(voter)
        ballots = list(ready.hashes())
        requests = {request.key: request for request in ready.first_requests(ballots)}
        replies = {key: reply for key, request in requests.items() if (reply := ready.cache.get(request))}
        unasked = [request for key, request in requests.items() if key not in replies]
        seen = [estimated_tokens(reply.text) for reply in replies.values()]
        a_reply = sum(seen) / len(seen) if seen else REPLY_TOKENS[self.workspace.settings.vote.prompt_of(voter)]
        at_most = sum(request.parameters["max_tokens"] for request in unasked)
        return VoterCost(
            voter=voter.name,
            model=ready.model,
            n_kept=len(replies),
            n_requests=len(unasked),
            n_later=ready.n_later(ballots),
            prompt_tokens=ceil(sum(estimated_tokens(text) for request in unasked for _, text in request.messages)),
            completion_tokens=min(at_most, ceil(len(unasked) * a_reply)),
            completion_tokens_at_most=at_most,
        )

    def probe(self, voter: Voter) -> VoterProbe:
        ready = self.ready(voter)
        ballots = list(ready.hashes())
        cast = track(ready.cast(ballots), f"probe {voter.name}", ready.rounds(ballots))
        votes = {vote.ballot: vote for some in cast for vote in some}
        return voter_probe(voter, ready.model, self._compared(votes), list(votes.values()))
