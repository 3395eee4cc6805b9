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
    mine = _own_batches(visit)
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


def _own_batches(visit: Visit) -> list[BatchSummary]:
    """The batches of this annotator. One that is complete and was left open, by a crash say, is closed first."""
    engine, person = visit.desk.engine, visit.person.name

    def mine() -> list[BatchSummary]:
        return [batch for batch in list_batches(engine) if any(load.annotator == person for load in batch.loads)]

    complete = [batch.name for batch in mine() if batch.state == "open" and batch.n_done == batch.n_total]
    for batch in complete:
        close_if_complete(visit.desk.workspace, engine, batch, person)
    return mine()


def _agreement(visit: Visit, batch: BatchSummary) -> str:
    say = visit.say
    heading = f"{say('agreement')} · {batch.name}"
    return f"<h3>{escape(heading)}</h3>{agreement_html(batch, visit.desk.workspace.codebook, say)}"


def _card(title: str, text: str, more: str = "") -> None:
    st.html(f'<div class="notice"><h2>{escape(title)}</h2><p>{escape(text)}</p>{more}</div>')
