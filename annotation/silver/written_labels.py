"""What the rows of a table of votes say; labels as `annotation.silver.label_words` reads them.

−1 and nothing at all are an abstention. What is no label makes the vote ``unparsed``, never a guess.
"""

import polars as pl

from annotation.silver.ballots import ABSTAIN
from annotation.silver.label_words import code_of, words_of
from core.codebook import Codebook
from core.errors import DataError
from core.table_files import TableFile

_STATUSES = ("ok", "unparsed", "refused", "failed")
_SHOWN = 40


def judged(rows: pl.DataFrame, table: TableFile, codebook: Codebook, model: str) -> pl.DataFrame:
    """The rows as votes: row, segment_id, variable, label (Int64), status, rationale, probability (Float64), model.

    rows: ``row`` and text columns of the same names, with variables of the codebook. Without a status, a label is
    ``ok`` and an abstention ``refused``. What is no label stands in the rationale. ``model`` fills in where none is.

    Raises DataError, with the line and the column, for a status that does not exist or contradicts the label (only
    ``ok`` has one), and for a probability that is no number from 0 to 1.
    """
    rows = _with_codes(rows, codebook).with_columns(
        given=pl.col("status").str.to_lowercase(), chance=pl.col("probability").cast(pl.Float64, strict=False)
    )
    _refuse(rows, table)
    return rows.select(
        "row",
        "segment_id",
        "variable",
        label=pl.when(_HAS_LABEL).then("code").otherwise(ABSTAIN),
        status=pl.when(_NO_LABEL).then(pl.lit("unparsed")).otherwise(pl.coalesce("given", _STATUS_OF_LABEL)),
        rationale=pl.when(_NO_LABEL).then(_why_unparsed()).otherwise("rationale"),
        probability=pl.col("chance").fill_nan(None),
        model=pl.when(pl.col("model").str.strip_chars() != "").then("model").otherwise(pl.lit(model)),
    )


_NO_LABEL = pl.col("code").is_null()
_HAS_LABEL = (pl.col("code") >= 0).fill_null(False)
_STATUS_OF_LABEL = pl.when(_HAS_LABEL).then(pl.lit("ok")).otherwise(pl.lit("refused"))


def _why_unparsed() -> pl.Expr:
    said = pl.format("{} is no label of {}", pl.col("label").str.slice(0, _SHOWN), "variable")
    return pl.concat_str(said, pl.col("rationale"), separator=": ", ignore_nulls=True)


def _with_codes(rows: pl.DataFrame, codebook: Codebook) -> pl.DataFrame:
    """The rows with ``code``: of the label, −1 for an abstention, null for what is no label."""
    ratings = {rating.name: (rating, words_of(rating)) for rating in codebook.rating_variables}
    written = rows.select("variable", "label").drop_nulls().unique()
    codes = [code_of(label, *ratings[variable]) for variable, label in written.iter_rows()]
    known = written.with_columns(code=pl.Series(codes, dtype=pl.Int64))
    joined = rows.join(known, on=["variable", "label"], how="left", maintain_order="left")
    return joined.with_columns(pl.when(pl.col("label").is_null()).then(ABSTAIN).otherwise("code").alias("code"))


def _refuse(rows: pl.DataFrame, table: TableFile) -> None:
    status, chance = pl.col("given"), pl.col("chance")
    said_nothing = pl.col("code") == ABSTAIN
    problems = {
        f"wanted a status out of {', '.join(_STATUSES)}": (~status.is_in(_STATUSES), "status"),
        "wanted a label where the status is ok; there is none. Correct one of the two": (
            (status == "ok") & said_nothing,
            "status",
        ),
        "wanted no label (−1 or nothing) where the status is not ok. Correct one of the two": (
            status.is_in(("refused", "failed")) & ~said_nothing.fill_null(False) | (status == "unparsed") & _HAS_LABEL,
            "label",
        ),
        "wanted a probability from 0 to 1, or nothing": (
            pl.col("probability").is_not_null() & ~(chance.is_nan() | chance.is_between(0, 1)).fill_null(False),
            "probability",
        ),
    }
    for problem, (wrong, column) in problems.items():
        found = rows.filter(wrong)
        if not found.is_empty():
            # What stands there is not shown: it may be chat.
            raise DataError(f"{table.path}, {table.place(found.item(0, 'row'))}, column {column}: {problem}")
