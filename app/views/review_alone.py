"""An expert rules alone: one candidate at a time, in their own order, with the lines that hold it."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.concordances import lines_of
from app.views.review_candidate import candidate_html
from app.views.review_ruling import ask, categories_of, chosen, forget, missing, place_of, usable
from app.views.session import Visit
from app.views.steps import steps
from app.views.submission import submission, submitted_reason
from lexicon.review.opinions import DECISIONS, Opinion, checked_opinion
from lexicon.review.reviews import ReviewSummary
from lexicon.review.rulings import Case, own_cases, rule

_CASE, _SHOWN = "review-case", "review-shown"


def is_revising(review: ReviewSummary) -> bool:
    """Whether one of the review's candidates was opened to be looked at again."""
    opened = st.session_state.get(_CASE)
    return opened is not None and opened[0] == review.name


def save(visit: Visit, review: ReviewSummary) -> str | None:
    """Save the ruling on the candidate in hand, if it was just submitted; what is missing, if anything."""
    case = _in_hand(own_cases(visit.desk.engine, review.name, visit.person.name), review)
    place = place_of(review, case.candidate, "alone") if case else ""
    note = submitted_reason(place) if case else None
    if case is None or note is None:
        return None
    given = chosen(place, _start(case, visit))
    lacking = missing(given, visit.say)
    if lacking:
        return lacking
    workspace = visit.desk.workspace
    opinion = checked_opinion(
        given.decision, given.kind, given.category, note, categories=workspace.settings.lexicon.categories
    )
    opinions = {case.candidate.candidate_id: opinion}
    rule(visit.desk.engine, review.name, visit.person.name, opinions, clock=workspace.clock)
    forget(place)
    st.session_state[_CASE] = None
    return None


def show(visit: Visit, review: ReviewSummary, complaint: str | None) -> None:
    """The candidate in hand, or that one's own part is done."""
    cases = own_cases(visit.desk.engine, review.name, visit.person.name)
    case = _in_hand(cases, review)
    place = place_of(review, case.candidate, "alone") if case else None
    st.session_state[_SHOWN] = place
    if case is None or place is None:
        _waiting(visit, review, cases)
        return
    lines = lines_of(visit.desk, [one.candidate for one in cases])[case.candidate.candidate_id]
    left, right = st.columns([1.28, 1], gap="medium")
    with left, st.container(key="reading"):
        st.html(candidate_html(case.candidate, lines, visit.say))
    with right, st.container(key="deciding", gap="small"):
        _where(visit, review, case, cases)
        own = [one.own.opinion for one in cases if one.own]
        categories = categories_of(visit, [one.candidate for one in cases], own)
        ask(place, _start(case, visit), categories, DECISIONS, visit, shown=_SHOWN)
        submission(
            place,
            reason=case.own.opinion.note if case.own else "",
            label=visit.say("ruling_note"),
            hint=visit.say("ruling_note_hint"),
            button=visit.say("submit_ruling_revision" if case.own else "submit_ruling"),
            complaint=complaint,
        )
        st.html(f'<p class="quiet">{escape(visit.say("ruling_blind"))}</p>')
        _support(visit)


def _support(visit: Visit) -> None:
    """The support contacts of the workspace's settings, if it names any: the lines can be hard to read."""
    title, text = visit.settings.support_title, visit.settings.support_text
    if title or text:
        st.html(f'<aside class="support"><b>{escape(title)}</b><p>{escape(text)}</p></aside>')


def _start(case: Case, visit: Visit) -> Opinion:
    """What the page begins with: one's own ruling, else the suggestions without a decision."""
    suggested = usable(Opinion("", case.candidate.kind, case.candidate.category), visit)
    if case.own is None:
        return suggested
    own = case.own.opinion
    return own if own.decision == "accept" else Opinion(own.decision, suggested.kind, suggested.category, own.note)


def _in_hand(cases: Sequence[Case], review: ReviewSummary) -> Case | None:
    """The candidate that was opened, else the first without a ruling."""
    opened = st.session_state.get(_CASE)
    wanted = next((case for case in cases if opened == (review.name, case.candidate.candidate_id)), None)
    return wanted or next((case for case in cases if case.own is None), None)


def _where(visit: Visit, review: ReviewSummary, case: Case, cases: Sequence[Case]) -> None:
    say, n_done = visit.say, sum(one.own is not None for one in cases)

    def take(wanted: Case | None) -> None:
        st.session_state[_CASE] = (review.name, wanted.candidate.candidate_id) if wanted else None

    steps(
        f"{case.number} / {len(cases)}",
        f"{review.name} · {say('progress_done', done=n_done, total=len(cases))}",
        n_done / len(cases),
        here=case.number - 1,
        all_of_them=cases,
        take=take,
        say=say,
    )
    if case.own:
        st.html(f'<p class="done-before">{escape(say("ruled_before"))}</p>')


def _waiting(visit: Visit, review: ReviewSummary, cases: Sequence[Case]) -> None:
    say = visit.say
    title, text = say("mine_done_title"), say("review_waiting_text")
    st.html(f'<div class="notice"><h2>{escape(title)}</h2><p>{escape(text)}</p></div>')
    if cases:
        first = (review.name, cases[0].candidate.candidate_id)
        st.button(
            say("revise_my_rulings"), key="revise", on_click=lambda: st.session_state.update({_CASE: first})
        )  # fmt: skip
