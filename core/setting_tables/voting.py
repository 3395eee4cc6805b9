"""``[vote]`` and ``[gate]``: the panel and when it is believed."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from core.setting_tables.kinds import Exact, ServerAddress, Table, VoterName


class Voter(Table):
    """``[[vote.voters]]``: one member of the panel.

    An embedded voter names its ``recipe`` (default: its own name); any other names ``model`` and ``base_url``, so that
    no chat goes to a server that the settings do not name. price_in, price_out: money for a million tokens of prompts
    and of replies; tokens_per_second: of replies, all requests together. Only `assay vote plan` reads these.
    """

    name: VoterName
    backend: Literal["embedded", "openai"]
    recipe: str | None = None
    model: Annotated[str, Field(min_length=1)] | None = None
    base_url: ServerAddress | None = None
    api_key_env: str = "OPENAI_API_KEY"
    family: str = ""
    scale: str = ""
    weight: Exact = Fraction(1)
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    max_tokens: Annotated[int, Field(ge=1)] = 512
    seed: int | None = None
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    timeout: Annotated[float, Field(gt=0)] = 60.0
    retries: Annotated[int, Field(ge=0, le=100)] = 5
    price_in: Annotated[float, Field(ge=0)] | None = None
    price_out: Annotated[float, Field(ge=0)] | None = None
    tokens_per_second: Annotated[float, Field(gt=0)] | None = None
    abstain_below: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _fits_its_backend(self) -> Self:
        asks_a_server = self.backend != "embedded"
        if self.base_url and "@" in self.base_url:
            raise ValueError(f"voter {self.name!r} has a name or password in its base_url; use api_key_env")
        for key in ("model", "base_url") if asks_a_server else ():
            if getattr(self, key) is None:
                raise ValueError(f"voter {self.name!r} has the backend {self.backend!r} and needs the key {key!r}")
        own = ("model", "base_url", "seed", "price_in", "price_out", "tokens_per_second")
        for key in ("recipe", "abstain_below") if asks_a_server else own:
            if getattr(self, key) is not None:
                raise ValueError(f"voter {self.name!r} has the backend {self.backend!r}, which has no key {key!r}")
        return self


class VoteSettings(Table):
    """``[vote]``: the panel. language: of the prompts. seed and use_gold: of the embedded voters.

    economy: stop asking about an item as soon as no further vote can change its verdict, but for a random full_share.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    use_gold: bool = True
    language: Literal["zh", "en"] = "zh"
    economy: bool = False
    full_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    voters: tuple[Voter, ...] = ()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        # Votes are kept in a file named after the voter, and some file systems do not tell A from a.
        names = [voter.name.casefold() for voter in self.voters]
        twice = next((voter.name for voter in self.voters if names.count(voter.name.casefold()) > 1), None)
        if twice is not None:
            raise ValueError(f"two voters are named {twice!r}; give each its own name")
        return self


class GateSettings(Table):
    """``[gate]``: when a vote is a silver label. thresholds: of single rating variables, in place of ``threshold``."""

    threshold: Exact = Fraction(2, 3)
    thresholds: dict[str, Exact] = Field(default_factory=dict)
    quorum: Annotated[int, Field(ge=1)] | None = None

    def threshold_for(self, variable: str) -> Fraction:
        """The threshold of a rating variable."""
        return self.thresholds.get(variable, self.threshold)
