"""Other spellings of known signal words that stand in the corpus: ways to write a word so that a filter misses it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log, sqrt

import polars as pl

from core.text import folded
from lexicon.proposals.corpus import Corpus
from lexicon.proposals.homophones import homophones
from lexicon.proposals.known import as_entries, occurrences
from lexicon.proposals.rows import Proposal, proposals_frame
from lexicon.proposals.spellings import Spelling, spellings
from lexicon.proposals.units import is_chinese

SOURCE = "variants"
LEAST = 1.0
"""Least z-score of a doubtful spelling."""
RARE_COHESION = 3.0
"""Least cohesion of a two-character homophone in fewer messages than ``min_messages``: 20 times what chance gives."""


@dataclass(frozen=True)
class Variants:
    """Spellings, and where their texts stand: term (the text), row, start, end."""

    places: pl.DataFrame
    spelt: list[Spelling]


def propose_variants(corpus: Corpus) -> pl.DataFrame:
    """The proposals of this source; a single message is enough.

    What overlaps a match of a known signal word is not counted: that is found already. The score is `excess`; doubtful
    spellings (initials, two-character homophones, short pinyin) need `LEAST` of it, the others are always proposed.
    """
    terms = corpus.known.entries["term"].to_list()
    parts = [_written(corpus, terms), Variants(*homophones(corpus.units, terms)), _with_marks(corpus)]
    places = pl.concat([part.places.select("term", "row", "start", "end") for part in parts])
    new = places.unique(maintain_order=True).filter(~pl.col("term").is_in(sorted(corpus.known.terms)))
    apart = _apart(new, corpus.signals)
    return proposals_frame(SOURCE, _proposals(corpus, apart, parts), corpus.settings.limit)


def excess(near: int, n: int, share: float) -> float | None:
    """How far the messages with a spelling are drawn to signal words: z of a binomial proportion.

    (near − n·share) / √(n·share·(1 − share)), with ``near`` of ``n`` messages near known signal words where ``share``
    of all messages are. None when no message or every message is near one.
    """
    return (near - n * share) / sqrt(n * share * (1 - share)) if 0 < share < 1 and n else None


def only_in_traditional(corpus: Corpus) -> int:
    """Messages in which signal words stand in Traditional script only: terms are Simplified and do not match there.

    0 when the messages were converted.
    """
    from core.text import simplified

    if corpus.simplified:
        return 0
    contents = corpus.messages["content"]
    converted = corpus.messages.with_columns(content=pl.Series([simplified(content) for content in contents]))
    changed = converted.filter(pl.col("content") != contents)
    found = occurrences(changed, corpus.known.entries, **corpus.matching)["row"].unique()
    ids = changed["message_id"].gather(found)
    already = corpus.messages["message_id"].gather(corpus.signals["row"].unique())
    return ids.filter(~ids.is_in(already.implode())).len()


def _written(corpus: Corpus, terms: list[str]) -> Variants:
    spelt = spellings(terms)
    texts = sorted({spelling.text for spelling in spelt})
    return Variants(occurrences(corpus.messages, as_entries(texts), **corpus.matching | {"whole_words": True}), spelt)


def _with_marks(corpus: Corpus) -> Variants:
    """Terms with marks between their characters, where the settings do not match them anyway."""
    if corpus.matching["inserted_marks"]:
        return Variants(corpus.signals.head(0), [])
    marked = occurrences(corpus.messages, corpus.known.entries, **corpus.matching | {"inserted_marks": True})
    marked = marked.join(corpus.signals, on=["term", "row", "start"], how="anti", maintain_order="left")
    contents = corpus.messages["content"]
    texts = [folded(contents[row][start:end]) for row, start, end in marked.select("row", "start", "end").iter_rows()]
    how = "{} with marks between its characters"
    pairs = sorted(set(zip(texts, marked["term"], strict=True)))
    spelt = [Spelling(text, term, how.format(term), category="") for text, term in pairs]
    return Variants(marked.with_columns(term=pl.Series(texts, dtype=pl.String)), spelt)


def _apart(places: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """The places that overlap no match of a signal word."""
    others = signals.select("row", since="start", until="end")
    both = places.join(others, on="row").filter((pl.col("start") < pl.col("until")) & (pl.col("since") < pl.col("end")))
    return places.join(both, on=["term", "row", "start"], how="anti", maintain_order="left")


def _proposals(corpus: Corpus, places: pl.DataFrame, parts: Iterable[Variants]) -> Iterator[Proposal]:
    by_text: defaultdict[str, list[Spelling]] = defaultdict(list)
    for part in parts:
        for spelling in part.spelt:
            by_text[spelling.text].append(spelling)
    share = float(corpus.near.mean()) if len(corpus.near) else 0.0
    close = places.with_columns(near=pl.Series(corpus.near[places["row"].to_numpy()], dtype=pl.Boolean))
    for (text,), found in close.group_by("term", maintain_order=True):
        messages = found.unique("row", maintain_order=True)
        near, n = int(messages["near"].sum()), messages.height
        spelt, score = by_text[str(text)], excess(near, n, share)
        doubtful = all(spelling.doubtful for spelling in spelt)
        if not doubtful or (score is not None and score >= LEAST and _holds_together(corpus, str(text), found.height)):
            context = f"{near} of {n} messages near known signal words, where {share:.0%} of all messages are"
            first = messages.sort("near", "row", descending=[True, False]).row(0, named=True)
            quoted = corpus.quote(first["row"], first["start"], first["end"])
            kind, category = _suggested(corpus, spelt)
            reason = f"{_how(spelt)}{'; other words are spelled like it too' if doubtful else ''}; {context}"
            yield Proposal(str(text), reason, None if score is None else round(score, 4), *quoted, kind, category)


def _holds_together(corpus: Corpus, text: str, count: int) -> bool:
    """Whether a run of characters could be a word; others are a neighbour's end and a neighbour's beginning."""
    if not is_chinese(text):
        return True
    if (whole := corpus.vocabulary.is_whole(corpus.units.key(text))) is not None:
        return whole
    counts = corpus.units.character_counts
    one, other = (counts[character] for character in text)
    return log(count * sum(counts.values()) / (one * other)) >= RARE_COHESION


def _how(spelt: list[Spelling], most: int = 3) -> str:
    told = list(dict.fromkeys(spelling.how for spelling in spelt))
    more = f"; and {len(told) - most} more" if len(told) > most else ""
    return "; or ".join(told[:most]) + more


def _suggested(corpus: Corpus, spelt: list[Spelling]) -> tuple[str | None, str | None]:
    """Kind and category: such spellings are implicit, in a category of their own where the lexicon has it."""
    entries = {row["term"]: row for row in corpus.known.entries.iter_rows(named=True)}
    named = {spelling.category for spelling in spelt}
    category = named.pop() if len(named) == 1 else ""
    if category and category in {row["category"] for row in entries.values()}:
        return "implicit", category
    of_terms = {entries[spelling.term]["category"] for spelling in spelt}
    kinds = {"implicit"} if category else {entries[spelling.term]["kind"] for spelling in spelt}
    return _only(kinds), _only(of_terms)


def _only(values: set[str]) -> str | None:
    return values.pop() if len(values) == 1 else None
