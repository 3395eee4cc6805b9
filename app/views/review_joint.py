"""The joint session: both experts together, on what they differ on."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from app.concordances import lines_of
from app.views.review_candidate import candidate_html
from app.views.review_ruling import ask, categories_of, chosen, forget, missing, opinion_words, place_of, usable
from app.views.session import Visit
from app.views.steps import steps
from app.views.submission import submission, submitted_reason
from app.wiring import close_lexicon_review
from lexicon.review.opinions import JOINT_DECISIONS, Opinion, checked_opinion
from lexicon.review.reviews import ReviewSummary
from lexicon.review.settling import Difference, Standing, settle, standing

_CASE, _SHOWN = "joint-case", "joint-shown"


def save(visit: Visit, review: ReviewSummary) -> str | None:
    """Save the joint ruling on the difference in hand, if it was just submitted; what is missing, if anything."""
    found = standing(visit.desk.engine, review.name, visit.person.name)
    here = _in_hand(found.differences, review)
    place = place_of(review, here.candidate, "joint") if here else ""
    note = submitted_reason(place) if here else None
    if here is None or note is None:
        return None
    given = chosen(place, _start(here, visit))
    lacking = missing(given, visit.say)
    if lacking:
        return lacking
    workspace = visit.desk.workspace
    opinion = checked_opinion(
        *(given.decision, given.kind, given.category, note),
        categories=workspace.settings.lexicon.categories,
        allowed=JOINT_DECISIONS,
    )
    engine, person = visit.desk.engine, visit.person.name
    settle(engine, review.name, here.candidate.candidate_id, person, opinion, clock=workspace.clock)
    forget(place)
    st.session_state[_CASE] = None
    return None


def show(visit: Visit, review: ReviewSummary, complaint: str | None) -> bool:
    """The difference in hand, or that all are settled; whether the review was closed just now."""
    found = standing(visit.desk.engine, review.name, visit.person.name)
    here = _in_hand(found.differences, review)
    place = place_of(review, here.candidate, "joint") if here else None
    st.session_state[_SHOWN] = place
    if here is None or place is None:
        return _all_settled(visit, review, found)
    candidates = [difference.candidate for difference in found.differences]
    lines = lines_of(visit.desk, candidates)[here.candidate.candidate_id]
    left, right = st.columns([1.28, 1], gap="medium")
    with left, st.container(key="reading"):
        st.html(candidate_html(here.candidate, lines, visit.say))
    with right, st.container(key="deciding", gap="small"):
        _where(visit, review, here, found)
        st.html(opinions_html(here, visit))
        both = [opinion for one in found.differences for opinion in (one.a.opinion, one.b.opinion)]
        ask(place, _start(here, visit), categories_of(visit, candidates, both), JOINT_DECISIONS, visit, shown=_SHOWN)
        submission(
            place,
            reason=here.joint.opinion.note if here.joint else "",
            label=visit.say("joint_note"),
            hint=visit.say("joint_note_hint"),
            button=visit.say("settle_anew" if here.joint else "settle_jointly"),
            complaint=complaint,
        )
    return False


def _start(here: Difference, visit: Visit) -> Opinion:
    """The joint ruling, else no decision, with the kind and category that those who accepted chose, if they agree."""
    if here.joint:
        return here.joint.opinion
    accepted = [one.opinion for one in (here.a, here.b) if one.opinion.decision == "accept"]
    kinds, categories = {one.kind for one in accepted}, {one.category for one in accepted}
    kind = kinds.pop() if len(kinds) == 1 else None
    return usable(Opinion("", kind, categories.pop() if len(categories) == 1 else None), visit)


def _in_hand(differences: Sequence[Difference], review: ReviewSummary) -> Difference | None:
    """The difference that was opened, else the first that is not settled."""
    opened = st.session_state.get(_CASE)
    wanted = next((one for one in differences if opened == (review.name, one.candidate.candidate_id)), None)
    return wanted or next((one for one in differences if one.joint is None), None)


def _where(visit: Visit, review: ReviewSummary, here: Difference, found: Standing) -> None:
    n = len(found.differences)

    def take(wanted: Difference | None) -> None:
        st.session_state[_CASE] = (review.name, wanted.candidate.candidate_id) if wanted else None

    steps(
        f"{found.differences.index(here) + 1} / {n}",
        f"{review.name} · {visit.say('joint_left', n=found.n_left)}",
        (n - found.n_left) / n,
        here=found.differences.index(here),
        all_of_them=found.differences,
        take=take,
        say=visit.say,
    )


def opinions_html(here: Difference, visit: Visit) -> str:
    """What A and B ruled alone and noted; the letters stay the same throughout a review."""
    say = visit.say
    rows = []
    for letter, recorded in (("A", here.a), ("B", here.b)):
        note = escape(recorded.opinion.note) if recorded.opinion.note else f"<i>{escape(say('no_note'))}</i>"
        rows.append(
            f'<li><span class="rater">{escape(say("expert", letter=letter))}</span>'
            f'<b>{escape(opinion_words(recorded.opinion, say))}</b><span class="reason">{note}</span></li>'
        )
    head = f"<b>{escape(say('rulings_alone'))}</b>"
    settled = ""
    if here.joint:
        words = say("settled_as", ruling=opinion_words(here.joint.opinion, say))
        settled = f'<p class="done-before">{escape(words)}</p>'
    return f'<p class="small-heading">{head}</p><ul class="opinions">{"".join(rows)}</ul>{settled}'


def _all_settled(visit: Visit, review: ReviewSummary, found: Standing) -> bool:
    """What was settled, and the button that closes the review; whether it was pressed."""
    say = visit.say
    rows = "".join(
        f"<li><b>{escape(one.candidate.term)}</b><span>{escape(opinion_words(one.joint.opinion, say))}</span></li>"
        for one in found.differences
        if one.joint
    )
    text = say("joint_done_text", alike=found.n_alike, n=len(found.differences))
    st.html(
        f'<div class="notice"><h2>{escape(say("joint_done_title"))}</h2><p>{escape(text)}</p>'
        f'<ul class="settled">{rows}</ul></div>'
    )
    with st.container(key="closing", horizontal=True, horizontal_alignment="center"):
        if found.differences:
            first = (review.name, found.differences[0].candidate.candidate_id)
            st.button(say("revise_joint"), key="settled-ones", on_click=lambda: st.session_state.update({_CASE: first}))
        if st.button(say("close_review"), key="close-review", type="primary"):
            close_lexicon_review(visit.desk.workspace, visit.desk.engine, review.name, visit.person.name)
            return True
    return False
