"""The review from the command line: opened, ruled in spreadsheets, settled, closed, frozen."""

import json

import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner

from app.wiring import expert_agreement
from core.command import group
from lexicon.cli import freeze_cli
from lexicon.review.spreadsheets import COLUMNS
from lexicon.review_cli import mount


@pytest.fixture
def run(candidates, engine, tmp_path):
    made = candidates(engine, 4)
    root, lexicon = typer.Typer(), group("Lexicon.")
    lexicon.command("freeze")(freeze_cli)
    mount(lexicon, expert_agreement)
    root.add_typer(lexicon, name="lexicon")

    def call(*words, code=0):
        done = CliRunner().invoke(root, ["lexicon", *words, "-w", str(made.workspace.root)])
        assert done.exit_code == code, done.output
        return done.stderr if code else done.stdout

    call.folder = tmp_path
    return call


def told(text):
    return json.loads(text)


def fill(path, **decisions):
    book = load_workbook(path)
    sheet = book.worksheets[0]
    for row in sheet.iter_rows(min_row=2):
        cells = dict(zip(COLUMNS, row, strict=True))
        answer = decisions[cells["term"].value]
        for name, value in zip(("decision", "kind", "category", "note"), answer.split(), strict=False):
            cells[name].value = value
    book.save(path)


@pytest.mark.slow
def test_a_review_from_opening_to_the_lexicon(run):
    assert "review review-1: 4 candidates; A is lin, B is zhou" in run(
        "review", "new", "--expert", "lin", "--expert", "zhou"
    )
    yes, no = "accept implicit slang", "reject"
    for name, answers in (("lin", (yes, yes, no, no)), ("zhou", (yes, "accept explicit slang", no, "unsure"))):
        path = run.folder / f"{name}.xlsx"
        assert "4 candidates of review review-1" in run("review", "export", str(path), "--expert", name)
        fill(path, **dict(zip(("想消失", "重开", "谢幕", "没盼头"), answers, strict=True)))
        assert "4 new rulings, 0 revised" in run("review", "import", str(path), "--expert", name)
    found = told(run("review", "joint", "--json"))
    assert [(one["term"], one["a"]["kind"], one["b"]["decision"]) for one in found["differences"]] == [
        ("重开", "implicit", "accept"), ("没盼头", None, "unsure")
    ]  # fmt: skip
    assert "lacks joint rulings for 2 of 4" in run("review", "close", code=1)
    assert "重开: accept implicit slang" in run(
        *("review", "settle", "重开", "--expert", "lin", "--decision", "accept", "--kind", "implicit"),
        *("--category", "slang"),
    )
    run("review", "settle", "没盼头", "--expert", "zhou", "--decision", "reject")
    assert "2 differences, 0 left to settle" in run("review", "joint")
    shown = run("review", "close")
    assert "2 accepted, 2 rejected of 4; the experts differed on 2" in shown
    # Alike on 3 of 4 (accept, accept, reject); by chance (2·2 + 2·1 + 0·1) / 16 = 6/16; κ = (12 − 6) / (16 − 6).
    assert "0.600" in shown
    assert "closed" in run("review", "list")
    assert "version 1: 2 entries, 0 explicit, 2 implicit" in run("freeze")
    (version,) = told(run("versions", "--json"))["versions"]
    assert (version["entries"], version["added"], version["rejected"]) == (2, 2, 2)


def test_the_list_of_reviews_shows_how_far_they_are_and_no_ruling(run):
    assert "there are no reviews yet" in run("review", "list")
    run("review", "new", "--expert", "lin", "--expert", "zhou", "--size", "2", "--name", "erste")
    assert "A lin 0/2, B zhou 0/2" in run("review", "list")
    assert told(run("review", "list", "--json"))["reviews"][0]["agreement"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("review", "new", "--expert", "lin"), "wanted two different experts (--expert A --expert B); got 1: lin"),
        (("review", "export", "a.xlsx", "--expert", "lin"), "wanted the review of 'lin' that is open; there is none"),
        (("review", "joint", "--name", "x"), "no review 'x'; open one: assay lexicon review new"),
        (("review", "close"), "wanted the review that is joint; there is none in that state"),
        (("versions",), "the lexicon has no version yet; make one with: assay lexicon freeze"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_exit_1(run, words, said):
    assert run(*words, code=1).startswith(f"assay: {said}")
