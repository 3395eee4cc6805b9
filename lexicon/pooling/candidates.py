"""Pool the proposals of all sources into the table ``candidates``."""

import polars as pl
from sqlalchemy import Engine

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe
from core.workspace import Workspace
from lexicon.entries import Entry
from lexicon.pooling.figures import figures
from lexicon.pooling.groups import groups
from lexicon.pooling.keyness import keyness
from lexicon.pooling.proposed import by_term
from lexicon.pooling.report import KNOWN, NOT_IN_CORPUS, PoolReport, pool_report
from lexicon.proposals.known import as_entries, chat_numbers, known_signals, match_settings, occurrences


def recipe(workspace: Workspace, engine: Engine) -> Recipe:
    """What the table ``candidates`` is made of."""
    inputs = workspace.store.hashes("messages", "proposals") | known_signals(workspace, engine).inputs
    settings = {"near": workspace.settings.lexicon.propose.near, **match_settings(workspace)}
    return Recipe(inputs=inputs, settings=settings)


def pool(workspace: Workspace, engine: Engine) -> PoolReport:
    """Write ``candidates`` from every table ``proposals/SOURCE``; terms known or not in the corpus go to its rejects.

    Raises WorkspaceError when there are no messages or nothing was proposed yet.
    """
    store = workspace.store
    if not store.exists("proposals"):
        raise WorkspaceError("there are no proposals yet; run: assay lexicon propose, or: assay lexicon extract")
    made_from = recipe(workspace, engine)
    changed = not store.unchanged("candidates", made_from)
    if changed:
        candidates, rejected = _pooled(workspace, engine)
        store.write("candidates", candidates, made_from, rejected)
    return pool_report(workspace, changed)


def _pooled(workspace: Workspace, engine: Engine) -> tuple[pl.DataFrame, pl.DataFrame]:
    messages = workspace.store.read("messages", maker="collect PATH")
    messages = messages.select("message_id", "chat_id", "user_id", "content")
    known = known_signals(workspace, engine)
    proposed = by_term(workspace.store.read("proposals"))
    new = proposed.filter(~pl.col("term").is_in(sorted(known.terms)))
    matching = match_settings(workspace)
    found = occurrences(messages, as_entries(new["term"].to_list()), **matching)
    signals = occurrences(messages, known.entries, **matching)
    lengths = messages["content"].str.len_chars().cast(pl.Int64).to_numpy()
    keys = keyness(found, signals, chat_numbers(messages), lengths, workspace.settings.lexicon.propose.near)
    counted = figures(found, messages)
    heads = groups(dict(counted.select("term", "n_matches").iter_rows()))
    counted = counted.with_columns(
        candidate_id=_ids(counted["term"].to_list()),
        keyness=pl.Series([keys.get(term) for term in counted["term"]], dtype=pl.Float64),
        group=_ids([heads[term] for term in counted["term"]]),
    )
    candidates = counted.join(new, on="term", how="left", maintain_order="left").sort("candidate_id")
    return candidates.select(empty("candidates").columns), _rejected(proposed, new, counted)


def _ids(terms: list[str]) -> pl.Series:
    return pl.Series([Entry(term, "", "").entry_id for term in terms], dtype=pl.String)


def _rejected(proposed: pl.DataFrame, new: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """term, sources, n_proposals, reason of what does not become a candidate."""
    known = proposed.join(new, on="term", how="anti").with_columns(reason=pl.lit(KNOWN))
    absent = new.join(counted, on="term", how="anti").with_columns(reason=pl.lit(NOT_IN_CORPUS))
    return pl.concat([known, absent]).select("term", "sources", "n_proposals", "reason").sort("term")
