"""The table contracts: one class a stage boundary, checked when a table is written and when it is read.

The data dictionary in the documentation is generated from these classes (column descriptions live in ``metadata``).
Built on dataframely: rules are named, so that the name of a broken rule is its error.
"""

import dataframely as dy
import polars as pl

from core.counting import counted
from core.errors import ContractError
from core.table_contracts.candidates import Candidates, Proposals
from core.table_contracts.corpus import Lexicon, Matches, Messages, Segments
from core.table_contracts.development import Development
from core.table_contracts.labels import Gold, Verdicts, Votes
from core.table_contracts.lexicon_versions import LexiconRulings, LexiconVersions

CONTRACTS: dict[str, type[dy.Schema]] = {
    "messages": Messages,
    "proposals": Proposals,
    "candidates": Candidates,
    "lexicon": Lexicon,
    "lexicon_versions": LexiconVersions,
    "lexicon_rulings": LexiconRulings,
    "matches": Matches,
    "development": Development,
    "segments": Segments,
    "votes": Votes,
    "verdicts": Verdicts,
    "gold": Gold,
}
MANY_FILES = {
    "messages": "CHAT",
    "proposals": "SOURCE",
    "lexicon_versions": "VERSION",
    "lexicon_rulings": "VERSION",
    "votes": "VOTER",
}
"""Tables kept as a folder of Parquet files, with what one file holds."""


def contract_of(table: str) -> type[dy.Schema]:
    """The contract of a table; ``votes/NAME`` and ``messages/NAME`` are parts of theirs."""
    name = table.partition("/")[0]
    if name not in CONTRACTS:
        raise ContractError(f"no table {name!r}; known: {', '.join(CONTRACTS)}")
    return CONTRACTS[name]


def check(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame, cast to its contract's column order and types, or ContractError naming the broken rules."""
    contract = contract_of(table)
    wanted, came = contract.column_names(), frame.columns
    missing = [column for column in wanted if column not in came]
    if missing:
        raise ContractError(f"table {table!r} lacks the columns {missing}; it has {came}")
    try:
        ordered: pl.DataFrame = contract.cast(frame)
    except pl.exceptions.PolarsError as error:
        raise ContractError(
            f"table {table!r} has columns of another type: {_type_differences(contract, frame)}"
        ) from error
    _, failures = contract.filter(ordered)
    broken = failures.counts()
    if broken:
        rules = ", ".join(f"{rule} ({counted(count, 'row')})" for rule, count in sorted(broken.items()))
        raise ContractError(f"table {table!r} breaks its contract: {rules}")
    return ordered


def _type_differences(contract: type[dy.Schema], frame: pl.DataFrame) -> str:
    """Which columns differ in type. Values are not shown: they may be chat text."""
    wanted = contract.create_empty().schema
    differing = [name for name, dtype in wanted.items() if frame.schema[name] != dtype]
    return "; ".join(f"{name} is {frame.schema[name]}, wanted {wanted[name]}" for name in differing)


def empty(table: str) -> pl.DataFrame:
    """An empty frame with the table's columns and types."""
    return contract_of(table).create_empty()
