"""Human texts: bilingual strings, and the sentences that errors are made of."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
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


def ordinal(number: int) -> str:
    """A place in a row, counted from 1: 1st, 2nd, 3rd, 11th."""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def first_problem(error: ValidationError, known: Iterable[str] = (), raw: object = None) -> str:
    """The first problem of a pydantic error in one line: where, what was wanted, what came.

    raw: what was validated; the tables of its lists are called by the name that stands in them, beside their place.
    """
    problem = error.errors(include_url=False, include_context=False)[0]
    table, key = _place(problem["loc"], raw)
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    if problem["type"] == "extra_forbidden":
        hint = f"; {closest(str(problem['loc'][-1]), known)}" if known else ""
        return f"{table}unknown key {key!r}{hint}{rest}"
    message = problem["msg"].removeprefix("Value error, ")
    came = problem["input"]
    shown = f"; it is {came!r}" if isinstance(came, str | int | float | bool) else ""
    return f"{table}{key}{': ' if key else ''}{message}{shown}{rest}"


def _place(loc: Sequence[int | str], raw: object) -> tuple[str, str]:
    """The tables of lists that lead to a place, such as ``vote.voters "qwen" (the 6th): ``, and the key from there."""
    tables = ""
    keys: list[str] = []
    for part in loc:
        if isinstance(part, int):
            raw = raw[part] if isinstance(raw, list | tuple) and part < len(raw) else None
            name = raw.get("name") if isinstance(raw, Mapping) else None
            called = f" {json.dumps(name, ensure_ascii=False)}" if isinstance(name, str) else ""
            tables += f"{'.'.join(keys)}{called} (the {ordinal(part + 1)}): "
            keys = []
        else:
            raw = raw.get(part) if isinstance(raw, Mapping) else None
            keys.append(part)
    return tables, ".".join(keys) or ("" if tables else "the file")
