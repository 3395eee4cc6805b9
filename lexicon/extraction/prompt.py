"""The prompt: a Jinja file of the workspace that the user may edit (`core.prompt_files`)."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from core import prompt_files
from core.prompt_files import TRIAL_CHAT, PromptFile
from core.workspace import Workspace
from lexicon.extraction.transcript import Transcript


def prompt_path(workspace: Workspace) -> Path:
    """Where the workspace keeps the prompt of its language."""
    return prompt_files.prompt_path(workspace, _file_name(workspace))


def shipped_prompt(language: str) -> str:
    return files("lexicon").joinpath("prompts", f"extract.{language}.j2").read_text(encoding="utf-8")


def write_prompt(workspace: Workspace) -> bool:
    """Copy the shipped prompt into the workspace unless there is one; whether it did. An edited file is never lost."""
    shipped = shipped_prompt(workspace.settings.lexicon.extract.language)
    return prompt_files.write_prompt_file(workspace, _file_name(workspace), shipped)


def prompt_text(workspace: Workspace) -> str:
    """The workspace's prompt file; the shipped one where it has none. Raises SettingsError when it cannot be read."""
    own = prompt_files.own_prompt(workspace, _file_name(workspace))
    return shipped_prompt(workspace.settings.lexicon.extract.language) if own is None else own


def _file_name(workspace: Workspace) -> str:
    return f"lexicon-extract.{workspace.settings.lexicon.extract.language}.j2"


class Prompt:
    """A compiled prompt. hash: SHA-256 of its text."""

    def __init__(self, text: str, name: str, categories: Sequence[str]) -> None:
        """Raises SettingsError when the text is no template or lacks a block. name: for messages."""
        self.hash = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        self.file = PromptFile(text, name, {"categories": list(categories)})
        self.system = self.file.system()
        self.file.user(TRIAL_CHAT, {"n_lines": 1}, trial=True)

    def messages(self, transcript: Transcript) -> tuple[tuple[str, str], ...]:
        """(role, text) of one request. The instructions are the same for all windows, so that servers can reuse them.

        Raises SettingsError when the user's part does not show the fenced chat once, whole and unaltered.
        """
        user = self.file.user(transcript.chat, {"n_lines": len(transcript.lines)})
        return (("system", self.system), ("user", user))
