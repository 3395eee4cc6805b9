"""Human texts: bilingual strings, and the sentences that errors are made of."""

import difflib
from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class Bilingual(BaseModel):
    """One text in Chinese and in English."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]

    def get(self, language: str) -> str:
        return self.en if language == "en" else self.zh


def closest(wrong: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: the nearest known one, else all of them."""
    names = list(known)
    near = difflib.get_close_matches(wrong, names, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"


def first_problem(error: ValidationError, known: Iterable[str] = ()) -> str:
    """The first problem of a pydantic error in one line: where, what was wanted, what came."""
    problem = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "the file"
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        return f"unknown key {place!r}; {closest(key, known)}{rest}" if known else f"unknown key {place!r}{rest}"
    message = problem["msg"].removeprefix("Value error, ")
    came = problem["input"]
    shown = f"; it is {came!r}" if isinstance(came, str | int | float | bool) else ""
    return f"{place}: {message}{shown}{rest}"
