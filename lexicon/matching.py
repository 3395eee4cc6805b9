"""Where signal words occur: every overlapping match, in one pass over any number of messages."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import polars as pl

from core.store import Recipe
from core.workspace import Workspace
from lexicon.message_slices import detached, message_slices
from lexicon.search import HITS, Search

_COLUMNS = ("message_id", "entry_id", "term", "kind", "category", "start", "end")


@dataclass(frozen=True)
class MatchReport:
    """Matches found. n_messages: messages with at least one match."""

    n_matches: int
    n_messages: int
    n_entries_matched: int
    changed: bool

    def as_json(self) -> dict[str, int | bool]:
        return asdict(self)


def recipe(workspace: Workspace) -> Recipe:
    """What the table ``matches`` is made of."""
    return Recipe(inputs=workspace.store.hashes("messages", "lexicon"), settings=_settings(workspace))


def _settings(workspace: Workspace) -> dict[str, bool]:
    return workspace.settings.lexicon.model_dump(include={"whole_words", "inserted_marks"})


def match(workspace: Workspace) -> MatchReport:
    """Write the table ``matches`` from ``messages`` and ``lexicon``."""
    store = workspace.store
    made_from = recipe(workspace)
    changed = not store.unchanged("matches", made_from)
    if changed:
        lexicon = store.read("lexicon", maker="lexicon freeze")
        found = matches_in(message_slices(store, "message_id", "content"), lexicon, **_settings(workspace))
        store.write("matches", found, made_from)
    else:
        found = store.read("matches")
    return MatchReport(found.height, found["message_id"].n_unique(), found["entry_id"].n_unique(), changed)


def find_matches(
    messages: pl.DataFrame, lexicon: pl.DataFrame, *, whole_words: bool = False, inserted_marks: bool = True
) -> pl.DataFrame:
    """Every match of every entry in messages that are in memory: `matches_in` for one slice."""
    return matches_in([messages], lexicon, whole_words=whole_words, inserted_marks=inserted_marks)


def matches_in(
    slices: Iterable[pl.DataFrame], lexicon: pl.DataFrame, *, whole_words: bool = False, inserted_marks: bool = True
) -> pl.DataFrame:
    """Every match of every entry, overlapping ones included, ordered by message, start, then the longer first.

    slices: message_id, content. lexicon: entry_id, term, kind, category. Result: message_id, entry_id, term, kind,
    category, start, end; key message_id, entry_id, start. start and end are character offsets in the stored content: of
    the match's first character and of one past its last. Case, width, invisible characters and, with
    ``inserted_marks``, marks between the characters of a term make no difference (`lexicon.search`); what a writer put
    in lies inside the match. whole_words: a match that begins or ends with a Latin letter or digit must not touch
    another one there. Beside the result, memory is needed for one slice.
    """
    entries = lexicon.select("entry_id", "term", pl.col("kind").cast(pl.String), "category")
    search = Search(entries["term"], whole_words=whole_words, inserted_marks=inserted_marks)
    found = [_in_slice(messages, search) for messages in slices]
    hits = pl.concat(found or [pl.DataFrame(schema={"message_id": pl.String} | HITS)])
    return hits.hstack(entries[hits["entry"]]).select(_COLUMNS)


def _in_slice(messages: pl.DataFrame, search: Search) -> pl.DataFrame:
    """message_id, entry, start, end of every match in one slice."""
    hits = search(messages["content"])
    ids = detached(messages.select("message_id")[hits["row"]])
    return ids.hstack(hits.select("entry", "start", "end"))
