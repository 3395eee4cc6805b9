"""The question of a variable: its labels as buttons with keys, what they mean, and the steps of the decision tree."""

from collections.abc import Callable
from html import escape

import streamlit as st

from annotation.human.work import ABSTAIN
from app.views.answers import (
    Answer,
    Answers,
    answer_words,
    choose,
    is_chosen,
    label_keys,
    needs_none,
    spare_key,
)
from app.views.words import Say
from core.codebook import Codebook, Variable
from core.decision_tree import DecisionTree

Answered = Callable[[Answers], None]
_ABSTAIN_KEYS, _NONE_KEYS = "xzqv", "nmwu"
_SHORT_ZH, _SHORT_EN, _ONE_COLUMN = 4, 8, 8
_MARKUP = r"\`*_{}[]()<>#+-.!|~$:&"


def plain(text: str) -> str:
    """Text that Streamlit's labels show as it is: every character of its markdown is escaped."""
    return "".join(f"\\{character}" if character in _MARKUP else character for character in text)


def ask(variable: Variable, answers: Answers, answered: Answered, say: Say, *, place: str, heading: str = "") -> None:
    """The question, its labels, and "cannot tell". ``answered`` gets the new answers; ``place`` makes keys unique."""
    language = say.language
    several = f'<span class="several">{escape(say("several_apply"))}</span>' if variable.kind == "multi" else ""
    head = f'<p class="question-number">{escape(heading)}</p>' if heading else ""
    st.html(f'{head}<p class="question">{escape(variable.question.get(language))}{several}</p>')
    keys = label_keys(variable)
    with st.container(key=f"labels-{_shape(variable, language)}-{place}", gap="xsmall"):
        for label in variable.labels:
            chosen = is_chosen(answers, variable, label)
            _choice(
                plain(label.title.get(language)),
                f"{place}-{label.code}",
                keys.get(label.code),
                chosen,
                lambda label=label: answered(choose(answers, variable, label)),
            )
        if needs_none(variable):
            _other(variable, frozenset(), "none_of_these", _NONE_KEYS, answers, answered, say, place)
        _other(variable, ABSTAIN, "cannot_tell", _ABSTAIN_KEYS, answers, answered, say, place)


def _shape(variable: Variable, language: str) -> str:
    """How the style sheet lays the labels out: few short ones side by side, many in two columns."""
    longest = max(len(label.title.get(language)) for label in variable.labels)
    if len(variable.labels) <= 3 and longest <= (_SHORT_ZH if language == "zh" else _SHORT_EN):
        return "row"
    return "pairs" if len(variable.labels) > _ONE_COLUMN else "stack"


def _other(
    variable: Variable,
    answer: Answer,
    text: str,
    keys: str,
    answers: Answers,
    answered: Answered,
    say: Say,
    place: str,
) -> None:
    """A choice that is no label: none of these, or cannot tell."""
    chosen = variable.name in answers and answers[variable.name] == answer
    after = {**answers, variable.name: answer}
    _choice(say(text), f"{place}-{text}", spare_key(variable, keys), chosen, lambda: answered(after))


def _choice(text: str, key: str, shortcut: str | None, chosen: bool, on_click: Callable[[], None]) -> None:
    # The class of a key carries the choice to the style sheet; the key itself stays, and with it the focus.
    st.button(
        text,
        key=f"choice-{key}",
        shortcut=shortcut,
        type="primary" if chosen else "secondary",
        width="stretch",
        on_click=on_click,
    )


def help_with(variable: Variable, codebook: Codebook, say: Say) -> None:
    """What the labels mean, the guideline and the decision steps, folded away."""
    parts = [(say("definitions"), definitions_html(variable, say.language))]
    if variable.guideline is not None:
        parts.append((say("guideline"), f'<p class="guideline">{escape(variable.guideline.get(say.language))}</p>'))
    if codebook.tree is not None and codebook.tree.variable == variable.name:
        parts.append((say("tree"), tree_html(codebook.tree, variable, say)))
    with st.expander(" · ".join(title for title, _ in parts)):
        for tab, (_, html) in zip(st.tabs([title for title, _ in parts]), parts, strict=True):
            tab.html(f'<div class="help">{html}</div>')


def definitions_html(variable: Variable, language: str) -> str:
    rows = "".join(
        f"<dt>{escape(label.title.get(language))}</dt><dd>{escape(label.definition.get(language))}</dd>"
        for label in variable.labels
    )
    return f'<dl class="definitions">{rows}</dl>'


def tree_html(tree: DecisionTree, variable: Variable, say: Say) -> str:
    """The tree as numbered steps, from its start on."""
    language = say.language
    order = _in_order(tree)
    steps = {name: number for number, name in enumerate(order, 1)}
    rows = []
    for name in order:
        answers = []
        for answer in tree.nodes[name].answers:
            if answer.label is not None:
                target = say("tree_to_label", label=variable.by_name[answer.label].title.get(language))
            else:
                target = say("tree_to_step", step=steps[answer.to])
            answers.append(f"<li><b>{escape(answer.title.get(language))}</b> → {escape(target)}</li>")
        question = escape(tree.nodes[name].question.get(language))
        rows.append(f"<li><p>{question}</p><ul>{''.join(answers)}</ul></li>")
    return f'<ol class="tree">{"".join(rows)}</ol>'


def _in_order(tree: DecisionTree) -> list[str]:
    """The nodes that the start reaches, breadth first."""
    order = [tree.start]
    for name in order:
        order += [
            to for to in (answer.to for answer in tree.nodes[name].answers) if to in tree.nodes and to not in order
        ]
    return order


def overview_of(codebook: Codebook, answers: Answers, say: Say, *, active: str, go: Callable[[str], None]) -> None:
    """All questions of a codebook with several, each a button that opens it and shows its answer."""
    done = sum(variable.name in answers for variable in codebook.variables)
    total = len(codebook.variables)
    st.html(
        f'<p class="all-questions"><b>{escape(say("all_questions"))}</b>'
        f"<span>{escape(say('answered_of', done=done, total=total))}</span></p>"
    )
    with st.container(key="questions", horizontal=True, gap="xsmall"):
        for number, variable in enumerate(codebook.variables, 1):
            given = answer_words(
                answers.get(variable.name),
                variable,
                say.language,
                cannot_tell=say("cannot_tell"),
                none=say("none_of_these"),
            )
            title = plain(f"{number} {variable.title.get(say.language)}")
            st.button(
                f"{title} · **{plain(given)}**" if given else title,
                key=f"question-{variable.name}",
                type="primary" if variable.name == active else "tertiary" if given else "secondary",
                on_click=go,
                args=(variable.name,),
            )
