"""``[lexicon]``: signal words, and where candidates for them come from."""

from typing import Annotated, Literal

from pydantic import Field

from core.setting_tables.kinds import Table


class ExtractSettings(Table):
    """``[lexicon.extract]``: a language model reads the chat and proposes signal words.

    voter: name of a voter of the panel that reads. language: of the prompt. window, overlap: messages a request, and
    how many of them the next one repeats. windows: how many are drawn; 0: all. seed: of the draw. max_tokens: longest
    reply, instead of the voter's own.
    """

    voter: str = ""
    language: Literal["zh", "en"] = "zh"
    window: Annotated[int, Field(ge=1, le=500)] = 40
    overlap: Annotated[int, Field(ge=0)] = 5
    windows: Annotated[int, Field(ge=0)] = 0
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 7
    max_tokens: Annotated[int, Field(ge=1)] = 2048


class ProposeSettings(Table):
    """``[lexicon.propose]``: proposals without a model. near: messages before and after a known signal that count as
    near it. min_messages: messages that a term has to stand in. limit: proposals a source."""

    near: Annotated[int, Field(ge=1, le=100)] = 2
    min_messages: Annotated[int, Field(ge=1)] = 3
    limit: Annotated[int, Field(ge=1)] = 300


class LexiconSettings(Table):
    """``[lexicon]``: which categories an imported lexicon may use (empty: any), and what counts as a match."""

    categories: tuple[str, ...] = ()
    whole_words: bool = False
    inserted_marks: bool = True
    extract: ExtractSettings = ExtractSettings()
    propose: ProposeSettings = ProposeSettings()
