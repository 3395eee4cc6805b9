"""``assay lexicon propose`` and ``candidates``: signal words that statistics propose, and the pool of all proposals."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from lexicon.pooling.report import PoolReport
    from lexicon.proposals.proposing import ProposeReport, Surroundings


def mount(app: typer.Typer) -> None:
    """Put the commands into the group ``lexicon``."""
    app.command("propose")(propose_cli)
    app.command("candidates")(candidates_cli)


@guarded
def propose_cli(
    source: Annotated[
        list[str] | None,
        typer.Option(help="neighbours, log_odds or variants; may be given more than once. Without it: all three."),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Propose signal words without a model: from what stands near known ones, is used like them or spells them.

    Pools all proposals afterwards, as `assay lexicon candidates` does.

    Example: `assay lexicon propose --source variants -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.proposals.proposing import propose

    opened = open_workspace(workspace)
    report = propose(opened, open_database(opened), source or ())
    emit(report.as_json(), as_json, lambda: _show_proposed(report))


def _show_proposed(report: "ProposeReport") -> None:
    if not report.changed:
        say("nothing changed")
    rows = [(found.source, found.n_proposals, ", ".join(found.top)) for found in report.sources]
    table(("source", "proposals", "strongest"), rows)
    if report.surroundings is not None:
        _show_surroundings(report.surroundings)
    _show_counts(report.pooled)


def _show_surroundings(seen: "Surroundings") -> None:
    share = seen.n_near / seen.n_messages if seen.n_messages else 0.0
    say(f"Messages with a known signal word: {seen.n_signals:,} of {seen.n_messages:,}; near one: {seen.n_near:,}.")
    if share > 0.5:
        say(f"That is {share:.0%}, which leaves little to compare with: try a smaller near under [lexicon.propose].")
    if seen.n_traditional:
        found = counted(seen.n_traditional, "message")
        say(f"{found} with signal words in Traditional script, where terms do not match: set")
        say("simplify = true under [collect] and collect again.")


@guarded
def candidates_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Pool all proposals into candidates: frequency, keyness, example lines, groups of near-duplicates.

    Example: `assay lexicon candidates -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.pooling.candidates import pool

    opened = open_workspace(workspace)
    report = pool(opened, open_database(opened))
    emit(report.as_json(), as_json, lambda: _show_pool(report))


def _show_pool(report: "PoolReport") -> None:
    if not report.changed:
        say("nothing changed")
    columns = ("term", "keyness", "n_matches", "n_messages", "n_users", "n_chats")
    rows = [[row[column] for column in columns] + [", ".join(row["sources"])] for row in report.top]
    table((*columns, "sources"), rows, "Highest keyness")
    if report.grouped:
        table(("stands for", "near-duplicates"), [(head, ", ".join(rest)) for head, *rest in report.grouped])
    table(("source", "candidates"), report.by_source.items())
    _show_counts(report)


def _show_counts(report: "PoolReport") -> None:
    say(
        f"{counted(report.n_candidates, 'candidate')} in {counted(report.n_groups, 'group')} from "
        f"{counted(report.n_proposals, 'proposal')}; left out: {report.n_known:,} known already, "
        f"{report.n_not_in_corpus:,} not in the corpus"
    )
