"""The codebook's examples in a prompt: so many for each label, the first ones or those most like the segment."""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Literal

from core.codebook import Codebook, Example, RatingVariable
from core.display import Display
from core.fence import as_data, as_data_lines
from core.text import normalised


class Examples:
    """Examples of the given rating variables, each with the reply that it deserves.

    ``shared``: those for all segments; none when the similar ones are wanted, which `similar_to` gives. An example has
    chat (numbered lines) and reply (JSON). Those that leave one of the variables without a label are not shown.
    """

    def __init__(
        self, codebook: Codebook, ratings: Sequence[RatingVariable], n: int, which: Literal["first", "similar"]
    ) -> None:
        self.codebook = codebook
        self.ratings = tuple(ratings)
        self.n = n
        self.which = which
        self.labels = [
            {rating.name: codebook.example_label(example, rating) for rating in self.ratings}
            for example in codebook.examples
        ]
        self.usable = [place for place, given in enumerate(self.labels) if None not in given.values()]

    @property
    def shared(self) -> Sequence[dict[str, str]]:
        return self._chosen(self.usable) if self.which == "first" else ()

    def similar_to(self, display: Display) -> Sequence[dict[str, str]]:
        """The most similar ones, the most similar last, where a model attends to them most."""
        if self.which == "first" or not self.usable:
            return ()
        vectors, vectorizer = self._index
        text = "\n".join(line.content for line in as_data_lines(display).lines)
        nearness = (vectors @ vectorizer.transform([text]).T).toarray()[:, 0]
        ranked = sorted(range(len(self.usable)), key=lambda row: -nearness[row])
        return tuple(reversed(self._chosen([self.usable[row] for row in ranked])))

    @cached_property
    def _index(self) -> tuple[Any, Any]:
        """TF-IDF of one to three characters of the usable examples; rows of length one: a product is a cosine."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
        texts = ["\n".join(self.codebook.examples[place].lines()) for place in self.usable]
        return vectorizer.fit_transform(texts), vectorizer

    def _chosen(self, places: Sequence[int]) -> tuple[dict[str, str], ...]:
        """The first n of each label of each variable, in this order, each example once."""
        wanted = {(rating.name, code): self.n for rating in self.ratings for code in rating.codes}
        chosen: list[int] = []
        for place in places:
            own = [(name, code) for name, code in self.labels[place].items() if code is not None]
            if any(wanted[label] for label in own):
                chosen.append(place)
            for label in own:
                wanted[label] = max(0, wanted[label] - 1)
        return tuple(self._shown(place) for place in chosen)

    def _shown(self, place: int) -> dict[str, str]:
        reply = {"labels": self.labels[place]}
        return {"chat": example_chat(self.codebook.examples[place]), "reply": json.dumps(reply, ensure_ascii=False)}


def example_chat(example: Example) -> str:
    """An example as numbered lines. Its messages name no senders, so neither do the lines."""
    mark = len(example.before) + 1
    lines = [as_data(normalised(line)) for line in example.lines()]
    return "\n".join(f"[{number}]{' *' if number == mark else ''} {line}" for number, line in enumerate(lines, 1))
