"""One letter, and how probable each of the letters was: a soft vote.

The labels are lettered, so that every answer is a single token; with the reply held to these letters their
log-probabilities compare directly (a label's own name may be spelled in several tokens, and then they do not).
"""

import math
import sys
from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from annotation.silver.forms.form import UNPARSED, Ask, Heard, Said, all_said
from annotation.silver.prompting import PromptTexts, book_values
from annotation.silver.replies import reason
from core.chat import ChatReply
from core.codebook import Codebook, RatingVariable
from core.display import Display
from core.errors import SettingsError

MOST_LETTERS = 20
"""Servers give the log-probabilities of so many tokens."""
_ROUNDING = 1e-6
"""How far above 0 a log-probability may come out by rounding."""


class LetterForm:
    """One request for one rating variable; the reply is one letter of A, B, C … in the order of its codes."""

    def __init__(self, codebook: Codebook, rating: RatingVariable, texts: PromptTexts) -> None:
        """Raises SettingsError for a variable with more labels than there are probabilities to be had for."""
        if len(rating.codes) > MOST_LETTERS:
            raise SettingsError(
                f"variable {rating.name!r} has {len(rating.codes)} labels and the prompt letter takes at most "
                f"{MOST_LETTERS}; choose another vote.prompt"
            )
        self.ratings = (rating,)
        self.codes = dict(zip(ascii_uppercase, rating.codes, strict=False))
        letters = [_lettered(letter, rating, code, texts.language) for letter, code in self.codes.items()]
        given = {**book_values(codebook, self.ratings, texts.language), "letters": letters}
        self.prompt = texts.compile("letter", given, trial={})

    def asks(self, display: Display) -> tuple[Ask, ...]:
        return (self.prompt.ask(display, choices=tuple(self.codes), max_tokens=1),)

    def read(self, asks: Sequence[Ask], replies: Sequence[ChatReply]) -> Heard:
        """The letter said. With log-probabilities, its probability among the letters, and those of all as rationale.

        Letters that are not among the log-probabilities given are taken as improbable. There is no probability without
        that of the letter said, or where one of the letters has a number that is no log-probability.
        """
        letter = replies[0].text.strip()
        if letter not in asks[0].choices:
            return Heard(all_said(self.ratings, UNPARSED), reason(replies[0].text))
        code, weights = self.codes[letter], _weights(replies[0].logprobs or {}, self.codes)
        if not weights.get(code):
            return Heard(all_said(self.ratings, Said(code, "ok")))
        whole = math.fsum(weights.values())
        shares = {code: weight / whole for code, weight in weights.items()}
        listed = ", ".join(f"{code}: {shares.get(code, 0.0):.4f}" for code in self.codes.values())
        return Heard(all_said(self.ratings, Said(code, "ok", min(1.0, shares[code]))), f"p = {{{listed}}}")


def _weights(logprobs: Mapping[str, float], codes: Mapping[str, int]) -> dict[int, float]:
    """Code → probability of its letter, with or without blanks around it; none where one of them can be none."""
    weights: dict[int, float] = {}
    for token, logprob in logprobs.items():
        code = codes.get(token.strip(" \n\t▁Ġ"))
        if code is None:
            continue
        if logprob != logprob or logprob > _ROUNDING:  # a NaN, which `math.isnan` cannot ask of any whole number
            return {}
        if logprob >= -sys.float_info.max:  # a whole number of JSON may be larger than any float
            weights[code] = weights.get(code, 0.0) + math.exp(min(0.0, logprob))
    return weights


def _lettered(letter: str, rating: RatingVariable, code: int, language: str) -> dict[str, Any]:
    label = None if rating.label else rating.variable.by_code[code]
    return {
        "letter": letter,
        "title": rating.code_title(code).get(language),
        "definition": label.definition.get(language) if label else "",
    }
