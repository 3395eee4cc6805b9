"""``assay segment tune``: the search for max_gap, max_size and max_span, step by step."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted
from segmenter.tune_run_cli import run_command, run_search

if TYPE_CHECKING:
    from core.workspace import Workspace
    from segmenter.tuning.development import DrawReport
    from segmenter.tuning.outside import Outside

AgainOption = Annotated[bool, typer.Option("--again", help="Draw anew although people label this set already.")]
AnnotatorOption = Annotated[list[str] | None, typer.Option(help="Only this annotator; may be repeated.")]


def mount(app: typer.Typer, outside: "Outside") -> None:
    """Put ``tune`` under the group ``segment``. outside: the stages that label and judge."""
    tune = typer.Typer(
        invoke_without_command=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
    )
    tune.callback()(_tune_command(outside))
    tune.command("draw")(_draw_command(outside))
    tune.command("label")(_label_command(outside))
    tune.command("run")(run_command(outside))
    app.add_typer(tune, name="tune")


def _tune_command(outside: "Outside") -> Callable[..., None]:
    @guarded
    def tune_cli(context: typer.Context, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
        """Search max_gap, max_size and max_span on suspicious messages that people labelled: do the next step.

        The steps: draw a development set; let three annotators label it and settle where they disagree, in the
        browser; run the search. This does whichever is next, and says what comes after it.

        Example: `assay segment tune -w corpus`
        """
        if context.invoked_subcommand is not None:
            return
        from core.workspace import open_workspace
        from segmenter.tuning.steps import next_step

        opened = open_workspace(workspace)
        step = next_step(opened, outside)
        if step.name == "draw":
            _draw(opened, outside, as_json)
        elif step.name == "label":
            _label(opened, outside, (), as_json)
        elif step.name == "run":
            run_search(opened, outside, as_json)
        else:
            emit({"step": step.as_json()}, as_json, lambda: say(f"{step.told}; then: assay segment tune"))

    return tune_cli


def _draw_command(outside: "Outside") -> Callable[..., None]:
    @guarded
    def draw_cli(again: AgainOption = False, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
        """Draw the development set: suspicious messages from every chat, kind, category and length of conversation.

        How many is `segment.tune.sample`. The same messages and seed draw the same set.

        Example: `assay segment tune draw -w corpus`
        """
        from core.workspace import open_workspace

        _draw(open_workspace(workspace), outside, as_json, again)

    return draw_cli


def _draw(workspace: "Workspace", outside: "Outside", as_json: bool, again: bool = False) -> None:
    from core.errors import WorkspaceError
    from segmenter.tuning.development import draw_development, recipe

    drawn = workspace.store.exists("development")
    if drawn and not again and not workspace.store.unchanged("development", recipe(workspace)):
        found = outside.labelling(workspace)
        if found is not None:
            raise WorkspaceError(
                f"messages, matches or settings changed since the development set was drawn, and batch {found.batch!r} "
                "has its items; go on with it (assay segment tune), or draw another one with --again"
            )
    report = draw_development(workspace)
    emit({"drawn": report.as_json()}, as_json, lambda: _show_drawn(report))


def _show_drawn(report: "DrawReport") -> None:
    fewer = f" ({report.n_asked} were wanted; no more stand apart)" if report.n_items < report.n_asked else ""
    told = f"{report.n_items:,} of {counted(report.n_candidates, 'suspicious message')} drawn{fewer}"
    alone = f"; left out, alone in every configuration: {report.n_alone:,}" if report.n_alone else ""
    say(f"{told}{alone}" if report.changed else f"nothing changed: {told}")
    rows = [("chats", "", f"{report.coverage['chat_id'].n_drawn} of {report.coverage['chat_id'].n_values}")]
    for stratum in ("kind", "categories", "length"):
        rows += [(stratum, value, n) for value, n in report.coverage[stratum].items.items()]
    table(("spread over", "", "messages"), rows)
    say("next: assay segment tune label")


def _label_command(outside: "Outside") -> Callable[..., None]:
    @guarded
    def label_cli(
        annotator: AnnotatorOption = None, workspace: WorkspaceOption = HERE, as_json: JsonOption = False
    ) -> None:
        """Give the development set to annotators, who label it in the browser like any batch.

        Every item goes to as many annotators as `annotate.overlap` says (three). They see each message in its
        widest context. Its labels are for the search and never become gold of the corpus.

        Example: `assay segment tune label -w corpus`
        """
        from core.workspace import open_workspace

        _label(open_workspace(workspace), outside, tuple(annotator or ()), as_json)

    return label_cli


def _label(workspace: "Workspace", outside: "Outside", annotators: tuple[str, ...], as_json: bool) -> None:
    found = outside.labelling(workspace)
    given = dict(outside.open_batch(workspace, annotators)) if found is None else {}
    now = found or outside.labelling(workspace)
    batch = now.batch if now else ""

    def show() -> None:
        if not given:
            say(f"nothing changed: batch {batch!r} has the development set already; see: assay batch list")
            return
        say(f"batch {batch!r} is open")
        table(("annotator", "items"), given.items())
        say("next: assay ui, where they label and an adjudicator settles disagreements; then: assay segment tune")

    emit({"batch": batch, "changed": bool(given), "assigned": given}, as_json, show)
