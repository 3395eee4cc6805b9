"""Prompts as Jinja files that users may edit, with a block ``system`` and a block ``user``.

jinja2 has its only home here. Templates run in its sandbox. Chat text is a value and never template text, so braces in
a message stay braces.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from core.errors import SettingsError
from core.fence import FENCE_MARK, fenced
from core.workspace import Workspace
from core.writing import write_atomically

BLOCKS = ("system", "user")
TRIAL_CHAT = fenced("[1] user_1: …")


def own_prompt(workspace: Workspace, file_name: str) -> str | None:
    """The text of a prompt file of the workspace, None where there is none. Raises SettingsError if unreadable."""
    try:
        return prompt_path(workspace, file_name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SettingsError(f"prompts/{file_name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SettingsError(f"prompts/{file_name} cannot be read: {error.strerror}; check its rights") from error


def write_prompt_file(workspace: Workspace, file_name: str, shipped: str) -> bool:
    """Put a shipped prompt into the workspace unless there is one; whether it did. An edited file is never lost."""
    path = prompt_path(workspace, file_name)
    if path.exists():
        return False
    write_atomically(path, shipped.encode())
    return True


def prompt_path(workspace: Workspace, file_name: str) -> Path:
    return workspace.root / "prompts" / file_name


class PromptFile:
    """A compiled prompt. name: for messages. given: variables of both blocks. parts: name → text to include."""

    def __init__(self, text: str, name: str, given: Mapping[str, Any], parts: Mapping[str, str] | None = None) -> None:
        """Raises SettingsError when the text is no template or lacks a block."""
        self.name = name
        self.given = {"fence": FENCE_MARK * 5, **given}
        environment = SandboxedEnvironment(
            loader=DictLoader(parts or {}),
            autoescape=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        try:
            self.template = environment.from_string(text)
        except TemplateSyntaxError as error:
            raise self._error(f"line {error.lineno}: {error.message}") from error
        for block in BLOCKS:
            if block not in self.template.blocks:
                raise self._error(f"wanted the blocks {' and '.join(BLOCKS)}; there is no {{% block {block} %}}")

    def system(self, values: Mapping[str, Any] | None = None) -> str:
        """The instructions. Raises SettingsError when they cannot be rendered or are empty."""
        return self._render("system", values or {}, trial=True)

    def user(self, chat: str, values: Mapping[str, Any], trial: bool = False) -> str:
        """What is asked of one fenced chat. trial: no real chat is in it, so that an error may say what it is about.

        Raises SettingsError when the block does not show the chat once, whole and unaltered, or holds another fence.
        """
        text = self._render("user", {**values, "chat": chat}, trial)
        if text.count(chat) != 1 or text.count(FENCE_MARK) != chat.count(FENCE_MARK):
            raise self._error(
                "the block user must show the chat once and as it is, by {{ chat }}, and hold no other fence "
                f"({FENCE_MARK})"
            )
        return text

    def _render(self, block: str, values: Mapping[str, Any], trial: bool) -> str:
        try:
            context = self.template.new_context({**self.given, **values})
            text = "".join(self.template.blocks[block](context)).strip()
        except TemplateNotFound as error:
            raise self._error(f"block {block} includes {error.name!r}, which does not exist") from error
        except TemplateSyntaxError as error:
            raise self._error(f"{error.name}, line {error.lineno}: {error.message}") from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            why = f"{error}" if trial else type(error).__name__
            raise self._error(f"block {block}: {why}") from (error if trial else None)
        if not text:
            raise self._error(f"the block {block} is empty")
        return text

    def _error(self, what: str) -> SettingsError:
        return SettingsError(f"{self.name}: {what}; mend the file, or delete it to get the shipped prompt back")
