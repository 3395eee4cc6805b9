"""A codebook as questions with few answers each, and what the answers come to."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from annotation.silver.forms.form import REFUSED, UNPARSED, Said
from core.codebook import Codebook, RatingVariable
from core.decision_tree import DecisionTree
from core.errors import SettingsError
from core.texts import Bilingual

_YES_NO = {"yes": Bilingual(zh="是", en="yes"), "no": Bilingual(zh="否", en="no")}
_APPLIES = Bilingual(zh="{title}（{definition}）是否适用？", en="Does “{title}” apply? ({definition})")


@dataclass(frozen=True)
class Question:
    """name: its key in the reply. answers: name of the answer → its title."""

    name: str
    text: str
    answers: Mapping[str, str]


class Questionnaire:
    """rounds: the questions asked together, then those asked on their own once the others lead to one of them."""

    def __init__(self, codebook: Codebook, ratings: Sequence[RatingVariable], language: str) -> None:
        """Raises SettingsError where two questions would have one name."""
        self.ratings = tuple(ratings)
        self.language = language
        self.tree = codebook.tree
        under_tree = [one for one in self.ratings if self.tree and one.variable.name == self.tree.variable]
        self.by_tree = tuple(under_tree)
        self.by_label = tuple(one for one in self.ratings if one not in under_tree)
        first = [question for rating in self.by_label for question in self._label_questions(rating)]
        later: list[Question] = []
        for name, node in self.tree.nodes.items() if self.tree and under_tree else ():
            titles = {answer.name: answer.title.get(language) for answer in node.answers}
            (later if node.later else first).append(Question(name, node.question.get(language), titles))
        _refuse_one_name_for_two(codebook.name, (*first, *later))
        self.rounds = (tuple(first), tuple(later)) if later else (tuple(first),)

    def _label_questions(self, rating: RatingVariable) -> list[Question]:
        titles = {name: title.get(self.language) for name, title in _YES_NO.items()}
        if rating.variable.kind == "binary":
            return [Question(rating.name, rating.variable.question.get(self.language), titles)]
        labels = [rating.label] if rating.label else rating.variable.labels
        return [
            Question(
                rating.name if rating.label else f"{rating.name}:{label.name}",
                _APPLIES.get(self.language).format(
                    title=label.title.get(self.language), definition=label.definition.get(self.language)
                ),
                titles,
            )
            for label in labels
        ]

    def said(self, answers: Mapping[str, str]) -> dict[str, Said] | None:
        """Rating variable → what the answers (question → answer) say; None when they lead to a later question."""
        said = {rating.name: _by_labels(rating, answers) for rating in self.by_label}
        if self.tree and self.by_tree:
            label = _walked(self.tree, answers)
            if isinstance(label, Open):
                return None
            said |= {rating.name: _by_tree(rating, label) for rating in self.by_tree}
        return {rating.name: said[rating.name] for rating in self.ratings}


def _refuse_one_name_for_two(codebook: str, questions: Iterable[Question]) -> None:
    repeated = sorted(name for name, times in Counter(one.name for one in questions).items() if times > 1)
    if repeated:
        raise SettingsError(
            f"the prompt questions needs a name of its own for every question; codebook {codebook!r} has the name "
            f"{repeated[0]!r} for a node of its decision tree and for a question about another variable; rename the "
            f'node, set vote.variables to "each", or choose another vote.prompt'
        )


@dataclass(frozen=True)
class Open:
    """A walk that stands before a question to be asked later."""

    node: str


def _walked(tree: DecisionTree, answers: Mapping[str, str]) -> str | Open | None:
    """The label that the answers lead to; None where one is missing."""
    here = tree.start
    while True:
        if here not in answers:
            return Open(here) if tree.nodes[here].later else None
        answer = tree.nodes[here].answer(answers[here])
        if answer.label is not None:
            return answer.label
        here = answer.to


def _by_tree(rating: RatingVariable, label: str | None) -> Said:
    if label is None:
        return UNPARSED
    if rating.label is not None:
        return Said(int(rating.label.name == label), "ok")
    return Said(rating.variable.by_name[label].code, "ok")


def _by_labels(rating: RatingVariable, answers: Mapping[str, str]) -> Said:
    """A binary or multi-label variable by its one answer; else the label with a yes that the codebook lets win.

    Nothing applies: the voter cannot tell. Several apply and the codebook names no winner, or an answer is missing: it
    has not answered.
    """
    if rating.label is not None or rating.variable.kind == "binary":
        answer = answers.get(rating.name)
        return UNPARSED if answer is None else Said(int(answer == "yes"), "ok")
    given = {label.code: answers.get(f"{rating.name}:{label.name}") for label in rating.variable.labels}
    if None in given.values():
        return UNPARSED
    apply = [code for code, answer in given.items() if answer == "yes"]
    if not apply:
        return REFUSED
    if len(apply) > 1 and rating.variable.several is None:
        return UNPARSED
    return Said(max(apply) if rating.variable.several != "lowest" else min(apply), "ok")
