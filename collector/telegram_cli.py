"""``assay collect telegram``, and what the commands that talk to Telegram share."""

import sys
from typing import TYPE_CHECKING

import typer

from core.command import emit, say, table
from core.counting import counted

if TYPE_CHECKING:
    from pathlib import Path

    from collector.telegram.report import GroupReport, TelegramReport


def collect_telegram(workspace: "Path", names: list[str], as_json: bool) -> None:
    """Choose the groups, sign in, read, report."""
    from collector.telegram.collecting import choose_groups, read_groups
    from collector.telegram.opening import conversing
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    choice = choose_groups(opened, names)
    with conversing(opened, ask_on_terminal) as conversation:
        report = read_groups(opened, choice, conversation)
    emit(report.as_json(), as_json, lambda: _show(report))


def ask_on_terminal(question: str, hidden: bool) -> str:
    """Ask whoever sits at the terminal. Raises WorkspaceError where nobody does."""
    from core.errors import WorkspaceError

    if not _somebody_is_there():
        raise WorkspaceError(
            "nobody is signed in to Telegram here, and there is no terminal to ask for phone number and code; run the "
            "command once in a terminal, or set ASSAY_TELEGRAM_SESSION"
        )
    return typer.prompt(question, hide_input=hidden, err=True)


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _show(report: "TelegramReport") -> None:
    """The report for a person."""
    if not report.changed:
        say("nothing changed: no new, edited or deleted messages")
    if report.resettled:
        say("Settings or software changed since the last run: what was not read now keeps its earlier form.")
    columns = ("group", "read", "new", "newer versions", "deleted", "dropped")
    table(columns, [_row(group) for group in report.groups])
    for name, reason in report.refused.items():
        say(f"{name} was not read: {reason}")
    marked = ", ".join(f"{n:,} {mark}" for mark, n in report.marked.most_common())
    if marked and report.changed:
        say(f"Kept, but marked: {marked} (the settings floods, bots and forwards can drop them).")
    for group in report.groups:
        if group.deleted_kept:
            kept = counted(group.deleted_kept, "deleted message")
            say(f"@{group.name}: {kept} kept, as collect.telegram.deletions says.")
    if report.waited:
        say(f"Telegram asked for pauses of {report.waited:,.0f} s in all.")
    held = report.table
    holds = f"{counted(held.messages, 'message')} of {counted(held.users, 'user')} in {counted(held.chats, 'chat')}"
    say(f"The table messages holds {holds}.")


def _row(group: "GroupReport") -> tuple[str, int, int, int, int, str]:
    dropped = ", ".join(f"{n:,} {reason}" for reason, n in group.dropped.most_common())
    unfinished = "" if group.complete else " (not to its end)"
    return f"@{group.name}{unfinished}", group.read, group.new, group.updated, group.deleted, dropped or "–"
