"""The candidate groups that discovery found, and what the principal investigator decided about each.

A public name identifies a group and, in a small one, the people in it, so no name may lie on the disk (DESIGN §5). But
whoever decides has to see names. Therefore the table is sealed (`collector.sealed`, ``secrets/candidates.sealed``) and
shown in clear on the terminal only, while the audit log in the database holds each candidate's keyed pseudonym with
counts, decision and reason: enough to show a review board that every collected group was decided upon, and nothing
that names one. When the key is shredded, nobody can tell any more which groups they were.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from collector.pseudonyms import ID_DIGITS, Pseudonyms
from collector.sealed import SealedFile
from core.workspace import Workspace

CANDIDATES_FILE = "candidates"
Decision = Literal["include", "exclude"]


@dataclass
class Candidate:
    """One group that was mentioned.

    link: ``@name``, or ``+code`` of an invitation. mentions: how often; posts: in how many posts; sources: in which
    files (first 12 hex digits of their SHA-256). facts: what Telegram said (`collector.telegram.facts`). decision and
    reason: of the principal investigator; decided_at: ISO, UTC.
    """

    link: str
    mentions: int = 0
    posts: int = 0
    sources: list[str] = field(default_factory=list)
    facts: dict[str, Any] | None = None
    decision: Decision | None = None
    reason: str | None = None
    decided_at: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Candidates:
    """The table of candidates of a workspace, by link; and the files that were read for it."""

    def __init__(self, workspace: Workspace, pseudonyms: Pseudonyms) -> None:
        self._file = SealedFile(workspace, CANDIDATES_FILE, pseudonyms)
        self._key = pseudonyms.derived_key("candidate group")
        self.reload()

    def reload(self) -> None:
        """Take what is on the disk: somebody may have decided meanwhile."""
        content = self._file.read()
        self.exist = self._file.exists()
        self.files: list[str] = content.get("files", [])
        self._by_link = {row["link"]: Candidate(**row) for row in content.get("candidates", [])}

    def __iter__(self) -> Iterator[Candidate]:
        """Most mentioned first."""
        return iter(sorted(self._by_link.values(), key=lambda row: (-row.mentions, row.link)))

    def get(self, link: str) -> Candidate | None:
        return self._by_link.get(link)

    def at(self, link: str) -> Candidate:
        """The candidate of a link, a new one when there is none."""
        return self._by_link.setdefault(link, Candidate(link))

    def save(self) -> None:
        self._file.write({"files": self.files, "candidates": [row.as_json() for row in self._by_link.values()]})
        self.exist = True

    def pseudonym(self, link: str) -> str:
        """The candidate in the audit log: 32 hex digits of HMAC-SHA-256 under a key derived for this alone."""
        keyed = HMAC(self._key, SHA256())
        keyed.update(link.encode())
        return keyed.finalize().hex()[:ID_DIGITS]

    def why_not(self, link: str) -> str | None:
        """Why a group is not to be collected; None: it is, or there is no table of candidates."""
        if not self.exist:
            return None
        row = self.get(link)
        if row is None or row.decision is None:
            return "undecided among the candidates; record it with: assay discover decide NAME include --reason TEXT"
        return None if row.decision == "include" else "excluded by the principal investigator"
