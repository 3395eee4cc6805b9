"""The script that each visit to the pages begins with: who is signed in, and what it says when something is missing."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import app.views
from annotation.human.batches import close_batch
from annotation.human.sign_ins import sign_in, sign_out
from app.desk import WORKSPACE_VARIABLE
from app.session_cookie import COOKIE

ENTRY = Path(app.views.__file__).parent / "entry.py"


@pytest.fixture
def entered(make_bench, monkeypatch):
    """Run the entry script as a browser with the session cookie of a user, or with none."""
    bench = make_bench()
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(bench.workspace.root))

    def enter(token):
        cookies = {COOKIE: token} if token else {}
        monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
        return AppTest.from_file(str(ENTRY), default_timeout=30).run()

    return bench, enter


@pytest.mark.parametrize("token", [None, "made up"])
def test_without_a_sign_in_the_entry_shows_nothing_but_the_way_to_it(entered, html, token):
    _, enter = entered
    at = enter(token)
    assert "登录已过期。" in html(at)
    assert 'href="/auth/login"' in html(at)
    assert not at.button


def test_a_page_left_open_stops_answering_after_signing_out(entered, press, html):
    bench, enter = entered
    token = sign_in(bench.engine, "anna", bench.password)
    at = enter(token)
    assert "自杀意念" in [button.label for button in at.button]
    assert '<span class="me">anna</span>' in html(at)
    sign_out(bench.engine, token)
    assert not press(at, "自杀意念").button
    assert "登录已过期。" in html(at)


def test_a_batch_that_closes_under_an_open_page_is_one_clear_message(entered, press, html):
    bench, enter = entered
    at = press(enter(sign_in(bench.engine, "anna", bench.password)), "自杀意念")
    close_batch(bench.engine, "batch-1", lambda _: {"variables": {}}, force=True)
    at = press(at, "提交")
    assert not at.exception
    assert "现在没有要标注的条目" in html(at)


def test_what_is_missing_is_one_clear_message_on_the_page(entered):
    bench, enter = entered
    bench.workspace.store.path("segments").unlink()
    at = enter(sign_in(bench.engine, "anna", bench.password))
    assert not at.exception
    assert at.error[0].value.startswith("there is no table 'segments' in this workspace yet; make it with")


def test_the_entry_outside_assay_ui_says_how_to_start_it(entered, monkeypatch):
    _, enter = entered
    monkeypatch.delenv(WORKSPACE_VARIABLE)
    assert "assay ui" in enter(None).error[0].value
