"""The page on which an adjudicator settles what annotators of closed batches disagree on."""

from collections.abc import Sequence
from hashlib import sha256
from html import escape

import streamlit as st

from annotation.human.users import list_users
from annotation.human.work import ABSTAIN
from app.views.answers import label_keys
from app.views.chat import chat_html
from app.views.question import help_with, plain
from app.views.session import Visit
from app.views.steps import steps
from app.views.submission import submission, submitted_reason
from consensus.adjudication import Disagreement, Opinion, adjudicate, disagreements
from core.codebook import RatingVariable

_CASE, _SHOWN = "adjudicate-case", "adjudicate-shown"


def show(visit: Visit) -> None:
    """The disagreement in hand, or a word that there is none."""
    say = visit.say
    if not visit.may_adjudicate:
        st.error(say("adjudicators_only"))
        return
    found, complaint = _after_decision(visit)
    here = _in_hand(found)
    st.session_state[_SHOWN] = _place(here) if here else None
    if here is None:
        _nothing_left(visit, found)
        return
    left, right = st.columns([1.28, 1], gap="medium")
    with left, st.container(key="reading"):
        st.html(chat_html(visit.desk.corpus.display(here.segment_id), say))
    with right, st.container(key="deciding", gap="small"):
        _where(visit, here, found)
        _case(visit, here, complaint)


def _nothing_left(visit: Visit, found: Sequence[Disagreement]) -> None:
    say, text = visit.say, "disagreements_none_text" if found else "disagreements_never_text"
    st.html(f'<div class="notice"><h2>{escape(say("disagreements_none_title"))}</h2><p>{escape(say(text))}</p></div>')
    if found:
        st.button(say("settled_ones"), key="settled-ones", on_click=_take, args=(found[0],))


def _in_hand(found: Sequence[Disagreement]) -> Disagreement | None:
    """The one that was opened, else the first without a decision."""
    opened = st.session_state.get(_CASE)
    wanted = next((one for one in found if _place(one) == opened), None)
    return wanted or next((one for one in found if one.decision is None), None)


def _place(disagreement: Disagreement) -> str:
    return f"{disagreement.item_id}-{disagreement.variable}"


def _take(disagreement: Disagreement | None) -> None:
    st.session_state[_CASE] = _place(disagreement) if disagreement else None


def _after_decision(visit: Visit) -> tuple[list[Disagreement], str | None]:
    """The disagreements, once the decision just made is saved; and why it was not, if so."""
    found = disagreements(visit.desk.engine)
    here = _in_hand(found)
    reason = submitted_reason(f"decision-{_place(here)}") if here else None
    if here is None or reason is None:
        return found, None
    chosen = _chosen(here)
    if chosen is None:
        return found, visit.say("choose_label_first")
    adjudicate(
        visit.desk.engine,
        here.item_id,
        here.variable,
        chosen,
        reason,
        visit.person.name,
        codebook=visit.desk.workspace.codebook,
        clock=visit.desk.workspace.clock,
    )
    _take(None)
    return disagreements(visit.desk.engine), None


def _where(visit: Visit, here: Disagreement, found: Sequence[Disagreement]) -> None:
    """Which disagreement this is and how many remain; the way to the ones before and after."""
    left = sum(one.decision is None for one in found)
    steps(
        f"{found.index(here) + 1} / {len(found)}",
        f"{here.batch} · {visit.say('disagreements_left', n=left)}",
        (len(found) - left) / len(found),
        here=found.index(here),
        all_of_them=found,
        take=_take,
        say=visit.say,
    )


def _case(visit: Visit, here: Disagreement, complaint: str | None) -> None:
    """The question, what the annotators chose, the labels, the reason."""
    codebook, say = visit.desk.workspace.codebook, visit.say
    rating = codebook.rating_variable(here.variable)
    label = f'<span class="several">{escape(rating.title.get(say.language))}</span>' if rating.label else ""
    st.html(f'<p class="question">{escape(rating.variable.question.get(say.language))}{label}</p>')
    simulated = {person.name for person in list_users(visit.desk.engine) if person.simulated}
    st.html(opinions_html(visit, here, rating, simulated))
    _choices(here, rating, visit)
    help_with(rating.variable, codebook, say)
    if here.decision:
        st.html(f'<p class="done-before">{escape(say("settled_before"))} · {escape(say("decide_again"))}</p>')
    submission(
        f"decision-{_place(here)}",
        reason=here.decision.rationale if here.decision else "",
        label=say("decision_reason"),
        hint=say("decision_hint"),
        button=say("settle_anew" if here.decision else "settle"),
        complaint=complaint,
    )


def opinions_html(visit: Visit, here: Disagreement, rating: RatingVariable, simulated: set[str]) -> str:
    """What every rater chose and why. Names are for administrators; others see letters."""
    say = visit.say
    rows = []
    for letter, opinion in lettered(here):
        name = opinion.rater if visit.sees_names else say("rater", letter=letter)
        mark = f' <span class="simulated">{escape(say("simulated"))}</span>' if opinion.rater in simulated else ""
        chosen = label_words(rating, opinion.label, visit)
        reason = escape(opinion.rationale) if opinion.rationale else f"<i>{escape(say('no_rationale'))}</i>"
        rows.append(
            f'<li><span class="rater">{escape(name)}{mark}</span><b>{escape(chosen)}</b>'
            f'<span class="reason">{reason}</span></li>'
        )
    outcome = say("no_majority")
    if here.majority is not None:
        outcome = say("majority_stands", label=label_words(rating, here.majority, visit))
    head = f"<b>{escape(say('ratings_given'))}</b><span>{escape(outcome)}</span>"
    return f'<p class="small-heading">{head}</p><ul class="opinions">{"".join(rows)}</ul>'


def lettered(here: Disagreement) -> list[tuple[str, Opinion]]:
    """The opinions under letters, mixed anew for every item: a letter is not the same person twice in a row."""

    def mixed(opinion: Opinion) -> str:
        return sha256(f"{here.segment_id}\n{here.variable}\n{opinion.rater}".encode()).hexdigest()

    return [(chr(ord("A") + number), one) for number, one in enumerate(sorted(here.opinions, key=mixed))]


def label_words(rating: RatingVariable, code: int, visit: Visit) -> str:
    """A code as people read it. One that the codebook no longer has is shown as the number."""
    if code == ABSTAIN:
        return visit.say("cannot_tell")
    return rating.code_title(code).get(visit.language) if code in rating.codes else str(code)


def _chosen(here: Disagreement) -> int | None:
    """The label chosen so far, else that of the newest decision."""
    return st.session_state.get(f"label-{_place(here)}", here.decision.label if here.decision else None)


def _choices(here: Disagreement, rating: RatingVariable, visit: Visit) -> None:
    """The labels as buttons with the codebook's keys."""
    place, chosen = _place(here), _chosen(here)
    keys = {code: str(code) for code in rating.codes} if rating.label else label_keys(rating.variable)
    with st.container(key=f"labels-pairs-{place.replace(':', '-')}", gap="xsmall"):
        for code in rating.codes:
            st.button(
                plain(label_words(rating, code, visit)),
                key=f"choice-{place}-{code}",
                shortcut=keys.get(code),
                type="primary" if chosen == code else "secondary",
                width="stretch",
                on_click=_choose,
                args=(place, code),
            )


def _choose(place: str, code: int) -> None:
    # A key pressed while the next disagreement is being drawn still belongs to the one before it, which is settled.
    if st.session_state.get(_SHOWN) == place:
        st.session_state[f"label-{place}"] = code
