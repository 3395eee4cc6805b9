import pytest

from app.report_page import (
    Html,
    decimal,
    element,
    figure,
    interval,
    page,
    percent,
    section,
    shown,
    table,
    together,
    value_range,
)


@pytest.mark.parametrize(
    ("value", "html"),
    [
        (None, "–"),
        (1234567, "1,234,567"),
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#x27;"),
        (Html("<b>"), "<b>"),
        ("风险", "风险"),
    ],
)
def test_values_are_escaped_unless_they_are_html(value, html):
    assert shown(value) == html


def test_elements_escape_children_and_attributes():
    made = element("p", "a<b", element("i", "c>d"), class_="x", title='"quoted"')
    assert made == '<p class="x" title="&quot;quoted&quot;">a&lt;b<i>c&gt;d</i></p>'


def test_text_joined_to_html_is_escaped_again():
    # + gives plain text, so that nothing becomes HTML by accident
    assert element("p", Html("<i>") + "<script>") == "<p>&lt;i&gt;&lt;script&gt;</p>"


def test_table_aligns_numbers_and_shows_nothing_as_a_dash():
    made = table(("voter", "n"), "tn", [("a&b", 1000), ("c", None)])
    assert '<th class="text">voter</th><th class="number">n</th>' in made
    assert '<td class="text">a&amp;b</td><td class="number">1,000</td>' in made
    assert '<td class="text">c</td><td class="number">–</td>' in made


def test_table_refuses_rows_of_another_length():
    with pytest.raises(ValueError, match="longer"):
        table(("a", "b"), "tn", [("x",)])


def test_sections_and_figures():
    assert section("A<B", Html("<p></p>")) == '<section class="plain"><h2>A&lt;B</h2><p></p></section>'
    assert figure(Html("<svg></svg>"), "R&D") == "<figure><svg></svg><figcaption>R&amp;D</figcaption></figure>"
    assert together([Html("<i></i>"), Html("<b></b>")]) == "<i></i><b></b>"


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (percent(0.6386), "63.9%"),
        (percent(None), None),
        (decimal(-0.0512), "−0.051"),
        (decimal(None), None),
        (interval(-0.1, 0.25), "−0.100 to 0.250"),
        (interval(None, 0.2), None),
        (value_range([]), None),
        (value_range([0.4216]), "0.422"),
        (value_range([0.5, -0.1, 0.3]), "−0.10 … 0.50"),
    ],
)
def test_numbers_as_text(made, text):
    assert made == text


def test_page_is_whole_and_needs_nothing_else():
    made = page("A & B", Html("<p>body</p>"))
    assert made.startswith("<!DOCTYPE html>\n")
    assert "<title>A &amp; B</title>" in made
    assert "<main><p>body</p></main>" in made
    assert ".card" in made
    assert not [word for word in ("<link", "<script", "@import", "url(", "http") if word in made]
