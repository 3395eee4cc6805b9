"""The page of the batches: how far each is, and how far its raters agree once it is closed."""

from html import escape

import streamlit as st

from annotation.human.batch_reports import BatchSummary, Load
from annotation.human.batches import list_batches
from app.views.agreement_card import agreement_html
from app.views.session import Visit


def show(visit: Visit) -> None:
    """Every batch, newest first; annotators see those they take part in."""
    say = visit.say
    batches = [batch for batch in reversed(list_batches(visit.desk.engine)) if _may_see(visit, batch)]
    if not batches:
        st.html(
            f'<div class="notice"><h2>{escape(say("no_batches_title"))}</h2>'
            f"<p>{escape(say('no_batches_text' if visit.may_adjudicate else 'no_items_text'))}</p></div>"
        )
    for batch in batches:
        st.html(batch_html(visit, batch))


def _may_see(visit: Visit, batch: BatchSummary) -> bool:
    return visit.may_adjudicate or any(load.annotator == visit.person.name for load in batch.loads)


def batch_html(visit: Visit, batch: BatchSummary) -> str:
    """A batch as a card."""
    say = visit.say
    loads = "".join(_load(visit, load, number) for number, load in enumerate(batch.loads) if _shown(visit, load))
    size = say("batch_size", items=batch.n_items, overlap=batch.overlap)
    return (
        f'<section class="batch"><header><h2>{escape(batch.name)}</h2>'
        f'<span class="state state-{escape(batch.state)}">{escape(say(f"state_{batch.state}"))}</span>'
        f'<span class="quiet">{escape(size)} · {batch.created_at:%Y-%m-%d}</span></header>'
        f'<div class="batch-body"><div class="loads">{_progress(visit, batch)}{loads}</div>'
        f"<div>{agreement_html(batch, visit.desk.workspace.codebook, say)}</div></div></section>"
    )


def _shown(visit: Visit, load: Load) -> bool:
    return visit.may_adjudicate or load.annotator == visit.person.name


def _progress(visit: Visit, batch: BatchSummary) -> str:
    text = visit.say("progress_done", done=batch.n_done, total=batch.n_total)
    return f'<p class="load total"><span>{escape(text)}</span>{_bar(batch.n_done, batch.n_total)}</p>'


def _load(visit: Visit, load: Load, number: int) -> str:
    """One rater's share. Only an administrator sees whose it is."""
    say = visit.say
    name = say("rater", letter=chr(ord("A") + number)) if number < 26 else str(number + 1)
    if visit.sees_names:
        name = load.annotator
    elif load.annotator == visit.person.name:
        name = say("you")
    mark = f' <span class="simulated">{escape(say("simulated"))}</span>' if load.simulated else ""
    return (
        f'<p class="load"><span>{escape(name)}{mark} · {load.n_done} / {load.n_total}</span>'
        f"{_bar(load.n_done, load.n_total)}</p>"
    )


def _bar(done: int, total: int) -> str:
    return f'<span class="bar"><i style="width:{100 * done / total if total else 0:.1f}%"></i></span>'
