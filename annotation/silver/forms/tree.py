"""The codebook's decision tree, walked by the model.

PsyGUARD labels by a tree of short questions; a text may take several paths, and each is kept. The model names the
answers on its way; only a walk from the start to a label counts, and with a schema no other can be said.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from annotation.silver.forms.form import REFUSED, UNPARSED, Ask, Heard, Said, all_said
from annotation.silver.prompting import PromptTexts, book_values
from annotation.silver.replies import chosen, is_cut_off, reason
from core.chat import ChatReply
from core.codebook import Codebook, RatingVariable
from core.decision_tree import DecisionTree
from core.display import Display
from core.errors import SettingsError
from core.json_replies import bounded_text, strict_object
from core.own_answers import own_answer

MOST_PATHS = 200
"""A schema lists every path of a tree that has no more."""
MOST_AT_ONCE = 4
"""A text takes at most so many paths."""


class TreeForm:
    """One request; the reply is ``{"rationale": text, "paths": [{question: answer, …}, …]}``.

    An empty list of paths: the model cannot tell.
    """

    def __init__(
        self, codebook: Codebook, ratings: Sequence[RatingVariable], texts: PromptTexts, max_tokens: int
    ) -> None:
        """Raises SettingsError for a codebook without a tree."""
        if codebook.tree is None:
            raise SettingsError(
                f"codebook {codebook.name!r} has no decision tree for the prompt tree to follow; choose another prompt "
                f"in [vote], or for the voters that have this one, or give the codebook a [tree]"
            )
        self.tree = codebook.tree
        self.ratings = tuple(ratings)
        self.paths = list(paths_of(self.tree))
        self.form = {"rationale": "…", "paths": [max(self.paths, key=len)]}
        given = {**book_values(codebook, self.ratings, texts.language), **_tree_values(self.tree, texts.language)}
        self.prompt = texts.compile("tree", {**given, "form": json.dumps(self.form, ensure_ascii=False)}, trial={})
        self.schema = self._schema(max_tokens)

    def _schema(self, max_tokens: int) -> Mapping[str, Any]:
        one: dict[str, Any] = {"type": "object"}
        if len(self.paths) <= MOST_PATHS:
            paths = [{node: _only(answer) for node, answer in path.items()} for path in self.paths]
            one = {"anyOf": [strict_object(path) for path in paths]}
        most = MOST_AT_ONCE if self.tree.several_paths else 1
        several = {"type": "array", "items": one, "maxItems": most}
        rationale = bounded_text(max_tokens, {**self.form, "paths": [max(self.paths, key=len)] * most}, 1)
        return strict_object({"rationale": rationale, "paths": several})

    def asks(self, display: Display) -> tuple[Ask, ...]:
        return (self.prompt.ask(display, schema=self.schema),)

    def read(self, asks: Sequence[Ask], replies: Sequence[ChatReply]) -> Heard:
        answer = own_answer(replies[0].text, "paths", list, asks[0].chat, self.form, cut_off=is_cut_off(replies[0]))
        if answer is None:
            return Heard(all_said(self.ratings, UNPARSED), reason(replies[0].text))
        return Heard(self._said(answer["paths"]), reason(answer.get("rationale")))

    def _said(self, paths: Sequence[object]) -> dict[str, Said]:
        """The labels at the ends of the paths: 1 for each of a multi-label variable, else the only one."""
        if not paths:
            return all_said(self.ratings, REFUSED)
        ends = {_end(self.tree, path) for path in paths}
        if None in ends or (len(ends) > 1 and not self.tree.several_paths):
            return all_said(self.ratings, UNPARSED)
        if len(self.ratings) == 1 and self.ratings[0].label is None:
            return self._single([str(end) for end in ends])
        return {one.name: Said(int(one.label is not None and one.label.name in ends), "ok") for one in self.ratings}

    def _single(self, ends: Sequence[str]) -> dict[str, Said]:
        rating = self.ratings[0]
        codes = sorted(rating.variable.by_name[end].code for end in ends)
        if len(codes) > 1 and rating.variable.several is None:
            return {rating.name: UNPARSED}
        return {rating.name: Said(codes[-1] if rating.variable.several != "lowest" else codes[0], "ok")}


def paths_of(tree: DecisionTree) -> Iterator[dict[str, str]]:
    """Every walk from the start to a label, as node → answer in the order of the walk."""

    def below(node: str, before: Mapping[str, str]) -> Iterator[dict[str, str]]:
        for answer in tree.nodes[node].answers:
            here = {**before, node: answer.name}
            if answer.label is not None:
                yield here
            else:
                yield from below(answer.to, here)

    yield from below(tree.start, {})


def _end(tree: DecisionTree, path: object) -> str | None:
    """The label at the end of a walk; None for what is none. Answers off the way are of no account."""
    if not isinstance(path, dict):
        return None
    here = tree.start
    while True:
        name = chosen(path.get(here), [answer.name for answer in tree.nodes[here].answers])
        if name is None:
            return None
        answer = tree.nodes[here].answer(name)
        if answer.label is not None:
            return answer.label
        here = answer.to


def _only(answer: str) -> dict[str, Any]:
    return {"type": "string", "enum": [answer]}


def _tree_values(tree: DecisionTree, language: str) -> dict[str, Any]:
    """``nodes``: name, question and answers (name, title, to, label: where it leads). ``start``, ``several_paths``."""
    return {
        "start": tree.start,
        "several_paths": tree.several_paths,
        "nodes": [
            {
                "name": name,
                "question": node.question.get(language),
                "answers": [
                    {"name": one.name, "title": one.title.get(language), "to": one.to, "label": one.label}
                    for one in node.answers
                ],
            }
            for name, node in tree.nodes.items()
        ],
    }
