"""What came out of a closed review: the κ of its two experts, the table behind it, and the decisions."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from app.views.agreement_card import kappa_words
from app.views.review_ruling import DECISION_WORDS, KIND_WORDS
from app.views.words import Say
from lexicon.review.outcomes import Outcome
from lexicon.review.reviews import ReviewSummary

_TITLES: Mapping[str, str] = {"decision": "kappa_of_decisions", "kind": "kappa_of_kinds"}
_REASONS: Mapping[str, str] = {
    "both gave one and the same label throughout": "kappa_one_label",
    "no item was labelled by both": "kappa_no_item",
    "no candidate has rulings of both experts": "kappa_no_item",
    "no candidate was accepted by both experts": "kappa_none_accepted",
}
_METHODS: Mapping[str, str] = {"asymptotic (Fleiss, Cohen & Everitt 1969)": "kappa_asymptotic"}


def summary_html(review: ReviewSummary, decided: Sequence[Outcome], say: Say) -> str:
    """κ of both parts with their tables of A against B; how many were accepted, rejected and left undecided."""
    measured = review.agreement or {}
    n_accepted = sum(outcome.final.decision == "accept" for outcome in decided)
    counts = say(
        "review_counts",
        accepted=n_accepted,
        rejected=len(decided) - n_accepted,
        undecided=review.n_candidates - len(decided),
        joint=sum(outcome.settled == "joint" for outcome in decided),
    )
    mark = ""
    if any(expert.simulated for expert in review.experts):
        mark = f'<p class="simulated-note"><span class="simulated">{escape(say("simulated"))}</span> '
        mark += f"{escape(say('simulated_review'))}</p>"
    parts = "".join(_part(name, measured[name], say) for name in _TITLES if name in measured)
    methods = {found["method"] for found in measured.values() if found["method"]}
    named = ", ".join(say(_METHODS[method]) if method in _METHODS else method for method in sorted(methods))
    note = f'<p class="quiet">{escape(say("kappa_interval", method=named))}</p>' if methods else ""
    return f'{mark}<p class="counts">{escape(counts)}</p><div class="review-kappas">{parts}</div>{note}'


def _part(name: str, found: Mapping[str, Any], say: Say) -> str:
    facts = [say("kappa_candidates", n=found["n"], agree=found["n_agree"])]
    if found["reason"]:
        reason = found["reason"]
        facts.append(say("kappa_reason", reason=say(_REASONS[reason]) if reason in _REASONS else reason))
    table = _table(name, found["table"], say) if found["n"] else ""
    return (
        f'<div class="kappa"><span class="kappa-of">{escape(say(_TITLES[name]))}</span>'
        f"<b>{escape(kappa_words(found, say))}</b>"
        f'<span class="quiet">{escape(" · ".join(facts))}</span>{table}</div>'
    )


def _table(name: str, table: Mapping[str, Mapping[str, int]], say: Say) -> str:
    """A's answers in rows, B's in columns; where they agree stands out."""
    words = DECISION_WORDS if name == "decision" else KIND_WORDS
    titles = {answer: escape(say(words[answer])) for answer in words}
    a, b = escape(say("expert", letter="A")), escape(say("expert", letter="B"))
    head = "".join(f"<th>{titles[answer]}</th>" for answer in titles)
    rows = "".join(
        f"<tr><th>{titles[row]}</th>"
        + "".join(f'<td class="{"same" if row == column else ""}">{table[row][column]}</td>' for column in titles)
        + "</tr>"
        for row in titles
    )
    corner = f'<th class="corner-cell">{a} ↓ &nbsp; {b} →</th>'
    return f'<table class="crossed"><thead><tr>{corner}{head}</tr></thead><tbody>{rows}</tbody></table>'
