"""The page of the report: HTML elements that escape what they are given, and the frame around them."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

NONE = "–"
_WITHOUT_END = frozenset({"meta", "br"})


class Html(str):
    """Text that is HTML already; any other text is escaped when it enters an element."""

    __slots__ = ()


def shown(value: object) -> Html:
    """A value as HTML: None as a dash, whole numbers with thousands separators, text escaped."""
    if isinstance(value, Html):
        return value
    if value is None:
        return Html(NONE)
    return Html(escape(f"{value:,}" if isinstance(value, int) else str(value)))


def element(name: str, *children: object, **attributes: object) -> Html:
    """``<name attributes>children</name>``, everything escaped; a trailing _ in an attribute's name is dropped."""
    given = "".join(f' {key.rstrip("_")}="{escape(str(value))}"' for key, value in attributes.items())
    if name in _WITHOUT_END:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{''.join(shown(child) for child in children)}</{name}>")


def together(parts: Iterable[Html]) -> Html:
    """The parts, one after another."""
    return Html("".join(parts))


def section(title: str, *parts: Html, kind: str = "plain") -> Html:
    """A section of the page with its heading; ``kind`` is its class in the style sheet."""
    return element("section", element("h2", title), *parts, class_=kind)


def figure(drawing: Html, caption: str) -> Html:
    """A chart with the sentence that says how to read it."""
    return element("figure", drawing, element("figcaption", caption))


def table(columns: Sequence[str], sides: str, rows: Iterable[Sequence[object]], caption: str = "") -> Html:
    """A table; ``sides`` has a letter a column: t for text, n for numbers, which are aligned to the right."""
    classes = ["number" if side == "n" else "text" for side in sides]
    head = [element("th", column, class_=side) for column, side in zip(columns, classes, strict=True)]
    body = [
        element("tr", *(element("td", cell, class_=side) for cell, side in zip(row, classes, strict=True)))
        for row in rows
    ]
    parts = [element("caption", caption)] if caption else []
    made = element("table", *parts, element("thead", element("tr", *head)), element("tbody", *body))
    return element("div", made, class_="scroll")


def percent(share: float | None, digits: int = 1) -> str | None:
    """A share, 0 to 1, in per cent; None stays None."""
    return None if share is None else f"{share:.{digits}%}"


def decimal(value: float | None, digits: int = 3) -> str | None:
    """A number with so many digits after the point, a real minus sign, and none at 0; None stays None."""
    return None if value is None else f"{value:z.{digits}f}".replace("-", "−")


def interval(low: float | None, high: float | None) -> str | None:
    """Two ends of an interval, with a word between them since either may be negative."""
    return None if low is None or high is None else f"{decimal(low)} to {decimal(high)}"


def value_range(values: Sequence[float]) -> str | None:
    """One value, or the smallest and the largest of several; None where there is none."""
    if len(values) < 2:
        return decimal(values[0]) if values else None
    return f"{decimal(min(values), 2)} … {decimal(max(values), 2)}"


def page(title: str, body: Html) -> str:
    """A whole page: one file, no scripts, nothing to fetch."""
    style = files("app").joinpath("report.css").read_text(encoding="utf-8")
    head = element("head", Html('<meta charset="utf-8">'), element("title", title), element("style", Html(style)))
    return f'<!DOCTYPE html>\n<html lang="en">\n{head}\n<body>\n{element("main", body)}\n</body>\n</html>\n'


SIMULATED = element("span", "simulated", class_="mark")
"""The mark of every figure that simulated annotators had a part in."""
