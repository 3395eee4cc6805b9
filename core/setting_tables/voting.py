"""``[vote]`` and ``[gate]``: the panel and when it is believed."""

from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from core.setting_tables.kinds import Exact, ServerAddress, Table, VoterName

PromptName = Literal["cot", "zero_shot", "few_shot", "questions", "tree", "letter"]
MODEL_BACKENDS = ("openai", "vllm", "ray")
"""Backends that put prompts to a language model."""

_EVERY = {"name", "backend", "family", "scale", "weight"}
_MODEL = {"model", "temperature", "max_tokens", "seed", "prompt", "self_consistency", "tokens_per_second", "price_hour"}
_SERVER = {"base_url", "api_key_env", "concurrency", "timeout", "retries", "price_in", "price_out"}
_KEYS = {
    "embedded": {"recipe", "abstain_below"},
    "openai": _MODEL | _SERVER,
    "vllm": _MODEL | {"engine"},
    "ray": _MODEL | {"engine"},
    "replay": {"votes", "votes_as"},
}
_NEEDS = {
    "embedded": (),
    "openai": ("model", "base_url"),
    "vllm": ("model",),
    "ray": ("model",),
    "replay": ("votes",),
}


FILL_IN = "FILL-IN"
"""Stands in a panel's preset where a model has no public id."""


class Voter(Table):
    """``[[vote.voters]]``: one member of the panel.

    embedded: in this process, by a ``recipe`` (default: its own name). openai: a ``model`` behind the server at
    ``base_url``, so that no chat goes to a server that the settings do not name. vllm, ray: a ``model`` (a public id or
    a folder) loaded by vLLM on this machine or by Ray Data on several, with the keyword arguments ``engine``. replay:
    votes made elsewhere, from the file ``votes``, where the voter is called ``votes_as`` (default: its own name).

    prompt: of this voter, in place of the panel's. self_consistency: how many times it is asked. price_in, price_out:
    money for a million tokens of prompts and of replies; price_hour: money for an hour of the machine that the model
    runs on; tokens_per_second: of replies, all requests together. Only `assay vote plan` reads these.
    """

    name: VoterName
    backend: Literal["embedded", "openai", "vllm", "ray", "replay"]
    recipe: str | None = None
    model: Annotated[str, Field(min_length=1)] | None = None
    base_url: ServerAddress | None = None
    api_key_env: str = "OPENAI_API_KEY"
    engine: dict[str, Any] = Field(default_factory=dict)
    votes: Annotated[str, Field(min_length=1)] | None = None
    votes_as: str | None = None
    family: str = ""
    scale: str = ""
    weight: Exact = Fraction(1)
    prompt: PromptName | None = None
    self_consistency: Annotated[int, Field(ge=1, le=99)] = 1
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1)] = 1024
    seed: int | None = None
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    timeout: Annotated[float, Field(gt=0)] = 60.0
    retries: Annotated[int, Field(ge=0, le=100)] = 5
    price_in: Annotated[float, Field(ge=0)] | None = None
    price_out: Annotated[float, Field(ge=0)] | None = None
    price_hour: Annotated[float, Field(ge=0)] | None = None
    tokens_per_second: Annotated[float, Field(gt=0)] | None = None
    abstain_below: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _fits_its_backend(self) -> Self:
        voter = f"voter {self.name!r}"
        if self.weight <= 0:
            raise ValueError(f"{voter} has the weight {self.weight}; wanted one above 0, or take the voter out")
        if self.base_url and "@" in self.base_url:
            raise ValueError(f"{voter} has a name or password in its base_url; use api_key_env")
        for key in _NEEDS[self.backend]:
            if getattr(self, key) is None:
                raise ValueError(f"{voter} has the backend {self.backend!r} and needs the key {key!r}")
        # A key at its default does no harm, and settings with all their defaults written out are settings too.
        for key in sorted(type(self).model_fields.keys() - _EVERY - _KEYS[self.backend]):
            if getattr(self, key) == type(self).model_fields[key].get_default(call_default_factory=True):
                continue
            raise ValueError(f"{voter} has the backend {self.backend!r}, which has no key {key!r}")
        if self.self_consistency > 1 and self.temperature == 0:
            raise ValueError(
                f"{voter} is asked {self.self_consistency} times at temperature 0, where every answer is the same; "
                f"give it a temperature, such as 0.7"
            )
        if self.price_hour is not None and self.tokens_per_second is None:
            raise ValueError(f"{voter} has a price_hour and needs tokens_per_second, which says how long it takes")
        return self

    @property
    def asks_a_model(self) -> bool:
        """Whether it puts prompts to a language model."""
        return self.backend in MODEL_BACKENDS

    def hours_for(self, completion_tokens: float) -> float | None:
        """Hours to make the tokens of replies; None without tokens_per_second."""
        return None if self.tokens_per_second is None else completion_tokens / self.tokens_per_second / 3600

    def money_for(self, prompt_tokens: float, completion_tokens: float) -> float | None:
        """What tokens cost by the million and by the hour; None where neither has a price."""
        parts: list[float] = []
        if self.price_in is not None and self.price_out is not None:
            parts.append((prompt_tokens * self.price_in + completion_tokens * self.price_out) / 1e6)
        hours = self.hours_for(completion_tokens)
        if self.price_hour is not None and hours is not None:
            parts.append(hours * self.price_hour)
        return sum(parts) if parts else None


class EngineSettings(Table):
    """``[vote.engines]``: how the backends vllm and ray run.

    python: of an environment with vLLM (and Ray); empty: the one that Assay runs in. batch_size: prompts handed to the
    engine at a time, and so the most that a kill can cost. patience: seconds without any answer after which a loaded
    engine (with Ray also one that loads) is taken to hang, and ended. ray_address: of a running cluster; empty: one on
    this machine with ray_cpus logical CPUs (0: as many as there are, at least 8). ray_replicas: engines side by side.
    ray_bundle: resources of one engine, such as ``{CPU = 1}`` where there is no GPU.
    """

    python: str = ""
    batch_size: Annotated[int, Field(ge=1)] = 512
    patience: Annotated[float, Field(gt=0)] = 1800.0
    ray_address: str = ""
    ray_cpus: Annotated[int, Field(ge=0)] = 0
    ray_replicas: Annotated[int, Field(ge=1)] = 1
    ray_bundle: dict[str, float] = Field(default_factory=dict)


class VoteSettings(Table):
    """``[vote]``: the panel. seed and use_gold: of the embedded voters.

    language, prompt: of what models are asked. variables: all variables of a segment in one request, or each in its
    own. n_examples: for each label in the prompt few_shot; examples: the codebook's first ones, or those most similar
    to the segment.
    economy: stop asking about an item as soon as no further vote can change its verdict, but for a random full_share.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    use_gold: bool = True
    language: Literal["zh", "en"] = "zh"
    prompt: PromptName = "cot"
    variables: Literal["together", "each"] = "together"
    n_examples: Annotated[int, Field(ge=1, le=20)] = 3
    examples: Literal["first", "similar"] = "first"
    engines: EngineSettings = Field(default_factory=EngineSettings)
    economy: bool = False
    full_share: Annotated[float, Field(gt=0, le=1)] = 0.1
    voters: tuple[Voter, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        # Votes are kept in a file named after the voter, and some file systems do not tell A from a.
        names = [voter.name.casefold() for voter in self.voters]
        twice = next((voter.name for voter in self.voters if names.count(voter.name.casefold()) > 1), None)
        if twice is not None:
            raise ValueError(f"two voters are named {twice!r}; give each its own name")
        for voter in self.voters:
            if voter.asks_a_model and voter.self_consistency > 1 and self.prompt_of(voter) == "letter":
                raise ValueError(
                    f"voter {voter.name!r} answers with a letter and its probability; self_consistency adds nothing"
                )
        return self

    @model_validator(mode="after")
    def _models_differ(self) -> Self:
        # Replies are kept by model and parameters, wherever the model runs: the second of two would repeat the first.
        asked: dict[str, str] = {}
        for voter in (one for one in self.voters if one.asks_a_model):
            decides = {"model", "temperature", "max_tokens", "seed", "self_consistency", "engine"}
            same = f"{self.prompt_of(voter)} {voter.model_dump_json(include=decides)}"
            other = asked.setdefault(same, voter.name)
            if other != voter.name:
                raise ValueError(
                    f"the voters {other!r} and {voter.name!r} ask the same model {voter.model!r} with the same "
                    f"parameters and prompt, so that one would repeat the other; leave one out, or give them different "
                    f"seeds (and a temperature), or the models of two servers names of their own"
                )
        return self

    def prompt_of(self, voter: Voter) -> PromptName:
        """The prompt that a voter is asked with."""
        return voter.prompt or self.prompt


class GateSettings(Table):
    """``[gate]``: when a vote is a silver label. thresholds: of single rating variables, in place of ``threshold``."""

    threshold: Exact = Fraction(2, 3)
    thresholds: dict[str, Exact] = Field(default_factory=dict)
    quorum: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _thresholds_can_be_reached(self) -> Self:
        for name, threshold in {"threshold": self.threshold, **self.thresholds}.items():
            if not 0 < threshold <= 1:
                raise ValueError(f"wanted a threshold above 0 and at most 1 (1: all agree); got {threshold} for {name}")
        return self

    def threshold_for(self, variable: str) -> Fraction:
        """The threshold of a rating variable."""
        return self.thresholds.get(variable, self.threshold)
