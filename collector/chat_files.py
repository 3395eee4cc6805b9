"""The file of one chat: its keys, and writing it anew in another order, without all its texts in memory."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import polars as pl

from collector.ordering import KEYS_SCHEMA
from core.contracts import check
from core.errors import DataError
from core.writing import writing

ROWS_AT_ONCE = 50_000
_KEYS = ("message_id", "timestamp", "edited_at")


class Window(NamedTuple):
    """A span of time: from ``first`` to before ``end``, milliseconds since 1970."""

    first: int
    end: int


@dataclass(frozen=True)
class Part:
    """Some consecutive rows of a Parquet file with the columns of ``messages``."""

    path: Path
    offset: int
    length: int

    def scan(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path, glob=False).slice(self.offset, self.length)

    def meets(self, window: Window) -> bool:
        """Whether a row of it may lie in the window."""
        first, last = self._extent
        return first < window.end and last >= window.first

    @cached_property
    def _extent(self) -> tuple[int, int]:
        time = pl.col("timestamp").to_physical()
        return self.scan().select(first=time.min(), last=time.max()).collect().row(0)


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
    """Rows of a Parquet file. Raises DataError when it is none."""
    with reading(path):
        return pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()


def keys_of(parts: Sequence[Part], first: int, window: Window | None = None) -> pl.DataFrame:
    """The keys (`KEYS_SCHEMA`) of all rows, or of those in a window; the parts are numbered from ``first``."""
    time = pl.col("timestamp").to_physical()
    inside = pl.lit(True) if window is None else time.is_between(*window, closed="left")
    frames = [
        part.scan()
        .select(*_KEYS, part=pl.lit(first + number, pl.UInt32), row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .filter(inside)
        .collect()
        for number, part in enumerate(parts)
        if window is None or part.meets(window)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=KEYS_SCHEMA)


def write_ordered(places: pl.DataFrame, parts: Sequence[Part], target: Path) -> Path:
    """Write the rows at these places (part, row) in their order, checked against the contract of ``messages``.

    Rows are gathered some at a time; the pieces of a large chat go into small files first, which are then run together.
    """
    pieces = _pieces(places, parts)
    with writing("the working files"):
        if places.height <= ROWS_AT_ONCE:
            next(pieces).write_parquet(target)
            return target
        folder = target.with_suffix("")
        folder.mkdir()
        files: list[Path] = []
        for piece in pieces:
            files.append(folder / f"{len(files)}.parquet")
            piece.write_parquet(files[-1], compression="lz4")
        pl.scan_parquet(files, glob=False).sink_parquet(target, row_group_size=ROWS_AT_ONCE, maintain_order=True)
    return target


def _pieces(places: pl.DataFrame, parts: Sequence[Part]) -> Iterator[pl.DataFrame]:
    for wanted in places.iter_slices(ROWS_AT_ONCE):
        by_part = wanted.with_row_index("place").partition_by("part", as_dict=True)
        gathered = [
            parts[number].scan().collect()[rows.get_column("row")].with_columns(rows.get_column("place"))
            for (number,), rows in by_part.items()
        ]
        yield check("messages", pl.concat(gathered).sort("place").drop("place"))
