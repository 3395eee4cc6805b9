"""The page of signal words: two experts rule on candidates alone, then settle together what they differ on."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.views import review_alone, review_joint
from app.views.review_summary import summary_html
from app.views.session import Visit
from lexicon.review.outcomes import outcomes
from lexicon.review.reviews import ReviewSummary, list_reviews

_CLOSED = "review-closed"


def states(visit: Visit) -> list[str]:
    """The states of the visitor's reviews; empty for who is an expert of none."""
    return [review.state for review in list_reviews(visit.desk.engine, visit.person.name)]


def show(visit: Visit) -> None:
    """The review in hand: ruling alone, the joint session, or what came out of it."""
    complaint = _after_submission(visit)
    reviews = list_reviews(visit.desk.engine, visit.person.name)
    here = _in_hand(visit, reviews)
    if here is None:
        _card(visit.say("review_none_title"), visit.say("review_none_text"))
    elif here.state == "open":
        review_alone.show(visit, here, complaint)
    elif here.state == "joint":
        if review_joint.show(visit, here, complaint):
            st.session_state[_CLOSED] = here.name
            st.rerun()
    else:
        _closed(visit, here, reviews)


def _after_submission(visit: Visit) -> str | None:
    """Save the ruling that was just submitted; why it was not, if so. The review may be in another state afterwards."""
    here = _in_hand(visit, list_reviews(visit.desk.engine, visit.person.name))
    if here is None or here.state == "closed":
        return None
    return (review_alone if here.state == "open" else review_joint).save(visit, here)


def _in_hand(visit: Visit, reviews: Sequence[ReviewSummary]) -> ReviewSummary | None:
    """The review that was just closed, else one with something left to do, the oldest first; else the newest closed."""
    just_closed = st.session_state.get(_CLOSED)
    ranked = sorted(reviews, key=lambda review: _rank(visit, review, just_closed))
    newest = next((review for review in reversed(reviews) if review.state == "closed"), None)
    return next((review for review in ranked if review.state != "closed" or review.name == just_closed), newest)


def _rank(visit: Visit, review: ReviewSummary, just_closed: str | None) -> int:
    if review.name == just_closed:
        return 0
    own = next(expert for expert in review.experts if expert.letter == review.letter_of(visit.person.name))
    waits = review.state == "open" and own.n_done == review.n_candidates and not review_alone.is_revising(review)
    return 2 if waits else 1


def _closed(visit: Visit, review: ReviewSummary, reviews: Sequence[ReviewSummary]) -> None:
    decided = [outcome for outcome in outcomes(visit.desk.engine) if outcome.review == review.name]
    say = visit.say
    _card(say("review_closed_title", review=review.name), say("review_closed_text"), summary_html(review, decided, say))
    if any(other.state != "closed" for other in reviews):
        st.button(say("review_go_on"), key="revise", on_click=lambda: st.session_state.pop(_CLOSED, None))


def _card(title: str, text: str, more: str = "") -> None:
    st.html(f'<div class="notice"><h2>{escape(title)}</h2><p>{escape(text)}</p>{more}</div>')
