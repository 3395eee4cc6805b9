"""``assay segment``: from matches to segments."""

from typing import Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say
from core.counting import counted

app = typer.Typer(invoke_without_command=True, pretty_exceptions_enable=False)


@app.callback()
@guarded
def segment_cli(
    context: typer.Context,
    expansion: Annotated[
        str | None, typer.Option(help="How context grows: paper (Algorithm 1), or linked (by senders, names, replies).")
    ] = None,
    max_gap: Annotated[float | None, typer.Option(help="Minutes: neighbours this far apart are not added.")] = None,
    max_size: Annotated[int | None, typer.Option(help="Messages at which growing stops.")] = None,
    max_span: Annotated[float | None, typer.Option(help="Minutes at which growing stops.")] = None,
    merge: Annotated[
        str | None, typer.Option(help="How segments that share messages merge: union, or bounded by size and span.")
    ] = None,
    min_messages: Annotated[int | None, typer.Option(help="Shorter segments are rejected.")] = None,
    max_messages: Annotated[int | None, typer.Option(help="Longer segments are rejected.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Grow a segment around every suspicious message, merge overlapping ones, filter by length.

    Options that are not given come from `[segment]` in assay.toml. In a busy chat `--merge bounded` keeps long bursts
    from becoming one segment, which the length filter would reject.

    Example: `assay segment --max-gap 5 --max-size 30 --max-span 60 -w corpus`
    """
    if context.invoked_subcommand is not None:
        return
    from core.workspace import open_workspace, with_options
    from segmenter.segmenting import segment

    given = {
        "expansion": expansion,
        "max_gap": max_gap,
        "max_size": max_size,
        "max_span": max_span,
        "merge": merge,
        "min_messages": min_messages,
        "max_messages": max_messages,
    }
    opened = with_options(open_workspace(workspace), "segment", given)
    report = segment(opened)
    dropped = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in report.rejected.items()) or "none"
    segments, around = counted(report.n_segments, "segment"), counted(report.n_suspicious, "suspicious message")
    told = f"{segments} around {around}; rejected: {dropped}"
    if report.mean_messages is not None:
        told += f"; {report.mean_messages:.1f} messages and {report.mean_users:.1f} people a segment"
    emit(report.as_json(), as_json, lambda: say(told if report.changed else f"nothing changed: {told}"))
