"""Decision trees of codebooks: a few short questions that lead to a label."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core.texts import Bilingual, closest

LABEL_PREFIX = "label:"


class Answer(BaseModel):
    """One answer of a node and where it leads: another node, or ``label:NAME``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: Bilingual
    to: str

    @property
    def label(self) -> str | None:
        return self.to.removeprefix(LABEL_PREFIX) if self.to.startswith(LABEL_PREFIX) else None


class Node(BaseModel):
    """One question of a tree. later: a model is asked it on its own, once its other answers lead there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question: Bilingual
    answers: Annotated[tuple[Answer, ...], Field(min_length=2)]
    later: bool = False

    def answer(self, name: str) -> Answer:
        for answer in self.answers:
            if answer.name == name:
                return answer
        known = [answer.name for answer in self.answers]
        raise ValueError(f"no answer {name!r}; {closest(name, known)}")


class DecisionTree(BaseModel):
    """Questions as a directed acyclic graph from ``start`` to the labels of one variable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    variable: str
    start: str
    several_paths: bool = False
    nodes: Annotated[dict[str, Node], Field(min_length=1)]

    def check(self, labels: set[str]) -> None:
        """Raise ValueError unless every answer leads somewhere, nothing goes in a circle and every label is reached."""
        if self.start not in self.nodes:
            raise ValueError(f"the tree starts at {self.start!r}, which is no node; {closest(self.start, self.nodes)}")
        for name, node in self.nodes.items():
            for answer in node.answers:
                self._check_target(name, answer, labels)
        unreached = labels - self._labels_below(self.start, ())
        if unreached:
            raise ValueError(f"no path of the tree reaches the labels {sorted(unreached)}")

    def _check_target(self, node: str, answer: Answer, labels: set[str]) -> None:
        place = f"tree node {node!r}, answer {answer.name!r}"
        if answer.label is not None and answer.label not in labels:
            raise ValueError(f"{place} points to label {answer.label!r}; {closest(answer.label, sorted(labels))}")
        if answer.label is None and answer.to not in self.nodes:
            raise ValueError(f"{place} points to {answer.to!r}, which is no node; {closest(answer.to, self.nodes)}")

    def _labels_below(self, name: str, above: tuple[str, ...]) -> set[str]:
        if name in above:
            raise ValueError(f"the tree goes in a circle: {' → '.join((*above, name))}")
        reached: set[str] = set()
        for answer in self.nodes[name].answers:
            reached |= {answer.label} if answer.label else self._labels_below(answer.to, (*above, name))
        return reached

    def walk(self, answers: dict[str, str]) -> str:
        """The label that a set of answers (node name → answer name) leads to. Raises ValueError on a gap."""
        here = self.start
        while True:
            if here not in answers:
                raise ValueError(f"question {here!r} has no answer")
            answer = self.nodes[here].answer(answers[here])
            if answer.label is not None:
                return answer.label
            here = answer.to
