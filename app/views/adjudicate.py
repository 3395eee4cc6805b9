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
from consensus.adjudication import Disagreement, Opinion, adjudicate, disagreements
from core.codebook import RatingVariable

_CASE = "adjudicate-case"
Case = tuple[int, str]


def show(visit: Visit) -> None:
    """The disagreement in hand, or a word that there is none."""
    say = visit.say
    if not visit.may_adjudicate:
        st.error(say("adjudicators_only"))
        return
    found = disagreements(visit.desk.engine)
    here = _in_hand(found)
    if here is None:
        st.html(
            f'<div class="notice"><h2>{escape(say("disagreements_none_title"))}</h2>'
            f"<p>{escape(say('disagreements_none_text' if found else 'disagreements_never_text'))}</p></div>"
        )
        if found:
            st.button(say("settled_ones"), key="settled-ones", on_click=_take, args=(_case_of(found[0]),))
        return
    left, right = st.columns([1.28, 1], gap="medium")
    with left, st.container(key="reading"):
        st.html(chat_html(visit.desk.corpus.display(here.segment_id), say))
    with right, st.container(key="deciding", gap="small"):
        _where(visit, here, found)
        _case(visit, here)


def _in_hand(found: Sequence[Disagreement]) -> Disagreement | None:
    """The one that was opened, else the first without a decision."""
    opened = st.session_state.get(_CASE)
    wanted = next((one for one in found if _case_of(one) == opened), None)
    return wanted or next((one for one in found if one.decision is None), None)


def _case_of(disagreement: Disagreement) -> Case:
    return disagreement.item_id, disagreement.variable


def _take(case: Case | None) -> None:
    st.session_state[_CASE] = case


def _where(visit: Visit, here: Disagreement, found: Sequence[Disagreement]) -> None:
    """Which disagreement this is and how many remain; the way to the ones before and after."""
    say, number = visit.say, found.index(here)
    left = sum(one.decision is None for one in found)
    with st.container(key="where", horizontal=True, vertical_alignment="center", gap="xsmall"):
        share = 100 * (len(found) - left) / len(found)
        st.html(
            f'<div class="where"><b>{number + 1} / {len(found)}</b><span>{escape(here.batch)} · '
            f"{escape(say('disagreements_left', n=left))}</span>"
            f'<div class="bar"><i style="width:{share:.1f}%"></i></div></div>'
        )
        before, after = found[number - 1 : number], found[number + 1 : number + 2]
        for name, key, to in (("previous", "left", before), ("next", "right", after)):
            st.button(
                "",
                icon=":material/chevron_left:" if name == "previous" else ":material/chevron_right:",
                help=say(name),
                key=f"step-{name}",
                shortcut=key,
                disabled=not to,
                on_click=_take,
                args=(_case_of(to[0]) if to else None,),
            )


def _case(visit: Visit, here: Disagreement) -> None:
    """The question, what the annotators chose, the labels, the reason."""
    codebook, say = visit.desk.workspace.codebook, visit.say
    rating = codebook.rating_variable(here.variable)
    label = f'<span class="several">{escape(rating.title.get(say.language))}</span>' if rating.label else ""
    st.html(f'<p class="question">{escape(rating.variable.question.get(say.language))}{label}</p>')
    simulated = {person.name for person in list_users(visit.desk.engine) if person.simulated}
    st.html(opinions_html(visit, here, rating, simulated))
    chosen = _choice(here, rating, visit)
    help_with(rating.variable, codebook, say)
    _decision(visit, here, chosen)


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


def _choice(here: Disagreement, rating: RatingVariable, visit: Visit) -> int | None:
    """The labels as buttons; the one chosen so far."""
    place = f"{here.item_id}-{here.variable}"
    start = here.decision.label if here.decision else None
    chosen = st.session_state.setdefault(f"decision-{place}", start)
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
                args=(f"decision-{place}", code),
            )
    return chosen


def _choose(key: str, code: int) -> None:
    st.session_state[key] = code


def _decision(visit: Visit, here: Disagreement, chosen: int | None) -> None:
    say, place = visit.say, f"{here.item_id}-{here.variable}"
    if here.decision:
        st.html(f'<p class="done-before">{escape(say("settled_before"))} · {escape(say("decide_again"))}</p>')
    with st.form(f"decision-form-{place}", border=False, enter_to_submit=True):
        reason = st.text_area(
            say("decision_reason"),
            value=here.decision.rationale if here.decision else "",
            key=f"decision-reason-{place}",
            placeholder=say("decision_hint"),
            height=68,
            max_chars=2000,
        )
        text = say("settle_anew" if here.decision else "settle")
        pressed = st.form_submit_button(text, shortcut="Enter", type="primary", width="stretch")
    if not pressed:
        return
    if chosen is None:
        st.warning(say("choose_label_first"))
        return
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
    st.rerun()
