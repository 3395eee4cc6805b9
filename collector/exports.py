"""The files a user gives, and the memory of those that were collected before: hashes, never names or paths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from collector.pseudonyms import same_key, times_in
from collector.sources import Source, convokit, detect, telegram_html
from core.errors import DataError, WorkspaceError
from core.setting_tables.collecting import CollectSettings
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
    """The export at a path; a folder stands for the export in it. Raises DataError when it cannot be read."""
    try:
        file = _in_folder(path) if path.is_dir() else path
        if not file.is_file():
            raise DataError(
                f"there is no file {file}; give an exported file, or the folder of a Telegram Desktop export "
                f"(result.json or messages.html) or of a ConvoKit corpus ({convokit.FILE})"
            )
        source = detect(file)
        return Export(file, _sha256(source.parts(file)), source)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}; check its rights") from error


def _in_folder(folder: Path) -> Path:
    """The file that a folder stands for. Of two exports of one chat the JSON has the ids."""
    names = ("result.json", telegram_html.FIRST_PAGE, convokit.FILE)
    return next((folder / name for name in names if (folder / name).exists()), folder / names[0])


def _sha256(parts: Sequence[Path]) -> str:
    """SHA-256 of a file's bytes; of several, over the hashes of all."""
    hashes = [file_sha256(part) for part in parts]
    return hashes[0] if len(hashes) == 1 else digest(hashes)


@dataclass(frozen=True)
class Memory:
    """What the table ``messages`` was made of. collected: hashes of the files in it.

    resettled: the table was made with other settings or another version of the software, so that files are to be read
    again and what they give replaces what is there. other: name → hash of what was not read from files.
    """

    collected: frozenset[str]
    resettled: bool
    _recipe: Recipe
    other: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, store: Store, settings: CollectSettings, key: str) -> "Memory":
        """``key``: fingerprint of the pseudonym key. Raises WorkspaceError when the table was made with another."""
        recipe = Recipe(inputs={_KEY: key}, settings=settings.model_dump(mode="json", exclude={"telegram"}))
        manifest = store.manifest(TABLE)
        if manifest is None:
            return cls(frozenset(), False, recipe)
        then = manifest.recipe
        if store.exists(TABLE):
            _refuse_other(then.inputs.get(_KEY, ""), key)
        resettled = digest(then.settings) != digest(recipe.settings) or then.version != recipe.version
        intact = store.content_hash(TABLE) == manifest.sha256
        files = {name: sha256 for name, sha256 in then.inputs.items() if sha256.startswith(name)}
        collected = frozenset(files.values()) if intact and not resettled else frozenset()
        other = {name: text for name, text in then.inputs.items() if name != _KEY and name not in files}
        return cls(collected, resettled, recipe, other)

    def recipe_with(self, files: Iterable[str], other: Mapping[str, str] | None = None) -> Recipe:
        """What the table is made of once the files with these hashes, and what else is given, are in it too."""
        hashes = sorted(self.collected.union(files))
        named = {sha256[:SHORT_HASH_DIGITS]: sha256 for sha256 in hashes}
        return Recipe({**self._recipe.inputs, **self.other, **(other or {}), **named}, self._recipe.settings)


def _refuse_other(then: str, now: str) -> None:
    """Raises WorkspaceError unless two fingerprints are equal: a chat is not kept half in one form, half in another."""
    if not same_key(then, now):
        raise WorkspaceError(
            "the messages of this workspace were collected with another pseudonym key, under which the same people "
            "have other pseudonyms; restore that key in secrets/, or collect into a new workspace"
        )
    if then != now:
        raise WorkspaceError(
            f"the times of this workspace's messages are {times_in(then)}, and [privacy] in assay.toml now wants them "
            f"{times_in(now)}; set it back, or collect every export again into a new workspace"
        )
