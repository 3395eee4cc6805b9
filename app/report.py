"""The report of a corpus: one self-contained HTML file for the people who have to trust it."""

from pathlib import Path

from sqlalchemy import Engine

from app.report_facts import read_facts
from app.report_funnel import funnel
from app.report_page import page, together
from app.report_provenance import provenance
from app.report_stages import batches, cards, header, not_there_yet
from app.report_variables import kappa_in_short, panel_kappas, variable_sections
from app.staleness import out_of_date
from core.workspace import Workspace
from core.writing import write_atomically


def write_report(workspace: Workspace, engine: Engine) -> Path:
    """Write ``reports/report.html`` from whatever stages there are, and return its path.

    The page needs no network and no scripts: its charts are drawn here. The same workspace gives the same page but for
    the time on it. Raises DataError when a table cannot be read or holds labels that the codebook lacks.
    """
    facts = read_facts(workspace, engine)
    kappas = panel_kappas(facts)
    stale = out_of_date(workspace, engine)
    sections = (
        header(facts, stale),
        cards(facts, kappa_in_short(kappas)),
        not_there_yet(facts),
        funnel(facts),
        variable_sections(facts, kappas),
        batches(facts),
        provenance(facts, stale),
    )
    path = workspace.reports / "report.html"
    write_atomically(path, page(f"{workspace.settings.release.title}: report", together(sections)).encode())
    return path
