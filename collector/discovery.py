"""``assay discover``: which Telegram groups do posts from public platforms mention, and which of them to collect.

Input are files that the user exported: JSON Lines, JSON, CSV or plain text, with any columns. All string values are
searched. Of the posts nothing is kept, of the files a hash; of what they mention the links of groups, sealed
(`collector.candidates`).
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from collector.audit import note
from collector.candidates import Candidate, Candidates, Decision
from collector.cleaning import clean
from collector.exports import SHORT_HASH_DIGITS
from collector.posts import posts
from collector.pseudonyms import load_pseudonyms
from collector.sources.values import encoding_advice, first_bad_byte
from collector.telegram.links import CANDIDATES, Link, group_link, links_in
from core.errors import DataError
from core.store import file_sha256
from core.text import folded
from core.workspace import Workspace

PLATFORM = "telegram"
SHORTEST_REASON = 3
_PLACEHOLDER = re.compile("〈[^〉]*〉")


@dataclass
class DiscoveryReport:
    """One run. files, files_known: files given, and those among them that were read before. posts: read. mentions: of
    groups in them. left_out: kind of link (`collector.telegram.links.Kind`) → mentions of what is no candidate. new:
    candidates found for the first time. candidates: the whole table, most mentioned first.
    """

    files: int
    files_known: int = 0
    posts: int = 0
    mentions: int = 0
    new: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    candidates: list[Candidate] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "files": self.files,
            "files_known": self.files_known,
            "posts": self.posts,
            "mentions": self.mentions,
            "new": self.new,
            "left_out": dict(self.left_out.most_common()),
            "candidates": [row.as_json() for row in self.candidates],
        }


def open_candidates(workspace: Workspace) -> Candidates:
    """The table of candidates. Raises WorkspaceError without a usable key."""
    return Candidates(workspace, load_pseudonyms(workspace).on(PLATFORM))


def discover(workspace: Workspace, candidates: Candidates, paths: Sequence[Path]) -> DiscoveryReport:
    """Add the groups that some files mention to the table of candidates. A file that was read before is passed over.

    Raises DataError when a file cannot be read; the table is then as it was.
    """
    report = DiscoveryReport(files=len(paths))
    for path in paths:
        source = _hash(path)
        if source in candidates.files:
            report.files_known += 1
        else:
            _read(path, source, candidates, report)
            candidates.files.append(source)
    if report.files_known < report.files:
        candidates.save()
        counts = {key: value for key, value in report.as_json().items() if key != "candidates"}
        note(workspace, "discovered", "", counts)
    report.candidates = list(candidates)
    return report


def decide(workspace: Workspace, candidates: Candidates, name: str, decision: Decision, reason: str) -> Candidate:
    """Record what the principal investigator decided about a group and why; it may be decided anew at any time.

    A group that no file mentioned is added. Raises DataError when the name is none or the reason cannot be written
    into the audit log.
    """
    link = group_link(name)
    if link is None or link.kind not in CANDIDATES:
        raise DataError(f"{name} is no group: wanted a public name, a link to one, or an invitation link")
    candidate = candidates.at(link.shown)
    candidate.reason = _speakable(reason, link)
    candidate.decision, candidate.decided_at = decision, workspace.clock().isoformat()
    candidates.save()
    detail = {key: value for key, value in candidate.as_json().items() if key not in ("link", "decided_at")}
    note(workspace, "candidate_decided", candidates.pseudonym(link.shown), detail)
    return candidate


def _speakable(reason: str, link: Link) -> str:
    """A reason without links and personal data, fit for the audit log."""
    cleaned = clean(reason, simplify=False)
    if len(_PLACEHOLDER.sub("", cleaned).strip()) < SHORTEST_REASON:
        raise DataError("a decision needs a reason in words (--reason TEXT); links and @names in it do not count")
    if link.name.lower() in folded(cleaned):
        raise DataError("the reason goes into the audit log, which holds no names: leave the name of the group out")
    return cleaned


def _read(path: Path, source: str, candidates: Candidates, report: DiscoveryReport) -> None:
    try:
        for post in posts(path):
            report.posts += 1
            _count(list(links_in(post)), source, candidates, report)
    except UnicodeDecodeError:
        raise DataError(encoding_advice(path, f"byte {first_bad_byte(path)}")) from None
    except csv.Error as error:
        raise DataError(f"{path.name} is not valid CSV ({error}); export it again, or as text (.txt)") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}; check its rights") from error


def _count(links: list[Link], source: str, candidates: Candidates, report: DiscoveryReport) -> None:
    """Count the mentions in one post."""
    wanted = Counter(link.shown for link in links if link.kind in CANDIDATES)
    report.left_out += Counter(str(link.kind) for link in links if link.kind not in CANDIDATES)
    report.mentions += wanted.total()
    for shown, n in wanted.items():
        report.new += candidates.get(shown) is None
        candidate = candidates.at(shown)
        candidate.mentions += n
        candidate.posts += 1
        if source not in candidate.sources:
            candidate.sources.append(source)


def _hash(path: Path) -> str:
    if not path.is_file():
        raise DataError(f"there is no file {path}; give an export of posts (JSON Lines, JSON, CSV or text)")
    try:
        return file_sha256(path)[:SHORT_HASH_DIGITS]
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror}; check its rights") from error
