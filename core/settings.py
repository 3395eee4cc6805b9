"""The settings of a workspace: ``assay.toml``, one table a stage, unknown keys refused.

Secrets are never settings: they come from the environment or from ``secrets/``.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from core.errors import SettingsError
from core.setting_tables.collecting import CollectSettings, PrivacySettings
from core.setting_tables.kinds import Table
from core.setting_tables.lexicon import LexiconSettings
from core.setting_tables.people import AnnotateSettings, DatabaseSettings, InterfaceSettings, ReleaseSettings
from core.setting_tables.segmenting import SegmentSettings
from core.setting_tables.voting import GateSettings, VoteSettings
from core.texts import first_problem


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

    @property
    def verdict_rule(self) -> dict[str, Any]:
        """What makes verdicts of votes, for recipes: threshold, quorum, thresholds where there are any, weighted panel.

        Without thresholds of single variables it is what it was before there were any.
        """
        own = {name: str(one) for name, one in self.gate.thresholds.items()}
        return {
            "threshold": str(self.gate.threshold),
            "quorum": self.gate.quorum,
            **({"thresholds": own} if own else {}),
            "panel": [[voter.name, str(voter.weight)] for voter in self.vote.voters],
        }


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
        raise SettingsError(f"{origin}: {first_problem(error, known, raw)}") from error


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
