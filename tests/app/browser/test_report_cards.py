"""The first figures of the report stay inside their cards."""

from typing import Any

import pytest

from app.report_page import SIMULATED, Html, element, page, together

pytestmark = [pytest.mark.slow, pytest.mark.browser]
RANGE = "−0.89 … −0.25"
WIDTHS = (1280, 900, 620, 390)
OVER_THE_EDGE = """() => [...document.querySelectorAll('.card > *')].filter(part => {
  const range = document.createRange();
  range.selectNodeContents(part);
  const card = part.parentElement.getBoundingClientRect(), ink = range.getBoundingClientRect();
  return ink.right > card.right - 8 || ink.left < card.left + 8;
}).map(part => part.textContent)"""


def cards(values: list[tuple[object, str]]) -> Html:
    drawn = [element("div", element("b", value), element("span", name), class_="card") for value, name in values]
    return element("div", *drawn, class_="cards")


FIVE = [
    ("12,345,678", "messages kept 保留的消息"),
    ("1,234", "segments 片段"),
    ("100.0%", "accepted as silver 共识标签"),
    (RANGE, "Fleiss’ κ of the panel 模型一致性（各变量的最小值与最大值）"),
    (together([Html("1,234"), SIMULATED]), "segments with gold labels 人工标签"),
]


def test_every_figure_stays_inside_its_card(chromium: Any):
    shown = chromium.new_page()
    shown.set_content(page("cards", cards(FIVE)))
    for width in WIDTHS:
        shown.set_viewport_size({"width": width, "height": 800})
        assert shown.evaluate(OVER_THE_EDGE) == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    shown.set_viewport_size({"width": 1280, "height": 800})
    tops = shown.evaluate("[...document.querySelectorAll('.card')].map(card => card.getBoundingClientRect().top)")
    assert len(set(tops)) == 1, "five cards stand side by side"


def test_the_check_sees_a_figure_that_runs_over(chromium: Any):
    shown = chromium.new_page()
    grid = ".cards { display: grid; grid-template-columns: repeat(5, 120px); } .card { min-width: 0; }"
    shown.set_content(page("cards", cards(FIVE)).replace("</style>", f"{grid}</style>"))
    assert RANGE in shown.evaluate(OVER_THE_EDGE)
