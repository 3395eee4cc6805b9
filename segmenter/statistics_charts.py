"""Histograms of the sizes of segments, and their means by label."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from core.counting import counted
from segmenter.figures import ACCENT, CHINESE_FONT, INK, SOFT, TEAL, save
from segmenter.measures import MEASURES
from segmenter.statistics import Counted, LabelSizes, SegmentStatistics, Summary

REPORT = "segment-stats"
TITLES = {
    "messages": "messages",
    "turns": "turns (runs by one sender)",
    "characters": "characters",
    "tokens": "tokens",
    "signals": "signal words",
    "people": "people",
}
BY_LABEL = ("turns", "tokens", "characters")
"""The measures that the paper lists by class."""
_STEPS = (1, 2, 5)
MOST_BARS = 30
_NAMES, _ROW = 310, 22
"""Width of the column of labels and height of a row, in units of the figure."""


def write_histograms(sizes: Counted, folder: Path) -> tuple[Path, Path]:
    """Write ``segment-stats.svg`` and ``.png`` into the folder; the two paths. There must be a segment."""
    import altair as alt

    found = sizes.statistics
    panels = [_histogram(sizes.counts[name], found.sizes[name], name) for name in MEASURES]
    parts = [alt.concat(*panels, columns=3, spacing={"row": 24, "column": 26})]
    if found.labels:
        parts.append(_by_label(found))
    simulated = ", gold labels SIMULATED" if found.simulated else ""
    title = alt.TitleParams(
        text=f"{counted(found.n_segments, 'segment')}{simulated}",
        subtitle="Bars: segments. Red line: the mean; dashed: the median.",
    )
    return save(alt.vconcat(*parts, spacing=34).properties(title=title), folder, REPORT)


def bins(values: Sequence[int]) -> list[tuple[int, int, int]]:
    """(from, up to but not with, how many) of at most `MOST_BARS` bars of equal width 1, 2, 5, 10, 20, 50, …"""
    low, high = min(values), max(values)
    widths = (step * 10**power for power in range(20) for step in _STEPS)
    width = next(width for width in widths if high // width - low // width < MOST_BARS)
    first = low // width * width
    edges = np.arange(first, high + width + 1, width)
    counts, _ = np.histogram(values, edges)
    return [(int(edge), int(edge + width), int(n)) for edge, n in zip(edges[:-1], counts, strict=True)]


def _histogram(values: pl.Series, summary: Summary, name: str) -> Any:
    import altair as alt

    # A bar of whole numbers from 3 up to 4 stands over the 3.
    rows = [{"low": low - 0.5, "high": high - 0.5, "n": n, "zero": 0} for low, high, n in bins(values.to_list())]
    domain = [rows[0]["low"], rows[-1]["high"]]
    x: dict[str, Any] = {
        "scale": alt.Scale(domain=domain, nice=False),
        "axis": alt.Axis(title=None, grid=False, tickCount=6),
    }
    bars = (
        alt.Chart(alt.Data(values=rows))
        .mark_bar(color=TEAL, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("low:Q", **x),
            x2="high:Q",
            # With the same number of even steps the headings of all panels stand at one height.
            y=alt.Y("n:Q", scale=alt.Scale(nice=4), axis=alt.Axis(title=None, tickCount=4, tickMinStep=1)),
            y2="zero:Q",
        )
    )
    at = [{"at": value} for value in (summary.mean, summary.median)]
    mean = alt.Chart(alt.Data(values=at[:1])).mark_rule(strokeWidth=1.5, color=ACCENT)
    median = alt.Chart(alt.Data(values=at[1:])).mark_rule(strokeWidth=1.5, color=INK, strokeDash=[4, 3])
    lines = [line.encode(x=alt.X("at:Q", **x)) for line in (mean, median)]
    told = f"mean {summary.mean:,.1f}, median {summary.median:,.0f}, {summary.low:,} to {summary.high:,}"
    heading = alt.TitleParams(text=TITLES[name], subtitle=told, fontSize=12, offset=6, frame="group")
    return alt.layer(bars, *lines).properties(width=225, height=120, title=heading)


def _by_label(found: SegmentStatistics) -> Any:
    import altair as alt

    labels = [one for one in found.labels if one.n]
    heading = alt.TitleParams(
        text=f"Means by label ({found.variable})",
        subtitle=f"{counted(found.n_labelled, 'segment')} with a label: gold where there is gold, else accepted silver",
        fontSize=12,
    )
    panels = [_names(labels), *(_means(labels, name) for name in BY_LABEL)]
    return alt.hconcat(*panels, spacing=16).properties(title=heading)


def _names(labels: Sequence[LabelSizes]) -> Any:
    """The labels as a column of text: beside an axis, the panels above would be pushed to the right."""
    import altair as alt

    rows = [
        {"place": place, "text": f"{_code(one)}  {one.title_zh}  {one.title_en}  ({one.n:,})"}
        for place, one in enumerate(labels)
    ]
    text = alt.Chart(alt.Data(values=rows)).mark_text(
        align="left", color=INK, font=CHINESE_FONT, fontSize=12, limit=_NAMES
    )
    placed = text.encode(x=alt.value(0), y=alt.Y("place:O", axis=None), text="text:N")
    return placed.properties(width=_NAMES, height=_ROW * len(rows))


def _means(labels: Sequence[LabelSizes], name: str) -> Any:
    import altair as alt

    means = [one.sizes[name].mean for one in labels]
    rows = [{"place": place, "mean": mean, "text": f"{mean:,.1f}"} for place, mean in enumerate(means)]
    base = alt.Chart(alt.Data(values=rows)).encode(y=alt.Y("place:O", axis=None))
    x = alt.X("mean:Q", axis=None, scale=alt.Scale(domain=[0, max(means) * 1.35 or 1], nice=False))
    bars = base.mark_bar(color=TEAL, height=13).encode(x=x)
    numbers = base.mark_text(align="left", dx=5, color=INK, fontSize=11).encode(x=x, text="text:N")
    heading = alt.TitleParams(text=TITLES[name], fontSize=11, fontWeight="normal", color=SOFT, anchor="start", offset=4)
    return (bars + numbers).properties(width=140, height=_ROW * len(rows), title=heading)


def _code(one: LabelSizes) -> str:
    return "–" if one.label is None else str(one.label)
