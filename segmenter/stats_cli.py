"""``assay segment stats``: how large the segments are, over all and by label."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.command import HERE, JsonOption, WorkspaceOption, emit, guarded, say, table
from core.counting import counted

if TYPE_CHECKING:
    from segmenter.statistics import SegmentStatistics

VariableOption = Annotated[
    str | None, typer.Option(help="Variable whose labels are listed.", show_default="the codebook's first")
]


def mount(app: typer.Typer) -> None:
    """Put ``stats`` under the group ``segment``."""
    app.command("stats")(stats_cli)


@guarded
def stats_cli(variable: VariableOption = None, workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Show how large the segments are: messages, turns, characters, tokens, signal words, people; by label too.

    Labels are gold where there is gold, else accepted silver. A turn is a run of messages by one sender. Tokens are
    counted without a tokenizer: a Chinese character, a run of other letters and digits, or a placeholder. Histograms go
    to reports/segment-stats.svg and .png.

    Example: `assay segment stats -w corpus`
    """
    from core.workspace import open_workspace
    from segmenter.statistics import segment_statistics
    from segmenter.statistics_charts import write_histograms

    opened = open_workspace(workspace)
    found = segment_statistics(opened, variable)
    paths = write_histograms(found, opened.reports) if found.statistics.n_segments else ()
    figures = [path.name for path in paths]
    emit({**found.statistics.as_json(), "figures": figures}, as_json, lambda: _show(found.statistics, figures))


def _show(found: "SegmentStatistics", figures: list[str]) -> None:
    if not found.n_segments:
        say("there are no segments; every one was too short or too long (see: assay segment)")
        return
    rows = [
        (name, f"{one.mean:.2f}", None if one.sd is None else f"{one.sd:.2f}", one.low, f"{one.median:g}", one.high)
        for name, one in found.sizes.items()
    ]
    title = counted(found.n_segments, "segment")
    table(("a segment has", "mean", "sd", "least", "median", "most"), rows, title=title)
    if found.labels:
        _show_labels(found)
    say(f"histograms: {', '.join(f'reports/{name}' for name in figures)}")


def _show_labels(found: "SegmentStatistics") -> None:
    mark = f" (gold is SIMULATED: {', '.join(found.simulated)})" if found.simulated else ""
    columns = ("label", "", "segments", "share", "gold", "silver", "turns", "tokens", "characters", "signals", "people")
    rows = [
        (
            one.label,
            one.title_zh,
            one.n,
            None if one.share is None else f"{one.share:.1%}",
            one.n_gold,
            one.n_silver,
            *(
                f"{one.sizes[name].mean:.1f}" if one.sizes else None
                for name in ("turns", "tokens", "characters", "signals", "people")
            ),
        )
        for one in found.labels
    ]
    table(columns, rows, title=f"means by label of {found.variable}{mark}")
