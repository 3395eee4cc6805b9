"""Before anything is spent: what a round of voting would ask of each voter, and what that would cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from annotation.silver.chat_voter import ChatVoter
from annotation.silver.material import Material
from annotation.silver.voting import chosen_voters, standing_ballots
from core.chat import ChatRequest, ReplyCache
from core.progress import track
from core.setting_tables.voting import Voter
from core.tokens import estimated_tokens
from core.workspace import Workspace

REPLY_TOKENS = {"cot": 160, "zero_shot": 80, "few_shot": 16, "questions": 160, "tree": 120, "letter": 1}
"""Assumed of a reply to each prompt until some have been seen."""


@dataclass(frozen=True)
class VoterPlan:
    """What one voter would be asked.

    n_ballots: segments × rating variables; n_standing: votes that stand and will not be cast again; n_kept: requests
    whose reply is kept already; n_requests: those that would be sent; n_later: the most that the answers may lead to
    besides, which no figure here counts. Tokens are estimates over n_requests; the last
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
    replies: list[float] = []
    unasked: list[ChatRequest] = []
    for request in track(requests, f"plan {voter.name}", len(requests)):
        kept = cache.get(request)
        if kept is None:
            unasked.append(request)
        else:
            replies.append(estimated_tokens(kept.text))
    prompt = sum(estimated_tokens(text) for request in unasked for _, text in request.messages)
    at_most = sum(request.parameters["max_tokens"] for request in unasked)
    a_reply = sum(replies) / len(replies) if replies else REPLY_TOKENS[workspace.settings.vote.prompt_of(voter)]
    completion = min(at_most, ceil(len(unasked) * a_reply))
    return VoterPlan(
        voter=voter.name,
        backend=voter.backend,
        model=voter.model,
        n_ballots=len(hashes),
        n_standing=len(standing),
        n_kept=len(replies),
        n_requests=len(unasked),
        n_later=asking.n_later(pending) if asking else 0,
        prompt_tokens=ceil(prompt),
        completion_tokens=completion,
        completion_tokens_at_most=at_most,
        cost=_cost(voter, prompt, completion),
        hours=completion / voter.tokens_per_second / 3600 if voter.tokens_per_second and requests else None,
        example=dict(requests[0].messages) if requests else None,
    )


def _cost(voter: Voter, prompt: float, completion: float) -> float | None:
    if voter.price_in is None or voter.price_out is None:
        return None
    return (prompt * voter.price_in + completion * voter.price_out) / 1e6
