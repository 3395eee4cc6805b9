"""A real browser, signed in."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
WAIT = 30_000


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    missing = "playwright is not installed: pip install 'assay[dev]'"
    sync_api = pytest.importorskip("playwright.sync_api", reason=missing)
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sign_in(chromium: Any) -> Callable[[str, str, str], AbstractContextManager[Any]]:
    """``with sign_in(address, name, password) as page``: at the end it must have asked nobody else for anything and
    reported no error.
    """

    @contextmanager
    def page_of(address: str, name: str, password: str) -> Iterator[Any]:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
        page, strangers, errors = context.new_page(), [], []
        own = (address, address.replace("http:", "ws:"), "data:", "blob:")
        page.set_default_timeout(WAIT)
        page.on("request", lambda asked: None if asked.url.startswith(own) else strangers.append(asked.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
        page.goto(address)
        page.fill("#name", name)
        page.fill("#password", password)
        page.keyboard.press("Enter")
        page.wait_for_selector(".corner")
        yield page
        context.close()
        assert (strangers, errors) == ([], [])

    return page_of


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., None]:
    """picture(page, name, fits=True): a screenshot once nothing moves any more, of a page that fits into the window.

    It goes to the folder that ASSAY_SCREENSHOTS names, else to the test's own.
    """
    folder = Path(os.environ.get("ASSAY_SCREENSHOTS") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)

    def take(page: Any, name: str, fits: bool = True) -> None:
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(700)
        page.screenshot(path=folder / name)
        if fits:
            script = "(([m, d]) => [m.scrollHeight - m.clientHeight, d.scrollWidth - d.clientWidth])"
            parts = "[document.querySelector('[data-testid=stMain]'), document.documentElement]"
            assert page.evaluate(f"{script}({parts})") == [0, 0], "the page fits into the window"

    return take
