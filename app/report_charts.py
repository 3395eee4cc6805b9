"""The report's charts: rows in, inline SVG out. Altair describes, vl-convert renders; a browser runs nothing."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.report_page import Html
from consensus.cohen import PairKappa
from core.codebook import RatingVariable

NO_CONSENSUS = "No consensus"
GREY = "#b6bcc2"
OUTCOMES = {"agrees": "#3f8f7d", "disagrees": "#d0603f", "abstains": GREY}
# From calm to severe; labels in between take the colour at their rank.
SEVERITY = ("#5b9aa0", "#94b773", "#e3c04f", "#e08a3c", "#c8503c", "#8e2444")
# Beyond this many voters the numbers in the cells of the heat map no longer fit.
MOST_NUMBERED = 24
# The renderer measures text in its own Liberation Sans, whose widths are those of Arial.
_FONT = "Arial, 'Liberation Sans', Helvetica, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"


def severity_colours(n: int) -> list[str]:
    """``n`` colours from calm to severe, as #rrggbb."""
    if n == 1:
        return [SEVERITY[0]]
    return [_colour_at(rank / (n - 1) * (len(SEVERITY) - 1)) for rank in range(n)]


def _colour_at(place: float) -> str:
    before = min(int(place), len(SEVERITY) - 2)
    low, high = (bytes.fromhex(SEVERITY[n][1:]) for n in (before, before + 1))
    mixed = (round(a + (b - a) * (place - before)) for a, b in zip(low, high, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def code_name(rating: RatingVariable, code: int | None) -> str:
    """A code as the report writes it: number, Chinese, English; None is the no-consensus pool."""
    if code is None:
        return NO_CONSENSUS
    title = rating.code_title(code)
    return f"{code}  {title.zh} · {title.en}"


def label_shares(labels: pl.DataFrame, rating: RatingVariable) -> Html:
    """One bar a row of `consensus.panel.label_table`: its share of all items."""
    import altair as alt

    colours = dict(zip((*rating.codes, None), (*severity_colours(len(rating.codes)), GREY), strict=True))
    rows = [
        {
            "label": code_name(rating, code),
            "share": share or 0.0,
            "colour": colours[code],
            "text": f"{n:,}  ({share or 0.0:.1%})",
        }
        for code, n, share in labels.select("label", "n", "share").iter_rows()
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("share:Q", axis=alt.Axis(format="%", title="share of all segments", tickCount=6, grid=False)),
        y=alt.Y("label:N", sort=None, axis=alt.Axis(title=None, labelLimit=340)),
    )
    bars = base.mark_bar(height=20).encode(color=alt.Color("colour:N", scale=None))
    numbers = base.mark_text(align="left", dx=6).encode(text="text:N")
    return _svg((bars + numbers).properties(width=420, height=30 * len(rows)), f"shares-{rating.name}")


def voter_bars(outcomes: pl.DataFrame, name: str) -> Html:
    """One bar a row of `consensus.panel.voter_outcomes`: agrees, disagrees, abstains, as shares of the accepted items.

    The number in a bar is the share of agreement among the items that the voter labelled; bars are sorted by it.
    """
    import altair as alt

    shown = outcomes.with_columns(
        rate=pl.col("agrees") / pl.max_horizontal(pl.col("agrees") + pl.col("disagrees"), 1)
    ).sort("rate", "voter", descending=[True, False])
    rows = [
        {"voter": voter["voter"], "outcome": outcome, "order": order, "n": voter[outcome]}
        for voter in shown.iter_rows(named=True)
        for order, outcome in enumerate(OUTCOMES)
    ]
    rates = [{"voter": r["voter"], "text": f"{r['rate']:.0%}"} for r in shown.filter(pl.col("agrees") > 0).to_dicts()]
    voters = alt.Y("voter:N", sort=shown["voter"].to_list(), axis=alt.Axis(title=None, labelLimit=240))
    colour = alt.Color(
        "outcome:N",
        scale=alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values())),
        legend=alt.Legend(title=None, orient="top", direction="horizontal"),
    )
    shares = alt.Axis(format="%", title="share of accepted segments", tickCount=10)
    bars = (
        alt.Chart(_data(rows))
        .mark_bar(height=15)
        .encode(
            x=alt.X("n:Q", stack="normalize", axis=shares),
            y=voters,
            color=colour,
            order="order:Q",
        )
    )
    text = alt.Chart(_data(rates)).mark_text(align="left", color="white", fontSize=10)
    numbers = text.encode(x=alt.value(5), y=voters, text="text:N")
    return _svg((bars + numbers).properties(width=620, height=21 * shown.height), f"voters-{name}")


def kappa_heat_map(pairs: Sequence[PairKappa], order: Sequence[str], name: str) -> Html:
    """Cohen's κ of every pair of voters, voters in ``order`` on both axes; the diagonal is left blank."""
    import altair as alt

    rows = [_cell(a, b, pair) for pair in pairs for a, b in ((pair.a, pair.b), (pair.b, pair.a))]
    side = min(34 * len(order), 600)
    axis = {"sort": list(order), "scale": alt.Scale(domain=list(order))}
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("a:N", axis=alt.Axis(title=None, labelAngle=-45, labelLimit=150), **axis),
        y=alt.Y("b:N", axis=alt.Axis(title=None, labelLimit=200), **axis),
    )
    scale = alt.Scale(domain=[0, 1], range=["#f4f1e8", "#8fb9b0", "#1f5a6b"], clamp=True)
    cells = base.mark_rect(stroke="white").encode(
        color=alt.condition(
            "isValid(datum.kappa)",
            alt.Color("kappa:Q", scale=scale, legend=alt.Legend(title="κ", gradientLength=160, tickCount=5)),
            alt.value("#e3e3e3"),
        )
    )
    layers = [cells]
    if len(order) <= MOST_NUMBERED:
        ink = alt.condition("datum.kappa > 0.72", alt.value("white"), alt.value("#26323a"))
        layers.append(base.mark_text(fontSize=10).encode(text="text:N", color=ink))
    return _svg(alt.layer(*layers).properties(width=side, height=side), f"kappa-{name}")


def _cell(a: str, b: str, pair: PairKappa) -> dict[str, object]:
    text = "–" if pair.value is None else f"{pair.value:.2f}".replace("0.", ".", 1).replace("-", "−")
    return {"a": a, "b": b, "kappa": pair.value, "text": text}


def _data(rows: Sequence[Mapping[str, object]]) -> Any:
    """Rows as inline data: handed over as they are, so that no limit on rows applies."""
    import altair as alt

    return alt.Data(values=list(rows))


def _svg(chart: Any, prefix: str) -> Html:
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
