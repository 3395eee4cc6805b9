"""Before anything is spent: what a round of voting would ask of each voter, and what that would cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from annotation.silver.ballots import Ballot
from annotation.silver.material import Material
from annotation.silver.voting import chosen_voters, standing_ballots
from core.chat import ChatRequest, ReplyCache
from core.progress import track
from core.setting_tables.voting import Voter
from core.tokens import estimated_tokens
from core.workspace import Workspace

REPLY_TOKENS = 80
"""Assumed of a reply (a label and a reason in a sentence or two) until some have been seen."""


@dataclass(frozen=True)
class VoterPlan:
    """What one voter would be asked.

    n_ballots: segments × rating variables; n_standing: votes that stand and will not be cast again; n_kept: requests
    whose reply is kept already; n_requests: those that would be sent. Tokens are estimates over n_requests; the last
    one is what they are if every reply is as long as max_tokens lets it be. cost: in the unit of the voter's prices,
    None without prices. hours: None without tokens_per_second; an embedded voter takes none of these.
    """

    voter: str
    backend: str
    model: str | None
    n_ballots: int
    n_standing: int
    n_kept: int
    n_requests: int
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
    requests = _requests(ready, pending)
    cache = ReplyCache(workspace.cache / "llm")
    replies: list[float] = []
    prompt, example = 0.0, None
    for request in track(requests, f"plan {voter.name}", len(requests)):
        example = example or dict(request.messages)
        kept = cache.get(request)
        if kept is not None:
            replies.append(estimated_tokens(kept.text))
        else:
            prompt += sum(estimated_tokens(text) for _, text in request.messages)
    n_requests = len(requests) - len(replies)
    completion = ceil(n_requests * (sum(replies) / len(replies) if replies else min(REPLY_TOKENS, voter.max_tokens)))
    return VoterPlan(
        voter=voter.name,
        backend=voter.backend,
        model=voter.model,
        n_ballots=len(hashes),
        n_standing=len(standing),
        n_kept=len(replies),
        n_requests=n_requests,
        prompt_tokens=ceil(prompt),
        completion_tokens=completion,
        completion_tokens_at_most=n_requests * voter.max_tokens if requests else 0,
        cost=_cost(voter, prompt, completion),
        hours=completion / voter.tokens_per_second / 3600 if voter.tokens_per_second and requests else None,
        example=example,
    )


def _requests(ready: object, pending: Sequence[Ballot]) -> list[ChatRequest]:
    """What would be sent, one request a segment; nothing for a voter that runs in this process."""
    from annotation.silver.chat_voter import ChatVoter

    if not isinstance(ready, ChatVoter):
        return []
    return [ready.requests[segment_id] for segment_id in dict.fromkeys(segment_id for segment_id, _ in pending)]


def _cost(voter: Voter, prompt: float, completion: float) -> float | None:
    if voter.price_in is None or voter.price_out is None:
        return None
    return (prompt * voter.price_in + completion * voter.price_out) / 1e6
