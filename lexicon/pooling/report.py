"""The table ``candidates`` in figures."""

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from core.store import count_by_reason
from core.workspace import Workspace

KNOWN, NOT_IN_CORPUS = "known", "not_in_corpus"
_TOP = 20
_COLUMNS = ("term", "n_matches", "n_messages", "n_users", "n_chats", "keyness", "sources")


@dataclass(frozen=True)
class PoolReport:
    """The table ``candidates``, counted.

    n_proposals: rows of all sources; by_source: source → candidates that it proposed; n_known: proposed terms that are
    in the lexicon or among the drafts; n_not_in_corpus: those that no message holds. n_groups: groups of
    near-duplicates, single candidates included; grouped: the largest with more than one: terms, the representative
    first. top: candidates of highest keyness: term, n_matches, n_messages, n_users, n_chats, keyness, sources.
    """

    n_candidates: int
    n_proposals: int
    by_source: dict[str, int]
    n_known: int
    n_not_in_corpus: int
    n_groups: int
    grouped: tuple[tuple[str, ...], ...]
    top: tuple[dict[str, Any], ...]
    changed: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def pool_report(workspace: Workspace, changed: bool) -> PoolReport:
    """The report from the tables ``proposals`` and ``candidates`` and the rejects."""
    store = workspace.store
    candidates, rejects = store.read("candidates"), count_by_reason(store.read_rejected("candidates"))
    by_source = candidates.explode("sources").group_by("sources").len().sort("sources").iter_rows()
    top = candidates.sort("keyness", "n_matches", "term", descending=[True, True, False], nulls_last=True)
    grouped = _grouped(candidates)
    return PoolReport(
        n_candidates=candidates.height,
        n_proposals=store.read("proposals").height,
        by_source={str(source): int(n) for source, n in by_source},
        n_known=rejects.get(KNOWN, 0),
        n_not_in_corpus=rejects.get(NOT_IN_CORPUS, 0),
        n_groups=len(grouped),
        grouped=tuple(terms for terms in grouped[:_TOP] if len(terms) > 1),
        top=tuple(top.select(_COLUMNS).head(_TOP).to_dicts()),
        changed=changed,
    )


def _grouped(candidates: pl.DataFrame) -> list[tuple[str, ...]]:
    """The terms of each group, largest group first; in a group the representative, then the others by frequency."""
    ordered = candidates.sort(
        pl.col("candidate_id") != pl.col("group"), "n_matches", "term", descending=[False, True, False]
    )
    terms = ordered.group_by("group", maintain_order=True).agg("term")["term"].to_list()
    return sorted(map(tuple, terms), key=len, reverse=True)
