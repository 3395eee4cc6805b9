"""``assay collect``."""

from pathlib import Path
from typing import Annotated, Any

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table


def mount(app: typer.Typer) -> None:
    """Register ``collect`` with the command ``assay``."""
    app.command("collect")(collect_cli)


@guarded
def collect_cli(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Exports: Telegram Desktop JSON (or its folder), JSON Lines, CSV.", metavar="PATH..."),
    ],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Bring the messages of exported chats into the workspace: pseudonymised, cleaned, each once.

    Example: `assay collect result.json -w corpus`
    """
    from collector.collecting import collect
    from core.errors import DataError
    from core.workspace import open_workspace

    if paths[0] == Path("telegram") and not paths[0].exists():
        raise DataError(
            "this version does not collect from Telegram itself; export the chat with Telegram Desktop (format JSON) "
            "and give the file: assay collect result.json"
        )
    report = collect(open_workspace(workspace), paths)
    values = report.as_json()
    emit(values, as_json, lambda: _show(values))


def _show(report: dict[str, Any]) -> None:
    """The report for a person."""
    held = f"{report['messages']:,} messages of {report['users']:,} users in {report['chats']:,} chats"
    if not report["changed"]:
        say(f"nothing changed: every file was collected before; {held}")
        return
    if report["resettled"]:
        say("Settings or software changed since the last run: messages of files not given now keep their earlier form.")
    kept = [("kept", report["kept"]), *([("  newer versions", report["updated"])] if report["updated"] else [])]
    dropped = [(f"dropped: {reason}", n) for reason, n in report["dropped"].items()]
    table(("records", "n"), [("read", report["read"]), *kept, *dropped])
    span = f", {report['first']:%Y-%m-%d} to {report['last']:%Y-%m-%d}" if report["first"] else ""
    say(f"The table messages holds {held}{span}.")
    say(f"{report['missing_reply_targets']:,} replies answer a message that is not in it.")
    replaced = ", ".join(f"{n:,} {kind}" for kind, n in report["placeholders"].items() if n)
    say(f"Placeholders in it: {replaced or 'none'}.")
