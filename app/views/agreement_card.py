"""How far the raters of a closed batch agree, as a card. The figures are the batch's own; nothing is computed here."""

from collections.abc import Mapping
from html import escape
from typing import Any

from annotation.human.batch_reports import BatchSummary
from app.views.words import Say
from core.codebook import Codebook
from core.errors import CodebookError

_METHODS = {"jackknife over items": "kappa_jackknife"}


def agreement_html(batch: BatchSummary, codebook: Codebook, say: Say) -> str:
    """κ with its interval for every rating variable of a closed batch; a word where it is undefined."""
    if batch.agreement is None:
        return f'<p class="quiet">{escape(say("hidden_while_open"))}</p>'
    variables = batch.agreement.get("variables", {})
    mark = ""
    if is_simulated(batch):
        mark = f'<p class="simulated-note"><span class="simulated">{escape(say("simulated"))}</span> '
        mark += f"{escape(say('simulated_batch'))}</p>"
    if not variables:
        return f'{mark}<p class="quiet">{escape(say("no_ratings"))}</p>'
    rows = "".join(_row(_title(codebook, name, say), found, say) for name, found in variables.items())
    methods = sorted({found["fleiss_kappa"]["method"] for found in variables.values()} - {None})
    named = ", ".join(say(_METHODS[method]) if method in _METHODS else method for method in methods)
    note = say("kappa_method", method=named) if methods else ""
    return f'{mark}<div class="kappas">{rows}</div><p class="quiet">{escape(note)}</p>'


def is_simulated(batch: BatchSummary) -> bool:
    """Whether any of the batch's raters is simulated."""
    return any(load.simulated for load in batch.loads)


def kappa_words(kappa: Mapping[str, Any], say: Say) -> str:
    """``κ = 0.61 [0.40, 0.82]``, without the brackets where there is no interval."""
    if kappa["value"] is None:
        return say("kappa_undefined")
    if kappa["low"] is None or kappa["high"] is None:
        return say("kappa_point", value=_figure(kappa["value"]))
    return say("kappa_line", **{part: _figure(kappa[part]) for part in ("value", "low", "high")})


def _row(title: str, found: Mapping[str, Any], say: Say) -> str:
    kappa = found["fleiss_kappa"]
    facts = [say("kappa_items", items=found["n_items_used"], raters=found["n_raters"])]
    if found["percent_agreement"] is not None:
        facts.append(say("percent_agreement", percent=f"{100 * found['percent_agreement']:.0f}"))
    if kappa["reason"]:
        facts.append(say("kappa_reason", reason=kappa["reason"]))
    return (
        f'<div class="kappa"><span class="kappa-of">{escape(title)}</span>'
        f"<b>{escape(kappa_words(kappa, say))}</b>"
        f'<span class="quiet">{escape(" · ".join(facts))}</span></div>'
    )


def _title(codebook: Codebook, name: str, say: Say) -> str:
    try:
        return codebook.rating_variable(name).title.get(say.language)
    except CodebookError:
        # The codebook may have changed since the batch was closed.
        return name


def _figure(value: float) -> str:
    # Adding zero turns a rounded −0.0 into 0.0.
    return f"{round(value, 2) + 0:.2f}".replace("-", "−")
