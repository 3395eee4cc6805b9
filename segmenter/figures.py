"""How this stage's figures look, and where they go: ``reports/NAME.svg`` and ``reports/NAME.png``.

Altair describes, vl-convert renders; a browser runs nothing. Letters are measured with the renderer's own fonts. A PNG
holds Chinese where this machine has a font for it; an SVG takes the reader's.
"""

import io
from pathlib import Path
from typing import Any

from core.writing import write_atomically

FONT = "Arial, 'Liberation Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
CHINESE_FONT = "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', Arial, sans-serif"
"""For text with Chinese in it: the renderer takes one font for a line, and of several that know the letters any."""
INK, SOFT, GREY, GRID = "#26323a", "#66727c", "#b6bcc2", "#eceae4"
TEAL, ACCENT = "#2f7d7a", "#d0603f"
SCALE = 2
"""Pixels of the PNG for each of the figure."""


def styled(chart: Any) -> Any:
    """The chart in the house's dress."""
    return (
        chart.configure(font=FONT, background="white", padding=16)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=11, titleFontSize=11, titleFontWeight="normal", labelColor=INK, titleColor=SOFT,
            gridColor=GRID, domainColor=GREY, tickColor=GREY,
        )
        .configure_legend(labelFontSize=11, labelColor=INK, titleFontSize=11, titleColor=SOFT)
        .configure_title(
            fontSize=13, anchor="start", offset=12, color=INK,
            subtitleColor=SOFT, subtitleFontSize=11, subtitlePadding=5,
        )
    )  # fmt: skip


def save(chart: Any, folder: Path, name: str) -> tuple[Path, Path]:
    """Write the chart as SVG and PNG; the two paths."""
    dressed = styled(chart)
    vector, pixels = io.StringIO(), io.BytesIO()
    dressed.save(vector, format="svg")
    dressed.save(pixels, format="png", scale_factor=SCALE)
    paths = folder / f"{name}.svg", folder / f"{name}.png"
    write_atomically(paths[0], vector.getvalue().encode())
    write_atomically(paths[1], pixels.getvalue())
    return paths
