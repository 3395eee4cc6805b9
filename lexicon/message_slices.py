"""The messages some at a time, and only the columns that are needed, so that memory does not grow with the corpus."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from core.contracts import contract_of
from core.errors import ContractError, DataError
from core.store import Store

ROWS_AT_ONCE = 100_000


def message_slices(store: Store, *columns: str) -> Iterator[pl.DataFrame]:
    """These columns of the table ``messages``, in its order, in frames of ROWS_AT_ONCE rows at most.

    Raises WorkspaceError when there are no messages yet, DataError when a file cannot be read, and ContractError when
    one lacks a column, or a column has another type or nulls that its contract does not allow.
    """
    paths = [store.path(part) for part in store.parts("messages")]
    if not paths:
        store.read("messages", maker="collect PATH")
    try:
        for path in paths:
            _check_types(path, columns)
        chosen = pl.scan_parquet(paths, glob=False).select(columns)
        for batch in chosen.collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True):
            _check_nulls(batch)
            yield batch
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DataError(
            "a file of the table 'messages' is not readable Parquet; collect the messages again into a new workspace"
        ) from error


def _check_types(path: Path, columns: tuple[str, ...]) -> None:
    contract, found = contract_of("messages").columns(), pl.scan_parquet(path, glob=False).collect_schema()
    wrong = [name for name in columns if found.get(name) != contract[name].dtype]
    if wrong:
        raise ContractError(f"messages/{path.name} lacks the columns {wrong} or has them in another type")


def _check_nulls(batch: pl.DataFrame) -> None:
    contract = contract_of("messages").columns()
    nulls = [name for name in batch.columns if not contract[name].nullable and batch[name].null_count()]
    if nulls:
        raise ContractError(f"table 'messages' breaks its contract: nulls in {nulls}")


def detached(strings: pl.DataFrame) -> pl.DataFrame:
    """A frame of strings with text of its own: gathered strings keep all the text of their slice in memory."""
    return strings.select(pl.all() + "")
