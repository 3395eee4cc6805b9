"""``assay gate``, ``assay agreement`` and ``assay resolve``."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consensus.showing import show_details
from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from core.workspace import Workspace

    VotesOutOfDate = Callable[[Workspace], tuple[Sequence[str], str]]

_COEFFICIENTS = {
    "Fleiss' κ": ("fleiss_kappa",),
    "Krippendorff's α, nominal": ("krippendorff_alpha", "nominal"),
    "Krippendorff's α, ordinal": ("krippendorff_alpha", "ordinal"),
}


def mount(app: typer.Typer, votes_out_of_date: "VotesOutOfDate | None" = None) -> None:
    """Add this stage's commands to the tree.

    ``votes_out_of_date``: a workspace → why the votes of its panel are out of date, in words, none where they are not,
    and the command that casts them anew; for the gate to tell.
    """
    app.command("gate")(_gate_command(votes_out_of_date))
    app.command("agreement")(agreement_cli)
    app.command("resolve")(resolve_cli)


def _gate_command(votes_out_of_date: "VotesOutOfDate | None") -> Callable[..., None]:
    @guarded
    def gate_cli(
        threshold: Annotated[
            str | None, typer.Option(help="Consensus ratio ρ to reach, such as 2/3.", show_default="as in assay.toml")
        ] = None,
        details: Annotated[
            bool,
            typer.Option("--details", help="Also measure pairs of voters, what each voter changes, other methods."),
        ] = False,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Turn the panel's votes into silver labels; what it does not agree on is the no-consensus pool.

        Example: `assay gate --threshold 2/3 --details -w corpus`
        """
        from consensus.gate import parse_threshold
        from consensus.gating import run_gate
        from consensus.gold_origins import drawn_as
        from core.database import open_database
        from core.workspace import open_workspace

        exact = parse_threshold(threshold) if threshold is not None else None
        opened = open_workspace(workspace)
        drawn = drawn_as(open_database(opened)) if details and opened.store.exists("gold") else None
        report = run_gate(opened, exact, details=details, drawn=drawn).as_json()
        why, command = votes_out_of_date(opened) if votes_out_of_date else ((), "assay vote")
        emit({**report, "votes_out_of_date": list(why)}, as_json, lambda: _show_gate(report, why, command))

    return gate_cli


def _show_gate(report: Mapping[str, Any], out_of_date: Sequence[str], command: str) -> None:
    """out_of_date: why the votes are; command: casts them anew."""
    unchanged = "" if report["changed"] else "nothing changed: "
    segments = counted(report["n_segments"], "segment")
    say(f"{unchanged}{segments}, a panel of {report['n_panel']}, ρ ≥ {report['threshold']}")
    for name, one in report["thresholds"].items():
        say(f"{name}: ρ ≥ {one}")
    table(
        ("variable", "items", "accepted", "no consensus", "no valid votes", "below quorum", "share", "Fleiss' κ"),
        [
            (
                name, one["n_items"], one["n_accepted"], one["n_no_consensus"], one["n_no_valid_votes"],
                one["n_below_quorum"], one["acceptance_rate"], one["fleiss_kappa"]["value"],
            )
            for name, one in report["variables"].items()
        ],
    )  # fmt: skip
    if report["n_full_panel"] == 0:
        say("no segment is in the random share that the whole panel is asked about (vote.full_share): no κ, no details")
    elif report["n_full_panel"] is not None:
        say(f"κ and details: on the {counted(report['n_full_panel'], 'segment')} that the whole panel was asked about")
    for entry in report["left_out"]:
        say(f"left out: {counted(entry['n'], 'vote')}, {entry['reason']}")
    if report["n_failed"]:
        told = ", ".join(f"{n:,} of {voter}" for voter, n in report["n_failed"].items())
        say(f"votes that failed count as abstentions: {told} (run assay vote to ask again)")
    if report["voters_without_votes"]:
        say(f"without votes: {', '.join(report['voters_without_votes'])} (run: assay vote)")
    if out_of_date:
        told = ", ".join(out_of_date)
        say(f"the votes are out of date, and were counted as they are: {told} (run: {command}, then: assay gate)")
    for name, one in report["variables"].items():
        if "details" in one:
            show_details(name, one["details"])


@guarded
def agreement_cli(
    file: Annotated[
        Path, typer.Argument(help="Ratings: .csv, .tsv, .jsonl or .parquet.", metavar="FILE", show_default=False)
    ],
    wide: Annotated[bool, typer.Option("--wide", help="One column a rater instead of item, rater, label.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how far the raters of any table agree. No workspace is needed.

    The long form has the columns item, rater, [variable,] label; an empty label or −1 is missing.

    Example: `assay agreement ratings.csv --wide`
    """
    from consensus.measuring import agreement_json
    from consensus.rating_file import read_ratings

    ratings = read_ratings(file, wide=wide)
    measured = agreement_json(ratings.frame, text_variables=ratings.label_names)
    emit(measured, as_json, lambda: _show_agreement(measured["variables"]))


def _show_agreement(variables: Mapping[str, Mapping[str, Any]]) -> None:
    for name, one in variables.items():
        say(
            f"{name}: {counted(one['n_ratings'], 'rating')} of {counted(one['n_items'], 'item')} by "
            f"{counted(one['n_raters'], 'rater')}; {counted(one['n_items_used'], 'item')} with two or more"
        )
        table(("coefficient", "value", "95% from", "to", "interval, or why there is none"), _summary_rows(one))
        if one["cohen_kappa"]:
            pairs = one["cohen_kappa"]
            say("")
            table(
                ("Cohen's κ of", "and", "items", "value", "95% from", "to"),
                [[pair[key] for key in ("a", "b", "n", "value", "low", "high")] for pair in pairs],
            )
        for entry in one["left_out"]:
            say(f"left out: {entry['n']:,}, {entry['reason']}")
        say("")


def _summary_rows(one: Mapping[str, Any]) -> list[list[object]]:
    rows: list[list[object]] = [["percent agreement (0 to 1)", one["percent_agreement"], None, None, None]]
    for title, place in _COEFFICIENTS.items():
        estimate: Any = one
        for key in place:
            estimate = estimate[key]
        numbers = [estimate["value"], estimate["low"], estimate["high"]]
        rows.append([title, *numbers, estimate["reason"] or estimate["method"]])
    return rows


@guarded
def resolve_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Make gold labels from the ratings and adjudications of closed batches.

    Example: `assay resolve -w corpus`
    """
    from consensus.gold import resolve
    from core.database import open_database
    from core.workspace import open_workspace

    opened = open_workspace(workspace)
    report = resolve(opened, open_database(opened)).as_json()
    emit(report, as_json, lambda: _show_gold(report))


def _show_gold(report: Mapping[str, Any]) -> None:
    sources = ", ".join(f"{n} {source}" for source, n in report["by_source"].items())
    gold, items = counted(report["n_gold"], "gold label"), counted(report["n_items"], "item")
    told = f"{gold} ({sources}) on {items} of {counted(report['n_batches'], 'batch', 'batches')}"
    say(told if report["changed"] else f"nothing changed: {told}")
    for reason, n in report["rejected"].items():
        say(f"not gold: {n}, {reason.replace('_', ' ')}")
    if report["simulated_raters"]:
        say(f"simulated raters took part: {', '.join(report['simulated_raters'])}")
