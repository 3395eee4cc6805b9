"""The pages, run by Streamlit without a browser: what they show, and what a press of a button does."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def page(root, user, view):
    """A script of its own for Streamlit, so everything it needs is imported inside."""
    from importlib import import_module
    from pathlib import Path

    from annotation.human.users import list_users
    from app.desk import desk_at
    from app.views.session import Visit

    desk = desk_at(Path(root))
    person = next(person for person in list_users(desk.engine) if person.name == user)
    import_module(f"app.views.{view}").show(Visit(desk, person))


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """visit(bench, user, view="annotate"): the page as that user finds it."""

    def open_page(bench: Any, user: str, view: str = "annotate") -> AppTest:
        at = AppTest.from_function(page, args=(str(bench.workspace.root), user, view), default_timeout=30).run()
        assert not at.exception
        return at

    return open_page


@pytest.fixture
def html() -> Callable[[AppTest], str]:
    """All HTML of a page, outside Streamlit's own elements."""
    return lambda at: "".join(element.proto.body for element in at.get("html"))


@pytest.fixture
def press() -> Callable[[AppTest, str], AppTest]:
    """press(at, text): press the button that says so, and run the page."""

    def press_button(at: AppTest, text: str) -> AppTest:
        button = next(button for button in at.button if button.label == text)
        return button.click().run()

    return press_button


@pytest.fixture
def chosen() -> Callable[[AppTest], list[str]]:
    """The labels that are chosen on a page."""

    def chosen_labels(at: AppTest) -> list[str]:
        choices = [button for button in at.button if button.key.startswith("choice-")]
        return [button.label for button in choices if button.proto.type == "primary"]

    return chosen_labels
