"""What prompts are made of: the codebook as plain values for templates, the segment as fenced data.

The prompts themselves are Jinja files, ``prompts/vote-NAME.LANGUAGE.j2`` of the workspace where the user has edited
one, else the shipped ones. ``vote-codebook`` is a part that the others include.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

from annotation.silver.forms.form import Ask
from core.codebook import Codebook, RatingVariable, Variable
from core.display import Display
from core.fence import as_data_lines, fenced
from core.prompt_files import TRIAL_CHAT, PromptFile, own_prompt, prompt_path, write_prompt_file
from core.setting_tables.voting import PromptName
from core.store import digest
from core.workspace import Workspace

PROMPTS: tuple[PromptName, ...] = get_args(PromptName)
PART = "codebook"


class PromptTexts:
    """The prompt files in force, in one language."""

    def __init__(self, language: str, own: Mapping[str, str] | None = None) -> None:
        """own: name → text of those that a workspace has edited."""
        self.language = language
        self.own = own or {}

    def file_name(self, name: str) -> str:
        return f"vote-{name}.{self.language}.j2"

    def text(self, name: str) -> str:
        own = self.own.get(name)
        return shipped_prompt(name, self.language) if own is None else own

    def hash(self, name: str) -> str:
        """Of all text that the prompt is made of."""
        return digest([self.text(PART), self.text(name)])

    def compile(self, name: str, given: Mapping[str, Any], trial: Mapping[str, Any]) -> "VotePrompt":
        """The prompt with what is the same for all segments. trial: values of the user's block, to try it out with.

        Raises SettingsError when the file is no prompt.
        """
        parts = {self.file_name(PART): self.text(PART)}
        prompt = VotePrompt(PromptFile(self.text(name), f"prompts/{self.file_name(name)}", given, parts))
        prompt.file.user(TRIAL_CHAT, {"alias": "user_1", "number": 1, "n_lines": 1, **trial}, trial=True)
        return prompt


class VotePrompt:
    """A compiled prompt. The instructions are the same for all segments, so that servers can reuse them."""

    def __init__(self, file: PromptFile) -> None:
        self.file = file

    @cached_property
    def system(self) -> str:
        return self.file.system()

    def ask(
        self,
        display: Display,
        *,
        values: Mapping[str, Any] | None = None,
        schema: Mapping[str, Any] | None = None,
        choices: tuple[str, ...] = (),
        max_tokens: int | None = None,
    ) -> Ask:
        """What is asked about a segment. values: more variables of the user's block."""
        shown = as_data_lines(display)
        line = shown.lines[shown.suspicious - 1]
        about = {"alias": line.alias, "number": line.number, "n_lines": len(shown.lines)}
        chat = fenced(shown.plain())
        user = self.file.user(chat, {**about, **(values or {})})
        return Ask((("system", self.system), ("user", user)), chat, schema, choices, max_tokens)


def shipped_prompt(name: str, language: str) -> str:
    """The text of a shipped prompt, or of the part that all include."""
    return files("annotation.silver").joinpath("prompts", f"{name}.{language}.j2").read_text(encoding="utf-8")


def prompt_texts(workspace: Workspace) -> PromptTexts:
    """The prompts of a workspace in the language of its settings. Raises SettingsError for a file that is no text."""
    texts = PromptTexts(workspace.settings.vote.language)
    edited = {name: own_prompt(workspace, texts.file_name(name)) for name in (PART, *PROMPTS)}
    return PromptTexts(texts.language, {name: text for name, text in edited.items() if text is not None})


def write_prompts(workspace: Workspace) -> list[tuple[Path, bool]]:
    """Put the shipped prompts into the workspace: (path, whether it was written). Edited files are left as they are."""
    texts = PromptTexts(workspace.settings.vote.language)
    names = [(texts.file_name(name), texts.text(name)) for name in (PART, *PROMPTS)]
    return [(prompt_path(workspace, file), write_prompt_file(workspace, file, text)) for file, text in names]


def book_values(codebook: Codebook, ratings: Sequence[RatingVariable], language: str) -> dict[str, Any]:
    """The codebook for templates, as far as these rating variables go.

    ``book``: title, description, unit. ``variables``: name, title, question, guideline, kind, several, and ``labels``
    with key (the code, or the rating variable's name where several labels may apply), title and definition.
    """
    own = {rating.variable.name for rating in ratings}
    return {
        "book": {
            "title": codebook.title.get(language),
            "description": codebook.description.get(language),
            "unit": codebook.unit.get(language),
        },
        "variables": [
            _variable(variable, ratings, language) for variable in codebook.variables if variable.name in own
        ],
    }


def _variable(variable: Variable, ratings: Sequence[RatingVariable], language: str) -> dict[str, Any]:
    if variable.kind == "multi":
        parts = [
            (rating.name, rating.label) for rating in ratings if rating.variable.name == variable.name and rating.label
        ]
    else:
        parts = [(label.code, label) for label in variable.labels]
    return {
        "name": variable.name,
        "title": variable.title.get(language),
        "question": variable.question.get(language),
        "guideline": variable.guideline.get(language) if variable.guideline else "",
        "kind": variable.kind,
        "several": variable.several,
        "labels": [
            {"key": key, "title": label.title.get(language), "definition": label.definition.get(language)}
            for key, label in parts
        ],
    }
