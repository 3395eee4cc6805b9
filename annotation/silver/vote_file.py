"""Votes made elsewhere, from a table: one row a segment and rating variable, by one voter or by several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import polars as pl

from annotation.silver.written_labels import judged
from core.codebook import Codebook
from core.errors import DataError, SettingsError
from core.setting_tables.voting import Voter
from core.table_files import TableFile, read_table
from core.texts import closest

BALLOT = ("segment_id", "variable")
CONTENT = ("label", "status", "rationale", "probability", "model")
COLUMNS = (*BALLOT, *CONTENT, "voter")
_AS_WRITTEN = ("rationale", "model")
_HINT = 300


@dataclass(frozen=True)
class VoteFile:
    """votes: segment_id, variable, label (−1: abstained), status, rationale, probability, model; one row a ballot.

    rejected: rows of this voter, as text, that are about nothing here, with their ``reason``: ``unknown_segment`` or
    ``unknown_variable``; and rows that name no voter (``no_voter``).
    """

    votes: pl.DataFrame
    rejected: pl.DataFrame


def read_vote_file(path: Path, voter: Voter, codebook: Codebook, segment_ids: Sequence[str]) -> VoteFile:
    """The votes of one voter in a table (a file of `core.table_files`) on these segments.

    Columns: segment_id and label; variable, unless the codebook has a single rating variable; voter, status, rationale,
    probability (0 to 1) and model may be there, others are ignored. With a column voter only the rows of ``votes_as``
    (else of the voter's name) count. Labels as in `annotation.silver.written_labels`. Two equal rows count once.

    Raises SettingsError when the file is absent; DataError, with the line, for a file that is no such table, a vote
    that contradicts itself, and two different votes on the same thing.
    """
    if not path.is_file():
        raise SettingsError(
            f"voter {voter.name!r} wants the votes in {voter.votes!r}, and there is no such file; correct its key "
            f"votes in assay.toml (a relative path starts at the workspace)"
        )
    table = read_table(path, "votes", COLUMNS)
    _refuse_other_tables(table, voter, codebook)
    rows, nameless = _of_voter(_tidy(table), table, voter)
    rows = _complete(rows, table, codebook)
    names = [rating.name for rating in codebook.rating_variables]
    reason = (
        pl.when(~pl.col("segment_id").is_in(pl.Series(segment_ids, dtype=pl.String).implode()))
        .then(pl.lit("unknown_segment"))
        .when(~pl.col("variable").is_in(names))
        .then(pl.lit("unknown_variable"))
    )
    rows = rows.with_columns(reason=reason)
    ours = rows.filter(pl.col("reason").is_null()).drop("reason")
    votes = _once(judged(ours, table, codebook, model=voter.votes_as or voter.name), table)
    rejected = pl.concat([rows.filter(pl.col("reason").is_not_null()), nameless]).drop("row")
    return VoteFile(
        votes, rejected.select(name for name in rejected.columns if name in (*table.frame.columns, "reason"))
    )


def _refuse_other_tables(table: TableFile, voter: Voter, codebook: Codebook) -> None:
    frame = table.frame
    several = len(codebook.rating_variables) > 1
    missing = [
        name for name in ("segment_id", "label", *(["variable"] if several else [])) if name not in frame.columns
    ]
    if missing:
        raise DataError(
            f"{table.path} lacks {', '.join(missing)}: wanted the columns segment_id, "
            f"{'variable' if several else '[variable]'}, label, [voter], [status], [rationale], [probability], "
            f"[model]; found {', '.join(frame.columns)}. Rename the columns."
        )
    if voter.votes_as is not None and "voter" not in frame.columns:
        raise DataError(
            f"{table.path} has no column voter in which to look for {voter.votes_as!r}; add it, or take votes_as away "
            f"from voter {voter.name!r} in assay.toml"
        )
    for name in COLUMNS:
        kind = frame.schema.get(name)
        if kind is not None and (kind.is_nested() or kind.is_temporal() or kind == pl.Binary or kind == pl.Object):
            raise DataError(f"{table.path}: wanted text or numbers in the column {name}; it holds {kind}")
    if frame.is_empty():
        raise DataError(f"{table.path} has no votes, only the columns {', '.join(frame.columns)}")


def _tidy(table: TableFile) -> pl.DataFrame:
    """All of `COLUMNS` as text, and ``row``, the number of the row in the table."""
    given = [name for name in COLUMNS if name in table.frame.columns]
    whole = table.frame.select(given).with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None)).cast(pl.String)
    return whole.select(
        *(pl.col(name) if name in _AS_WRITTEN else pl.col(name).str.strip_chars().replace("", None) for name in given),
        *(pl.lit(None, pl.String).alias(name) for name in COLUMNS if name not in given),
    ).with_row_index("row")


def _of_voter(rows: pl.DataFrame, table: TableFile, voter: Voter) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the voter, and those of nobody with their reason. Without a column voter all rows are the voter's."""
    nobody = rows.filter(pl.col("voter").is_null()).with_columns(reason=pl.lit("no_voter"))
    if "voter" not in table.frame.columns:
        return rows, nobody.clear()
    name = voter.votes_as or voter.name
    own = rows.filter(pl.col("voter") == name)
    if own.is_empty():
        names = rows.get_column("voter").drop_nulls().unique().sort().to_list()
        hint = shorten(closest(name, names), _HINT, placeholder=" …")
        raise DataError(
            f"{table.path} has no votes of {name!r} in its column voter; {hint} Set votes_as of voter {voter.name!r} "
            f"in assay.toml to the name there"
        )
    return own, nobody


def _complete(rows: pl.DataFrame, table: TableFile, codebook: Codebook) -> pl.DataFrame:
    """The rows, each with its variable. Raises DataError for one without segment or variable."""
    if len(codebook.rating_variables) == 1:
        rows = rows.with_columns(pl.col("variable").fill_null(codebook.rating_variables[0].name))
    for name in BALLOT:
        empty = rows.filter(pl.col(name).is_null())
        if not empty.is_empty():
            place = table.place(empty["row"][0])
            raise DataError(f"{table.path}, {place}: wanted a {name} in every row; here it is empty. Fill it in.")
    return rows


def _once(votes: pl.DataFrame, table: TableFile) -> pl.DataFrame:
    """One row a ballot. Raises DataError where two rows differ about one."""
    twice = votes.select(BALLOT).is_duplicated()
    kept = votes.filter(twice).unique([*BALLOT, *CONTENT], keep="first", maintain_order=True)
    differing = kept.filter(kept.select(BALLOT).is_duplicated())
    if differing.is_empty():
        return pl.concat([votes.filter(~twice), kept]).drop("row")
    segment_id, variable = differing.select(BALLOT).row(0)
    first, second, *_ = differing.filter(segment_id=segment_id, variable=variable)["row"]
    raise DataError(
        f"{table.path}: {table.place(first)} and {table.place(second)} are different votes on {variable!r} of segment "
        f"{segment_id!r}; wanted one. Take one of them out."
    )
