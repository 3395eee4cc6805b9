"""``assay discover``: read posts, look at the candidates, decide about them."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from collector.candidates import Candidate
    from collector.discovery import DiscoveryReport

READ = "read"


class Verdict(Enum):
    """What may be decided about a candidate."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class FilesFirst(TyperGroup):
    """``assay discover FILE...`` is short for ``assay discover read FILE...``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = [READ, *args]
        return super().parse_args(ctx, args)


app = group("Find the Telegram groups that posts mention, and decide which to collect.")


def mount(root: typer.Typer) -> None:
    """Register ``discover`` with the command ``assay``."""
    root.add_typer(app, name="discover", cls=FilesFirst)


@app.command(READ)
@guarded
def read_cli(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Posts that you exported: JSON Lines, JSON, CSV or text.", metavar="FILE..."),
    ] = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also ask Telegram about the candidates: members, messages, language.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find the Telegram groups that exported posts mention. The word `read` may be left out.

    The names are kept sealed in secrets/ and shown here; the audit log holds their keyed pseudonyms.

    Example: `assay discover posts.jsonl --online -w corpus`
    """
    from collector.discovery import discover, open_candidates
    from core.errors import DataError
    from core.workspace import open_workspace

    if not paths and not online:
        raise DataError("no file was given; give posts that you exported, or --online to look at the candidates again")
    opened = open_workspace(workspace)
    candidates = open_candidates(opened)
    report = discover(opened, candidates, paths or [])
    if online:
        _ask_telegram(opened, candidates)
        report.candidates = list(candidates)
    emit(report.as_json(), as_json, lambda: _show(report))


def _ask_telegram(workspace: Any, candidates: Any) -> None:
    from collector.telegram.checking import check_candidates
    from collector.telegram.opening import conversing
    from collector.telegram_cli import ask_on_terminal

    with conversing(workspace, ask_on_terminal) as conversation:
        check_candidates(workspace, candidates, conversation)


@app.command("list")
@guarded
def list_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show the candidates with what is known about them and what was decided.

    Example: `assay discover list -w corpus`
    """
    from collector.discovery import open_candidates
    from core.workspace import open_workspace

    rows = list(open_candidates(open_workspace(workspace)))
    emit({"candidates": [row.as_json() for row in rows]}, as_json, lambda: _show_candidates(rows))


@app.command("decide")
@guarded
def decide_cli(
    name: Annotated[str, typer.Argument(help="Public name or link of the group.", metavar="NAME")],
    decision: Annotated[Verdict, typer.Argument(help="include or exclude", metavar="DECISION")],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the audit log, so without names.")],
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Record whether a group is to be collected, and why. A decision may be changed; the audit log keeps them all.

    Example: `assay discover decide night_talk include --reason "open peer group, mostly Chinese" -w corpus`
    """
    from collector.discovery import decide, open_candidates
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    row = decide(opened, open_candidates(opened), name, decision.value, reason)
    emit(row.as_json(), as_json, lambda: say(f"{row.link}: {row.decision} ({row.reason})"))


def _show(report: "DiscoveryReport") -> None:
    if report.files and report.files_known == report.files:
        say("nothing changed: every file was read before")
    elif report.files:
        found = f"{counted(report.mentions, 'mention')} of groups in {counted(report.posts, 'post')}"
        say(f"{found}; {counted(report.new, 'new candidate')}.")
        if report.left_out:
            kinds = ", ".join(f"{n:,} {kind}" for kind, n in report.left_out.most_common())
            say(f"Links that lead to no group, or to a message of a private one: {kinds}.")
    _show_candidates(report.candidates)


def _show_candidates(rows: "list[Candidate]") -> None:
    if not rows:
        say("there are no candidates yet; give posts that you exported: assay discover FILE...")
        return
    columns = ("group", "mentions", "posts", "files", "access", "members", "30 days", "zh", "decision", "reason")
    table(columns, [_row(row) for row in rows])


def _row(row: "Candidate") -> tuple[Any, ...]:
    facts = row.facts or {}
    recent = facts.get("messages_30_days")
    shown = None if recent is None else f"{recent:,}{'+' if facts.get('more') else ''}"
    known = (facts.get("access"), facts.get("members"), shown, facts.get("zh_share"))
    return row.link, row.mentions, row.posts, len(row.sources), *known, row.decision, row.reason
