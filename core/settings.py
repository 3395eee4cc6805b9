"""The settings of a workspace: ``assay.toml``, one table a stage, unknown keys refused.

Secrets are never settings: they come from the environment or from ``secrets/``.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from core.errors import SettingsError
from core.texts import first_problem


class Table(BaseModel):
    """One table of assay.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_fraction(value: object) -> Fraction:
    """An exact number from ``"2/3"``, ``"0.7"``, 0.7 or 1. Floats are read as written, so 0.1 is exactly 1/10."""
    try:
        return value if isinstance(value, Fraction) else Fraction(str(value))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError('wanted a number or a fraction such as "2/3"') from error


def parse_server_address(address: str) -> str:
    """An http or https address, as it came."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0 or " " in address:
        raise ValueError("wanted the address of a server, such as http://127.0.0.1:8000/v1")
    return address


Exact = Annotated[Fraction, BeforeValidator(parse_fraction), PlainSerializer(str)]
ServerAddress = Annotated[str, AfterValidator(parse_server_address)]
VoterName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ColumnMap(Table):
    """``[collect.columns]``: which column or key of a CSV or JSONL file holds what."""

    message_id: str = "message_id"
    chat_id: str = "chat_id"
    user_id: str = "user_id"
    reply_id: str = "reply_id"
    timestamp: str = "timestamp"
    content: str = "content"


class TelegramSettings(Table):
    """``[collect.telegram]``: reading public groups from Telegram itself.

    since, until: first and last day that is read, UTC. limit: messages of a group in all, oldest first; 0: no limit.
    deletions: what becomes of a message that its author took back.
    """

    since: date | None = None
    until: date | None = None
    limit: Annotated[int, Field(ge=0)] = 0
    per_minute: Annotated[int, Field(ge=1, le=600)] = 60
    edits_window_days: Annotated[int, Field(ge=0, le=3650)] = 7
    takeout: bool = False
    deletions: Literal["remove", "keep"] = "remove"

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"since ({self.since}) is after until ({self.until})")
        return self


class CollectSettings(Table):
    """``[collect]``: from raw export to messages.

    utc_offset_minutes: of local times in exports that name no zone. day_first: of dates such as 3/4/24; unset: decided
    from the whole file. repeat_limit: how often a character may stand in a row; 0: as often as it does. floods, bots,
    forwards: whether such messages are dropped, or kept and counted (`collector.repeats`).
    """

    platform: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")] = "telegram"
    min_chars: Annotated[int, Field(ge=3)] = 3
    simplify: bool = True
    utc_offset_minutes: Annotated[int, Field(ge=-14 * 60, le=14 * 60)] = 0
    day_first: bool | None = None
    repeat_limit: Annotated[int, Field(ge=0)] = 0
    floods: Literal["keep", "drop"] = "keep"
    bots: Literal["keep", "drop"] = "keep"
    forwards: Literal["keep", "drop"] = "keep"
    columns: ColumnMap = ColumnMap()
    telegram: TelegramSettings = TelegramSettings()


class PrivacySettings(Table):
    """``[privacy]``: what becomes of times on the way in.

    time_shift: each chat's times move by a secret number of weeks. coarsen: times are rounded down.
    """

    time_shift: bool = False
    coarsen: Literal["none", "minute", "hour"] = "none"


class LexiconSettings(Table):
    """``[lexicon]``: which categories an imported lexicon may use (empty: any), and what counts as a match."""

    categories: tuple[str, ...] = ()
    whole_words: bool = False


class SegmentSettings(Table):
    """``[segment]``: Algorithm 1 and the length filter."""

    max_gap: Annotated[float, Field(gt=0)] = 5
    max_size: Annotated[int, Field(ge=1)] = 30
    max_span: Annotated[float, Field(gt=0)] = 60
    merge: Literal["union"] = "union"
    min_messages: Annotated[int, Field(ge=1)] = 2
    max_messages: Annotated[int, Field(ge=1)] = 100


class Voter(Table):
    """``[[vote.voters]]``: one member of the panel.

    An embedded voter names its ``recipe`` (default: its own name); any other names ``model`` and ``base_url``, so that
    no chat goes to a server that the settings do not name.
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
    abstain_below: Annotated[float, Field(ge=0, le=1)] | None = None

    @model_validator(mode="after")
    def _fits_its_backend(self) -> Self:
        asks_a_server = self.backend != "embedded"
        if self.base_url and "@" in self.base_url:
            raise ValueError(f"voter {self.name!r} has a name or password in its base_url; use api_key_env")
        for key in ("model", "base_url") if asks_a_server else ():
            if getattr(self, key) is None:
                raise ValueError(f"voter {self.name!r} has the backend {self.backend!r} and needs the key {key!r}")
        for key in ("recipe", "abstain_below") if asks_a_server else ("model", "base_url", "seed"):
            if getattr(self, key) is not None:
                raise ValueError(f"voter {self.name!r} has the backend {self.backend!r}, which has no key {key!r}")
        return self


class VoteSettings(Table):
    """``[vote]``: the panel. language: of the prompts. seed and use_gold: of the embedded voters."""

    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    use_gold: bool = True
    language: Literal["zh", "en"] = "zh"
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
    """``[gate]``: when a vote is a silver label."""

    threshold: Exact = Fraction(2, 3)
    quorum: Annotated[int, Field(ge=1)] | None = None


class AnnotateSettings(Table):
    """``[annotate]``: batches and the people who label them."""

    overlap: Annotated[int, Field(ge=1)] = 3
    batch_size: Annotated[int, Field(ge=1)] = 50
    audit_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    close_when_complete: bool = True
    language: Literal["zh", "en"] = "zh"
    seed: int = 7
    support_title: str = ""
    support_text: str = ""


class ReleaseSettings(Table):
    """``[release]``: what the generated documentation of the data says."""

    title: str = "An Assay corpus"
    contact: str = ""
    licence: str = "Restricted: research use under agreement"


class DatabaseSettings(Table):
    """``[database]``: empty url: ``assay.db`` (SQLite) in the workspace."""

    url: str = ""


class InterfaceSettings(Table):
    """``[ui]``: the pages."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8501
    session_hours: Annotated[float, Field(gt=0)] = 12


class Settings(Table):
    """All of assay.toml."""

    collect: CollectSettings = CollectSettings()
    privacy: PrivacySettings = PrivacySettings()
    lexicon: LexiconSettings = LexiconSettings()
    segment: SegmentSettings = SegmentSettings()
    vote: VoteSettings = VoteSettings()
    gate: GateSettings = GateSettings()
    annotate: AnnotateSettings = AnnotateSettings()
    release: ReleaseSettings = ReleaseSettings()
    database: DatabaseSettings = DatabaseSettings()
    ui: InterfaceSettings = InterfaceSettings()


def load_settings(path: Path) -> Settings:
    """Read assay.toml. Raises SettingsError naming the key, what was wanted and what came."""
    try:
        return parse_settings(path.read_text(encoding="utf-8"), path.name)
    except FileNotFoundError as error:
        raise SettingsError(f"no settings at {path}; make a workspace with: assay init DIR") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error


def parse_settings(text: str, origin: str = "assay.toml") -> Settings:
    """Parse settings text; ``origin`` is the file name that errors mention."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{origin} is not valid TOML: {error}") from error
    return _validate(raw, origin)


def replace_settings(settings: Settings, table: str, values: Mapping[str, object]) -> Settings:
    """The settings with single values of one table replaced, as by command-line options."""
    raw = settings.model_dump()
    return _validate({**raw, table: {**raw[table], **values}}, "option")


def _validate(raw: Mapping[str, object], origin: str) -> Settings:
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        known = _known_keys(problem["loc"])
        raise SettingsError(f"{origin}: {first_problem(error, known)}") from error


def _known_keys(place: tuple[int | str, ...]) -> list[str]:
    """The keys of the table that holds the last key of ``place``."""
    table: type[BaseModel] = Settings
    for part in place[:-1]:
        if isinstance(part, str) and part in table.model_fields:
            table = _table_of(table.model_fields[part].annotation) or table
    return list(table.model_fields)


def _table_of(annotation: object) -> type[BaseModel] | None:
    candidates = [annotation, *get_args(annotation)]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
