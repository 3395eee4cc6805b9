"""``assay lexicon review`` and ``assay lexicon versions``: experts rule on candidates, versions of the lexicon."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table
from core.counting import counted
from lexicon import review_joint_cli

if TYPE_CHECKING:
    import polars as pl

Agreement = Callable[["pl.DataFrame"], Mapping[str, Any]]
ExpertOption = Annotated[str, typer.Option("--expert", help="The expert's user name.", metavar="NAME")]
ReviewOption = Annotated[
    str | None, typer.Option("--name", help="The review.", metavar="REVIEW", show_default="the only open one")
]


def mount(lexicon: typer.Typer, agreement: Agreement) -> None:
    """Add the commands to the group ``lexicon``.

    ``agreement`` measures a closing review: ratings of A and B of one variable → the JSON object of Cohen's κ.
    """
    review = group("Two experts rule on candidates: open, follow, settle and close a review; spreadsheets.")
    review.command("new")(new_cli)
    review.command("list")(list_cli)
    review.command("export")(export_cli)
    review.command("import")(import_cli)
    review_joint_cli.mount(review, agreement)
    lexicon.add_typer(review, name="review")
    lexicon.command("versions")(versions_cli)


@guarded
def new_cli(
    expert: Annotated[list[str], typer.Option(help="User name of an expert; given twice, for A and for B.")],
    name: Annotated[str, typer.Option(help="Name of the review.", show_default="the next free review-N")] = "",
    size: Annotated[int | None, typer.Option(help="Candidates, those with the highest keyness.", min=1)] = None,
    min_messages: Annotated[int, typer.Option(help="Messages that a candidate has to stand in.", min=0)] = 1,
    members: Annotated[bool, typer.Option("--members", help="Near-duplicates are ruled on one by one.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also candidates that a closed review decided.")] = False,
    seed: Annotated[int, typer.Option(help="Of the order in which each expert sees them.")] = 7,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Open a review of the candidates that were not ruled on yet, for two experts, who do not see each other's rulings.

    Of near-duplicates the one that stands for them is ruled on and the others are listed under it; they wait for a
    later review.

    Example: `assay lexicon review new --expert lin --expert zhou --size 100 -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.choosing import ReviewPlan
    from lexicon.review.opening import open_review

    opened = open_workspace(workspace)
    plan = ReviewPlan(
        experts=tuple(expert), name=name, size=size, min_messages=min_messages, members=members, again=again, seed=seed
    )
    made = open_review(opened, open_database(opened), plan).as_json()
    emit(made, as_json, lambda: _show_new(made))


def _show_new(made: Mapping[str, Any]) -> None:
    experts = ", ".join(f"{letter} is {name}" for letter, name in made["experts"].items())
    say(f"review {made['name']}: {counted(made['n_candidates'], 'candidate')}; {experts}")
    if made["n_similar"]:
        say(f"{counted(made['n_similar'], 'near-duplicate')} listed with them, to wait for a later review")
    if made["n_without_lines"]:
        say(f"{counted(made['n_without_lines'], 'candidate')} in no message of this corpus")
    say("they rule on the pages (assay ui), or in a spreadsheet (assay lexicon review export)")


@guarded
def list_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show every review: its state, how far each expert is, and Cohen's κ of the two once it is closed.

    Example: `assay lexicon review list -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.reviews import list_reviews

    reviews = [found.as_json() for found in list_reviews(open_database(open_workspace(workspace)))]
    emit({"reviews": reviews}, as_json, lambda: _show_reviews(reviews))


def _show_reviews(reviews: list[dict[str, Any]]) -> None:
    if not reviews:
        say("there are no reviews yet; open one with: assay lexicon review new --expert NAME --expert NAME")
        return
    rows = []
    for found in reviews:
        experts = [f"{one['letter']} {one['name']} {one['n_done']}/{found['n_candidates']}" for one in found["experts"]]
        kappa = _shown(found["agreement"]["decision"]) if found["agreement"] else None
        rows.append((found["name"], found["state"], found["n_candidates"], ", ".join(experts), kappa))
    table(("review", "state", "candidates", "experts", "Cohen's κ"), rows)


def _shown(kappa: Mapping[str, Any]) -> str:
    return f"undefined: {kappa['reason']}" if kappa["value"] is None else f"{kappa['value']:.3f}"


@guarded
def export_cli(
    file: Annotated[Path, typer.Argument(help="The spreadsheet to write, .xlsx or .csv.", show_default=False)],
    expert: ExpertOption,
    name: ReviewOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the candidates of an open review for one expert to rule on in a spreadsheet, with lines of the corpus.

    It holds what this expert ruled so far and nothing of the other. It holds chat text: treat it like the corpus.

    Example: `assay lexicon review export lin.xlsx --expert lin -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.spreadsheets import export_sheet

    opened = open_workspace(workspace)
    made = export_sheet(opened, open_database(opened), file, expert, name)
    told = f"{counted(made.n_ruled + made.n_empty, 'candidate')} of review {made.review} for expert {made.expert}"
    emit(made.as_json(), as_json, lambda: say(f"{told} written to {file}; ruled on: {made.n_ruled:,}"))


@guarded
def import_cli(
    file: Annotated[Path, typer.Argument(help="The spreadsheet, .xlsx or .csv.", show_default=False)],
    expert: ExpertOption,
    name: ReviewOption = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take the rulings of one expert from a spreadsheet that `export` wrote: every row or none.

    Rows without a decision change nothing. A ruling that differs from an earlier one is a revision.

    Example: `assay lexicon review import lin.xlsx --expert lin -w corpus`
    """
    from core.database import open_database
    from core.workspace import open_workspace
    from lexicon.review.spreadsheets import import_sheet

    opened = open_workspace(workspace)
    report = import_sheet(opened, open_database(opened), file, expert, name)
    emit(report.as_json(), as_json, lambda: _show_import(report.as_json()))


def _show_import(report: Mapping[str, Any]) -> None:
    say(
        f"expert {report['expert']} in review {report['review']}: {counted(report['n_new'], 'new ruling')}, "
        f"{report['n_revised']:,} revised, {report['n_unchanged']:,} as before; "
        f"{counted(report['n_empty'], 'row')} without a decision"
    )
    if report["joint"]:
        say("both experts are done: what they differ on is settled together (assay lexicon review joint, or assay ui)")


@guarded
def versions_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """List the frozen versions of the lexicon: entries, and what each added, removed and changed.

    Example: `assay lexicon versions -w corpus`
    """
    from core.workspace import open_workspace
    from lexicon.versions import list_versions

    found = [version.as_json() for version in list_versions(open_workspace(workspace))]
    columns = ("version", "entries", "explicit", "implicit", "added", "removed", "changed", "rejected")
    rows = [(*(one[column] for column in columns), one["frozen_at"][:16].replace("T", " ")) for one in found]
    emit({"versions": found}, as_json, lambda: table((*columns, "frozen (UTC)"), rows))
