"""The report of `attack` as Markdown, and its conclusions in plain words, which the command line prints too."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from collector.privacy.enumeration import Enumeration
from collector.privacy.unicity import Unicity
from collector.privacy.verbatim import Verbatim
from core.counting import counted

if TYPE_CHECKING:
    from collector.privacy.attack import AttackReport

Rows = Sequence[Sequence[str]]


def page(report: "AttackReport", made: datetime) -> str:
    """The whole report. Large numbers have commas, so that none of them looks like an id."""
    parts = [
        f"# What an outsider could do\n\nMeasured by `assay privacy attack` on {made:%Y-%m-%d} at {made:%H:%M} UTC, on "
        f"{counted(report.messages, 'message')} of {counted(report.users, 'user')}. Personal data: this page tells how "
        f"far the tables protect the people in them.",
        f"## Try every id\n\n{_table(enumeration_rows(report.enumeration))}\n\n{of_enumeration(report.enumeration)}",
        f"## Recognise somebody by when they write\n\n{_table(unicity_rows(report.unicity))}\n\n"
        f"{of_unicity(report.unicity)}",
        f"## Search for a sentence\n\n{_table(verbatim_rows(report.verbatim))}\n\n{of_verbatim(report.verbatim)}",
    ]
    return "\n\n".join(parts) + "\n"


def enumeration_rows(found: Enumeration) -> Rows:
    """The first row is the head; so in all tables here."""
    stored = sum(found.stored_found.values())
    return [
        ("", ""),
        ("ids tried", f"{found.n_ids:,}, from {found.first_id:,} on"),
        ("ways to hash them without a key", f"{found.constructions:,}"),
        ("ids a second, SHA-256, one core here", f"{found.per_second:,.0f}"),
        ("all 10,000,000,000 ids at that speed", f"{found.hours_for_all:,.1f} hours"),
        ("invented users found, hashed without a key", f"{found.plain_found:,} of {found.synthetic:,}"),
        ("invented users found, keyed", f"{found.keyed_found:,} of {found.synthetic:,}"),
        ("ids of this workspace found", f"{stored:,} of {found.stored:,}"),
    ]


def of_enumeration(found: Enumeration) -> str:
    if found.stored_found:
        ways = "; ".join(f"{n:,} as {way}" for way, n in found.stored_found.items())
        return (
            f"**Ids of this workspace are plain hashes and can be undone by anybody: {ways}.** They were not made by "
            f"Assay's key. Do not share these tables; collect the exports again into a new workspace."
        )
    return (
        f"Ids hashed without a key hide nobody: {found.plain_found:,} of {found.synthetic:,} were found; all ids of "
        f"a platform take {found.hours_for_all:,.1f} hours on one core, seconds on a graphics card. Of the keyed ids "
        f"{found.keyed_found:,} were found: without the key one would have to try keys, and there are 2²⁵⁶. No id of "
        f"this workspace is a plain hash of an id that was tried. (Only these were tried. That they are keyed follows "
        f"from how they are made; this agrees with it.)"
    )


def unicity_rows(rows: Sequence[Unicity]) -> Rows:
    points = sorted({row.points for row in rows})
    head = ("times known to", *(counted(n, "time") for n in points))
    resolutions = dict.fromkeys(row.resolution for row in rows)
    shares = {(row.resolution, row.points): _share(row.share) for row in rows}
    return [head, *((f"the {name}", *(shares[name, n] for n in points)) for name in resolutions)]


def of_unicity(rows: Sequence[Unicity]) -> str:
    two = next((row for row in rows if (row.resolution, row.points) == ("minute", 2)), None)
    left_out = "Who wrote at fewer moments than a column needs is left out of it."
    if two is None or two.share is None:
        return f"Too few people wrote often enough to tell. {left_out}"
    return (
        f"Each cell is the share of people whom that many random moments of theirs single out. Somebody who knows two "
        f"minutes in which a person wrote, in the original group or from a screenshot, picks that person out of this "
        f"corpus in {_share(two.share)} of cases, and then has all their messages. Keys do not help against that. "
        f"`privacy.coarsen` does, somewhat, and so does giving out gaps instead of times, as releases do. A time shift "
        f"helps only against those who do not hold the original. {left_out}"
    )


def verbatim_rows(rows: Iterable[Verbatim]) -> Rows:
    head = ("messages of at least", "there are", "unique here", "share", "users with one or more")
    return [
        head,
        *(
            (
                f"{row.min_chars:,} characters",
                f"{row.long:,}",
                f"{row.unique:,}",
                _share(row.share),
                _share(row.users_share),
            )
            for row in rows
        ),
    ]


def of_verbatim(rows: Sequence[Verbatim]) -> str:
    first = rows[0]
    if not first.unique:
        return f"No message of {first.min_chars:,} characters or more stands here once only."
    return (
        f"Here once only: {counted(first.unique, 'message')} of {first.min_chars:,} characters or more. "
        f"{_share(first.users_share)} of all users wrote at least one. Each can be put into the search box of the "
        f"original group, if that is public, and leads to its author. No pseudonym changes that: share the text under "
        f"an agreement, or not at all."
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _table(rows: Rows) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "|" + "---|" * len(rows[0]), *body])
