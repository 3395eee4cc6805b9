"""The report's bar charts: rows in, inline SVG out."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.report_drawing import chart_data, inline_svg
from app.report_page import Html
from core.codebook import RatingVariable

NO_CONSENSUS = "No consensus"
GREY = "#b6bcc2"
OUTCOMES = {"agrees": "#3f8f7d", "disagrees": "#d0603f", "abstains": GREY, "no answer": "#e6e9ec"}
CHANGES = {"lost": "#d0603f", "gained": "#3f8f7d", "relabelled": "#7d5ba6"}
# From calm to severe; labels in between take the colour at their rank.
SEVERITY = ("#5b9aa0", "#94b773", "#e3c04f", "#e08a3c", "#c8503c", "#8e2444")


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
    base = alt.Chart(chart_data(rows)).encode(
        x=alt.X("share:Q", axis=alt.Axis(format="%", title="share of all segments", tickCount=6, grid=False)),
        y=alt.Y("label:N", sort=None, axis=alt.Axis(title=None, labelLimit=340)),
    )
    bars = base.mark_bar(height=20).encode(color=alt.Color("colour:N", scale=None))
    numbers = base.mark_text(align="left", dx=6).encode(text="text:N")
    return inline_svg((bars + numbers).properties(width=420, height=30 * len(rows)), f"shares-{rating.name}")


def voter_bars(outcomes: pl.DataFrame, name: str) -> Html:
    """One bar a row of `consensus.panel.voter_outcomes`: its parts as shares of the accepted items, of which there are
    some. "No answer" is left out where every voter answered.

    The number in a bar is the share of agreement among the items that the voter labelled; bars are sorted by it.
    """
    import altair as alt

    outcomes = outcomes.rename({"no_answer": "no answer"})
    parts = {part: colour for part, colour in OUTCOMES.items() if part != "no answer" or outcomes[part].sum()}
    shown = outcomes.with_columns(
        rate=pl.col("agrees") / pl.max_horizontal(pl.col("agrees") + pl.col("disagrees"), 1),
        narrow=pl.col("agrees") < 0.07 * pl.sum_horizontal(*OUTCOMES),
    ).sort("rate", "voter", descending=[True, False])
    rows = shown.unpivot(list(parts), index="voter", variable_name="part", value_name="n").to_dicts()
    rated = shown.filter(pl.col("agrees") > 0).select("voter", "rate", "narrow")
    rates = [{**row, "text": f"{row['rate']:.0%}"} for row in rated.to_dicts()]
    axis = alt.Axis(format="%", title="share of accepted segments", tickCount=10)
    bars = _parts(rows, parts).encode(x=alt.X("n:Q", stack="normalize", axis=axis))
    ink = alt.condition("datum.narrow", alt.value("#26323a"), alt.value("white"))
    text = alt.Chart(chart_data(rates)).mark_text(align="left", fontSize=10)
    numbers = text.encode(x=alt.value(5), text="text:N", color=ink)
    return _voter_chart(bars, numbers, shown["voter"].to_list(), f"voters-{name}")


def change_bars(without: pl.DataFrame, name: str) -> Html:
    """One bar a row of `consensus.leave_one_out`: the share of items that get another silver label without the voter.

    Bars are sorted by it, and split into labels lost, gained and exchanged for another.
    """
    import altair as alt

    shown = without.with_columns(pl.col("share").fill_null(0.0))
    shown = shown.sort("n_changed", "voter", descending=[True, False])
    parts = {f"n_{change}": change for change in CHANGES}
    index = ["voter", "share", "n_changed"]
    each = shown.filter(pl.col("n_changed") > 0).unpivot(list(parts), index=index, variable_name="part", value_name="n")
    share = pl.col("share") * pl.col("n") / pl.col("n_changed")
    rows = each.select("voter", pl.col("part").replace_strict(parts), share=share).to_dicts()
    ends = [{**row, "text": f"{row['share']:.1%}  ({row['n_changed']:,})"} for row in shown.to_dicts()]
    most = max((end["share"] for end in ends), default=0.0)
    axis = alt.Axis(format=".1%", title="share of segments whose silver label changes", tickCount=5)
    scale = alt.Scale(domain=[0, most or 0.01])
    bars = _parts(rows, CHANGES).encode(x=alt.X("share:Q", stack="zero", axis=axis, scale=scale))
    text = alt.Chart(chart_data(ends)).mark_text(align="left", dx=6, fontSize=11)
    return _voter_chart(bars, text.encode(x="share:Q", text="text:N"), shown["voter"].to_list(), f"without-{name}")


def _parts(rows: Sequence[Mapping[str, object]], colours: Mapping[str, str]) -> Any:
    """Bars of several parts each; rows: with the part's name under ``part``; colours: by part, in their order."""
    import altair as alt

    order = {part: place for place, part in enumerate(colours)}
    placed = [{**row, "order": order[str(row["part"])]} for row in rows]
    colour = alt.Color(
        "part:N",
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(title=None, orient="top", direction="horizontal"),
    )
    return alt.Chart(chart_data(placed)).mark_bar(height=15).encode(color=colour, order="order:Q")


def _voter_chart(bars: Any, numbers: Any, voters: Sequence[str], prefix: str) -> Html:
    """A row a voter, in the order given."""
    import altair as alt

    scale = alt.Scale(domain=list(voters))
    names = alt.Y("voter:N", sort=list(voters), scale=scale, axis=alt.Axis(title=None, labelLimit=240))
    layers = bars.encode(y=names) + numbers.encode(y=names)
    return inline_svg(layers.properties(width=600, height=21 * len(voters)), prefix)
