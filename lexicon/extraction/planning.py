"""The dry run: how many requests an extraction would send, and how large they are."""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

from core.counting import counted
from core.progress import track
from core.reply_cache import ReplyCache
from core.tokens import estimated_tokens
from core.workspace import Workspace
from lexicon.extraction.extracting import chosen_windows
from lexicon.extraction.prompt import prompt_path, write_prompt
from lexicon.extraction.reader import Reader
from lexicon.extraction.transcript import transcript

_THOUGHTS, _PROPOSAL, _MESSAGES_A_PROPOSAL = 80, 50, 10
ASSUMED = f"{_THOUGHTS} tokens of thoughts, and {_PROPOSAL} for one proposal in every {_MESSAGES_A_PROPOSAL} messages"


@dataclass(frozen=True)
class Plan:
    """What an extraction would ask.

    n_windows: drawn or all. n_kept: of them answered already, which cost nothing; n_requests: the others. Tokens are
    of those n_requests. completion_tokens_at_most: if every reply were as long as max_tokens lets it be.
    completion_basis: where the estimate of replies comes from. example: the first request's texts by role.
    """

    voter: str
    model: str
    server: str
    prompt_file: str
    n_windows: int
    n_kept: int
    n_requests: int
    n_characters: int
    prompt_tokens: int
    completion_tokens: int
    completion_tokens_at_most: int
    completion_basis: str
    example: dict[str, str] | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plan_extraction(workspace: Workspace) -> Plan:
    """Count what `extract` would ask, and ask nothing. Needs no key and no server. Errors as `extract`."""
    write_prompt(workspace)
    reader, cache = Reader(workspace), ReplyCache(workspace.cache / "llm")
    windows = chosen_windows(workspace)
    system_tokens, max_tokens = estimated_tokens(reader.prompt.system), workspace.settings.lexicon.extract.max_tokens
    replies: list[float] = []
    characters, prompt, assumed = 0, 0.0, 0.0
    example: dict[str, str] | None = None
    for window in track(windows, "plan", len(windows)):
        request = reader.request(transcript(window))
        example = example or dict(request.messages)
        kept = cache.get(request)
        if kept is not None:
            replies.append(estimated_tokens(kept.text))
            continue
        user = request.messages[1][1]
        characters += len(reader.prompt.system) + len(user)
        prompt += system_tokens + estimated_tokens(user)
        assumed += min(max_tokens, _THOUGHTS + _PROPOSAL * window.size / _MESSAGES_A_PROPOSAL)
    n_requests = len(windows) - len(replies)
    completion = n_requests * sum(replies) / len(replies) if replies else assumed
    return Plan(
        voter=reader.voter.name,
        model=reader.model,
        server=reader.voter.base_url or "",
        prompt_file=f"prompts/{prompt_path(workspace).name}",
        n_windows=len(windows),
        n_kept=len(replies),
        n_requests=n_requests,
        n_characters=characters,
        prompt_tokens=ceil(prompt),
        completion_tokens=ceil(completion),
        completion_tokens_at_most=n_requests * max_tokens,
        completion_basis=f"the mean of {counted(len(replies), 'reply', 'replies')} kept" if replies else ASSUMED,
        example=example,
    )
