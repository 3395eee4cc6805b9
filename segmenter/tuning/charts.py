"""The curves of the search: macro-F1 by each parameter with the others at the best, and by the size of contexts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segmenter.figures import ACCENT, GREY, TEAL, save
from segmenter.tuning.evidence import REPORT, Evidence, Scored

AXES = {
    "max_gap": "max gap, minutes (MTS)",
    "max_size": "max size, messages (SS)",
    "max_span": "max span, minutes (STS)",
}
_SIZE = {"width": 330, "height": 210}
BEST, AS_GOOD, WORSE = "the best", "cannot be told from it", "worse"


def write_curves(evidence: Evidence, folder: Path) -> tuple[Path, Path]:
    """Write ``segment-tune.svg`` and ``.png`` into the folder; the two paths.

    Three panels as the paper's single-variable curves, with 95 % intervals; the fourth shows every configuration by the
    mean number of messages of its contexts. (The paper's Figure 4 has four panels; its text names three parameters and
    says nothing of the fourth.)
    """
    import altair as alt

    scale = alt.Scale(domain=_domain(evidence), nice=True, zero=False)
    panels = [_curve(evidence, name, title, scale) for name, title in AXES.items()]
    simulated = "SIMULATED labels; " if evidence.simulated else ""
    title = alt.TitleParams(
        text=f"Macro-F1 of {evidence.voter} on {evidence.n_items} development messages ({evidence.variable})",
        subtitle=[
            f"{simulated}best: {evidence.winner.configuration}; {evidence.n_as_good} of the other "
            f"{len(evidence.scored) - 1} configurations cannot be told from it",
            "Bars: 95% bootstrap intervals. In each curve the other two parameters stay at the best.",
        ],
    )
    whole = alt.concat(*panels, _by_size(evidence, scale), columns=2, spacing=28)
    whole = whole.resolve_scale(color="independent").properties(title=title)
    return save(whole, folder, REPORT)


def single_variable(evidence: Evidence, name: str) -> list[Scored]:
    """The configurations that differ from the best in one parameter alone, the best among them, ascending."""
    best = evidence.winner.configuration
    others = [other for other in AXES if other != name]
    return [
        one
        for one in evidence.scored
        if all(getattr(one.configuration, other) == getattr(best, other) for other in others)
    ]


def _curve(evidence: Evidence, name: str, title: str, scale: Any) -> Any:
    import altair as alt

    rows = [_row(one, getattr(one.configuration, name), evidence) for one in single_variable(evidence, name)]
    values = [row["x"] for row in rows]
    margin = (max(values) - min(values) or 1) * 0.06
    axis = alt.Axis(title=title, values=values, grid=False, labelExpr="datum.value")
    base = alt.Chart(alt.Data(values=rows)).encode(
        x=alt.X("x:Q", axis=axis, scale=alt.Scale(domain=[min(values) - margin, max(values) + margin], nice=False))
    )
    y = alt.Y("f1:Q", scale=scale, axis=alt.Axis(title="macro-F1", tickCount=6, format=".2f"))
    bars = base.mark_rule(strokeWidth=1.5, opacity=0.55, color=TEAL).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    line = base.mark_line(color=TEAL, strokeWidth=2).encode(y=y)
    points = base.mark_point(filled=True, size=64, opacity=1).encode(
        y=y, color=alt.condition("datum.best", alt.value(ACCENT), alt.value(TEAL))
    )
    return (bars + line + points).properties(**_SIZE)


def _by_size(evidence: Evidence, scale: Any) -> Any:
    import altair as alt

    rows = [_row(one, round(one.mean_messages, 3), evidence) for one in evidence.scored]
    # The best is drawn last, on top of those that score the same.
    rows.sort(key=lambda row: (row["best"], row["group"] == AS_GOOD))
    groups = alt.Scale(domain=[BEST, AS_GOOD, WORSE], range=[ACCENT, TEAL, GREY])
    x = alt.X(
        "x:Q",
        axis=alt.Axis(title="mean messages of a context", grid=False, tickCount=6),
        scale=alt.Scale(zero=False, nice=True, padding=12),
    )
    y = alt.Y("f1:Q", scale=scale, axis=alt.Axis(title="macro-F1", tickCount=6, format=".2f"))
    legend = alt.Legend(title=None, orient="bottom", columns=3, offset=8)
    points = (
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=True, size=56, opacity=1)
        .encode(x=x, y=y, color=alt.Color("group:N", scale=groups, legend=legend))
    )
    interval = (
        alt.Chart(alt.Data(values=rows[-1:]))
        .mark_rule(strokeWidth=1.5, opacity=0.55, color=ACCENT)
        .encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q")
    )
    return (interval + points).properties(**_SIZE)


def _row(one: Scored, x: float, evidence: Evidence) -> dict[str, Any]:
    best = one is evidence.winner
    return {
        "x": x,
        "f1": one.macro_f1.value,
        "low": one.macro_f1.low,
        "high": one.macro_f1.high,
        "best": best,
        "group": BEST if best else AS_GOOD if one.as_good else WORSE,
    }


def _domain(evidence: Evidence) -> Sequence[float]:
    """From the lowest to the highest that any panel shows."""
    curves = [one for name in AXES for one in single_variable(evidence, name)]
    lows = [one.macro_f1.low for one in curves] + [one.macro_f1.value for one in evidence.scored]
    highs = [one.macro_f1.high for one in curves] + [one.macro_f1.value for one in evidence.scored]
    return [min(lows), max(highs)]
