"""The file of one chat: its keys, and writing it anew in another order, without all its texts in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from collector.ordering import KEYS_SCHEMA
from core.contracts import check
from core.errors import DataError
from core.store import writing

ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Part:
    """Some consecutive rows of a Parquet file with the columns of ``messages``."""

    path: Path
    offset: int
    length: int

    def scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path).slice(self.offset, self.length)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a failed read of the table's own file inside the block into a DataError."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            f"{path.parent.name}/{path.name} is not a readable Parquet file with the columns of messages; delete it, "
            f"then collect again every export that holds this chat"
        ) from error


def parts_of(paths: Sequence[Path]) -> list[Part]:
    """Files cut into parts of at most `ROWS_AT_ONCE` rows, in order."""
    return [
        Part(path, offset, min(ROWS_AT_ONCE, height - offset))
        for path in paths
        for height in [height_of(path)]
        for offset in range(0, height, ROWS_AT_ONCE)
    ]


def height_of(path: Path) -> int:
    """Rows of a Parquet file."""
    return pl.scan_parquet(path).select(pl.len()).collect().item()


def keys_of(parts: Sequence[Part], first: int) -> pl.DataFrame:
    """The keys (`KEYS_SCHEMA`) of all rows; the parts are numbered from ``first``."""
    columns = ("message_id", "timestamp", "edited_at")
    frames = [
        part.scan()
        .select(*columns, part=pl.lit(first + number, pl.UInt32), row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .collect()
        for number, part in enumerate(parts)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=KEYS_SCHEMA)


def write_ordered(keys: pl.DataFrame, parts: Sequence[Part], target: Path) -> Path:
    """Write the rows of the keys in their order, checked against the contract of ``messages``.

    Rows are gathered some at a time into small files, and these are run together.
    """
    with writing("the working files"):
        folder = target.with_suffix("")
        folder.mkdir()
        pieces: list[Path] = []
        for piece in _pieces(keys, parts):
            pieces.append(folder / f"{len(pieces)}.parquet")
            piece.write_parquet(pieces[-1], compression="lz4")
        pl.scan_parquet(pieces).sink_parquet(target, row_group_size=ROWS_AT_ONCE, maintain_order=True)
    return target


def _pieces(keys: pl.DataFrame, parts: Sequence[Part]) -> Iterator[pl.DataFrame]:
    for wanted in keys.iter_slices(ROWS_AT_ONCE):
        places = wanted.select("part", "row").with_row_index("place")
        gathered = [
            parts[number].scan().collect()[rows.get_column("row")].with_columns(rows.get_column("place"))
            for (number,), rows in places.partition_by("part", as_dict=True).items()
        ]
        yield check("messages", pl.concat(gathered).sort("place").drop("place"))
