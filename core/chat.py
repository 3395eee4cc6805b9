"""What is said to a language model and what comes back: server, request, reply, failure; replies kept on disk."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from core.errors import SettingsError
from core.setting_tables.voting import Voter
from core.store import digest


@dataclass(frozen=True)
class ChatServer:
    """Where a model is served and how hard it may be asked. timeout: seconds without a byte, for each attempt."""

    base_url: str
    api_key: str = field(repr=False)
    concurrency: int = 8
    timeout: float = 60.0
    retries: int = 5

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]


def server_of(voter: Voter) -> ChatServer:
    """The server behind a voter of the panel. Raises SettingsError for a voter without one, or without its key."""
    if voter.base_url is None:
        raise SettingsError(f"voter {voter.name!r} needs a model and a base_url")
    return ChatServer(
        base_url=voter.base_url,
        api_key=api_key(voter.api_key_env, voter.base_url),
        concurrency=voter.concurrency,
        timeout=voter.timeout,
        retries=voter.retries,
    )


def parameters_of(voter: Voter) -> dict[str, Any]:
    """What is sent along with each request to a voter's model."""
    parameters: dict[str, Any] = {"temperature": voter.temperature, "max_tokens": voter.max_tokens}
    return parameters if voter.seed is None else {**parameters, "seed": voter.seed}


SPEED_ONLY = frozenset(
    {
        "block_size",
        "cpu_offload_gb",
        "data_parallel_size",
        "disable_log_stats",
        "enable_chunked_prefill",
        "enable_prefix_caching",
        "enforce_eager",
        "gpu_memory_utilization",
        "kv_cache_memory_bytes",
        "max_num_batched_tokens",
        "max_num_seqs",
        "pipeline_parallel_size",
        "tensor_parallel_size",
    }
)
"""Options of an engine that decide how fast it answers and not what."""


def engine_of(voter: Voter) -> dict[str, Any]:
    """The options of a voter's engine that its answers depend on."""
    return {name: value for name, value in voter.engine.items() if name not in SPEED_ONLY}


@dataclass(frozen=True)
class ChatRequest:
    """One question. messages: (role, content). schema: the JSON schema that the reply is to follow, if any.

    choices: one-letter replies of which one is wanted, with the probability of each; never together with a schema.
    engine: options of the engine that the model is loaded with.
    """

    model: str
    messages: tuple[tuple[str, str], ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()
    engine: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Hash of everything that determines the answer. The server is no part of it: a model may move."""
        special = [[self.choices, self.engine]] if self.choices or self.engine else []
        return digest([self.model, self.messages, self.parameters, self.schema, *special])


@dataclass(frozen=True)
class ChatReply:
    """What a model said. refusal: its words when it declined. finish_reason: ``stop``, ``length``,
    ``content_filter`` or whatever else the server says. seconds: from asking to the answer, waits and retries included.
    logprobs: of the tokens that could have come first, natural logarithms; None unless choices were asked for.
    """

    text: str
    finish_reason: str
    refusal: str | None
    model: str
    seconds: float
    logprobs: Mapping[str, float] | None = None


@dataclass(frozen=True)
class ChatFailure:
    """Why there is no answer, in words for the user; free of chat text and keys."""

    reason: str
    seconds: float


Answer = ChatReply | ChatFailure


def api_key(variable: str, base_url: str) -> str:
    """The key in an environment variable; a server on this machine needs none. Raises SettingsError."""
    key = os.environ.get(variable, "").strip()
    if key:
        if key.isascii() and key.isprintable() and " " not in key:
            return key
        raise SettingsError(
            f"the API key in the environment variable {variable} has characters that no key has (blanks, line breaks, "
            f"or other than plain letters, digits and marks); set it to the key itself"
        )
    if is_local(base_url):
        return "none"
    raise SettingsError(
        f"{ChatServer(base_url, '').name} needs an API key: wanted it in the environment variable {variable}, which is "
        f"not set; set it, or name another variable with api_key_env"
    )


def is_local(base_url: str) -> bool:
    """Whether a server runs on this machine."""
    host = urlsplit(base_url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
