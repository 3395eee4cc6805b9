"""What ``assay collect telegram`` runs: which groups, and each of them in turn."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

from collector.audit import note
from collector.candidates import Candidates
from collector.exports import TABLE, Memory
from collector.pseudonyms import Pseudonyms, load_pseudonyms
from collector.report import summarise
from collector.spool import spooling
from collector.telegram.asking import Conversation, Refusal
from collector.telegram.groups import find_group, named_group
from collector.telegram.links import Link
from collector.telegram.reading import Desk, read_group
from collector.telegram.report import GroupReport, TelegramReport
from collector.telegram.state import States
from core.errors import DataError
from core.workspace import Workspace

PLATFORM = "telegram"
STEP_MESSAGES = 5_000


@dataclass(frozen=True)
class Choice:
    """The groups of a run. refused: group as the user gave it → why it is not read. The key is read once, for all."""

    pseudonyms: Pseudonyms
    candidates: Candidates
    links: list[Link] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def choose_groups(workspace: Workspace, names: Sequence[str]) -> Choice:
    """Which of the groups that a user named may be read, as far as that can be told without asking Telegram.

    No names: all groups that are included among the candidates. Where a table of candidates exists, only those that
    are included in it are read. Raises DataError when nothing is left.
    """
    pseudonyms = load_pseudonyms(workspace).on(PLATFORM)
    candidates = Candidates(workspace, pseudonyms)
    if not names:
        names = [row.link for row in candidates if row.decision == "include"]
    if not names:
        raise DataError(
            "no group was named, and no candidate is included; give a public name (assay collect telegram @name) or "
            "include candidates (assay discover decide NAME include --reason TEXT)"
        )
    choice = Choice(pseudonyms, candidates)
    for name in names:
        try:
            link = named_group(name)
        except Refusal as refusal:
            choice.refused[name] = str(refusal)
            continue
        reason = candidates.why_not(link.shown)
        if reason is not None:
            choice.refused[name] = reason
        elif link not in choice.links:
            choice.links.append(link)
    if not choice.links:
        raise DataError(f"no group can be read: {_told(choice.refused)}")
    return choice


def read_groups(
    workspace: Workspace, choice: Choice, conversation: Conversation, at_once: int = STEP_MESSAGES
) -> TelegramReport:
    """Bring the messages of public groups into the table ``messages``; a later run goes on where this one stopped.

    A group that Telegram does not let us read is told in the report, and the others are read. Raises DataError when
    all were refused, ServiceError when Telegram cannot be reached, WorkspaceError without a usable key, when another
    run is at work or when the disk is full; what was read before is in the table.
    """
    store, settings, pseudonyms = workspace.store, workspace.settings.collect, choice.pseudonyms
    reports: list[GroupReport] = []
    refused = dict(choice.refused)
    session = conversation.takeout() if settings.telegram.takeout else nullcontext()
    with spooling(store.folder) as spool, session:
        memory = Memory.of(store, settings, pseudonyms.fingerprint)
        desk = Desk(workspace, conversation, pseudonyms, memory, States(workspace, pseudonyms), spool, at_once)
        for link in choice.links:
            try:
                _read(desk, link, choice.candidates, reports)
            except Refusal as refusal:
                refused[link.shown] = str(refusal)
    conversation.doing("")
    if not reports:
        raise DataError(f"no group could be read: {_told(refused)}")
    table = summarise([store.path(part) for part in store.parts(TABLE)])
    return TelegramReport(reports, refused, conversation.waited, memory.resettled, table)


def _read(desk: Desk, link: Link, candidates: Candidates, reports: list[GroupReport]) -> None:
    """Find and read one group; its report is added as soon as it is found, and noted in the audit log."""
    desk.conversation.doing(f"looking up {link.shown}")
    group = find_group(desk.conversation, link)
    report = GroupReport(group.name, desk.pseudonyms.chat(group.raw_id))
    reports.append(report)
    try:
        read_group(desk, group, report)
    finally:
        if report.changed:
            settings = desk.settings.telegram.model_dump(mode="json")
            detail = {**report.counts(), "candidate": candidates.pseudonym(link.shown), "settings": settings}
            note(desk.workspace, "telegram_read", report.chat_id, detail)


def _told(refused: dict[str, str]) -> str:
    return "; ".join(f"{name}: {reason}" for name, reason in refused.items())
