"""The generated README of a release: what the data are, how they were made, what to beware of."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl

from core import __version__
from core.codebook import Codebook, RatingVariable
from core.setting_tables.people import ReleaseSettings
from core.store import Manifest
from release.content_warning import content_warning
from release.staleness import StaleTable, blocking, not_made_again, notice

SIMULATED = (
    "> **Simulated labels.** The annotators of these gold labels were simulated by a program. "
    "This release shows how the tool works; it says nothing about people."
)


def write_readme(
    name: str,
    rows: pl.DataFrame,
    codebook: Codebook,
    settings: ReleaseSettings,
    manifests: Iterable[Manifest],
    agreement: Mapping[str, Mapping[str, object]],
    simulated: bool,
    stale: Sequence[StaleTable] = (),
) -> str:
    """The README as Markdown. ``agreement``: batch → rating variable → Fleiss' κ as JSON (value, low, high)."""
    parts = [
        f"# {settings.title} — {name}",
        SIMULATED if simulated else "",
        notice(blocking(stale)),
        f"{rows.height:,} segments of group chat, labelled with the codebook **{codebook.title.en}** "
        f"(`{codebook.name}` version {codebook.version}; source: {codebook.source}).",
        f"Licence: {settings.licence}. Contact: {settings.contact or 'not given'}.",
        f"## Content warning\n\n{content_warning(codebook)}",
        "## Files\n\n`data.parquet` and `data.jsonl` hold the same rows; `codebook.toml` the definitions; "
        "`SHA256SUMS` the checksums of all files.",
        _columns(),
        "## Labels\n\n" + "\n\n".join(_labels(rating, rows) for rating in codebook.rating_variables),
        _agreement(agreement),
        _made_from(manifests),
        not_made_again(stale),
        "## What to know before use\n\n"
        "- Silver labels are the vote of models, gold labels the decision of people; `…__source` tells which.\n"
        "- Segments without an accepted silver label and without gold are not in these files.\n"
        "- Users are numbered aliases; times are gaps in minutes. Do not try to find out who anybody is.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _columns() -> str:
    rows = [
        ("segment_id", "16 hex digits, the same in every run"),
        ("chat", "alias of the chat"),
        ("chat_segment", "messages in order: n, user, text, gap_minutes, reply_to (an n), suspicious"),
        ("suspicious_message", "text of the message in question"),
        ("at_risk_user", "alias of its sender"),
        ("risk_level", "label of the codebook's ordered variable, if it has one"),
        ("V", "for each variable V: its label (gold if there is one, else silver)"),
        ("V__source", "unanimous, majority, adjudicated (people) or silver (models)"),
        ("V__silver, V__rho", "silver label and consensus ratio, also where gold exists"),
    ]
    return "## Columns\n\n| column | meaning |\n|---|---|\n" + "\n".join(
        f"| `{name}` | {text} |" for name, text in rows
    )


def _labels(rating: RatingVariable, rows: pl.DataFrame) -> str:
    counts = rows.group_by(rating.name, f"{rating.name}__source").len()
    lines = [f"**{rating.title.en}** (`{rating.name}`)", "", "| code | label | gold | silver |", "|---|---|---|---|"]
    for code in rating.codes:
        of_code = counts.filter(pl.col(rating.name) == code)
        silver = int(of_code.filter(pl.col(f"{rating.name}__source") == "silver")["len"].sum())
        gold = int(of_code["len"].sum()) - silver
        lines.append(f"| {code} | {rating.code_title(code).en} | {gold} | {silver} |")
    return "\n".join(lines)


def _agreement(agreement: Mapping[str, Mapping[str, object]]) -> str:
    if not agreement:
        return "## Agreement of the annotators\n\nNo batch was annotated by people."
    if not any(agreement.values()):
        return "## Agreement of the annotators\n\nNobody rated anything in the closed batches."
    lines = [
        "## Agreement of the annotators",
        "",
        "| batch | variable | Fleiss' κ | 95 % interval |",
        "|---|---|---|---|",
    ]
    for batch, variables in agreement.items():
        lines += [f"| {batch} | `{name}` | {_kappa(kappa)} |" for name, kappa in variables.items()]
    return "\n".join(lines)


def _kappa(kappa: object) -> str:
    if not isinstance(kappa, Mapping) or kappa.get("value") is None:
        reason = kappa.get("reason") if isinstance(kappa, Mapping) else None
        return f"undefined ({reason or 'no ratings'}) | –"
    low, high = kappa.get("low"), kappa.get("high")
    interval = f"{low:.3f} to {high:.3f}" if isinstance(low, float) and isinstance(high, float) else "–"
    return f"{kappa['value']:.3f} | {interval}"


def _made_from(manifests: Iterable[Manifest]) -> str:
    lines = [
        f"## How it was made\n\nAssay {__version__}. Tables:",
        "",
        "| table | rows | made | SHA-256 |",
        "|---|---|---|---|",
    ]
    lines += [f"| {m.table} | {m.rows:,} | {m.written_at[:10]} | `{m.sha256[:16]}…` |" for m in manifests]
    return "\n".join(lines)
