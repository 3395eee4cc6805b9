"""From an Altair chart to inline SVG: vl-convert renders it here, and a browser runs nothing."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.report_page import Html

# The renderer measures text in its own Liberation Sans, whose widths are those of Arial.
_FONT = "Arial, 'Liberation Sans', Helvetica, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"


def chart_data(rows: Sequence[Mapping[str, object]]) -> Any:
    """Rows as inline data: handed over as they are, so that no limit on rows applies."""
    import altair as alt

    return alt.Data(values=list(rows))


def inline_svg(chart: Any, prefix: str) -> Html:
    """The chart as an SVG element that can stand in a page beside others: no name spaces, ids made its own."""
    styled = (
        chart.configure(font=_FONT, background="transparent")
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=11, titleFontWeight="normal", gridColor="#eceae4", domain=False)
        .configure_legend(labelFontSize=12)
        .configure_axisY(grid=False, ticks=False, labelPadding=8)
    )
    buffer = io.StringIO()
    styled.save(buffer, format="svg")
    return Html(_own_ids(re.sub(r'\sxmlns(:xlink)?="[^"]*"', "", buffer.getvalue()), prefix))


def _own_ids(svg: str, prefix: str) -> str:
    """The ids of clips and gradients, made the chart's own: the renderer counts them on from chart to chart."""
    own = re.sub(r"[^A-Za-z0-9-]", "-", prefix)
    for number, found in enumerate(re.findall(r'\sid="([^"]*)"', svg), 1):
        svg = svg.replace(f' id="{found}"', f' id="{own}-{number}"').replace(f"url(#{found})", f"url(#{own}-{number})")
    return svg
