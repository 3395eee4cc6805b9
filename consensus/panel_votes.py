"""What the gate reads of the panel's votes: only the columns it needs, and no search where all voted on the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from consensus.counts import MISSING, CodedRatings, code_labels
from consensus.gate import code_votes
from core.codebook import Codebook
from core.contracts import empty
from core.store import Store, count_by_reason

KEY = ("segment_id", "variable")
COLUMNS = ("segment_id", "voter", "variable", "label")
ON_GOLD = (*COLUMNS, "status", "probability")
NOT_IN_PANEL = "voter not in the panel"


@dataclass(frozen=True)
class PanelVotes:
    """Votes that count, by rating variable.

    coded: all of them. measured: those on the segments that all voters were asked about. left_out: reason → votes that
    do not count, most frequent first. on_gold: those on items with gold, the columns ON_GOLD.
    """

    coded: Mapping[str, CodedRatings]
    measured: Mapping[str, CodedRatings]
    left_out: Mapping[str, int]
    on_gold: pl.DataFrame


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
    where that is all of them. Raises WorkspaceError without votes.
    """
    if everybody is None:
        found = _aligned(store, hashes, countable, gold)
        if found is not None:
            return found
    return _by_search(store, hashes, countable, gold, everybody)


def _read(store: Store, part: str, hashes: Mapping[str, str], gold: pl.DataFrame) -> pl.DataFrame:
    return store.read(part, columns=COLUMNS if gold.is_empty() else ON_GOLD, sha256=hashes.get(part, ""))


def _aligned(store: Store, hashes: Mapping[str, str], countable: Countable, gold: pl.DataFrame) -> PanelVotes | None:
    """The votes of voters that all voted on the same, in the same order, which is what `assay vote` leaves.

    None where they did not, or where any other vote does not count than those of voters outside the panel.
    """
    keys: pl.DataFrame | None = None
    labels: dict[str, pl.Series] = {}
    on_gold, n_outside = [empty("votes").select(ON_GOLD)], 0
    for part in store.parts("votes"):
        votes = _read(store, part, hashes, gold)
        voter = votes["voter"].first()
        if voter is None or voter in labels or (votes["voter"] != voter).any():
            return None
        if voter not in countable.panel:
            n_outside += votes.height
            continue
        if keys is None:
            keys = votes.select(KEY)
        elif not votes.select(KEY).equals(keys):
            return None
        labels[str(voter)] = votes["label"]
        if not gold.is_empty():
            on_gold.append(votes.select(ON_GOLD).join(gold, on=KEY, how="semi"))
    coded = None if keys is None else _coded(keys, labels, countable)
    if coded is None:
        return None
    return PanelVotes(coded, coded, {NOT_IN_PANEL: n_outside} if n_outside else {}, pl.concat(on_gold))


def _coded(keys: pl.DataFrame, labels: Mapping[str, pl.Series], countable: Countable) -> dict[str, CodedRatings] | None:
    """Variable → votes as numbers, by name; None where a segment, variable or label is unknown."""
    voters = sorted(labels)
    codes = {variable.name: {*variable.codes, MISSING} for variable in countable.codebook.rating_variables}
    coded = {}
    names = keys["variable"].unique().sort()
    for name in names:
        # A codebook with one variable, which is common, needs no copy of everything.
        rows = (keys["variable"] == name) if len(names) > 1 else None
        items = keys["segment_id"] if rows is None else keys["segment_id"].filter(rows)
        own = [labels[voter] if rows is None else labels[voter].filter(rows) for voter in voters]
        given = set(pl.concat([one.unique() for one in own]))
        if not given <= codes.get(name, set()):
            return None
        if not (items.equals(countable.segments) or items.is_in(countable.segments.implode()).all()):
            return None
        coded[name] = code_labels(items, voters, own, sorted(given - {MISSING}))
    return coded


def _by_search(
    store: Store,
    hashes: Mapping[str, str],
    countable: Countable,
    gold: pl.DataFrame,
    everybody: pl.Series | None,
) -> PanelVotes:
    """The votes of any tables."""
    parts = store.parts("votes")
    votes = (
        pl.concat([_read(store, part, hashes, gold) for part in parts]) if parts else store.read("votes", maker="vote")
    )
    votes = votes.with_columns(reason=_reason(votes, countable))
    valid = votes.filter(pl.col("reason").is_null())
    coded = measured = code_votes(valid)
    if everybody is not None:
        measured = code_votes(valid.filter(pl.col("segment_id").is_in(everybody.implode())))
    on_gold = (
        empty("votes").select(ON_GOLD) if gold.is_empty() else valid.select(ON_GOLD).join(gold, on=KEY, how="semi")
    )
    return PanelVotes(coded, measured, count_by_reason(votes.filter(pl.col("reason").is_not_null())), on_gold)


def _reason(votes: pl.DataFrame, countable: Countable) -> pl.Series:
    """Why each vote does not count; null where it does."""
    codes = [(one.name, code) for one in countable.codebook.rating_variables for code in (*one.codes, MISSING)]
    known = pl.DataFrame(codes, schema={"variable": pl.String, "label": pl.Int64}, orient="row")
    joined = votes.select(COLUMNS).join(
        known.with_columns(known=pl.lit(True)), on=["variable", "label"], how="left", maintain_order="left"
    )
    return joined.select(
        pl.when(~pl.col("voter").is_in(list(countable.panel)))
        .then(pl.lit(NOT_IN_PANEL))
        .when(~pl.col("segment_id").is_in(countable.segments.implode()))
        .then(pl.lit("segment not in the table"))
        .when(~pl.col("variable").is_in(known["variable"].unique().implode()))
        .then(pl.lit("variable not in the codebook"))
        .when(pl.col("known").is_null())
        .then(pl.lit("label not in the codebook"))
    ).to_series()
