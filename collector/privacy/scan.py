"""``assay privacy scan``: all of a workspace but ``secrets/`` is read again, for what looks like a raw identifier."""

from collections.abc import Set
from dataclasses import asdict, dataclass, field
from typing import Any

from collector.privacy.own_ids import own_ids
from collector.privacy.places import Walk
from collector.privacy.raw_identifiers import masked, masked_value, raw_identifiers
from collector.privacy.texts import Text
from core.errors import DataError
from core.workspace import Workspace

EXAMPLES = 5


@dataclass
class Finding:
    """One kind in one place. examples: (where, masked value) of the first few. No value is ever kept."""

    place: str
    kind: str
    count: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ScanReport:
    """findings: sorted by place, most frequent first. texts: looked at. files: read. not_looked_into: files that hold
    no text that could be read, such as archives and images; masked where their names look like identifiers.
    """

    findings: tuple[Finding, ...]
    files: int
    texts: int
    not_looked_into: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        findings = [
            asdict(finding) | {"examples": [{"where": where, "shown": shown} for where, shown in finding.examples]}
            for finding in self.findings
        ]
        return {"clean": not self.findings, **asdict(self), "findings": findings}


def scan(workspace: Workspace) -> ScanReport:
    """Look at every table, reject, database, cache, log, report and release, and at the names of their files.

    What stands in assay.toml on purpose (a contact address, a support line, the address of a server) is passed over.
    Raises DataError or ServiceError when a database cannot be read.
    """
    tally = _Tally(own_ids(workspace.store), _settings_texts(workspace))
    walk = Walk(workspace)
    for text in walk.texts():
        tally.look_at(text)
    return ScanReport(
        findings=tuple(sorted(tally.findings.values(), key=lambda found: (found.place, -found.count, found.kind))),
        files=walk.files,
        texts=tally.texts,
        not_looked_into=tuple(masked(name, tally.own) for name in walk.not_looked_into),
    )


def refuse_findings(report: ScanReport) -> None:
    """Raises DataError when something was found."""
    if report.findings:
        total = sum(finding.count for finding in report.findings)
        raise DataError(
            f"wanted no raw identifier anywhere, found {total:,} in {len({each.place for each in report.findings}):,} "
            f"places; look at each: what came in by an export is collected anew into a new workspace, other files are "
            f"deleted or corrected"
        )


class _Tally:
    """What was found so far, by place and kind. allowed: texts in which a hit may stand."""

    def __init__(self, own: Set[str], allowed: Set[str]) -> None:
        self.own = own
        self.findings: dict[tuple[str, str], Finding] = {}
        self.texts = 0
        self._allowed = allowed

    def look_at(self, text: Text) -> None:
        self.texts += text.times
        for kind, start, end in raw_identifiers(text.text, self.own):
            value = text.text[start:end]
            if not any(value in meant for meant in self._allowed):
                self._note(text, kind, value)

    def _note(self, text: Text, kind: str, value: str) -> None:
        place = masked(text.place, self.own)
        finding = self.findings.setdefault((place, kind), Finding(place, kind))
        finding.count += text.times
        if len(finding.examples) < EXAMPLES:
            finding.examples.append((masked(text.where(), self.own), masked_value(value)))


def _settings_texts(workspace: Workspace) -> Set[str]:
    """Every text in assay.toml."""
    waiting: list[object] = [workspace.settings.model_dump(mode="json")]
    found: set[str] = set()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            found.add(value)
    return found
