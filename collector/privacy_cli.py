"""``assay privacy``: the key, what is left on the disk, and what an outsider could do."""

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from collector.privacy.attack import AttackReport
    from collector.privacy.scan import ScanReport

app = group("The pseudonym key, and what could identify somebody: scan, attack, protect, shred.")


def mount(root: typer.Typer) -> None:
    """Put the group on the command line."""
    root.add_typer(app, name="privacy")


@app.command("protect-key")
@guarded
def protect_key_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Put the pseudonym key under a passphrase, which collecting then asks for (or reads from ASSAY_KEY_PASSPHRASE).

    A passphrase that is forgotten cannot be recovered. Without it nothing can be added to the corpus any more.

    Example: `assay privacy protect-key -w corpus`
    """
    from collector.key_protection import protect_key
    from core.workspace import open_workspace

    protect_key(open_workspace(workspace), _new_passphrase())
    emit({"protected": True}, as_json, lambda: say("secrets/pseudonym.key is under the passphrase now; keep it safe"))


def _new_passphrase() -> str:
    from collector.key_wrapping import MIN_CHARACTERS
    from collector.keys import PASSPHRASE_VARIABLE

    question = f"Passphrase ({MIN_CHARACTERS} characters or more)"
    return os.environ.get(PASSPHRASE_VARIABLE) or typer.prompt(
        question, hide_input=True, confirmation_prompt=True, err=True
    )


@app.command("unprotect-key")
@guarded
def unprotect_key_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Take the pseudonym key out of its passphrase, to work without one or to choose another.

    Example: `assay privacy unprotect-key -w corpus`
    """
    from collector.key_protection import unprotect_key
    from core.workspace import open_workspace

    unprotect_key(open_workspace(workspace))
    emit({"protected": False}, as_json, lambda: say("secrets/pseudonym.key holds the plain key again"))


@app.command("shred-key")
@guarded
def shred_key_cli(
    confirm: Annotated[
        str | None, typer.Option(help="Name of the workspace's folder, instead of typing it.", metavar="NAME")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Destroy the pseudonym key, for good: nobody can make or check a pseudonym any more, and nothing can be added.

    Says what that protects against and what not, and asks for the name of the workspace's folder before it begins.

    Example: `assay privacy shred-key -w corpus`
    """
    from collector.key_shredding import EXPLANATION, check_confirmation, shred_key
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    typer.echo(EXPLANATION, err=True)
    name = opened.root.resolve().name
    typed = confirm if confirm is not None else typer.prompt(f"\nTo shred it, type {name}", err=True)
    check_confirmation(opened, typed)
    shredded = shred_key(opened)
    emit(shredded.as_json(), as_json, lambda: _show_shredded(shredded.as_json()))


def _show_shredded(shredded: dict[str, Any]) -> None:
    say(f"Overwritten and removed from secrets/: {', '.join(shredded['removed']) or 'nothing was left'}.")
    if shredded["still_in_environment"]:
        say("ASSAY_PSEUDONYM_KEY is still set: the key lives on there, and wherever that comes from. Destroy it too.")
    say(f"Shredded at {shredded['at']}. Copies in backups and on other machines are yours to find and destroy.")


@app.command("scan")
@guarded
def scan_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Look through tables, database, caches, logs, reports and releases for anything that looks like a raw identifier.

    Never shows a value, only where it is and its ends. Exit 1 when something was found. Does not read secrets/.

    Example: `assay privacy scan -w corpus`
    """
    from collector.privacy.scan import refuse_findings, scan
    from core.workspace import open_workspace

    report = scan(open_workspace(workspace))
    emit(report.as_json(), as_json, lambda: _show_scan(report))
    refuse_findings(report)


def _show_scan(report: "ScanReport") -> None:
    looked = f"Looked at {counted(report.texts, 'text')} in {counted(report.files, 'file')}"
    if not report.findings:
        say(f"{looked}: nothing looks like a raw identifier.")
    else:
        rows = [
            (
                found.place,
                found.kind,
                found.count,
                "; ".join(f"{where}: {shown}" for where, shown in found.examples[:2]),
            )
            for found in report.findings
        ]
        table(("place", "kind", "n", "for example"), rows)
        say(f"{looked}.")
    if report.not_looked_into:
        say(f"Not looked into, because they hold no readable text: {', '.join(report.not_looked_into)}.")


@app.command("attack")
@guarded
def attack_cli(
    ids: Annotated[int, typer.Option(help="How many ids to try: about 10 seconds a million.", min=1)] = 2_000_000,
    first_id: Annotated[int, typer.Option("--from", help="The first id to try.", min=0)] = 5_000_000_000,
    seed: Annotated[int, typer.Option(help="Of the random draws.")] = 7,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Measure what an outsider with the tables could do: try every id, match activity times, search for sentences.

    Writes reports/privacy.md and reports/privacy.json. Needs no key.

    Example: `assay privacy attack -w corpus`
    """
    from collector.privacy.attack import attack
    from core.workspace import open_workspace

    report = attack(open_workspace(workspace), ids, first_id, seed)
    emit(report.as_json(), as_json, lambda: _show_attack(report))


def _show_attack(report: "AttackReport") -> None:
    from collector.privacy import attack_page as words

    parts = (
        ("Try every id", words.enumeration_rows(report.enumeration), words.of_enumeration(report.enumeration)),
        ("Recognise somebody by when they write", words.unicity_rows(report.unicity), words.of_unicity(report.unicity)),
        ("Search for a sentence", words.verbatim_rows(report.verbatim), words.of_verbatim(report.verbatim)),
    )
    for title, (head, *rows), conclusion in parts:
        table(head, rows, title=title)
        say(f"\n{conclusion}\n".replace("**", ""))
    say(f"Written to {report.report}.")
