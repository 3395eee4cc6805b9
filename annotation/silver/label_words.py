"""Which label is meant where programs, people and models write one.

A label is a code of the codebook, or a label's name in any case; for yes/no variables also 1/0, yes/no and true/false.
−1 is an abstention. Anything else is no label, and never a guess.
"""

import re
from collections.abc import Mapping

from annotation.silver.ballots import ABSTAIN
from core.codebook import RatingVariable

_NUMBER = re.compile(r"(-?[0-9]{1,18})(\.0+)?")
_YES_OR_NO = {"yes": 1, "true": 1, "no": 0, "false": 0}


def words_of(rating: RatingVariable) -> Mapping[str, int]:
    """Word → code: names as the codebook has them, and in lower case where that is no other label's."""
    yes_or_no = rating.label is not None or rating.variable.kind == "binary"
    labels = rating.variable.labels if rating.label is None else ()
    lower = [label.name.lower() for label in labels]
    words = dict(_YES_OR_NO) if yes_or_no else {}
    words |= {label.name.lower(): label.code for label in labels if lower.count(label.name.lower()) == 1}
    return words | {label.name: label.code for label in labels}


def code_of(written: str, rating: RatingVariable, words: Mapping[str, int]) -> int | None:
    """The code that is written here, −1 for an abstention, None for what is no label. words: as `words_of` gives."""
    number = _NUMBER.fullmatch(written.replace("−", "-"))
    if number is None:
        return words.get(written, words.get(written.lower()))
    code = int(number[1])
    return code if code in (*rating.codes, ABSTAIN) else None
