"""What the values in a model's answer say."""

import unicodedata
from collections.abc import Sequence

from annotation.silver.forms.form import REFUSED, UNPARSED, Said
from annotation.silver.label_words import code_of, words_of
from core.chat import ChatReply
from core.codebook import RatingVariable

CANNOT_TELL = -1
_MOST_RATIONALE = 2000


def declined(reply: ChatReply) -> bool:
    """Whether the server filtered the answer or the model declined to give one."""
    return reply.refusal is not None or reply.finish_reason == "content_filter"


def is_cut_off(reply: ChatReply) -> bool:
    """Whether the reply ended because its tokens were used up."""
    return reply.finish_reason == "length"


def said_of(given: object, rating: RatingVariable) -> Said:
    """What a value given for a rating variable says. −1: the model cannot tell, which is a refusal."""
    if not isinstance(given, str | int | float):
        return UNPARSED
    code = code_of(unicodedata.normalize("NFKC", str(given)).strip(), rating, words_of(rating))
    if code is None:
        return UNPARSED
    return REFUSED if code == CANNOT_TELL else Said(code, "ok")


def reason(value: object) -> str | None:
    """A rationale fit for a table: no lone surrogates (JSON escapes can make them), not endless."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.strip()[:_MOST_RATIONALE].encode("utf-8", "replace").decode("utf-8")


def chosen(given: object, names: Sequence[str]) -> str | None:
    """Which of these names was given, whatever its case and the blanks around it."""
    told = given.strip().casefold() if isinstance(given, str) else None
    return next((name for name in names if name.casefold() == told), None)
