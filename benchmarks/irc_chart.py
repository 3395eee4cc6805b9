"""The chart of docs/conversations.md: recall and precision by the size of segments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import altair as alt

COLOURS = {"Algorithm 1": "#8a929a", "linked, same size": "#5b9aa0", "linked": "#c8503c"}
WIDTH, HEIGHT = 300, 250


def write_chart(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the rows of `irc_tables.size_rows` and write them as a PNG."""
    import vl_convert

    panels = alt.hconcat(_panel(rows, "recall"), _panel(rows, "precision")).properties(
        title=alt.TitleParams(
            "How much of a conversation a segment holds, and how much of the segment it is",
            subtitle="Mean over the messages of five IRC logs, reply links hidden; bands: 95 % intervals",
            anchor="start",
        )
    )
    chart = panels.configure_view(stroke=None).configure_axis(gridColor="#ececec", domainColor="#8a929a")
    path.write_bytes(vl_convert.vegalite_to_png(chart.to_json(), scale=1.5))


def _panel(rows: Sequence[dict[str, Any]], name: str) -> alt.LayerChart | alt.FacetChart:
    shown = [{"method": row["method"], "size": row["size"], **row[name]} for row in rows if row["method"] in COLOURS]
    colour = alt.Color(
        "method:N",
        scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
        legend=alt.Legend(title=None, orient="bottom", columns=3, symbolOpacity=1),
    )
    base = alt.Chart(alt.Data(values=shown)).encode(
        x=alt.X("size:Q", title="messages in a segment (mean)", scale=alt.Scale(domain=[0, 42])), color=colour
    )
    value = alt.Y("mean:Q", title=name, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%", tickCount=5))
    band = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=name), y2="high:Q")
    lines = base.mark_line(point=True).encode(y=value)
    return alt.layer(band, lines).properties(width=WIDTH, height=HEIGHT)
