"""The report's charts of gold: accuracy with intervals, and how often labels of a given ρ are right."""

from collections.abc import Mapping, Sequence

from app.report_drawing import chart_data, inline_svg
from app.report_page import Html
from consensus.gold_calibration import Reliability
from consensus.gold_scores import Scores

GATE_COLOUR, VOTER_COLOUR, PAIRED = "#b3541e", "#1f5a6b", "#8fb9b0"
THE_GATE = "the gate"


def accuracy_dots(gate: Scores, voters: Sequence[Scores], name: str) -> Html:
    """One row a voter, the most accurate first, under the gate: accuracy as a dot on its interval, and on how many.

    A hollow diamond is a voter's accuracy on the items that have a silver label. What labelled nothing has no dot.
    """
    import altair as alt

    ordered = sorted(voters, key=lambda one: (one.accuracy.value is None, -(one.accuracy.value or 0.0), one.name))
    rows = [_dot(THE_GATE, gate, GATE_COLOUR), *(_dot(voter.name, voter, VOTER_COLOUR) for voter in ordered)]
    order = [THE_GATE, *(voter.name for voter in ordered)]
    weight = alt.condition(f"datum.value == '{THE_GATE}'", alt.value("bold"), alt.value("normal"))
    who = alt.Y("who:N", sort=order, axis=alt.Axis(title=None, labelLimit=240, labelFontWeight=weight))
    shares = alt.Axis(format="%", title="share of its labels that gold confirms", tickCount=10)
    base = alt.Chart(chart_data(rows)).encode(y=who)
    bars = base.mark_rule(strokeWidth=2, opacity=0.55).encode(
        x=alt.X("low:Q", axis=shares, scale=alt.Scale(domain=[0, 1])), x2="high:Q", color=alt.Color("ink:N", scale=None)
    )
    paired = base.mark_point(shape="diamond", size=70, filled=False, color=PAIRED, strokeWidth=1.6, opacity=1).encode(
        x="paired:Q"
    )
    dots = base.mark_point(size=75, filled=True, opacity=1).encode(x="value:Q", color=alt.Color("ink:N", scale=None))
    numbers = base.mark_text(align="left", fontSize=11, color="#66737c").encode(x=alt.value(576), text="text:N")
    drawn = alt.layer(bars, paired, dots, numbers).properties(width=560, height=21 * len(rows))
    return inline_svg(drawn, f"accuracy-{name}")


def _dot(who: str, one: Scores, ink: str) -> dict[str, object]:
    accuracy = one.accuracy
    ends = {"value": accuracy.value, "low": accuracy.low, "high": accuracy.high}
    paired = one.where_silver.value if ink == VOTER_COLOUR else None
    return {"who": who, "ink": ink, **ends, "paired": paired, "text": f"{one.n_right:,} of {one.n_labelled:,}"}


def reliability_dots(bins: Mapping[tuple[float, float], Reliability], name: str) -> Html:
    """One dot a bin: the share of its labels that gold confirms, at their mean ρ, with interval and count."""
    import altair as alt

    rows = [
        {
            "rho": one.mean_probability,
            "right": one.share_right.value,
            "low": one.share_right.low,
            "high": one.share_right.high,
            "text": f"{one.n_right:,} of {one.n:,}",
        }
        for one in bins.values()
    ]
    least = min(low for low, _ in bins)
    tenths = [tenth / 10 for tenth in range(round(least * 10), 11)]
    axis = {
        "scale": alt.Scale(domain=[least, 1], nice=False),
        "axis": alt.Axis(title="ρ", format=".1f", values=tenths),
    }
    shares = alt.Y(
        "low:Q",
        axis=alt.Axis(title="share that gold confirms", format="%", tickCount=5, grid=True),
        scale=alt.Scale(domain=[0, 1]),
    )
    base = alt.Chart(chart_data(rows)).encode(x=alt.X("rho:Q", **axis))
    ends = [{"rho": least, "right": least}, {"rho": 1.0, "right": 1.0}]
    even = alt.Chart(chart_data(ends)).mark_line(strokeDash=[4, 4], color="#96a0a6", strokeWidth=1)
    bars = base.mark_rule(strokeWidth=2, color=GATE_COLOUR, opacity=0.55).encode(y=shares, y2="high:Q")
    dots = base.mark_point(size=75, filled=True, color=GATE_COLOUR, opacity=1).encode(y="right:Q")
    numbers = base.mark_text(align="left", dx=7, dy=10, fontSize=11, color="#66737c").encode(y="right:Q", text="text:N")
    drawn = alt.layer(even.encode(x=alt.X("rho:Q", **axis), y="right:Q"), bars, dots, numbers)
    return inline_svg(drawn.properties(width=440, height=240), f"reliability-{name}")
