"""An expert's rulings in a spreadsheet: written for one expert, read back with the rules of the page."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from core.counting import counted
from core.errors import DataError, WorkspaceError
from core.text import folded, normalised
from core.workspace import Workspace
from lexicon.entries import KINDS
from lexicon.review.concordance import KwicLine, concordances
from lexicon.review.opinions import DECISIONS, Opinion, checked_opinion
from lexicon.review.reviews import COMMAND_LINE, ReviewSummary, review_named
from lexicon.review.rulings import Case, own_cases, rule
from lexicon.review.sheet_files import Row, Sheet, read_sheet, write_sheet

COLUMNS = (
    "candidate_id", "term", "suggested_kind", "suggested_category", "sources", "reasons", "similar",
    "n_matches", "n_users", "n_chats", "keyness", "examples", "decision", "kind", "category", "note",
)  # fmt: skip
ANSWERS = ("decision", "kind", "category", "note")
_READ = ("candidate_id", "term", *ANSWERS)
_CONTEXT = 40
_PROBLEMS = 20
"""Problems that a message names, at most."""


@dataclass(frozen=True)
class SheetReport:
    """A spreadsheet of one expert. n_ruled: rows with a decision; n_empty: rows without one, which change nothing.

    joint: both experts are done, and the review went to the joint session.
    """

    review: str
    expert: str
    n_ruled: int
    n_empty: int
    n_new: int = 0
    n_revised: int = 0
    n_unchanged: int = 0
    joint: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def export_sheet(workspace: Workspace, engine: Engine, path: Path, expert: str, review: str | None) -> SheetReport:
    """Write the candidates of an open review for one expert, in their own order, with what they ruled so far.

    Holds nothing of the other expert. review: its name; None for the only open one of this expert. Raises DataError
    for a file that is not .xlsx or .csv, WorkspaceError when there is no such review.
    """
    found, letter = _open_review(engine, expert, review)
    cases = own_cases(engine, found.name, expert)
    lines = concordances(workspace, [case.candidate for case in cases])
    categories = workspace.settings.lexicon.categories
    choices = {"decision": DECISIONS, "kind": KINDS} | ({"category": tuple(categories)} if categories else {})
    rows = [_row(case, lines[case.candidate.candidate_id]) for case in cases]
    write_sheet(path, COLUMNS, rows, choices)
    n_ruled = sum(case.own is not None for case in cases)
    return SheetReport(found.name, letter, n_ruled, len(cases) - n_ruled)


def _open_review(engine: Engine, expert: str, review: str | None) -> tuple[ReviewSummary, str]:
    """The review that the expert still rules on alone, and their letter."""
    found = review_named(engine, review, expert)
    letter = found.letter_of(expert)
    if found.state != "open" or letter is None:
        raise WorkspaceError(
            f"review {found.name!r} is {found.state}; spreadsheets are for rulings that experts make alone"
        )
    return found, letter


def _row(case: Case, lines: Collection[KwicLine]) -> dict[str, str]:
    candidate, own = case.candidate, case.own.opinion if case.own else Opinion("")
    figures = {name: str(getattr(candidate, name)) for name in ("n_matches", "n_users", "n_chats")}
    return {
        "candidate_id": candidate.candidate_id,
        "term": candidate.term,
        "suggested_kind": candidate.kind or "",
        "suggested_category": candidate.category or "",
        "sources": ", ".join(candidate.sources),
        "reasons": "\n".join(candidate.reasons),
        "similar": ", ".join(candidate.similar),
        "keyness": "" if candidate.keyness is None else f"{candidate.keyness:.1f}",
        "examples": "\n".join(_plain(line) for line in lines),
        "decision": own.decision,
        "kind": own.kind or "",
        "category": own.category or "",
        "note": own.note,
        **figures,
    }


def _plain(line: KwicLine) -> str:
    """``user_12: …left【term】right…`` in one line."""
    left, right = (" ".join(part.split()) for part in (line.left, line.right))
    left = left if len(left) <= _CONTEXT else f"…{left[-_CONTEXT:]}"
    right = right if len(right) <= _CONTEXT else f"{right[:_CONTEXT]}…"
    return f"{line.alias}: {left}【{line.term}】{right}"


def import_sheet(
    workspace: Workspace, engine: Engine, path: Path, expert: str, review: str | None, *, by: str = COMMAND_LINE
) -> SheetReport:
    """Rule as a spreadsheet says that `export_sheet` made. All or nothing.

    Read are candidate_id, term and the four answers; rows without a decision change nothing. Raises DataError naming
    the file and every row that cannot be used, WorkspaceError as `rule` does.
    """
    found, letter = _open_review(engine, expert, review)
    sheet = read_sheet(path)
    missing = [column for column in _READ if column not in sheet.columns]
    if missing:
        raise DataError(
            f"{path.name} lacks the columns {', '.join(missing)}; wanted a sheet made by: assay lexicon review export"
        )
    cases = own_cases(engine, found.name, expert)
    opinions = _opinions(path.name, sheet, cases, workspace.settings.lexicon.categories)
    ruled = rule(engine, found.name, expert, opinions, by=by, clock=workspace.clock)
    return SheetReport(
        review=found.name,
        expert=letter,
        n_ruled=len(opinions),
        n_empty=len(sheet.rows) - len(opinions),
        n_new=ruled.n_new,
        n_revised=ruled.n_revised,
        n_unchanged=ruled.n_unchanged,
        joint=ruled.joint,
    )


def _opinions(
    name: str, sheet: Sheet, cases: Collection[Case], categories: Collection[str]
) -> dict[str, Opinion]:  # fmt: skip
    """candidate_id → the opinion of its row. Raises DataError with every problem of the sheet."""
    known = {case.candidate.candidate_id: case.candidate.term for case in cases}
    places: dict[str, str] = {}
    opinions: dict[str, Opinion] = {}
    problems: list[str] = []
    for place, row in sheet.rows:
        try:
            candidate_id = _candidate_of(row, known)
            earlier = places.setdefault(candidate_id, place)
            if earlier != place:
                raise DataError(f"the candidate stands in {earlier} too; keep one of the two")
            if _is_ruled(row):
                answers = (row.get(answer) for answer in ANSWERS)
                opinions[candidate_id] = checked_opinion(*answers, categories=categories)
        except DataError as error:
            problems.append(f"{place}: {error}")
    if problems:
        more = [f"and {len(problems) - _PROBLEMS} more"] if len(problems) > _PROBLEMS else []
        shown = "\n  ".join([*problems[:_PROBLEMS], *more])
        raise DataError(f"{name}: {counted(len(problems), 'row')} cannot be used, and nothing was imported:\n  {shown}")
    return opinions


def _is_ruled(row: Row) -> bool:
    """A row with a decision. Kind and category alone are no ruling; with a note alone something was forgotten."""
    if not row.get("decision") and row.get("note"):
        raise DataError(f"the row has a note and no decision; wanted one of {', '.join(DECISIONS)}")
    return bool(row.get("decision"))


def _candidate_of(row: Row, known: Mapping[str, str]) -> str:
    """The candidate that a row is about. A program may have turned the id into a number; then the term finds it."""
    given, term = row.get("candidate_id", ""), folded(normalised(row.get("term", "")))
    by_term = {known_term: candidate_id for candidate_id, known_term in known.items()}
    found = given if given in known else by_term.get(term)
    if found is None:
        raise DataError("its candidate_id and term are not of this review; export the sheet again")
    if known[found] != term:
        raise DataError(
            "its term does not belong to its candidate_id; perhaps one column was sorted without the others. Export "
            "the sheet again"
        )
    return found
