"""The inputs of a ruling: decision and kind as buttons with keys, the category as a list."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from html import escape

import streamlit as st

from app.views.question import plain
from app.views.session import Visit
from app.views.words import Say
from core.text import tidy
from lexicon.drafts import drafts
from lexicon.entries import KINDS
from lexicon.review.candidates import Candidate
from lexicon.review.opinions import Opinion
from lexicon.review.reviews import ReviewSummary

DECISION_WORDS: Mapping[str, str] = {
    "accept": "decision_accept",
    "reject": "decision_reject",
    "unsure": "decision_unsure",
}
KIND_WORDS: Mapping[str, str] = {"explicit": "kind_explicit", "implicit": "kind_implicit"}
_KIND_KEYS = {"explicit": "4", "implicit": "5"}


def place_of(review: ReviewSummary, candidate: Candidate, stage: str) -> str:
    """What makes the keys of a candidate's inputs unique."""
    return f"{stage}-{sha256(review.name.encode()).hexdigest()[:6]}-{candidate.candidate_id}"


def chosen(place: str, start: Opinion) -> Opinion:
    """What is chosen so far on a page that began with ``start``; a decision of ``""`` is none."""
    return st.session_state.get(_key(place), start)


def usable(opinion: Opinion, visit: Visit) -> Opinion:
    """The opinion without a category that the settings do not allow: suggestions may name any."""
    allowed = visit.desk.workspace.settings.lexicon.categories
    return replace(opinion, category=None) if allowed and opinion.category not in allowed else opinion


def forget(place: str) -> None:
    """Begin anew the next time."""
    st.session_state.pop(_key(place), None)


def missing(given: Opinion, say: Say) -> str | None:
    """What has to be chosen before the ruling can be saved, in words."""
    if not given.decision:
        return say("choose_decision_first")
    if given.decision != "accept" or (given.kind in KINDS and given.category):
        return None
    return say("choose_category_first" if given.kind in KINDS else "choose_kind_first")


def categories_of(visit: Visit, candidates: Iterable[Candidate], opinions: Iterable[Opinion]) -> list[str]:
    """The categories to choose from: those of the settings, else those suggested, ruled or imported so far."""
    settings = visit.desk.workspace.settings.lexicon
    if settings.categories:
        return list(settings.categories)
    used = {one.category for one in (*candidates, *opinions) if one.category}
    return sorted(used | set(drafts(visit.desk.engine)["category"]))


def ask(
    place: str, start: Opinion, categories: Sequence[str], decisions: Sequence[str], visit: Visit, *, shown: str
) -> None:
    """Draw the inputs. ``shown``: key of the session state that names the place that the page shows.

    A key pressed while the next candidate is being drawn still belongs to the one before it, which is saved by then.
    """
    given, say = chosen(place, start), visit.say

    def take(**changes: str | None) -> None:
        if st.session_state.get(shown) == place:
            st.session_state[_key(place)] = replace(chosen(place, start), **changes)

    st.html(f'<p class="question">{escape(say("ruling_question"))}</p>')
    with st.container(key=f"labels-row-{place}", gap="xsmall"):
        for number, decision in enumerate(decisions, 1):
            _choice(say(DECISION_WORDS[decision]), f"{place}-{decision}", str(number), given.decision == decision,
                    lambda decision=decision: take(decision=decision))  # fmt: skip
    # Kind and category belong to an entry: they wait until the candidate is accepted.
    off = given.decision in ("reject", "unsure")
    st.html(f'<p class="ruling-kind">{escape(say("ruling_kind"))}</p>')
    with st.container(key=f"labels-row-kind-{place}", gap="xsmall"):
        for kind in KINDS:
            _choice(say(KIND_WORDS[kind]), f"{place}-{kind}", _KIND_KEYS[kind], given.kind == kind and not off,
                    lambda kind=kind: take(kind=kind), off)  # fmt: skip
    _category(place, given, categories, take, visit, off)


def _choice(
    text: str, key: str, shortcut: str, is_chosen: bool, on_click: Callable[[], None], off: bool = False
) -> None:
    st.button(
        plain(text),
        key=f"choice-{key}",
        shortcut=shortcut,
        type="primary" if is_chosen else "secondary",
        width="stretch",
        disabled=off,
        on_click=on_click,
    )


def _category(
    place: str, given: Opinion, categories: Collection[str], take: Callable[..., None], visit: Visit, off: bool
) -> None:  # fmt: skip
    key, say = f"category-{place}", visit.say
    free = not visit.desk.workspace.settings.lexicon.categories
    offered = [*categories, *([given.category] if free and given.category and given.category not in categories else [])]
    st.selectbox(
        say("ruling_category_free" if free else "ruling_category"),
        offered,
        index=offered.index(given.category) if given.category in offered else None,
        key=key,
        placeholder=say("ruling_category_hint"),
        accept_new_options=free,
        disabled=off,
        on_change=lambda: take(category=tidy(st.session_state.get(key) or "") or None),
    )


def opinion_words(opinion: Opinion, say: Say) -> str:
    """``收录 · 隐性 · slang``."""
    parts = [say(DECISION_WORDS[opinion.decision])]
    parts += [say(KIND_WORDS[opinion.kind])] if opinion.kind else []
    return " · ".join([*parts, *([opinion.category] if opinion.category else [])])


def _key(place: str) -> str:
    return f"ruling-{place}"
