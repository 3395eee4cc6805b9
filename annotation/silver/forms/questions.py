"""Small yes/no questions whose answers come to a label.

Limited-labels, section IV-A: the questions are asked together, and their answers read from the gravest down; the first
"yes" gives the level. Where a level was reached that a past alone would explain, one more question is asked on its own:
whether the writer has moved on; if so, that answer is struck out and the rest is read again. With a decision tree the
codebook says all this itself: its nodes are the questions, and one with ``later = true`` is asked on its own. Without a
tree every label is a question.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from annotation.silver.forms.form import UNPARSED, Ask, Heard, all_said
from annotation.silver.prompting import PromptTexts, book_values
from annotation.silver.questionnaire import Question, Questionnaire
from annotation.silver.replies import chosen, is_cut_off, reason
from core.chat import ChatReply
from core.codebook import Codebook, RatingVariable
from core.display import Display
from core.json_replies import bounded_text, strict_object
from core.own_answers import own_answer


class QuestionsForm:
    """One request with all questions, and one with those that come later, if the answers lead to one of them.

    The reply is ``{"answers": {question: {"why": text, "answer": name}}}``.
    """

    def __init__(
        self,
        codebook: Codebook,
        ratings: Sequence[RatingVariable],
        texts: PromptTexts,
        max_tokens: int,
    ) -> None:
        self.ratings = tuple(ratings)
        self.questionnaire = Questionnaire(codebook, self.ratings, texts.language)
        given = book_values(codebook, self.ratings, texts.language)
        self.prompts = [
            texts.compile("questions", {**given, **_questions(questions)}, trial={})
            for questions in self.questionnaire.rounds
        ]
        self.schemas = [_schema(questions, max_tokens) for questions in self.questionnaire.rounds]

    def asks(self, display: Display) -> tuple[Ask, ...]:
        return tuple(
            prompt.ask(display, schema=schema) for prompt, schema in zip(self.prompts, self.schemas, strict=True)
        )

    def read(self, asks: Sequence[Ask], replies: Sequence[ChatReply]) -> Heard:
        answers: dict[str, str] = {}
        reasons: list[str] = []
        for ask, reply, questions in zip(asks, replies, self.questionnaire.rounds, strict=False):
            found = own_answer(reply.text, "answers", dict, ask.chat, _form(questions), cut_off=is_cut_off(reply))
            if found is None:
                return Heard(all_said(self.ratings, UNPARSED), reason(reply.text))
            given, why = _answers(found["answers"], questions)
            answers |= given
            reasons += why
        said = self.questionnaire.said(answers)
        if said is None and len(replies) < len(asks):
            return Heard(more=True)
        return Heard(said or all_said(self.ratings, UNPARSED), reason("\n".join(reasons)))


def _form(questions: Sequence[Question]) -> dict[str, Any]:
    return {"answers": {one.name: {"why": "…", "answer": next(iter(one.answers))} for one in questions}}


def _questions(questions: Sequence[Question]) -> dict[str, Any]:
    return {
        "questions": [{"name": one.name, "text": one.text, "answers": dict(one.answers)} for one in questions],
        "form": json.dumps(_form(questions), ensure_ascii=False),
    }


def _schema(questions: Sequence[Question], max_tokens: int) -> Mapping[str, Any]:
    form = {"answers": {one.name: {"why": "", "answer": max(one.answers, key=len)} for one in questions}}
    why = bounded_text(max_tokens, form, len(questions))
    answers = {
        one.name: strict_object({"why": why, "answer": {"type": "string", "enum": list(one.answers)}})
        for one in questions
    }
    return strict_object({"answers": strict_object(answers)})


def _answers(given: Mapping[str, Any], questions: Sequence[Question]) -> tuple[dict[str, str], list[str]]:
    """Question → answer, of those answered by one of the answers, and the reasons as lines."""
    answers: dict[str, str] = {}
    reasons: list[str] = []
    for question in questions:
        told = given.get(question.name)
        answer, why = (told.get("answer"), told.get("why")) if isinstance(told, dict) else (told, None)
        name = chosen(answer, list(question.answers))
        if name is not None:
            answers[question.name] = name
            reasons.append(f"{question.name}: {name}" + (f" ({why})" if isinstance(why, str) else ""))
    return answers, reasons
