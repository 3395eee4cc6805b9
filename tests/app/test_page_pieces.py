"""The pieces of the pages that are plain functions: definitions, decision steps, κ in words, colours of state."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection
from starlette.responses import Response

from annotation.human.batch_reports import BatchSummary, Load
from app.guard import page_policy
from app.session_cookie import keep
from app.views.agreement_card import agreement_html, is_simulated, kappa_words
from app.views.icon import icon
from app.views.question import definitions_html, plain, tree_html
from app.views.words import words
from core.codebook import Label, shipped_codebook
from core.texts import Bilingual

ZH, EN = words("zh"), words("en")
SIX, FOUR = shipped_codebook("suichat6"), shipped_codebook("ideation4")


def kappa(value=None, low=None, high=None, method="jackknife over items", reason=None):
    return {"value": value, "low": low, "high": high, "method": method, "reason": reason}


def batch(*found, simulated=False, state="closed"):
    variables = {
        name: {"fleiss_kappa": one, "n_items_used": 20, "n_raters": 3, "percent_agreement": 0.705}
        for name, one in found
    }
    now = datetime(2026, 3, 2, tzinfo=UTC)
    loads = (Load("anna", False, 20, 20), Load("bo", simulated, 20, 20))
    agreement = {"variables": variables} if state != "open" else None
    return BatchSummary("batch-1", state, 3, 20, loads, now, now, agreement)


@pytest.mark.parametrize(
    ("estimate", "shown"),
    [
        (kappa(0.614, 0.401, 0.827), "κ = 0.61 [0.40, 0.83]"),
        (kappa(-0.2, -0.5, 0.1), "κ = −0.20 [−0.50, 0.10]"),
        (kappa(-0.001, -0.004, 0.002), "κ = 0.00 [0.00, 0.00]"),
        (kappa(0.5, reason="no interval: the jackknife needs at least two items"), "κ = 0.50"),
        (kappa(reason="only one category was used"), "κ 无法计算"),
    ],
)
def test_kappa_in_words(estimate, shown):
    assert kappa_words(estimate, ZH) == shown


def test_a_closed_batch_shows_kappa_its_interval_and_how_it_was_made():
    html = agreement_html(batch(("risk", kappa(0.614, 0.401, 0.827))), SIX, ZH)
    assert '<span class="kappa-of">风险等级</span><b>κ = 0.61 [0.40, 0.83]</b>' in html
    assert "20 条 · 3 位标注者 · 两两一致 70%" in html
    assert "95% 区间（按条目的刀切法）" in html
    assert "jackknife over items" in agreement_html(batch(("risk", kappa(0.6, 0.4, 0.8))), SIX, EN)


def test_a_kappa_without_interval_says_why():
    reason = "no interval: without one of the items, only one category is left"
    html = agreement_html(batch(("risk", kappa(0.5, method=None, reason=reason))), SIX, EN)
    assert f"Reason: {reason}" in html
    assert "95%" not in html


def test_a_variable_that_the_codebook_no_longer_has_keeps_its_name():
    assert ">old_variable<" in agreement_html(batch(("old_variable", kappa(0.5, 0.4, 0.6))), SIX, ZH)


def test_an_open_batch_shows_no_agreement():
    assert "κ" not in agreement_html(batch(state="open"), SIX, ZH)
    assert "一致性在批次关闭后显示" in agreement_html(batch(state="open"), SIX, ZH)


def test_a_batch_that_nobody_rated_says_so():
    assert "这一批没有标注。" in agreement_html(batch(), SIX, ZH)


def test_simulated_raters_are_marked_wherever_kappa_is():
    assert is_simulated(batch(simulated=True))
    marked = agreement_html(batch(("risk", kappa(0.5, 0.4, 0.6)), simulated=True), SIX, EN)
    assert '<span class="simulated">simulated</span>' in marked
    assert "simulated" not in agreement_html(batch(("risk", kappa(0.5, 0.4, 0.6))), SIX, EN)


def test_the_steps_of_a_tree_lead_to_steps_and_labels():
    html = tree_html(FOUR.tree, FOUR.variable(FOUR.tree.variable), EN)
    assert html.count("<li><p>") == len(FOUR.tree.nodes)
    assert html.startswith('<ol class="tree"><li><p>Q3: Has the writer attempted suicide in the past?</p>')
    assert "<b>Yes</b> → go to step 2" in html
    last = [label.title.en for label in FOUR.variables[0].labels]
    assert all(f"choose “{title}”" in html for title in last)


def test_definitions_are_escaped():
    text = Bilingual(zh="<b>粗</b>", en="a & b")
    label = Label(code=0, name="x", title=text, definition=text)
    variable = SIX.variables[0].model_copy(update={"labels": (label,)})
    assert definitions_html(variable, "zh") == (
        '<dl class="definitions"><dt>&lt;b&gt;粗&lt;/b&gt;</dt><dd>&lt;b&gt;粗&lt;/b&gt;</dd></dl>'
    )
    assert "a &amp; b" in definitions_html(variable, "en")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("自杀行为／方法", "自杀行为／方法"),
        ("**bold** $x$", r"\*\*bold\*\* \$x\$"),
        (":red[x] <b>", r"\:red\[x\] \<b\>"),
        ("1. a_b `c`", r"1\. a\_b \`c\`"),
    ],
)
def test_labels_of_buttons_are_no_markdown(text, escaped):
    assert plain(text) == escaped


@given(st.text())
def test_plain_text_loses_nothing(text):
    assert re.sub(r"\\(.)", r"\1", plain(text), flags=re.DOTALL) == text


def test_the_policy_lets_no_script_in_but_streamlits_own():
    policy = page_policy().format(sockets=" ws://host")
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.startswith("script-src 'self' 'sha256-")
    assert "unsafe" not in scripts
    assert "connect-src 'self' ws://host" in policy


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_cookie_is_secure_where_the_page_is(scheme, is_secure):
    response, scope = Response(), {"type": "http", "scheme": scheme, "path": "/", "headers": [], "server": ("a", 1)}
    keep(response, "assay_session", "token", HTTPConnection(scope), seconds=60)
    header = response.headers["set-cookie"]
    assert ("Secure" in header) == is_secure
    assert "HttpOnly" in header
    assert "SameSite=strict" in header


def test_the_picture_in_the_tab_is_round_and_small():
    picture = icon()
    assert picture.size == (64, 64)
    assert (picture.getpixel((0, 0)), picture.getpixel((32, 32))) == ((0, 0, 0, 0), (255, 255, 255, 255))
