"""What the gate reads of the panel's votes: only the columns it needs, a voter at a time, each vote in its place."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from consensus.counts import MISSING, CodedRatings, code_table, rated_twice
from consensus.panel import NO_ANSWER
from core.codebook import Codebook
from core.contracts import empty
from core.store import Store

KEY = ("segment_id", "variable")
COLUMNS = ("segment_id", "voter", "variable", "label", "status")
ON_GOLD = (*COLUMNS, "probability")
NOT_IN_PANEL = "voter not in the panel"
NO_SEGMENT = "segment not in the table"
NO_VARIABLE = "variable not in the codebook"
NO_LABEL = "label not in the codebook"
_UNCAST, _UNKNOWN = -2, -3
"""Beside MISSING, an abstention: no vote there, and a label that the codebook does not have."""
Rows = slice | NDArray[np.intp]


@dataclass(frozen=True)
class PanelVotes:
    """Votes that count, by rating variable.

    coded: all of them. measured: those on the segments that all voters were asked about. left_out: reason → votes that
    do not count, most frequent first. on_gold: those on items with gold, the columns ON_GOLD. cast: where votes were
    saved, which voters of ``coded`` voted on which of its items, abstentions included (0; −1: no vote). failed: voter →
    abstentions among the votes that count which are no answer, since asking failed; only voters with some.
    """

    coded: Mapping[str, CodedRatings]
    measured: Mapping[str, CodedRatings]
    left_out: Mapping[str, int]
    on_gold: pl.DataFrame
    cast: Mapping[str, CodedRatings]
    failed: Mapping[str, int]


@dataclass(frozen=True)
class Countable:
    """What a vote has to be on, and by whom, to count. segments: segment_id, each once."""

    panel: Sequence[str]
    segments: pl.Series
    codebook: Codebook


def read_votes(
    store: Store,
    hashes: Mapping[str, str],
    countable: Countable,
    gold: pl.DataFrame,
    everybody: pl.Series | None = None,
) -> PanelVotes:
    """The votes that count, of the table ``votes``.

    hashes: of the parts' files, as `Store.hashes` gives them; a part that is no longer as it was written is read and
    checked whole. gold: in the shape of the table. everybody: the segments that all voters were asked about; None
    where that is all of them. Raises WorkspaceError without votes, DataError where a voter voted twice on an item.
    """
    parts = store.parts("votes")
    if not parts:
        store.read("votes", maker="vote")  # says what to run
    columns = COLUMNS if gold.is_empty() else ON_GOLD
    register = _Register(countable)
    on_gold = [empty("votes").select(ON_GOLD)]
    for part in parts:
        for votes in _by_voter(store.read(part, columns=columns, sha256=hashes.get(part, ""))):
            counts = register.enter(votes)
            if not gold.is_empty() and counts.any():
                on_gold.append(votes.filter(pl.Series(counts)).select(ON_GOLD).join(gold, on=KEY, how="semi"))
    coded, cast = register.coded()
    measured = coded
    if everybody is not None:
        measured, _ = register.coded(countable.segments.is_in(everybody.implode()).arg_true().to_numpy())
    saved = {} if everybody is None else cast
    left_out, failed = dict(register.left_out.most_common()), dict(register.failed)
    return PanelVotes(coded, measured, left_out, pl.concat(on_gold), saved, failed)


def _by_voter(votes: pl.DataFrame) -> Iterable[pl.DataFrame]:
    """One frame a voter; `assay vote` gives each a table of its own."""
    if votes.is_empty() or (votes["voter"] == votes["voter"][0]).all():
        return [votes] if votes.height else []
    return votes.partition_by("voter", maintain_order=True)


class _Register:
    """The votes so far: for each rating variable a table of voters × segments, with positions among its codes."""

    def __init__(self, countable: Countable) -> None:
        self.countable = countable
        self.left_out: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.codes = {
            one.name: np.array(sorted(one.codes), dtype=np.int64) for one in countable.codebook.rating_variables
        }
        self.tables: dict[str, NDArray[np.int16]] = {}
        self.places: _Places | None = None

    def enter(self, votes: pl.DataFrame) -> NDArray[np.bool_]:
        """Put the votes of one voter in their places. Returns which of them count."""
        counts = np.zeros(votes.height, dtype=bool)
        voter = str(votes["voter"][0])
        if voter not in self.countable.panel:
            self._leave_out(NOT_IN_PANEL, votes.height)
            return counts
        # Voters mostly vote on the same, in the same order.
        if self.places is None or not self.places.are_those_of(votes):
            self.places = _Places(votes, self.countable.segments)
        labels = votes["label"].to_numpy()
        self._leave_out(NO_SEGMENT, np.count_nonzero(self.places.segment < 0))
        for variable, rows in self.places.rows.items():
            counts[rows] = self._enter(voter, variable, self.places.segment[rows], labels[rows])
        failed = (votes["status"] == NO_ANSWER).to_numpy()
        if failed.any() and (n_failed := np.count_nonzero(failed & counts)):
            self.failed[voter] += n_failed
        return counts

    def _enter(
        self, voter: str, variable: str, segments: NDArray[np.int64], labels: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        there = segments >= 0
        if variable not in self.codes:
            self._leave_out(NO_VARIABLE, np.count_nonzero(there))
            return np.zeros_like(there)
        positions = _positions(labels, self.codes[variable])
        counts = there & (positions != _UNKNOWN)
        self._leave_out(NO_LABEL, np.count_nonzero(there & ~counts))
        row = self._table(variable)[list(self.countable.panel).index(voter)]
        places = segments if counts.all() else segments[counts]
        before = row[places] != _UNCAST
        if before.any():
            raise rated_twice(
                voter, self.countable.segments[int(places[before.argmax()])], f" for variable {variable!r}"
            )
        row[places] = positions if counts.all() else positions[counts]
        return counts

    def _table(self, variable: str) -> NDArray[np.int16]:
        if variable not in self.tables:
            shape = (len(self.countable.panel), len(self.countable.segments))
            self.tables[variable] = np.full(shape, _UNCAST, dtype=np.int16)
        return self.tables[variable]

    def _leave_out(self, reason: str, n: int) -> None:
        if n:
            self.left_out[reason] += n

    def coded(self, among: NDArray[np.intp] | None = None) -> tuple[dict[str, CodedRatings], dict[str, CodedRatings]]:
        """Variable → its votes, and who voted, as in `PanelVotes`; among: only on the segments at these positions."""
        segments = self.countable.segments if among is None else self.countable.segments.gather(among)
        found, asked = {}, {}
        for variable in sorted(self.tables):
            table = self.tables[variable] if among is None else self.tables[variable][:, among]
            cast = table != _UNCAST
            voters, items = cast.any(axis=1), cast.any(axis=0)
            if not items.any():
                continue
            names = [name for name, voted in zip(self.countable.panel, voters, strict=True) if voted]
            own = table[voters] if items.all() else table[np.ix_(voters, items)]
            ids = segments if items.all() else segments.filter(pl.Series(items))
            found[variable] = code_table(ids, names, self.codes[variable], np.maximum(own, MISSING))
            if (own == _UNCAST).any():
                there = np.where(own == _UNCAST, MISSING, 0).astype(np.int16)
                asked[variable] = code_table(ids, names, np.zeros(1, dtype=np.int64), there)
        return found, asked


class _Places:
    """Where the votes of one voter belong.

    segment: of each vote its segment's position, −1 for none. rows: variable → the votes on it.
    """

    def __init__(self, votes: pl.DataFrame, segments: pl.Series) -> None:
        self.keys = votes.select(KEY)
        self.segment = _where(votes["segment_id"], segments)
        names = votes["variable"].unique()
        self.rows: dict[str, Rows] = {
            name: slice(None) if len(names) == 1 else (votes["variable"] == name).arg_true().to_numpy()
            for name in names
        }

    def are_those_of(self, votes: pl.DataFrame) -> bool:
        return votes.select(KEY).equals(self.keys)


def _where(ids: pl.Series, segments: pl.Series) -> NDArray[np.int64]:
    if ids.equals(segments):
        return np.arange(len(segments))
    index = segments.to_frame("segment_id").with_row_index("position")
    found = ids.to_frame("segment_id").join(index, on="segment_id", how="left", maintain_order="left")
    return found["position"].cast(pl.Int64).fill_null(-1).to_numpy()


def _positions(labels: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int16]:
    """Where each label stands among the sorted codes; _UNKNOWN where it is none of them."""
    positions = np.minimum(np.searchsorted(codes, labels), len(codes) - 1)
    found = np.where(codes[positions] == labels, positions, _UNKNOWN)
    return np.where(labels == MISSING, MISSING, found).astype(np.int16)
