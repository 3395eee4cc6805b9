"""Rulings in a spreadsheet: out, filled in, back in; what cannot be used is named row by row."""

import csv

import pytest
from openpyxl import Workbook, load_workbook

from core.errors import DataError, WorkspaceError
from lexicon.review.choosing import ReviewPlan
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.reviews import list_reviews
from lexicon.review.rulings import own_cases, rule
from lexicon.review.sheet_files import read_sheet, write_sheet
from lexicon.review.spreadsheets import COLUMNS, export_sheet, import_sheet

FORMULA = "=下辈子"
SECRET = "B 的备注"


@pytest.fixture
def made(candidates, engine):
    """A review of all twenty candidates; one of the terms begins like a formula."""
    made = candidates(engine)
    open_review(made.workspace, engine, ReviewPlan(("lin", "zhou"), "first"))
    return made


@pytest.fixture(params=[".xlsx", ".csv"])
def exported(made, tmp_path, request):
    made.rule("lin", 重开="accept/=1+1 不是公式")
    rule(made.engine, "first", "zhou", {made.ids["重开"]: Opinion("reject", note=SECRET)})
    path = tmp_path / f"lin{request.param}"
    return made, path, export_sheet(made.workspace, made.engine, path, "lin", None)


def fill(path, change):
    """Let somebody fill in the file: ``change`` gets every row as a dictionary and changes it."""
    if path.suffix == ".csv":
        rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
        for row in rows:
            change(row)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for number in range(2, sheet.max_row + 1):
        row = {column: sheet.cell(number, place).value or "" for place, column in enumerate(COLUMNS, 1)}
        change(row)
        for place, column in enumerate(COLUMNS, 1):
            sheet.cell(number, place).value = row[column]
    book.save(path)


def own(made, user="lin"):
    return {case.candidate.term: case.own.opinion for case in own_cases(made.engine, "first", user) if case.own}


def test_a_sheet_holds_the_candidates_in_the_experts_own_order(exported):
    made, path, report = exported
    assert (report.review, report.expert, report.n_ruled, report.n_empty) == ("first", "A", 1, 19)
    rows = [row for _, row in read_sheet(path).rows]
    assert [row["term"] for row in rows] == [case.candidate.term for case in own_cases(made.engine, "first", "lin")]
    row = next(row for row in rows if row["term"] == "重开")
    assert (row["candidate_id"], row["suggested_kind"], row["n_matches"], row["n_chats"]) == (
        made.ids["重开"], "implicit", "11", "3"
    )  # fmt: skip
    assert row["examples"].splitlines()[0] == "user_2: 这局没了，【重开】重开"
    assert (row["decision"], row["kind"], row["note"]) == ("accept", "implicit", "=1+1 不是公式")


def test_a_sheet_for_one_expert_holds_nothing_of_the_other(exported):
    _, path, _ = exported
    told = "".join("".join(row.values()) for _, row in read_sheet(path).rows)
    assert SECRET not in told
    assert "reject" not in told


def test_chat_text_never_becomes_a_formula(exported):
    _, path, _ = exported
    if path.suffix == ".csv":
        cells = [cell for row in csv.reader(path.read_text("utf-8-sig").splitlines()) for cell in row]
        assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []
        assert {"'=下辈子", "'=1+1 不是公式"} <= set(cells)
        return
    cells = [cell for row in load_workbook(path).worksheets[0].iter_rows() for cell in row]
    risky = [cell for cell in cells if str(cell.value).startswith("=")]
    assert {(cell.value, cell.data_type, cell.quotePrefix) for cell in risky} == {
        (FORMULA, "s", True), ("=1+1 不是公式", "s", True)
    }  # fmt: skip
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}


def test_what_was_exported_comes_back_as_it_was(exported):
    made, path, _ = exported
    before = own(made)
    report = import_sheet(made.workspace, made.engine, path, "lin", "first")
    assert (report.n_new, report.n_revised, report.n_unchanged, report.n_empty) == (0, 0, 1, 19)
    assert own(made) == before


def test_a_filled_sheet_is_imported_and_completes_the_review(exported):
    made, path, _ = exported
    rule(made.engine, "first", "zhou", {id_: Opinion("reject") for term, id_ in made.ids.items() if term != "重开"})

    def answer(row):
        row["decision"] = "reject" if row["term"].endswith("下辈子") else "accept"
        row["kind"], row["category"] = "implicit", row["suggested_category"]
        row["note"] = "-看过例句" if row["decision"] == "reject" else ""

    fill(path, answer)
    report = import_sheet(made.workspace, made.engine, path, "lin", None)
    assert (report.n_ruled, report.n_new, report.n_revised, report.joint) == (20, 19, 1, True)
    assert list_reviews(made.engine)[0].state == "joint"
    with pytest.raises(WorkspaceError, match="is joint; spreadsheets are for rulings that experts make alone"):
        export_sheet(made.workspace, made.engine, path, "lin", "first")


def test_rows_are_named_and_nothing_is_imported_when_one_is_wrong(exported):
    made, path, _ = exported
    before, answers = own(made), iter([
        {"decision": "maybe"}, {"decision": "accept", "kind": "both", "category": "x"},
        {"decision": "accept", "kind": "explicit"}, {"note": "忘了选"}, {"term": "别的词", "decision": "reject"},
        {"candidate_id": "0", "term": "没有的"}, {"decision": "reject"},
    ])  # fmt: skip
    fill(path, lambda row: row.update(next(answers, {})) if row["term"] != "重开" else None)
    with pytest.raises(DataError) as caught:
        import_sheet(made.workspace, made.engine, path, "lin", None)
    problems = str(caught.value).splitlines()
    assert problems[0] == f"{path.name}: 6 rows cannot be used, and nothing was imported:"
    said = ("wanted a decision of accept, reject, unsure; got 'maybe'", "got 'both'", "needs a category",
            "has a note and no decision", "does not belong to its candidate_id", "are not of this review")  # fmt: skip
    assert all(part in line for part, line in zip(said, problems[1:], strict=True))
    assert all(line.startswith(("  row ", "  line ")) for line in problems[1:])
    assert own(made) == before


def test_a_candidate_twice_is_refused(exported):
    made, path, _ = exported
    rows = [row for _, row in read_sheet(path).rows]
    write_sheet(path, COLUMNS, [*rows, rows[0]], {})
    with pytest.raises(DataError, match=r"(row|line) 22: the candidate stands in (row|line) 2 too|stands in line"):
        import_sheet(made.workspace, made.engine, path, "lin", None)


def test_an_id_that_a_program_took_for_a_number_is_found_by_its_term(exported):
    made, path, _ = exported
    fill(path, lambda row: row.update(candidate_id="1.2E+11", decision="reject") if row["term"] == "谢幕" else None)
    import_sheet(made.workspace, made.engine, path, "lin", None)
    assert own(made)["谢幕"] == Opinion("reject")


def test_the_drop_downs_offer_decisions_kinds_and_the_categories_of_the_settings(made, tmp_path):
    settings = made.workspace.root / "assay.toml"
    text = settings.read_text("utf-8").replace("categories = [] ", 'categories = ["slang", "x, y"] ')
    settings.write_text(text, "utf-8")
    workspace = type(made.workspace)(made.workspace.root)
    export_sheet(workspace, made.engine, tmp_path / "lin.xlsx", "lin", None)
    book = load_workbook(tmp_path / "lin.xlsx")
    rules = {str(rule.sqref): rule.formula1 for rule in book["rulings"].data_validations.dataValidation}
    assert rules == {"M2:M21": "choices!$A$2:$A$4", "N2:N21": "choices!$B$2:$B$3", "O2:O21": "choices!$C$2:$C$3"}
    assert [[cell.value for cell in column] for column in book["choices"].iter_cols()] == [
        ["decision", "accept", "reject", "unsure"], ["kind", "explicit", "implicit", None],
        ["category", "slang", "x, y", None],
    ]  # fmt: skip
    assert book["choices"].sheet_state == "hidden"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.ods", b"", r"wanted a spreadsheet as .xlsx or .csv"),
        ("none.csv", None, "there is no file"),
        ("a.csv", b"\xff\xfe", "is not UTF-8 text"),
        ("a.csv", b"", "lacks the columns candidate_id, term, decision"),
        ("a.csv", b"term,decision\n", "lacks the columns candidate_id, kind, category, note"),
        ("a.xlsx", b"no zip", "is not an .xlsx file that can be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_message(made, tmp_path, name, data, said):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=said):
        import_sheet(made.workspace, made.engine, tmp_path / name, "lin", None)


def test_an_odd_suffix_is_refused_before_anything_is_written(made, tmp_path):
    with pytest.raises(DataError, match=r"ends with .xlsx or .csv"):
        export_sheet(made.workspace, made.engine, tmp_path / "a.txt", "lin", None)
    assert not (tmp_path / "a.txt").exists()


def test_characters_that_a_cell_cannot_hold_are_left_out(tmp_path):
    write_sheet(tmp_path / "a.xlsx", ["term"], [{"term": "a\x0bb\ufffe" + "长" * 40_000}], {})
    ((_, row),) = read_sheet(tmp_path / "a.xlsx").rows
    assert (row["term"][:3], len(row["term"])) == ("ab长", 32_767)


def test_numbers_and_empty_rows_of_a_program_are_read_as_text(tmp_path):
    book = Workbook()
    for row in (["candidate_id", "n"], [None, None], ["a", 3]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    assert read_sheet(tmp_path / "a.xlsx").rows == (("row 3", {"candidate_id": "a", "n": "3"}),)
