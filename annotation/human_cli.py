"""``assay batch``, and `mount` for it and ``assay user``."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from annotation import user_cli
from core.command import HERE, JsonOption, WorkspaceOption, emit, group, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    import polars as pl

Agreement = Callable[["pl.DataFrame"], dict[str, Any]]


def mount(app: typer.Typer, agreement: Agreement) -> None:
    """Add this stage's commands to the tree.

    ``agreement`` measures a closing batch: ratings (item, rater, variable, label) → the JSON object of DESIGN §4.
    """
    batch = group("Batches of items for annotators: make, close, list.")
    batch.command("new")(new_cli)
    batch.command("close")(_close_command(agreement))
    batch.command("list")(list_batches_cli)
    app.add_typer(batch, name="batch")
    app.add_typer(user_cli.app, name="user")


@guarded
def new_cli(
    name: Annotated[str, typer.Option(help="Name of the batch.", show_default="the next free batch-N")] = "",
    size: Annotated[int | None, typer.Option(help="Items in the batch.")] = None,
    overlap: Annotated[int | None, typer.Option(help="Annotators an item.")] = None,
    audit_share: Annotated[float | None, typer.Option(help="Share drawn from the accepted items, 0 to 1.")] = None,
    annotator: Annotated[list[str] | None, typer.Option(help="Only this annotator; may be repeated.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Items of earlier batches may be drawn too.")] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Draw items from the no-consensus pool, and an audit share of the accepted ones, and give them to annotators.

    Options that are not given come from `[annotate]` in assay.toml.

    Example: `assay batch new --name pilot --size 50 --overlap 3 -w corpus`
    """
    from annotation.human.batches import open_batch
    from annotation.human.drawing import plan_for
    from core.database import open_database
    from core.workspace import open_workspace, with_options

    given = {"batch_size": size, "overlap": overlap, "audit_share": audit_share}
    opened = with_options(open_workspace(workspace), "annotate", given)
    plan = plan_for(opened.settings.annotate, name=name, again=again, annotators=tuple(annotator or ()))
    made = open_batch(opened, open_database(opened), plan).as_json()
    emit(made, as_json, lambda: _show_new(made))


def _show_new(made: Mapping[str, Any]) -> None:
    fewer = f" ({made['n_asked']} were wanted; no more are left)" if made["n_items"] < made["n_asked"] else ""
    items, annotators = counted(made["n_items"], "item"), counted(made["overlap"], "annotator")
    say(f"batch {made['name']}: {items}{fewer}, {annotators} each")
    say(f"{made['n_items'] - made['n_audit']:,} from the no-consensus pool, {made['n_audit']:,} accepted, as an audit")
    table(("annotator", "items"), made["assigned"].items())


def _close_command(agreement: Agreement) -> Callable[..., None]:
    @guarded
    def close_cli(
        name: Annotated[str, typer.Argument(help="Name of the batch.", metavar="NAME", show_default=False)],
        force: Annotated[bool, typer.Option("--force", help="Close although assignments are open.")] = False,
        workspace: WorkspaceOption = HERE,
        as_json: JsonOption = False,
    ) -> None:
        """Close a batch: no more submissions; its agreement is measured, and adjudication may begin.

        Example: `assay batch close pilot -w corpus`
        """
        from annotation.human.batches import close_batch
        from core.database import open_database
        from core.workspace import open_workspace

        opened = open_workspace(workspace)
        closed = close_batch(open_database(opened), name, agreement, force, clock=opened.clock).as_json()
        emit(closed, as_json, lambda: _show_closed(closed))

    return close_cli


def _show_closed(closed: Mapping[str, Any]) -> None:
    n_total, n_missing = closed["n_assignments"], closed["n_missing"]
    say(f"batch {closed['name']} is closed: {n_total - n_missing:,} of {counted(n_total, 'assignment')} done")
    kappas = _kappas(closed["agreement"])
    if kappas:
        table(
            ("variable", "Fleiss' κ", "95% from", "to", "interval, or why there is none"),
            [
                (name, one["value"], one["low"], one["high"], one["reason"] or one["method"])
                for name, one in kappas.items()
            ],
        )


def _kappas(agreement: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    return {name: one["fleiss_kappa"] for name, one in (agreement or {}).get("variables", {}).items()}


@guarded
def list_batches_cli(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show every batch: its state, how far each annotator is, and κ once it is closed.

    Example: `assay batch list -w corpus`
    """
    from annotation.human.batches import list_batches
    from core.database import open_database
    from core.workspace import open_workspace

    batches = [found.as_json() for found in list_batches(open_database(open_workspace(workspace)))]
    emit({"batches": batches}, as_json, lambda: _show_batches(batches))


def _show_batches(batches: list[dict[str, Any]]) -> None:
    if not batches:
        say("there are no batches yet; make one with: assay batch new")
        return
    rows = []
    for found in batches:
        loads = ", ".join(f"{load['annotator']} {load['n_done']}/{load['n_total']}" for load in found["loads"])
        values = [f"{name} {_shown(one['value'])}" for name, one in _kappas(found["agreement"]).items()]
        done = f"{found['n_done']}/{found['n_total']}"
        rows.append((found["name"], found["state"], found["n_items"], done, loads, ", ".join(values) or None))
    table(("batch", "state", "items", "done", "annotators", "Fleiss' κ"), rows)


def _shown(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"
