"""The lines of the corpus that hold a candidate, with the term in the middle (KWIC)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import polars as pl

from core.display import aliases, members, with_aliases
from core.text import folded
from core.workspace import Workspace
from lexicon.matching import find_matches
from lexicon.review.candidates import Candidate

LINES = 10
"""Lines that an expert sees of a candidate, at most."""


@dataclass(frozen=True)
class KwicLine:
    """A message around a term. alias: of the sender; chat: its number, from 1; the three parts are the whole message.

    Members' names are aliases in it, and it has no time.
    """

    alias: str
    chat: int
    left: str
    term: str
    right: str


def with_lines(workspace: Workspace, candidates: Sequence[Candidate], examples: pl.DataFrame) -> list[Candidate]:
    """The candidates with the messages that their experts will read: up to ten, from several chats in turn.

    examples: candidate_id, example_ids. In each chat the examples come first, then other messages in the order of the
    chat. A message that says the same as an earlier one is left out.
    """
    wanted = {candidate.candidate_id: candidate.term for candidate in candidates}
    first = {row[0]: set(row[1]) for row in examples.select("candidate_id", "example_ids").iter_rows()}
    by_chat: dict[str, list[list[tuple[str, str]]]] = {candidate_id: [] for candidate_id in wanted}
    store = workspace.store
    for part in store.parts("messages"):
        messages = store.read(part).select("message_id", "content")
        for candidate_id, found in _lines_of_chat(messages, wanted, first, workspace).items():
            by_chat[candidate_id].append(found)
    return [replace(one, line_ids=_in_turn(by_chat[one.candidate_id])) for one in candidates]


def _lines_of_chat(
    messages: pl.DataFrame, wanted: Mapping[str, str], first: Mapping[str, set[str]], workspace: Workspace
) -> dict[str, list[tuple[str, str]]]:
    """candidate_id → up to ten (message_id, content) of one chat; examples before others."""
    found = _occurrences(messages, wanted, workspace).join(messages, on="message_id", maintain_order="left")
    kept: dict[str, list[tuple[str, str]]] = {}
    for candidate_id, rows in found.group_by("entry_id", maintain_order=True):
        name = str(candidate_id[0])
        lines = [(row[0], row[1]) for row in rows.select("message_id", "content").iter_rows()]
        lines.sort(key=lambda line: line[0] not in first.get(name, ()))
        kept[name] = list(_distinct(lines).values())[:LINES]
    return kept


def _occurrences(messages: pl.DataFrame, wanted: Mapping[str, str], workspace: Workspace) -> pl.DataFrame:
    """The first match of each term in each message: message_id, entry_id, start, end."""
    lexicon = pl.DataFrame(
        {"entry_id": list(wanted), "term": list(wanted.values())}, schema={"entry_id": pl.String, "term": pl.String}
    ).with_columns(kind=pl.lit("implicit"), category=pl.lit("candidate"))
    settings = workspace.settings.lexicon
    matches = find_matches(messages, lexicon, whole_words=settings.whole_words, inserted_marks=settings.inserted_marks)
    return matches.unique(["message_id", "entry_id"], keep="first", maintain_order=True)


def _distinct(lines: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Folded content → the first line that says it."""
    found: dict[str, tuple[str, str]] = {}
    for line in lines:
        found.setdefault(folded(line[1]), line)
    return found


def _in_turn(chats: Sequence[Sequence[tuple[str, str]]]) -> tuple[str, ...]:
    """One line of each chat, then a second one of each, and so on."""
    lines = [line for turn in zip_longest(*chats) for line in turn if line is not None]
    return tuple(message_id for message_id, _ in list(_distinct(lines).values())[:LINES])


def concordances(workspace: Workspace, candidates: Sequence[Candidate]) -> dict[str, tuple[KwicLine, ...]]:
    """candidate_id → its lines in their order. A message that the corpus no longer holds is left out."""
    store = workspace.store
    wanted = {message_id for candidate in candidates for message_id in candidate.line_ids}
    users, shown = [], []
    for number, part in enumerate(store.parts("messages"), 1):
        messages = store.read(part)
        users.append(messages.select("user_id"))
        chosen = messages.filter(pl.col("message_id").is_in(list(wanted)))
        shown.append(chosen.select("message_id", "user_id", "content", chat=pl.lit(number)))
    if not shown:
        return {candidate.candidate_id: () for candidate in candidates}
    names = aliases(pl.concat(users))
    rows = {row["message_id"]: row for row in pl.concat(shown).iter_rows(named=True)}
    return _kwic(candidates, rows, names, workspace)


def _kwic(
    candidates: Sequence[Candidate], rows: Mapping[str, Mapping[str, Any]], names: Mapping[str, str],
    workspace: Workspace,
) -> dict[str, tuple[KwicLine, ...]]:  # fmt: skip
    held = pl.DataFrame(
        [(message_id, row["content"]) for message_id, row in rows.items()],
        schema={"message_id": pl.String, "content": pl.String},
        orient="row",
    )
    wanted = {candidate.candidate_id: candidate.term for candidate in candidates}
    spans = {
        (entry_id, message_id): (start, end)
        for message_id, entry_id, start, end in _occurrences(held, wanted, workspace)
        .select("message_id", "entry_id", "start", "end")
        .iter_rows()
    }
    placeholders = members(names)
    found: dict[str, tuple[KwicLine, ...]] = {}
    for candidate in candidates:
        lines = (
            _line(rows[message_id], spans.get((candidate.candidate_id, message_id)), names, placeholders)
            for message_id in candidate.line_ids
            if message_id in rows
        )
        found[candidate.candidate_id] = tuple(line for line in lines if line is not None)
    return found


def _line(
    row: Mapping[str, Any],
    span: tuple[int, int] | None,
    names: Mapping[str, str],
    placeholders: Mapping[str, str],
) -> KwicLine | None:
    """None where the term is not in the message, or is part of a member's placeholder."""
    if span is None:
        return None
    content, moved = with_aliases(row["content"], (span,), placeholders)
    if not moved:
        return None
    ((start, end),) = moved
    return KwicLine(names[row["user_id"]], row["chat"], content[:start], content[start:end], content[end:])
