"""All labels in one JSON object: the paper's three steps, zero-shot and few-shot.

SuiChat-CN, appendix B (figure 8): read the chat and find the message with the signal word; analyse the target user's
words and the chat by the taxonomy; where several categories are present, the priority rule decides.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from annotation.silver.examples import Examples
from annotation.silver.forms.form import UNPARSED, Ask, Heard, all_said
from annotation.silver.prompting import PromptTexts, book_values
from annotation.silver.replies import CANNOT_TELL, is_cut_off, reason, said_of
from core.chat import ChatReply
from core.codebook import Codebook, RatingVariable
from core.display import Display
from core.json_replies import bounded_text, strict_object
from core.own_answers import own_answer

LabelsPrompt = Literal["cot", "zero_shot", "few_shot"]
THOUGHTS: Mapping[LabelsPrompt, tuple[str, ...]] = {
    "cot": ("context", "analysis"),
    "zero_shot": ("rationale",),
    "few_shot": (),
}
"""What a model writes down before the labels, and so before it has chosen them."""


class LabelsForm:
    """One request for all given rating variables; the reply is ``{thoughts…, "labels": {variable: code}}``.

    Code −1 where the model cannot tell. examples: those shown with few_shot.
    """

    def __init__(
        self,
        prompt: LabelsPrompt,
        codebook: Codebook,
        ratings: Sequence[RatingVariable],
        texts: PromptTexts,
        max_tokens: int,
        examples: Examples | None = None,
    ) -> None:
        self.ratings = tuple(ratings)
        self.thoughts = THOUGHTS[prompt]
        self.examples = examples
        self.form = {**dict.fromkeys(self.thoughts, "…"), "labels": {one.name: one.codes[0] for one in self.ratings}}
        given = book_values(codebook, self.ratings, texts.language)
        given |= {"form": json.dumps(self.form, ensure_ascii=False), "examples": examples.shared if examples else ()}
        self.prompt = texts.compile(prompt, given, trial={"similar": ()})
        self.schema = self._schema(max_tokens)

    def _schema(self, max_tokens: int) -> Mapping[str, Any]:
        """Strict: every rating variable with exactly its codes and −1; thoughts short enough to come to an end."""
        labels = {one.name: {"type": "integer", "enum": [*one.codes, CANNOT_TELL]} for one in self.ratings}
        thoughts = {name: bounded_text(max_tokens, self.form, len(self.thoughts)) for name in self.thoughts}
        return strict_object({**thoughts, "labels": strict_object(labels)})

    def asks(self, display: Display) -> tuple[Ask, ...]:
        similar = self.examples.similar_to(display) if self.examples else ()
        return (self.prompt.ask(display, values={"similar": similar}, schema=self.schema),)

    def read(self, asks: Sequence[Ask], replies: Sequence[ChatReply]) -> Heard:
        # Where there are no thoughts to write down, the form is itself an answer; so are the examples.
        form, prompt = (self.form, "") if self.thoughts else (None, "\n".join(text for _, text in asks[0].messages))
        answer = own_answer(replies[0].text, "labels", dict, asks[0].chat, form, prompt, is_cut_off(replies[0]))
        if answer is None:
            return Heard(all_said(self.ratings, UNPARSED), reason(replies[0].text))
        said = {rating.name: said_of(answer["labels"].get(rating.name), rating) for rating in self.ratings}
        thoughts = [thought for name in self.thoughts if (thought := reason(answer.get(name)))]
        return Heard(said, reason("\n".join(thoughts)))
