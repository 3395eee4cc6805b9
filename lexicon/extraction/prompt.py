"""The prompt: a Jinja file of the workspace that the user may edit, with a block ``system`` and a block ``user``.

jinja2 has its only home in this package. Templates run in its sandbox. Chat text is a value and never template text,
so braces in a message stay braces.
"""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from core.errors import SettingsError
from core.store import write_atomically
from core.workspace import Workspace
from lexicon.extraction.transcript import FENCE_MARK, Transcript, fenced

BLOCKS = ("system", "user")


def prompt_path(workspace: Workspace) -> Path:
    """Where the workspace keeps the prompt of its language."""
    return workspace.root / "prompts" / f"lexicon-extract.{workspace.settings.lexicon.extract.language}.j2"


def shipped_prompt(language: str) -> str:
    return files("lexicon").joinpath("prompts", f"extract.{language}.j2").read_text(encoding="utf-8")


def write_prompt(workspace: Workspace) -> bool:
    """Copy the shipped prompt into the workspace unless there is one; whether it did. An edited file is never lost."""
    path = prompt_path(workspace)
    if path.exists():
        return False
    write_atomically(path, shipped_prompt(workspace.settings.lexicon.extract.language).encode())
    return True


def prompt_text(workspace: Workspace) -> str:
    """The workspace's prompt file; the shipped one where it has none. Raises SettingsError when it cannot be read."""
    path = prompt_path(workspace)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return shipped_prompt(workspace.settings.lexicon.extract.language)
    except UnicodeDecodeError as error:
        raise SettingsError(f"prompts/{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"prompts/{path.name} cannot be read: {error.strerror}; check its rights") from error


class Prompt:
    """A compiled prompt. hash: SHA-256 of its text."""

    def __init__(self, text: str, name: str, categories: Sequence[str]) -> None:
        """Raises SettingsError when the text is no template or lacks a block. name: for messages."""
        self.name = name
        self.hash = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        self.given: dict[str, Any] = {"categories": list(categories), "fence": FENCE_MARK * 5}
        environment = SandboxedEnvironment(
            autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        try:
            self.template = environment.from_string(text)
        except TemplateSyntaxError as error:
            raise self._error(f"line {error.lineno}: {error.message}") from error
        for block in BLOCKS:
            if block not in self.template.blocks:
                raise self._error(f"wanted the blocks {' and '.join(BLOCKS)}; there is no {{% block {block} %}}")
        self.system = self._render("system", {})
        self._user({"chat": fenced("[1] user_1: …"), "n_lines": 1}, trial=True)

    def messages(self, transcript: Transcript) -> tuple[tuple[str, str], ...]:
        """(role, text) of one request. The instructions are the same for all windows, so that servers can reuse them.

        Raises SettingsError when the user's part does not show the fenced chat once, whole and unaltered.
        """
        user = self._user({"chat": transcript.chat, "n_lines": len(transcript.lines)})
        return (("system", self.system), ("user", user))

    def _user(self, window: Mapping[str, Any], trial: bool = False) -> str:
        text, chat = self._render("user", window, trial), window["chat"]
        if text.count(chat) != 1 or text.count(FENCE_MARK) != chat.count(FENCE_MARK):
            raise self._error(
                "the block user must show the chat once and as it is, by {{ chat }}, and hold no other fence "
                f"({FENCE_MARK})"
            )
        return text

    def _render(self, block: str, values: Mapping[str, Any], trial: bool = True) -> str:
        """A block's text. trial: no real chat is in it, so that an error may say what it is about."""
        context = self.template.new_context({**self.given, **values})
        try:
            text = "".join(self.template.blocks[block](context)).strip()
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            why = f"{error}" if trial else type(error).__name__
            raise self._error(f"block {block}: {why}") from (error if trial else None)
        if not text:
            raise self._error(f"the block {block} is empty")
        return text

    def _error(self, what: str) -> SettingsError:
        return SettingsError(f"{self.name}: {what}; mend the file, or delete it to get the shipped prompt back")
