"""What the annotation page shows when there is nothing left to label."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from annotation.human.batch_reports import BatchSummary
from annotation.human.batches import list_batches
from annotation.human.work import Task
from app.views.agreement_card import agreement_html
from app.views.session import Visit
from app.wiring import close_if_complete


def show(visit: Visit, tasks: Sequence[Task], finished: str | None, revise: Callable[[], None]) -> None:
    """Thanks, and the agreement of the batch that was completed. ``finished``: its name, if it was just now."""
    say = visit.say
    person = visit.person.name
    mine = [batch for batch in list_batches(visit.desk.engine) if person in {load.annotator for load in batch.loads}]
    if _closed_what_was_left(visit, mine):
        st.rerun()
    just_now = next((batch for batch in mine if batch.name == finished), None)
    if just_now is not None:
        text = "batch_complete_text" if just_now.state != "open" else "waiting_to_close_text"
        _card(say("batch_complete_title", batch=just_now.name), say(text), _agreement(visit, just_now))
    elif tasks:
        _card(say("mine_done_title"), say("mine_done_text"))
    else:
        closed = next((batch for batch in reversed(mine) if batch.state != "open"), None)
        _card(say("no_items_title"), say("no_items_text"), _agreement(visit, closed) if closed else "")
    if tasks:
        st.button(say("revise_mine"), key="revise", on_click=revise)


def _closed_what_was_left(visit: Visit, mine: Sequence[BatchSummary]) -> bool:
    """Close batches that are complete and still open, because a page was interrupted say; whether there were any."""
    complete = [batch.name for batch in mine if batch.state == "open" and batch.n_done == batch.n_total]
    workspace, engine, person = visit.desk.workspace, visit.desk.engine, visit.person.name
    closed = [close_if_complete(workspace, engine, batch, person) for batch in complete]
    return any(closed)


def _agreement(visit: Visit, batch: BatchSummary) -> str:
    say = visit.say
    heading = f"{say('agreement')} · {batch.name}"
    return f"<h3>{escape(heading)}</h3>{agreement_html(batch, visit.desk.workspace.codebook, say)}"


def _card(title: str, text: str, more: str = "") -> None:
    st.html(f'<div class="notice"><h2>{escape(title)}</h2><p>{escape(text)}</p>{more}</div>')
