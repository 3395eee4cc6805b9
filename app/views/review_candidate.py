"""A candidate for the lexicon in HTML: what is known about it, and its lines with the term in the middle."""

from collections.abc import Mapping, Sequence
from html import escape

from app.views.review_ruling import KIND_WORDS
from app.views.words import Say
from lexicon.review.candidates import Candidate
from lexicon.review.concordance import KwicLine

_SOURCES: Mapping[str, str] = {
    "llm": "from_llm",
    "neighbours": "from_neighbours",
    "log_odds": "from_log_odds",
    "variants": "from_variants",
}
_CONTEXT = 80
"""Characters that a line shows on either side, at most; the window may have room for fewer."""
_LONG = 13
"""Characters on one side from which a line may be cut on a narrow screen, so that it opens under the pointer."""


def candidate_html(candidate: Candidate, lines: Sequence[KwicLine], say: Say) -> str:
    """The term, its suggestions, figures, reasons and lines. Every character of the corpus is escaped."""
    similar = "、" if say.language == "zh" else ", "
    same = f"{say('similar_terms')}{similar.join(candidate.similar)}"
    note = f'<p class="quiet">{_text(same)}</p>' if candidate.similar else ""
    # The key makes a new element of every candidate, so that each opens at its top.
    return (
        f'<div class="candidate" id="candidate-{escape(candidate.candidate_id)}"><div class="candidate-head">'
        f'<span class="candidate-term">{_text(candidate.term)}</span>{_suggestions(candidate, say)}</div>'
        f"{_figures(candidate, say)}{_reasons(candidate, say)}{note}{kwic_html(lines, say)}</div>"
    )


def _suggestions(candidate: Candidate, say: Say) -> str:
    kind = say(KIND_WORDS[candidate.kind]) if candidate.kind else None
    given = [part for part in (kind, candidate.category) if part]
    if not given:
        return f'<span class="quiet">{escape(say("nothing_suggested"))}</span>'
    chips = "".join(f'<span class="chip">{_text(part)}</span>' for part in given)
    return f'<span class="quiet">{escape(say("suggested"))}</span>{chips}'


def _figures(candidate: Candidate, say: Say) -> str:
    keyness = "–" if candidate.keyness is None else f"{candidate.keyness:.1f}".replace("-", "−")
    figures = (
        ("n_matches", f"{candidate.n_matches:,}"),
        ("n_messages", f"{candidate.n_messages:,}"),
        ("n_users", f"{candidate.n_users:,}"),
        ("n_chats", f"{candidate.n_chats:,}"),
        ("keyness", keyness),
    )
    cells = "".join(f"<div><b>{value}</b><span>{escape(say(key))}</span></div>" for key, value in figures)
    return f'<div class="figures" title="{escape(say("keyness_text"))}">{cells}</div>'


def _reasons(candidate: Candidate, say: Say) -> str:
    sources = "".join(
        f'<span class="chip source">{_text(say(_SOURCES[source]) if source in _SOURCES else source)}</span>'
        for source in candidate.sources
    )
    reasons = "".join(f"<li>{_text(reason)}</li>" for reason in candidate.reasons)
    told = f"<ul>{reasons}</ul>" if reasons else ""
    return f'<div class="reasons"><p><span class="quiet">{escape(say("proposed_by"))}</span>{sources}</p>{told}</div>'


def kwic_html(lines: Sequence[KwicLine], say: Say) -> str:
    """The lines as rows of four cells: who, before, the term, after."""
    n_chats = len({line.chat for line in lines})
    size = say("kwic_size", lines=len(lines), chats=n_chats) if lines else say("kwic_none")
    head = f'<p class="small-heading"><b>{escape(say("kwic"))}</b><span>{escape(size)}</span></p>'
    return f'{head}<div class="kwic">{"".join(_row(line, say) for line in lines)}</div>'


def _row(line: KwicLine, say: Say) -> str:
    left, right = line.left[-_CONTEXT:], line.right[:_CONTEXT]
    is_long = max(len(line.left), len(line.right)) > _LONG or "\n" in line.left + line.right
    whole = ""
    if is_long:
        marked = f'{_text(line.left)}<mark class="signal">{_text(line.term)}</mark>{_text(line.right)}'
        whole = f'<div class="kwic-whole words">{marked}</div>'
    who = say("kwic_who", alias=line.alias, chat=line.chat)
    return (
        f'<div class="kwic-line{" long" if is_long else ""}"><span class="kwic-who">{_text(who)}</span>'
        f'<span class="kwic-left"><span>{_flat(left)}</span></span>'
        f'<mark class="signal kwic-term">{_flat(line.term)}</mark>'
        f'<span class="kwic-right">{_flat(right)}</span>{whole}</div>'
    )


def _flat(text: str) -> str:
    """One line; blanks at its ends stay, so that words do not run into the term."""
    return _text(" ".join(text.split("\n")).replace("\r", " "))


def _text(text: str) -> str:
    return escape(text).replace("\r\n", "&#10;").replace("\n", "&#10;").replace("\r", "&#10;")
