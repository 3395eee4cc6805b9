"""The winner in assay.toml: three values changed, a comment with its evidence, and every other character as it was."""

import difflib
import re
import textwrap
from dataclasses import asdict
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from core.errors import SettingsError
from core.settings import parse_settings
from core.workspace import Workspace
from core.writing import write_atomically
from segmenter.tuning.evidence import REPORT, Evidence
from segmenter.tuning.grid import Configuration

MARK, MORE = "# chosen by assay segment tune:", "#: "
"""How the comment and each further line of it begin; an earlier comment is replaced."""
_WIDTH = 110
_HEADER = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]")


def with_winner(text: str, evidence: Evidence) -> str:
    """The text of assay.toml with the winner under ``[segment]``. Raises SettingsError when it cannot be put there."""
    winner = evidence.winner.configuration
    lines = _without_comment(_with_values(text, winner).split("\n"))
    place = _place(lines)
    end_of_line = "\r" if "\r\n" in text else ""
    comment = [line + end_of_line for line in _comment(evidence)]
    changed = "\n".join([*lines[:place], *comment, *lines[place:]])
    # The proof that nothing else was changed: the settings read back are the old ones with the winner's.
    before = parse_settings(text)
    wanted = before.model_copy(update={"segment": before.segment.model_copy(update=asdict(winner))})
    if parse_settings(changed) != wanted:
        raise SettingsError(f"the winner could not be put into assay.toml; set under [segment] yourself: {winner}")
    return changed


def _comment(evidence: Evidence) -> list[str]:
    head = f"{MARK} max_gap, max_size and max_span ({evidence.made_at[:10]}, see reports/{REPORT}.json)"
    return [head, *(f"{MORE}{line}" for line in textwrap.wrap(evidence.in_words(), _WIDTH))]


def difference(before: str, after: str) -> str:
    """What would change, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), "assay.toml now", "assay.toml then", lineterm=""
    )
    return "\n".join(lines)


def settings_text(workspace: Workspace) -> str:
    """assay.toml as it is."""
    return (workspace.root / "assay.toml").read_bytes().decode("utf-8")


def write_winner(workspace: Workspace, evidence: Evidence) -> str:
    """Write the winner to assay.toml; the diff. Raises SettingsError when judgements are missing."""
    if evidence.n_failed:
        raise SettingsError(
            f"{evidence.n_failed} judgements failed, so the scores are not final; run assay segment tune run again, "
            "which asks only for those"
        )
    before = settings_text(workspace)
    after = with_winner(before, evidence)
    write_atomically(workspace.root / "assay.toml", after.encode())
    return difference(before, after)


def _with_values(text: str, winner: Configuration) -> str:
    try:
        document = tomlkit.parse(text)
        segment: Any = document.setdefault("segment", tomlkit.table())
        for key, value in asdict(winner).items():
            if segment.get(key) != value:
                segment[key] = int(value) if float(value).is_integer() else value
        return tomlkit.dumps(document)
    except TOMLKitError as error:
        raise SettingsError(f"assay.toml could not be changed: {error}; set under [segment]: {winner}") from error


def _without_comment(lines: list[str]) -> list[str]:
    """The lines without an earlier comment of ours."""
    kept: list[str] = []
    ours = False
    for line in lines:
        ours = line.startswith(MARK) or (ours and line.startswith(MORE))
        if not ours:
            kept.append(line)
    return kept


def _place(lines: list[str]) -> int:
    """Where the comment goes: above max_gap of [segment], however that is written; else above what holds it."""
    table = ""
    fallback = len(lines)
    for number, line in enumerate(lines):
        header = _HEADER.match(line)
        table = header[1] if header else table
        key = line.partition("=")[0].strip()
        if (table, key) in (("segment", "max_gap"), ("", "segment.max_gap"), ("", "segment")):
            return number
        if header and header[1] == "segment":
            fallback = number
    return fallback
