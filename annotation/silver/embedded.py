"""Embedded voters: a recipe trained on this workspace's examples and gold, voting on its segments.

Nothing leaves the process. One seed and one thread, so that two runs cast the same votes.
"""

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from annotation.silver.ballots import ABSTAIN, Ballot, Status, Vote
from annotation.silver.calibration import Confident, least_sure
from annotation.silver.documents import Document, SignalWords
from annotation.silver.recipes import EmbeddedRecipe
from annotation.silver.sources import code_hash
from annotation.silver.training import TrainingSet
from core.store import digest

NO_LESSON = "the training examples hold fewer than two labels of this variable"
OWN_LABEL = "this segment's own gold label would have decided the vote"


class EmbeddedVoter:
    """One recipe at work. ``abstain_below``: probability under which it abstains; None: `least_sure`."""

    def __init__(
        self,
        name: str,
        recipe: EmbeddedRecipe,
        training: TrainingSet,
        documents: Mapping[str, Document],
        words: SignalWords,
        seed: int,
        abstain_below: float | None = None,
    ) -> None:
        self.name = name
        self.recipe = recipe
        self.training = training
        self.documents = documents
        self.words = words
        self.seed = seed
        self.abstain_below = abstain_below

    @cached_property
    def _lessons(self) -> Mapping[str, str]:
        """Variable → hash of recipe, code, seed, abstain rule, signal words and training data."""
        common = [self.recipe.name, code_hash(), self.seed, self.abstain_below, self.words.groups]
        return {variable: digest([common, self.training.hash_for(variable)]) for variable in self.training.labels}

    @cached_property
    def _texts(self) -> Mapping[str, str]:
        return {segment_id: digest(document.content()) for segment_id, document in self.documents.items()}

    def _hash(self, segment_id: str, variable: str) -> str:
        return digest([self._lessons[variable], self._texts[segment_id]])

    def hashes(self) -> Mapping[Ballot, str]:
        ballots = ((segment_id, variable) for segment_id in self._texts for variable in self._lessons)
        return {ballot: self._hash(*ballot) for ballot in ballots}

    def rounds(self, pending: Sequence[Ballot]) -> int:
        return len({variable for _, variable in pending})

    def cast(self, pending: Sequence[Ballot]) -> Iterator[Sequence[Vote]]:
        """All votes on one variable at a time. A classifier that breaks down gives ``failed`` votes, never labels."""
        if not pending:
            return
        by_variable: dict[str, list[str]] = {}
        for segment_id, variable in pending:
            by_variable.setdefault(variable, []).append(segment_id)
        segment_ids = list(dict.fromkeys(segment_id for segment_id, _ in pending))
        with _one_quiet_thread():
            prepared = self._prepare(segment_ids)
        for variable, wanted in by_variable.items():
            with _one_quiet_thread():
                votes = self._vote_on(variable, wanted, prepared)
            yield votes

    def _prepare(self, segment_ids: Sequence[str]) -> "tuple[Any, Any, dict[str, int]] | str":
        """Matrices of the training documents and of the segments, and each segment's row; else what went wrong."""
        if not self.training.documents:
            return NO_LESSON
        features = self.recipe.build_features(self.seed, self.words)
        try:
            learned = _rows(features.fit_transform(list(self.training.documents)))
            read = _rows(features.transform([self.documents[segment_id] for segment_id in segment_ids]))
        except (ValueError, ArithmeticError) as error:
            return _reason(error)
        return learned, read, {segment_id: row for row, segment_id in enumerate(segment_ids)}

    def _vote_on(
        self, variable: str, segment_ids: list[str], prepared: "tuple[Any, Any, dict[str, int]] | str"
    ) -> list[Vote]:
        started = time.perf_counter()
        places, labels = self.training.labelled(variable)
        if len(np.unique(labels)) < 2:
            return [self._vote(segment_id, variable, "refused", rationale=NO_LESSON) for segment_id in segment_ids]
        if isinstance(prepared, str):
            return [self._vote(segment_id, variable, "failed", rationale=prepared) for segment_id in segment_ids]
        learned, read, row_of = prepared
        try:
            judge = Confident(self.recipe.build(self.seed)).fit(learned[places], labels)
            found = judge.probabilities(read[[row_of[segment_id] for segment_id in segment_ids]])
            if not np.isfinite(found).all():
                raise ValueError("the classifier gave probabilities that are not numbers")
        except (ValueError, ArithmeticError) as error:
            reason = _reason(error)
            return [self._vote(segment_id, variable, "failed", rationale=reason) for segment_id in segment_ids]
        self._without_own_label(found, segment_ids, places, judge)
        seconds = (time.perf_counter() - started) / len(segment_ids)
        return [
            self._judged(segment_id, variable, judge.codes_, row, seconds)
            for segment_id, row in zip(segment_ids, found, strict=True)
        ]

    def _without_own_label(
        self, found: np.ndarray, segment_ids: list[str], places: np.ndarray, judge: Confident
    ) -> None:
        """Replace the probabilities of segments with gold by those of a classifier that had not seen that gold."""
        held_out = judge.out_of_fold_probabilities()
        learned = {self.training.documents[place].document_id: row for row, place in enumerate(places)}
        for row, segment_id in enumerate(segment_ids):
            if segment_id in learned:
                found[row] = held_out[learned[segment_id]]

    def _judged(self, segment_id: str, variable: str, codes: np.ndarray, row: np.ndarray, seconds: float) -> Vote:
        if np.isnan(row).any():
            return self._vote(segment_id, variable, "refused", rationale=OWN_LABEL, seconds=seconds)
        # Rounded, because the last bits depend on how many segments are judged together.
        shares = np.round(row, 6)
        best = int(np.argmax(shares))
        surest = float(min(shares[best], 1.0))
        needed = least_sure(len(codes)) if self.abstain_below is None else self.abstain_below
        if surest < needed:
            return self._vote(segment_id, variable, "refused", probability=surest, seconds=seconds)
        return self._vote(segment_id, variable, "ok", int(codes[best]), probability=surest, seconds=seconds)

    def _vote(
        self,
        segment_id: str,
        variable: str,
        status: Status,
        label: int = ABSTAIN,
        *,
        rationale: str | None = None,
        probability: float | None = None,
        seconds: float = 0.0,
    ) -> Vote:
        return Vote(
            segment_id=segment_id,
            voter=self.name,
            variable=variable,
            label=label,
            status=status,
            rationale=rationale,
            probability=probability,
            model=f"{self.recipe.name} (scikit-learn {sklearn.__version__})",
            prompt_hash=self._hash(segment_id, variable),
            seconds=seconds,
        )


@contextmanager
def _one_quiet_thread() -> Iterator[None]:
    # The recipes' parameters are fixed; checking them for each of thousands of small trees takes most of the time.
    with threadpool_limits(1), sklearn.config_context(skip_parameter_validation=True), warnings.catch_warnings():
        # Stopping early is part of a recipe: a fixed number of steps keeps training short and repeatable.
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "Only one sample available", UserWarning)
        yield


def _rows(matrix: Any) -> Any:
    return matrix.tocsr() if hasattr(matrix, "tocsr") else matrix


def _reason(error: Exception) -> str:
    return f"the classifier failed: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}"
