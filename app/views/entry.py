"""The script that Streamlit runs on every visit: lets people in, shows the pages of their role."""

from functools import partial
from pathlib import Path

import streamlit as st

from app.views import adjudicate, annotate, overview, review
from app.views.icon import icon
from app.views.session import Visit, frame, turned_away, visit
from core.errors import AssayError

STYLE = Path(__file__).parent / "style.css"


def main() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Assay", page_icon=icon(), layout="wide", initial_sidebar_state="collapsed")
    st.html(STYLE)
    try:
        here = visit()
        if here is None:
            turned_away()
            return
        with st.container(key="frame"):
            frame(here)
        st.navigation(_pages(here), position="top").run()
    except AssayError as error:
        st.error(str(error))


def _pages(here: Visit) -> list[st.Page]:
    say = here.say
    label = st.Page(partial(annotate.show, here), title=say("page_annotate"), url_path="annotate")
    settle = st.Page(partial(adjudicate.show, here), title=say("page_adjudicate"), url_path="adjudicate")
    batches = st.Page(partial(overview.show, here), title=say("page_overview"), url_path="batches")
    pages = [settle, label, batches] if here.may_adjudicate else [label, batches]
    states = review.states(here)
    if states:
        words = st.Page(partial(review.show, here), title=say("page_review"), url_path="review")
        # Experts of a review that is not closed begin there; others find it last.
        pages = [*pages, words] if set(states) == {"closed"} else [words, *pages]
    return pages


main()
