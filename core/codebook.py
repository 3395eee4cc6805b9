"""The codebook: what is labelled, with which labels, and how an annotator gets there.

One model serves a six-class, an eleven-way multi-label and a 23-variable codebook. Ratings have one shape everywhere,
(item, rater, variable, label): a multi-label variable therefore appears in the tables as one binary variable a label,
named ``variable:label`` (`rating_variables`).
"""

import tomllib
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.decision_tree import DecisionTree
from core.errors import CodebookError
from core.texts import Bilingual, closest, first_problem

SHIPPED = ("suichat6", "psysuicide11", "ideation4", "narratives23")
Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
LARGEST_CODE = 2**53 - 1
"""The largest whole number that every reader of JSON and spreadsheet formats holds exactly."""
_KEYS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Part(BaseModel):
    """A strict, immutable piece of a codebook."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(Part):
    """One label of a variable. ``code`` is what the tables hold."""

    code: Annotated[int, Field(ge=0, le=LARGEST_CODE)]
    name: Name
    title: Bilingual
    definition: Bilingual
    high_risk: bool = False
    key: Annotated[str, Field(min_length=1, max_length=1)] | None = None


_NO = Label(
    code=0,
    name="no",
    title=Bilingual(zh="否", en="No"),
    definition=Bilingual(zh="文中没有出现。", en="Not present in the text."),
    key="0",
)
_YES = Label(
    code=1,
    name="yes",
    title=Bilingual(zh="是", en="Yes"),
    definition=Bilingual(zh="文中出现。", en="Present in the text."),
    key="1",
)


class Variable(Part):
    """One question of the codebook.

    kind: ``single`` (one code an item), ``binary`` (codes 1 and 0) or ``multi`` (any number of labels).
    several: which code wins when several labels of a ``single`` variable apply.
    """

    name: Name
    kind: Literal["single", "binary", "multi"]
    title: Bilingual
    question: Bilingual
    guideline: Bilingual | None = None
    ordered: bool = False
    several: Literal["highest", "lowest"] | None = None
    labels: tuple[Label, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "binary" and not self.labels:
            object.__setattr__(self, "labels", (_NO, _YES))
        if len(self.labels) < 2:
            raise ValueError(f"variable {self.name!r} needs at least two labels, it has {len(self.labels)}")
        for what in ("code", "name"):
            values = [getattr(label, what) for label in self.labels]
            if len(set(values)) < len(values):
                raise ValueError(f"variable {self.name!r} uses a label {what} twice: {values}")
        keys = [label.key for label in self.labels if label.key]
        if len(set(keys)) < len(keys):
            raise ValueError(f"variable {self.name!r} gives a keyboard shortcut (key) to two labels: {keys}")
        if self.kind == "binary" and {label.code for label in self.labels} != {0, 1}:
            raise ValueError(f"binary variable {self.name!r} needs the codes 0 and 1")
        return self

    @cached_property
    def by_name(self) -> dict[str, Label]:
        return {label.name: label for label in self.labels}

    @cached_property
    def by_code(self) -> dict[int, Label]:
        return {label.code: label for label in self.labels}

    @cached_property
    def keys(self) -> dict[str, Label]:
        """Keyboard shortcut → label: its own, else its code when that is one digit, else the next free one, if any."""
        keys = {label.key: label for label in self.labels if label.key}
        for label in self.labels:
            if label.key:
                continue
            wanted = str(label.code) if label.code <= 9 else ""
            key = wanted if wanted and wanted not in keys else next((k for k in _KEYS if k not in keys), "")
            if key:
                keys[key] = label
        return keys


class RatingVariable(Part):
    """A variable as the tables know it: its name there, the codes a rating may hold, and where it comes from."""

    name: str
    codes: tuple[int, ...]
    ordered: bool
    variable: Variable
    label: Label | None = None

    @property
    def title(self) -> Bilingual:
        return self.label.title if self.label else self.variable.title

    def code_title(self, code: int) -> Bilingual:
        """The human name of one code of this rating variable."""
        if self.label is None:
            return self.variable.by_code[code].title
        return _YES.title if code else _NO.title


class Example(Part):
    """A synthetic example: a message (or narrative) with the chat around it and its labels."""

    text: Annotated[str, Field(min_length=1)]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    labels: dict[str, int | tuple[str, ...]]

    def lines(self) -> tuple[str, ...]:
        return (*self.before, self.text, *self.after)


class Codebook(Part):
    """A whole codebook. Load one with `load_codebook` or `shipped_codebook`."""

    name: Name
    version: str
    title: Bilingual
    description: Bilingual
    source: str
    unit: Bilingual
    variables: Annotated[tuple[Variable, ...], Field(min_length=1)]
    tree: DecisionTree | None = None
    examples: tuple[Example, ...] = ()

    @model_validator(mode="after")
    def _hold_together(self) -> Self:
        names = [variable.name for variable in self.variables]
        if len(set(names)) < len(names):
            raise ValueError(f"two variables have the same name: {names}")
        if self.tree is not None:
            self.variable(self.tree.variable)
            self.tree.check(set(self.variable(self.tree.variable).by_name))
        for number, example in enumerate(self.examples, 1):
            self._check_example(number, example)
        return self

    def _check_example(self, number: int, example: Example) -> None:
        for name, value in example.labels.items():
            variable = self.variable(name)
            known = variable.by_name if variable.kind == "multi" else variable.by_code
            given = value if isinstance(value, tuple) else (value,)
            if (variable.kind == "multi") != isinstance(value, tuple) or not set(given) <= set(known):
                raise ValueError(
                    f"example {number} labels {name!r} as {value!r}; wanted "
                    f"{'a list of' if variable.kind == 'multi' else 'one of'} {list(known)}"
                )

    def variable(self, name: str) -> Variable:
        for variable in self.variables:
            if variable.name == name:
                return variable
        known = [variable.name for variable in self.variables]
        raise ValueError(f"no variable {name!r} in codebook {self.name!r}; {closest(name, known)}")

    @cached_property
    def rating_variables(self) -> tuple[RatingVariable, ...]:
        """Every variable as the tables know it, multi-label variables spread into one binary variable a label."""
        return tuple(self._spread())

    def _spread(self) -> Iterator[RatingVariable]:
        for variable in self.variables:
            if variable.kind == "multi":
                for label in variable.labels:
                    name = f"{variable.name}:{label.name}"
                    yield RatingVariable(name=name, codes=(0, 1), ordered=False, variable=variable, label=label)
            else:
                codes = tuple(sorted(variable.by_code))
                yield RatingVariable(name=variable.name, codes=codes, ordered=variable.ordered, variable=variable)

    def rating_variable(self, name: str) -> RatingVariable:
        for rating in self.rating_variables:
            if rating.name == name:
                return rating
        raise CodebookError(
            f"no rating variable {name!r} in codebook {self.name!r}; "
            f"{closest(name, [rating.name for rating in self.rating_variables])}"
        )

    def example_label(self, example: Example, rating: RatingVariable) -> int | None:
        """The code that an example gives a rating variable; None where the example does not label it.

        A binary variable that an example does not name is 0.
        """
        value = example.labels.get(rating.variable.name)
        if rating.label is not None:
            return None if value is None else int(rating.label.name in _names(value))
        if value is None:
            return 0 if rating.variable.kind == "binary" else None
        return value if isinstance(value, int) else None


def _names(value: int | tuple[str, ...]) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def load_codebook(path: Path) -> Codebook:
    """Read a codebook file. Raises CodebookError naming the place, what was wanted and what came."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise CodebookError(f"there is no codebook at {path}; check the name") from error
    except UnicodeDecodeError as error:
        raise CodebookError(f"{path.name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    return parse_codebook(text, path.name)


def parse_codebook(text: str, origin: str) -> Codebook:
    """Parse codebook text; ``origin`` is the file name that errors mention."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CodebookError(f"{origin} is not valid TOML: {error}") from error
    try:
        return Codebook.model_validate(raw)
    except ValidationError as error:
        raise CodebookError(f"{origin}: {first_problem(error, raw=raw)}") from error


def shipped_text(name: str) -> str:
    """The text of a shipped codebook file."""
    if name not in SHIPPED:
        raise CodebookError(f"no shipped codebook {name!r}; {closest(name, SHIPPED)}")
    return files("core").joinpath("codebooks", f"{name}.toml").read_text(encoding="utf-8")


def codebook_text(name: str) -> str:
    """The text of a codebook: of the shipped one of that name, or of a ``.toml`` file, checked."""
    if not name.endswith(".toml"):
        return shipped_text(name)
    load_codebook(Path(name))
    return Path(name).read_text(encoding="utf-8")


def shipped_codebook(name: str) -> Codebook:
    """A shipped codebook, loaded."""
    return parse_codebook(shipped_text(name), f"{name}.toml")
