"""The files a user gives, and the memory of those that were collected before: hashes, never names or paths."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from collector.sources import Source, detect
from core.errors import DataError, WorkspaceError
from core.settings import CollectSettings
from core.store import Recipe, Store, digest, file_sha256

TABLE = "messages"
SHORT_HASH_DIGITS = 12
_KEY = "pseudonym key"


@dataclass(frozen=True)
class Export:
    """One file to collect and its format. sha256: of its bytes, the only thing that is remembered of it."""

    path: Path
    sha256: str
    source: Source

    @property
    def short_hash(self) -> str:
        return self.sha256[:SHORT_HASH_DIGITS]


def open_export(path: Path) -> Export:
    """The export at a path; a folder stands for the ``result.json`` in it. Raises DataError when it cannot be read."""
    file = path / "result.json" if path.is_dir() else path
    if not file.is_file():
        raise DataError(
            f"there is no file {file}; give an exported file (JSON, JSONL or CSV) or the folder of a Telegram Desktop "
            f"export"
        )
    try:
        return Export(file, file_sha256(file), detect(file))
    except OSError as error:
        raise DataError(f"{file.name} cannot be read: {error.strerror}; check its rights") from error


@dataclass(frozen=True)
class Memory:
    """What the table ``messages`` was made of. collected: hashes of the files in it.

    resettled: the table was made with other settings or another version of the software, so that files are to be read
    again and what they give replaces what is there.
    """

    collected: frozenset[str]
    resettled: bool
    _recipe: Recipe

    @classmethod
    def of(cls, store: Store, settings: CollectSettings, key: str) -> "Memory":
        """``key``: fingerprint of the pseudonym key. Raises WorkspaceError when the table was made with another."""
        recipe = Recipe(inputs={_KEY: key}, settings=settings.model_dump(mode="json"))
        manifest = store.manifest(TABLE)
        if manifest is None:
            return cls(frozenset(), False, recipe)
        then = manifest.recipe
        if store.exists(TABLE) and then.inputs.get(_KEY) != key:
            raise WorkspaceError(
                "the messages of this workspace were collected with another pseudonym key, under which the same people "
                "have other pseudonyms; restore that key in secrets/, or collect into a new workspace"
            )
        resettled = digest(then.settings) != digest(recipe.settings) or then.version != recipe.version
        intact = store.content_hash(TABLE) == manifest.sha256
        collected = frozenset(then.inputs.values()) - {key} if intact and not resettled else frozenset()
        return cls(collected, resettled, recipe)

    def recipe_with(self, files: Iterable[str]) -> Recipe:
        """What the table is made of once the files with these hashes are collected too."""
        hashes = sorted(self.collected.union(files))
        return Recipe(
            {**self._recipe.inputs, **{sha256[:SHORT_HASH_DIGITS]: sha256 for sha256 in hashes}}, self._recipe.settings
        )
