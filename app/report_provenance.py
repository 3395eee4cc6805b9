"""The report's last section: what every table was made of, from the manifests."""

import json
from collections.abc import Mapping, Sequence

from app.report_facts import Facts
from app.report_page import Html, element, section, table
from core.contracts import CONTRACTS
from core.store import Manifest, digest
from release.staleness import StaleTable

COLUMNS = ("table", "rows", "made", "sha-256", "version", "settings", "state")
SIDES = "tnntttt"
CURRENT = "current"
NOTE = (
    "State compares a table with its manifest and with the tables it was made of, as they are now; assay status "
    "compares the settings too. The SHA-256 of several files is taken over their own."
)


def provenance(facts: Facts, stale: Sequence[StaleTable] = ()) -> Html:
    """One row a table; files of a many-file table that have manifests of their own are listed below it.

    stale: as `app.staleness.out_of_date` gives them; those that block nothing are told here and in no banner.
    """
    if not facts.manifests:
        return Html()
    tables: dict[str, list[str]] = {}
    for name in facts.manifests:
        tables.setdefault(name.partition("/")[0], []).append(name)
    states = {one.table: f"not made again: {one.reasons}" for one in stale if not one.blocks}
    rows = [_row(facts, name, parts, states.get(name, CURRENT)) for name, parts in tables.items()]
    many = [
        _files(facts, name, parts, "see above" if name in states else CURRENT)
        for name, parts in tables.items()
        if len(parts) > 1
    ]
    return section("Provenance", table(COLUMNS, SIDES, rows), *many, element("p", NOTE, class_="soft"))


def _files(facts: Facts, name: str, parts: Sequence[str], otherwise: str) -> Html:
    listed = table(COLUMNS, SIDES, [_row(facts, part, [part], otherwise) for part in parts])
    return element("details", element("summary", f"The {len(parts)} files of {name}"), listed)


def _row(facts: Facts, name: str, parts: Sequence[str], otherwise: str) -> tuple[object, ...]:
    """otherwise: the state where the manifests tell of no change."""
    n_files = len(_files_of(facts.hashes, name))
    title = f"{name} ({n_files} files)" if n_files > 1 else name
    made = [facts.manifests[part] for part in parts]
    found = [manifest for manifest in made if manifest is not None]
    if len(found) < len(made):
        return title, None, None, None, None, None, "not finished: no manifest"
    states = {state for manifest in found for state in _changes(facts, manifest)}
    return (
        title,
        sum(manifest.rows for manifest in found),
        max(manifest.written_at for manifest in found)[:16].replace("T", " "),
        element("code", _hash(facts.hashes, name)[:12]),
        ", ".join(sorted({manifest.recipe.version for manifest in found})),
        _settings([manifest.recipe.settings for manifest in found]),
        ", ".join(sorted(states)) or otherwise,
    )


def _files_of(hashes: Mapping[str, str], name: str) -> dict[str, str]:
    """The files of a table among hashes by name: itself, or its parts."""
    return {file: sha for file, sha in hashes.items() if file == name or file.startswith(f"{name}/")}


def _hash(hashes: Mapping[str, str], name: str) -> str:
    files = _files_of(hashes, name)
    return files[name] if name in files else digest(files)


def _settings(settings: Sequence[Mapping[str, object]]) -> Html | str:
    if any(digest(dict(other)) != digest(dict(settings[0])) for other in settings):
        return "differ by file"
    public = _public(settings[0])
    given = [f"{key} = {json.dumps(value, ensure_ascii=False, default=str)}" for key, value in public.items()]
    return element("span", "; ".join(given), class_="settings") if given else "none"


def _public(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings without addresses of servers, which may hold credentials and say nothing about the data."""
    return {
        key: _public(value) if isinstance(value, Mapping) else value
        for key, value in settings.items()
        if not key.endswith("url")
    }


def _changes(facts: Facts, manifest: Manifest) -> list[str]:
    """Where the table or what it was made of differs from now. Inputs that are not tables are not judged here."""
    inputs = manifest.recipe.inputs
    tables = dict.fromkeys(name.partition("/")[0] for name in inputs)
    known = [name for name in tables if name in CONTRACTS]
    changed = [f"{name} changed since" for name in known if _files_of(inputs, name) != _files_of(facts.hashes, name)]
    if manifest.recipe.codebook not in (None, facts.workspace.codebook_hash):
        changed.append("codebook changed since")
    if manifest.sha256 != _hash(facts.hashes, manifest.table):
        changed.append("the file was altered")
    return changed
