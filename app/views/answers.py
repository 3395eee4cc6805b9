"""An annotator's answers before they are submitted: one a variable, in the words of the codebook.

A single or binary variable is answered with a code, a multi variable with the set of its labels that apply (the empty
set: none of them does), any variable with `ABSTAIN`. What comes out are ratings, one a rating variable.
"""

from collections.abc import Mapping

from annotation.human.work import ABSTAIN
from core.codebook import Codebook, Label, Variable

Answer = int | frozenset[str]
Answers = Mapping[str, Answer]
_KEYS = "0123456789abdefghijklmnopqstuvwxyz"
"""Keys that a page can bind: Streamlit keeps C and R for itself."""
_SAYS_NONE = ("irrelevant", "none", "no")
"""Names of labels that say themselves that nothing applies; such a variable needs no further choice for it."""


def choose(answers: Answers, variable: Variable, label: Label) -> Answers:
    """The answers after a label was chosen; a label of a multi variable is switched on or off."""
    if variable.kind != "multi":
        return {**answers, variable.name: label.code}
    chosen = answers.get(variable.name, frozenset())
    chosen = (chosen if isinstance(chosen, frozenset) else frozenset()) ^ {label.name}
    if chosen:
        return {**answers, variable.name: chosen}
    # Switching off the last label takes the answer back; that none applies has to be said.
    return {name: answer for name, answer in answers.items() if name != variable.name}


def is_chosen(answers: Answers, variable: Variable, label: Label) -> bool:
    answer = answers.get(variable.name)
    return label.name in answer if isinstance(answer, frozenset) else answer == label.code


def unanswered(answers: Answers, codebook: Codebook) -> list[Variable]:
    """The variables without an answer, in the order of the codebook."""
    return [variable for variable in codebook.variables if variable.name not in answers]


def ratings(answers: Answers, codebook: Codebook) -> dict[str, int]:
    """Rating variable → code or −1, for answers to every variable."""
    found: dict[str, int] = {}
    for rating in codebook.rating_variables:
        answer = answers[rating.variable.name]
        if isinstance(answer, frozenset):
            found[rating.name] = int(rating.label is not None and rating.label.name in answer)
        else:
            found[rating.name] = answer
    return found


def answers_of(labels: Mapping[str, int], codebook: Codebook) -> dict[str, Answer]:
    """The answers that ratings came from; a variable that has no rating has no answer."""
    found: dict[str, Answer] = {}
    for rating in codebook.rating_variables:
        code, name = labels.get(rating.name), rating.variable.name
        if code is None:
            continue
        if rating.label is None or code == ABSTAIN:
            found[name] = code
            continue
        before = found.get(name, frozenset())
        so_far = before if isinstance(before, frozenset) else frozenset()
        found[name] = so_far | {rating.label.name} if code else so_far
    return found


def answer_words(answer: Answer | None, variable: Variable, language: str, *, cannot_tell: str, none: str) -> str:
    """An answer as people read it; empty where there is none."""
    if answer is None:
        return ""
    if isinstance(answer, frozenset):
        chosen = [label.title.get(language) for label in variable.labels if label.name in answer]
        return "、".join(chosen) if language == "zh" and chosen else ", ".join(chosen) or none
    return cannot_tell if answer == ABSTAIN else variable.by_code[answer].title.get(language)


def needs_none(variable: Variable) -> bool:
    """Whether "none of these" must be a choice of its own."""
    return variable.kind == "multi" and not any(label.name in _SAYS_NONE for label in variable.labels)


def label_keys(variable: Variable) -> dict[int, str]:
    """Code → keyboard shortcut, where the codebook's key is one that a page can bind."""
    return {label.code: key for key, label in variable.keys.items() if key in _KEYS}


def spare_key(variable: Variable, wanted: str) -> str | None:
    """The first key of ``wanted`` that no label of the variable uses."""
    return next((key for key in wanted if key in _KEYS and key not in variable.keys), None)
