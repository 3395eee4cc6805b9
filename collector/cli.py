"""``assay collect``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from collector.report import CollectReport


def mount(app: typer.Typer) -> None:
    """Register ``collect`` with the command ``assay``."""
    app.command("collect")(collect_cli)


@guarded
def collect_cli(
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Exports: Telegram Desktop (JSON, HTML, or the folder), WhatsApp, Discord, ConvoKit, JSON Lines, CSV, "
            "Parquet. Or the word telegram and public groups.",
            metavar="PATH",
        ),
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Bring the messages of exported chats into the workspace: pseudonymised, cleaned, each once.

    After the word telegram come public groups and channels (@name or t.me/name), which are read from Telegram itself;
    without any, all candidates that were included (assay discover).

    Example: `assay collect result.json -w corpus` or `assay collect telegram @night_talk -w corpus`
    """
    from collector.collecting import collect
    from collector.telegram_cli import collect_telegram
    from core.workspace import open_workspace

    if paths[0] == "telegram" and not Path(paths[0]).exists():
        collect_telegram(workspace, paths[1:], as_json)
        return
    report = collect(open_workspace(workspace), [Path(path) for path in paths])
    emit(report.as_json(), as_json, lambda: _show(report))


def _show(report: "CollectReport") -> None:
    """The report for a person."""
    held = report.table
    holds = f"{counted(held.messages, 'message')} of {counted(held.users, 'user')} in {counted(held.chats, 'chat')}"
    if not report.changed:
        say(f"nothing changed: every file was collected before; {holds}")
        return
    if report.resettled:
        say("Settings or software changed since the last run: messages of files not given now keep their earlier form.")
    updated = [("  newer versions", report.updated)] if report.updated else []
    dropped = [(f"dropped: {reason}", n) for reason, n in report.dropped.items()]
    table(("records", "n"), [("read", report.read), ("kept", report.kept), *updated, *dropped])
    span = f", {held.first:%Y-%m-%d} to {held.last:%Y-%m-%d}" if held.first else ""
    say(f"The table messages holds {holds}{span}.")
    say(f"Replies to a message that is not in it: {held.missing_reply_targets:,}.")
    replaced = ", ".join(f"{n:,} {kind}" for kind, n in held.placeholders.items() if n)
    say(f"Placeholders in it: {replaced or 'none'}.")
    marked = ", ".join(f"{n:,} {mark}" for mark, n in report.marked.items())
    if marked:
        say(f"Kept in this run, but marked: {marked} (the settings floods, bots and forwards can drop them).")
    if report.retracted:
        say(f"{counted(report.retracted, 'message')} left the table, edited down to too little.")
    if report.names_left:
        say(
            f"Names of members that are ordinary words: {report.names_left:,}, replaced only where the words around "
            f"them tell of a person."
        )
