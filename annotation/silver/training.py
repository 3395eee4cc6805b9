"""What embedded voters learn from: the codebook's examples, and the gold labels made so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from annotation.silver.documents import Document, document_of_example
from core.codebook import Codebook
from core.store import digest


@dataclass(frozen=True)
class TrainingSet:
    """Documents and, by rating variable, the label of each; None where a document is not labelled."""

    documents: tuple[Document, ...]
    labels: Mapping[str, tuple[int | None, ...]]

    @cached_property
    def _documents_hash(self) -> str:
        return digest([[document.document_id, *document.content()] for document in self.documents])

    def hash_for(self, variable: str) -> str:
        """Hash of all texts and of this variable's labels: texts that it does not label still shape the features."""
        return digest([self._documents_hash, self.labels[variable]])

    def labelled(self, variable: str) -> tuple[np.ndarray, np.ndarray]:
        """The places of the documents that the variable labels, and their labels."""
        given = [(place, label) for place, label in enumerate(self.labels[variable]) if label is not None]
        places, labels = zip(*given, strict=True) if given else ((), ())
        return np.array(places, dtype=np.int64), np.array(labels, dtype=np.int64)


def training_set(codebook: Codebook, gold: pl.DataFrame, segments: Mapping[str, Document]) -> TrainingSet:
    """The codebook's examples, then the segments with gold in their order.

    gold: segment_id, variable, label. Gold of segments that are gone, or with codes that the codebook no longer has,
    teaches nothing.
    """
    examples = [document_of_example(number, example) for number, example in enumerate(codebook.examples, 1)]
    codes = {rating.name: rating.codes for rating in codebook.rating_variables}
    known: dict[tuple[str, str], int] = {
        (segment_id, variable): label
        for segment_id, variable, label in gold.select("segment_id", "variable", "label").iter_rows()
        if label in codes.get(variable, ())
    }
    taught = {segment_id for segment_id, _ in known}
    decided = [document for segment_id, document in segments.items() if segment_id in taught]
    labels = {
        rating.name: (
            *(codebook.example_label(example, rating) for example in codebook.examples),
            *(known.get((document.document_id, rating.name)) for document in decided),
        )
        for rating in codebook.rating_variables
    }
    return TrainingSet((*examples, *decided), labels)
