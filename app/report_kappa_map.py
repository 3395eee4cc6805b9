"""The report's map of the panel: Cohen's κ of every two voters, with the tree that orders them and their families."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.report_drawing import chart_data, inline_svg
from app.report_page import Html
from consensus.clustering import Branch, VoterClusters
from consensus.cohen import PairKappa

# Beyond this many voters the numbers in the cells no longer fit.
MOST_NUMBERED = 24
SIDE, CELL, TREE = 510, 34, 110
# Room for names in a font that is wider than the one that the renderer measures with.
LEGEND = 36
ALONE = "alone in its family"
# Told apart by shape as well, for readers who see fewer colours. Seven and eight: no pair of both comes twice up to 56.
_COLOURS = ("#b3541e", "#6a4c93", "#c99700", "#2f6fb0", "#a8325e", "#4d7c2a", "#26323a")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")


def kappa_map(pairs: Sequence[PairKappa], clusters: VoterClusters, families: Mapping[str, str], name: str) -> Html:
    """Cohen's κ of every pair of voters as a heat map, the tree of ``clusters`` beside it; the diagonal is left blank.

    families: voter → family; "" where none is named. A family of several voters has a mark of its own.
    """
    import altair as alt

    side = min(CELL * len(clusters.order), SIDE)
    layers = [*_cells(pairs, clusters.order), *_marks(clusters.order, families)]
    heat_map = alt.layer(*layers).resolve_scale(color="independent", shape="independent")
    parts = [heat_map.properties(width=side, height=side)]
    if clusters.branches:
        parts.insert(0, _tree(clusters, side))
    return inline_svg(alt.hconcat(*parts, spacing=24), f"kappa-{name}")


def _cells(pairs: Sequence[PairKappa], order: Sequence[str]) -> list[Any]:
    import altair as alt

    rows = [_cell(a, b, pair) for pair in pairs for a, b in ((pair.a, pair.b), (pair.b, pair.a))]
    axis = {"sort": list(order), "scale": alt.Scale(domain=list(order))}
    base = alt.Chart(chart_data(rows)).encode(
        x=alt.X("a:N", axis=alt.Axis(title=None, labelAngle=-45, labelLimit=150), **axis),
        y=alt.Y("b:N", axis=alt.Axis(title=None, labelLimit=180, orient="right"), **axis),
    )
    scale = alt.Scale(domain=[0, 1], range=["#f4f1e8", "#8fb9b0", "#1f5a6b"], clamp=True)
    legend = alt.Legend(title="κ", gradientLength=140, tickCount=5, offset=LEGEND)
    shade = alt.Color("kappa:Q", scale=scale, legend=legend)
    # On a layer of its own: a colour scale would give an undefined κ the colour of 0.
    undefined = base.transform_filter("datum.kappa === null").mark_rect(stroke="white", color="#dcdcdc")
    drawn = [base.transform_filter("datum.kappa !== null").mark_rect(stroke="white").encode(color=shade), undefined]
    if len(order) <= MOST_NUMBERED:
        ink = alt.condition("datum.kappa > 0.72", alt.value("white"), alt.value("#26323a"))
        drawn.append(base.mark_text(fontSize=10).encode(text="text:N", color=ink))
    return drawn


def _cell(a: str, b: str, pair: PairKappa) -> dict[str, object]:
    text = "–" if pair.value is None else f"{pair.value:z.2f}".replace("0.", ".", 1).replace("-", "−")
    return {"a": a, "b": b, "kappa": pair.value, "text": text}


def _marks(order: Sequence[str], families: Mapping[str, str]) -> list[Any]:
    """A mark a voter between the tree and the cells; none where no family has several voters."""
    import altair as alt

    known = {voter: families.get(voter, "") for voter in order}
    sizes = Counter(family for family in known.values() if family)
    several = sorted(family for family in sizes if sizes[family] > 1)
    if not several:
        return []
    shown = {voter: family if family in several else ALONE for voter, family in known.items()}
    alone = [ALONE] if ALONE in shown.values() else []
    legend = alt.Legend(title="family", symbolSize=80, symbolStrokeWidth=0, labelLimit=150, rowPadding=5, offset=LEGEND)
    colours = [*(_COLOURS[n % len(_COLOURS)] for n in range(len(several))), *("#b6bcc2" for _ in alone)]
    shapes = [*(_SHAPES[n % len(_SHAPES)] for n in range(len(several))), *("circle" for _ in alone)]
    rows = [{"b": voter, "family": family} for voter, family in shown.items()]
    return [
        alt.Chart(chart_data(rows))
        .mark_point(filled=True, opacity=1, size=80)
        .encode(
            x=alt.value(-12),
            y=alt.Y("b:N", sort=list(order)),
            color=alt.Color("family:N", scale=alt.Scale(domain=several + alone, range=colours), legend=legend),
            shape=alt.Shape("family:N", scale=alt.Scale(domain=several + alone, range=shapes), legend=legend),
        )
    ]


def _tree(clusters: VoterClusters, side: float) -> Any:
    """The tree, root on the left: where two groups join, the axis tells the mean κ between them."""
    import altair as alt

    rows = [row for number, branch in enumerate(clusters.branches) for row in _corners(number, branch)]
    lowest = min(branch.kappa for branch in clusters.branches)
    kappa = alt.X(
        "kappa:Q",
        scale=alt.Scale(domain=[min(lowest - 0.05, 0.0) if lowest < 0 else max(lowest - 0.05, 0.0), 1], nice=False),
        axis=alt.Axis(title="joined at κ", tickCount=3, format=".1f", grid=False, orient="bottom"),
    )
    row = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[len(clusters.order) - 0.5, -0.5], nice=False, zero=False))
    lines = alt.Chart(chart_data(rows)).mark_line(color="#66737c", strokeWidth=1.4, interpolate="linear")
    drawn = lines.encode(x=kappa, y=row, detail="branch:N", order="corner:Q")
    return drawn.properties(width=TREE, height=side)


def _corners(number: int, branch: Branch) -> list[dict[str, float]]:
    """A branch as a bracket: from one group to where both join, and back to the other."""
    (first, first_kappa), (second, second_kappa) = branch.upper, branch.lower
    places = [(first, first_kappa), (first, branch.kappa), (second, branch.kappa), (second, second_kappa)]
    return [{"branch": number, "corner": n, "row": row, "kappa": kappa} for n, (row, kappa) in enumerate(places)]
