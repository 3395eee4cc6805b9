import json
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from core.contracts import empty
from core.database import open_database
from core.errors import WorkspaceError
from core.store import Recipe
from core.workspace import create_workspace
from lexicon.cli import app
from lexicon.drafts import freeze, import_entries
from lexicon.matching import match
from lexicon.statistics import statistics

TERMS = "term,kind,category,note\n想離開,implicit,euphemism,\n好累,implicit,distress,\n不想活,explicit,direct,\n"


@pytest.fixture
def corpus(tmp_path):
    workspace = create_workspace(tmp_path / "corpus")
    contents = ["真的好累好累", "我想离开了", "今天吃什么"]
    rows = [
        {"message_id": f"m{n}", "chat_id": "c", "user_id": f"u{n % 2}", "content": content, "is_forward": False,
         "timestamp": datetime(2026, 1, 1, tzinfo=UTC), "reply_id": None, "edited_at": None}
        for n, content in enumerate(contents)
    ]  # fmt: skip
    workspace.store.write("messages/c", pl.DataFrame(rows, schema=empty("messages").schema), Recipe(inputs={}))
    (tmp_path / "terms.csv").write_text(TERMS, encoding="utf-8")
    return workspace, open_database(workspace), tmp_path / "terms.csv"


@pytest.fixture
def frozen(corpus):
    import_entries(*corpus)
    freeze(*corpus[:2])
    return corpus


def test_importing_twice_changes_nothing(corpus):
    assert import_entries(*corpus).as_json() == {"read": 3, "new": 3, "updated": 0, "unchanged": 0}
    assert import_entries(*corpus).as_json() == {"read": 3, "new": 0, "updated": 0, "unchanged": 3}


def test_a_later_import_updates_an_entry(corpus):
    import_entries(*corpus)
    corpus[2].write_text("term,kind,category\n好累,explicit,direct\n", encoding="utf-8")
    assert import_entries(*corpus).updated == 1
    freeze(*corpus[:2])
    assert corpus[0].store.read("lexicon").filter(term="好累")["kind"].to_list() == ["explicit"]


def test_freezing_nothing_says_what_to_do(corpus):
    with pytest.raises(WorkspaceError, match="run: assay lexicon import FILE"):
        freeze(*corpus[:2])


def test_freezing_again_changes_nothing(frozen):
    report = freeze(*frozen[:2])
    assert (report.changed, report.entries, report.explicit) == (False, 3, 1)


def test_matching_without_a_lexicon_says_what_to_do(corpus):
    with pytest.raises(WorkspaceError, match=r"no table 'lexicon'.*assay lexicon freeze"):
        match(corpus[0])


def test_traditional_terms_match_simplified_messages(frozen):
    assert match(frozen[0]).as_json() == {"n_matches": 3, "n_messages": 2, "n_entries_matched": 2, "changed": True}
    assert match(frozen[0]).changed is False


def test_whole_words_is_a_setting_that_makes_matches_stale(frozen):
    match(frozen[0])
    settings = frozen[0].root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace("whole_words = false", "whole_words = true"), "utf-8")
    assert match(create_view(frozen[0])).changed is True


def test_inserted_marks_is_a_setting_that_makes_matches_stale(frozen):
    match(frozen[0])
    settings = frozen[0].root / "assay.toml"
    settings.write_text(settings.read_text("utf-8").replace("inserted_marks = true", "inserted_marks = false"), "utf-8")
    assert match(create_view(frozen[0])).changed is True


def create_view(workspace):
    return type(workspace)(workspace.root)


def test_statistics_count_by_kind_category_and_term(frozen):
    match(frozen[0])
    found = statistics(frozen[0])
    assert [tuple(row.values()) for row in found.by_category] == [
        ("implicit", "distress", 1, 1, 2, 2, 1, 1),
        ("implicit", "euphemism", 1, 1, 1, 1, 1, 1),
        ("explicit", "direct", 1, 0, 0, 0, 0, 0),
    ]
    assert (found.never, found.implicit_to_explicit, found.n_messages) == (["不想活"], None, 2)


def test_the_command_line_walks_the_stage(corpus):
    run = CliRunner().invoke
    where = ["-w", str(corpus[0].root), "--json"]
    steps = [["import", str(corpus[2])], ["freeze"], ["match"], ["stats"]]
    done = [run(app, [*step, *where]) for step in steps]
    assert [result.exit_code for result in done] == [0, 0, 0, 0]
    assert json.loads(done[2].stdout)["n_matches"] == 3


def test_one_thing_is_said_in_the_singular(corpus, tmp_path):
    file = tmp_path / "one.csv"
    file.write_text("term,kind,category,note\n想離開,implicit,euphemism,\n", "utf-8")
    steps = [["import", str(file)], ["freeze"], ["match"], ["stats"]]
    said = [CliRunner().invoke(app, [*step, "-w", str(corpus[0].root)]).stdout for step in steps]
    assert said[0] == "1 entry read: 1 new, 0 updated, 0 as before\n"
    assert said[1].startswith("version 1: 1 entry, 0 explicit, 1 implicit; ")
    assert said[2] == "1 match of 1 entry in 1 message\n"
    assert "1 match in 1 message; implicit to explicit" in said[3]
    assert "entries that never fire: 0 of 1\n" in said[3]


def test_the_command_line_gives_one_message_and_exit_1(corpus):
    result = CliRunner().invoke(app, ["import", "none.csv", "-w", str(corpus[0].root)])
    assert result.exit_code == 1
    assert result.stderr == "assay: there is no file none.csv; check the name\n"
