"""Where signal words occur: every overlapping match, in one Aho-Corasick pass over all messages."""

from dataclasses import asdict, dataclass

import polars as pl

from core.store import Recipe
from core.text import folded
from core.workspace import Workspace

_LATIN = r"[0-9A-Za-zÀ-ɏ_]"


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
    settings = {"whole_words": workspace.settings.lexicon.whole_words}
    return Recipe(inputs=workspace.store.hashes("messages", "lexicon"), settings=settings)


def match(workspace: Workspace) -> MatchReport:
    """Write the table ``matches`` from ``messages`` and ``lexicon``."""
    store = workspace.store
    made_from = recipe(workspace)
    changed = not store.unchanged("matches", made_from)
    if changed:
        messages = store.read("messages", maker="collect PATH")
        lexicon = store.read("lexicon", maker="lexicon freeze")
        whole_words = workspace.settings.lexicon.whole_words
        store.write("matches", find_matches(messages, lexicon, whole_words=whole_words), made_from)
    found = store.read("matches")
    return MatchReport(found.height, found["message_id"].n_unique(), found["entry_id"].n_unique(), changed)


def find_matches(messages: pl.DataFrame, lexicon: pl.DataFrame, *, whole_words: bool = False) -> pl.DataFrame:
    """Every match of every entry, overlapping ones included, ordered by message, start, then the longer first.

    messages: message_id, content. lexicon: entry_id, term (normalised and folded), kind, category. Result: message_id,
    entry_id, term, kind, category, start, end (character offsets in content, end exclusive). Content is folded as
    terms are, one character to one, so offsets point into the stored content.
    whole_words: a match that begins or ends with a Latin letter or digit must not touch another one there.
    """
    entries = lexicon.select("entry_id", "term", pl.col("kind").cast(pl.String), "category")
    if lexicon.is_empty() or messages.is_empty():
        return entries.head(0).select(
            pl.lit("").alias("message_id"), pl.all(), start=pl.lit(0, pl.Int64), end=pl.lit(0, pl.Int64)
        ).head(0)  # fmt: skip
    terms = entries["term"].to_list()
    text = pl.Series("text", [folded(content) for content in messages["content"]], dtype=pl.String)
    found = (
        messages.select("message_id", text, order=pl.int_range(pl.len()))
        .with_columns(
            byte=pl.col("text").str.find_many(terms, overlapping=True),
            term=pl.col("text").str.extract_many(terms, overlapping=True),
        )
        .filter(pl.col("byte").list.len() > 0)
        .explode("byte", "term")
        .with_columns(
            start=pl.col("text")
            .cast(pl.Binary)
            .bin.slice(0, pl.col("byte"))
            .cast(pl.String)
            .str.len_chars()
            .cast(pl.Int64)
        )
        .with_columns(end=pl.col("start") + pl.col("term").str.len_chars().cast(pl.Int64))
    )
    if whole_words:
        found = found.filter(_touches_no_word())
    return (
        found.join(entries, on="term", how="left", maintain_order="left")
        .sort(["order", "start", "end"], descending=[False, False, True], maintain_order=True)
        .select("message_id", "entry_id", "term", "kind", "category", "start", "end")
    )


def _touches_no_word() -> pl.Expr:
    """Whether neither edge of the match lies inside a Latin word."""
    before = pl.col("text").str.slice(pl.col("start") - 1, 1)
    after = pl.col("text").str.slice(pl.col("end"), 1)
    opens = (pl.col("start") > 0) & before.str.contains(_LATIN) & pl.col("term").str.contains(f"^{_LATIN}")
    closes = after.str.contains(_LATIN) & pl.col("term").str.contains(f"{_LATIN}$")
    return ~(opens | closes)
