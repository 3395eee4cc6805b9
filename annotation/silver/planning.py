"""Before anything is spent: what a round of voting would ask of each voter, and what that would cost."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from annotation.silver.ballots import Ballot
from annotation.silver.chat_voter import ChatVoter
from annotation.silver.material import Material
from annotation.silver.reply_length import assumed_reply
from annotation.silver.voting import chosen_voters, standing_ballots
from core.chat import ChatRequest
from core.progress import track
from core.reply_cache import ReplyCache
from core.setting_tables.voting import PromptName, Voter
from core.tokens import estimated_tokens
from core.workspace import Workspace


@dataclass(frozen=True)
class AskingCost:
    """What requests come to; equal ones count once. n_kept: those whose reply is kept; the rest would be sent.

    Tokens are estimates over those that would be sent; the last one is what they are if every reply is as long as
    max_tokens lets it be.
    """

    n_kept: int
    n_requests: int
    prompt_tokens: int
    completion_tokens: int
    completion_tokens_at_most: int


def asking_cost(requests: Iterable[ChatRequest], cache: ReplyCache, prompt: PromptName) -> AskingCost:
    """Replies are taken to be as long as those that are kept, without any as their form and prompt let expect."""
    kept: dict[str, float] = {}
    unasked: dict[str, ChatRequest] = {}
    for request in requests:
        reply = cache.get(request)
        if reply is None:
            unasked[request.key] = request
        else:
            kept[request.key] = estimated_tokens(reply.text)
    at_most = sum(request.parameters["max_tokens"] for request in unasked.values())
    mean = sum(kept.values()) / len(kept) if kept else None
    replies = (assumed_reply(one, prompt) if mean is None else mean for one in unasked.values())
    return AskingCost(
        n_kept=len(kept),
        n_requests=len(unasked),
        prompt_tokens=ceil(sum(estimated_tokens(text) for one in unasked.values() for _, text in one.messages)),
        completion_tokens=min(at_most, ceil(sum(replies))),
        completion_tokens_at_most=at_most,
    )


@dataclass(frozen=True)
class VoterPlan:
    """What one voter would be asked.

    n_ballots: segments × rating variables; n_standing: votes that stand and will not be cast again; n_later: the most
    requests that the answers may lead to besides, which no figure here counts; requests and tokens as in `AskingCost`.
    cost: in the unit of the voter's prices, None without prices. hours: None without tokens_per_second. A voter that
    asks no model takes none of these. example: role → text of what it would be asked first; with nothing
    left to ask, of what it is asked about the first segment.
    """

    voter: str
    backend: str
    model: str | None
    n_ballots: int
    n_standing: int
    n_kept: int
    n_requests: int
    n_later: int
    prompt_tokens: int
    completion_tokens: int
    completion_tokens_at_most: int
    cost: float | None
    hours: float | None
    example: dict[str, str] | None


@dataclass(frozen=True)
class VotePlan:
    """A plan for the voters asked about. economy: votes will be saved, so that the figures are the most it can take."""

    voters: tuple[VoterPlan, ...]
    n_segments: int
    n_variables: int
    economy: bool

    def as_json(self) -> dict[str, Any]:
        total = {
            key: sum(getattr(voter, key) for voter in self.voters)
            for key in ("n_requests", "prompt_tokens", "completion_tokens", "completion_tokens_at_most")
        }
        return {**asdict(self), "total": total}


def plan_votes(workspace: Workspace, voters: Sequence[str] | None = None) -> VotePlan:
    """Count what `vote` would ask, and ask nothing; no key and no server is needed. Errors as `vote`."""
    panel = chosen_voters(workspace.settings.vote, voters)
    material = Material(workspace, workspace.store.read("segments", maker="segment"))
    return VotePlan(
        voters=tuple(_plan(workspace, voter, material) for voter in panel),
        n_segments=material.segments.height,
        n_variables=len(workspace.codebook.rating_variables),
        economy=workspace.settings.vote.economy,
    )


def _plan(workspace: Workspace, voter: Voter, material: Material) -> VoterPlan:
    ready = material.ready(voter)
    hashes = ready.hashes()
    standing = standing_ballots(workspace, voter, hashes)
    pending = [ballot for ballot in hashes if ballot not in standing]
    asking = ready if isinstance(ready, ChatVoter) else None
    requests = asking.first_requests(pending) if asking else []
    cache = ReplyCache(workspace.cache / "llm")
    cost = asking_cost(
        track(requests, f"plan {voter.name}", len(requests)), cache, workspace.settings.vote.prompt_of(voter)
    )
    return VoterPlan(
        voter=voter.name,
        backend=voter.backend,
        model=voter.model,
        n_ballots=len(hashes),
        n_standing=len(standing),
        n_kept=cost.n_kept,
        n_requests=cost.n_requests,
        n_later=asking.n_later(pending) if asking else 0,
        prompt_tokens=cost.prompt_tokens,
        completion_tokens=cost.completion_tokens,
        completion_tokens_at_most=cost.completion_tokens_at_most,
        cost=voter.money_for(cost.prompt_tokens, cost.completion_tokens),
        hours=voter.hours_for(cost.completion_tokens) if requests else None,
        example=_example(asking, pending or list(hashes)) if asking else None,
    )


def _example(asking: ChatVoter, ballots: Sequence[Ballot]) -> dict[str, str] | None:
    """What is asked first of these ballots; None where there are no segments."""
    first = asking.first_requests(ballots[:1])
    return dict(first[0].messages) if first else None
