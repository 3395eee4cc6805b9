"""``assay segment tune run``: the search itself, and its winner into assay.toml."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from core.workspace import Workspace
    from segmenter.tuning.evidence import Evidence, Scored
    from segmenter.tuning.outside import Outside
    from segmenter.tuning.searching import Plan

VoterOption = Annotated[str | None, typer.Option(help="Voter that judges.", show_default="segment.tune.voter")]
VariableOption = Annotated[str | None, typer.Option(help="Variable scored.", show_default="segment.tune.variable")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only count what the voter would be asked.")]
WriteOption = Annotated[bool, typer.Option("--write", help="Put the winner into assay.toml; asks first.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Write without asking.")]
SHOWN = 10
"""Configurations that the terminal lists; the report has all."""


def run_command(outside: "Outside") -> Callable[..., None]:
    """The command, with the stages that label and judge."""

    @guarded
    def run_cli(
        voter: VoterOption = None,
        variable: VariableOption = None,
        dry_run: DryOption = False,
        write: WriteOption = False,
        yes: YesOption = False,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Judge every configuration's contexts and compare macro-F1; figures and evidence go to reports/.

        Equal contexts are judged once, and what was judged before is kept: a run that was stopped goes on. What would
        change in assay.toml is shown, and written only with --write.

        Example: `assay segment tune run --voter ridge --write -w corpus`
        """
        from core.errors import SettingsError
        from core.workspace import open_workspace, with_options

        if write and as_json and not yes:
            raise SettingsError("--write asks first, which --json leaves no room for; add --yes")
        opened = open_workspace(workspace)
        given = {key: value for key, value in (("voter", voter), ("variable", variable)) if value is not None}
        tune = {**opened.settings.segment.tune.model_dump(), **given}
        chosen = with_options(opened, "segment", {"tune": tune})
        if dry_run:
            _show_plan(chosen, outside, as_json)
        else:
            run_search(chosen, outside, as_json, write, yes)

    return run_cli


def run_search(
    workspace: "Workspace", outside: "Outside", as_json: bool, write: bool = False, yes: bool = False
) -> None:
    """Search, keep the evidence, draw the figures, and write the winner or show what would change."""
    from core.errors import ServiceError
    from segmenter.tuning.charts import write_curves
    from segmenter.tuning.evidence import keep
    from segmenter.tuning.searching import search, tuned_variable

    variable = tuned_variable(workspace)
    evidence = search(workspace, outside.labels(workspace, variable), outside.judge(workspace, variable))
    changed = keep(workspace, evidence)
    figures = [path.name for path in write_curves(evidence, workspace.reports)]
    if not as_json:
        _show(evidence, changed, figures)
    written = _write(workspace, evidence, quiet=as_json, yes=yes) if write else False
    if not write and not as_json:
        _show_difference(workspace, evidence)
    result = {**evidence.as_json(), "changed": changed, "written": written, "figures": figures}
    emit(result, as_json, lambda: None)
    if evidence.n_failed:
        raise ServiceError(
            f"{counted(evidence.n_failed, 'judgement')} failed and counted as wrong. The others are kept; put "
            "that right and run assay segment tune run again: it asks only for what is missing"
        )


def _write(workspace: "Workspace", evidence: "Evidence", *, quiet: bool, yes: bool) -> bool:
    from segmenter.tuning.winner import difference, settings_text, with_winner, write_winner

    if not quiet:
        before = settings_text(workspace)
        say(difference(before, with_winner(before, evidence)))
    if not yes and not typer.confirm("write this to assay.toml?", err=True):
        return False
    write_winner(workspace, evidence)
    if not quiet:
        say("written; next: assay segment")
    return True


def _show_difference(workspace: "Workspace", evidence: "Evidence") -> None:
    from segmenter.tuning.grid import Configuration
    from segmenter.tuning.winner import difference, settings_text, with_winner

    if Configuration.of(workspace.settings.segment) == evidence.winner.configuration:
        say("assay.toml has the best configuration already")
        return
    before = settings_text(workspace)
    say(difference(before, with_winner(before, evidence)))
    say("assay.toml is as it was; to write this: assay segment tune run --write")


def _show_plan(workspace: "Workspace", outside: "Outside", as_json: bool) -> None:
    from dataclasses import asdict

    from segmenter.tuning.searching import plan, tuned_variable

    variable = tuned_variable(workspace)
    planned = plan(workspace, outside.labels(workspace, variable), outside.judge(workspace, variable))
    emit(asdict(planned), as_json, lambda: say(_plan_in_words(planned)))


def _plan_in_words(planned: "Plan") -> str:
    return (
        f"{counted(planned.n_items, 'labelled message')} in {counted(planned.n_configurations, 'configuration')}: "
        f"{counted(planned.n_contexts, 'context')}, {planned.n_distinct:,} of them different; {planned.voter} has "
        f"{planned.n_waiting:,} to judge"
    )


def _show(evidence: "Evidence", changed: bool, figures: list[str]) -> None:
    if evidence.simulated:
        say(f"SIMULATED labels: {', '.join(evidence.simulated)} are programs; this says nothing about people")
    labels = ", ".join(f"{source} {n}" for source, n in evidence.by_source.items())
    left = "".join(f"; left out: {reason.replace('_', ' ')} {n}" for reason, n in evidence.left_out.items())
    say(f"{counted(evidence.n_items, 'message')} labelled ({labels}{left})")
    say(
        f"{counted(evidence.n_contexts, 'context')}, {evidence.n_distinct:,} of them different, judged by "
        f"{evidence.voter}; with a message beyond what annotators saw: {evidence.n_beyond:,}"
    )
    ranked = sorted(evidence.scored, key=lambda one: (one is not evidence.winner, -one.macro_f1.value))
    columns = ("MTS", "SS", "STS", "messages", "macro-F1", "95% from", "to", "behind", "told apart", "no label")
    title = f"the first {SHOWN} of {counted(len(ranked), 'configuration')}"
    table(columns, [_row(one) for one in ranked[:SHOWN]], title=title)
    say(f"the best: {evidence.winner.configuration}: {evidence.in_words()}")
    if evidence.current is not None and evidence.current != evidence.best:
        now = evidence.scored[evidence.current]
        told = "cannot be told from it" if now.as_good else "is worse"
        say(f"what assay.toml says now ({now.configuration}) {told}: macro-F1 {now.macro_f1.value:.3f}")
    kept = f"reports/segment-tune.json, {', '.join(figures)}"
    say(f"all of it: {kept}" if changed else f"nothing changed: {kept}")


def _row(one: "Scored") -> tuple[object, ...]:
    grid, f1 = one.configuration, one.macro_f1
    told_apart = "no" if one.as_good else "yes"
    missing = one.n_abstained + one.n_failed
    numbers = (f"{grid.max_gap:g}", grid.max_size, f"{grid.max_span:g}", f"{one.mean_messages:.1f}")
    return (*numbers, f1.value, f1.low, f1.high, one.behind.value, told_apart, missing)
