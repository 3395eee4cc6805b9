import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from core.contracts import check, empty
from core.errors import SettingsError, WorkspaceError
from core.store import Recipe
from core.workspace import open_workspace
from lexicon import propose_cli
from lexicon.drafts import freeze, import_entries
from lexicon.proposals.proposing import propose, recipe
from lexicon.proposals.rows import Proposal, proposals_frame

START = datetime(2026, 1, 1, tzinfo=UTC)
DOWN = ["好累", "我心里堵得慌", "嗯", "难受", "真的堵得慌啊", "nanshou", "好累", "就是堵得慌", "哦", "唉堵得慌"]
CALM = ["今天吃面", "明天上课", "周末爬山", "晚上打球", "下午开会", "早上跑步"] * 8


def write_messages(workspace, contents, chat="c"):
    rows = [
        {"message_id": f"{chat}{n:03}", "chat_id": chat, "user_id": f"u{n % 3}", "content": content, "reply_id": None,
         "timestamp": START + timedelta(minutes=n), "is_forward": False, "edited_at": None}
        for n, content in enumerate(contents)
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=empty("messages").schema)
    workspace.store.write(f"messages/{chat}", frame.filter(pl.col("content").str.len_chars() >= 3), Recipe(inputs={}))


def import_terms(workspace, engine, *terms):
    path = workspace.root / "terms.csv"
    rows = "".join(f"{term},implicit,distress\n" for term in terms)
    path.write_text(f"term,kind,category\n{rows}", encoding="utf-8")
    return import_entries(workspace, engine, path)


def set_options(workspace, **options):
    """The workspace opened again with other settings."""
    path = workspace.root / "assay.toml"
    text = path.read_text("utf-8")
    for old, new in options.values():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    return open_workspace(workspace.root)


@pytest.fixture
def corpus(workspace, engine):
    """Eight long messages around known words, then forty-eight about other things."""
    write_messages(workspace, [f"{content}……" for content in [*DOWN, *CALM]])
    import_terms(workspace, engine, "好累", "难受")
    return set_options(workspace, near=("near = 2 ", "near = 1 "), least=("min_messages = 3 ", "min_messages = 2 "))


def test_every_source_writes_its_table(corpus, engine):
    report = propose(corpus, engine)
    assert [(found.source, found.changed) for found in report.sources] == [
        ("neighbours", True), ("log_odds", True), ("variants", True),
    ]  # fmt: skip
    assert corpus.store.parts("proposals") == ["proposals/log_odds", "proposals/neighbours", "proposals/variants"]
    assert corpus.store.read("proposals/log_odds")["term"][0] == "堵得慌"
    assert corpus.store.read("proposals/variants")["term"].to_list() == ["nanshou"]


def test_the_surroundings_are_counted(corpus, engine):
    found = propose(corpus, engine).surroundings
    assert (found.n_messages, found.n_signals, found.n_near, found.n_traditional) == (58, 3, 8, 0)


def test_the_pool_is_made_at_the_end(corpus, engine):
    report = propose(corpus, engine)
    assert set(corpus.store.read("candidates")["term"]) >= {"堵得慌", "nanshou"}
    assert (report.pooled.changed, report.pooled.n_known) == (True, 0)


def test_again_nothing_changes(corpus, engine):
    propose(corpus, engine)
    again = propose(corpus, engine)
    assert (again.changed, again.surroundings, again.pooled.changed) == (False, None, False)
    assert [found.n_proposals for found in again.sources] == [
        found.n_proposals for found in propose(corpus, engine).sources
    ]


def test_sources_can_be_named(corpus, engine):
    assert [found.source for found in propose(corpus, engine, ["variants"]).sources] == ["variants"]
    assert corpus.store.parts("proposals") == ["proposals/variants"]


def test_new_known_words_make_everything_stale(corpus, engine):
    propose(corpus, engine)
    import_terms(corpus, engine, "堵得慌")
    again = propose(corpus, engine)
    assert [found.changed for found in again.sources] == [True, True, True]
    assert "堵得慌" not in corpus.store.read("proposals")["term"].to_list()


def test_freezing_makes_stale_and_the_frozen_lexicon_counts(corpus, engine):
    propose(corpus, engine)
    freeze(corpus, engine)
    import_terms(corpus, engine, "堵得慌")
    again = propose(corpus, engine)
    assert (again.changed, again.surroundings.n_signals) == (True, 3)


def test_the_distance_is_no_part_of_the_neighbours(corpus, engine):
    propose(corpus, engine)
    wider = set_options(corpus, near=("near = 1", "near = 2"))
    assert [found.changed for found in propose(wider, engine).sources] == [False, True, True]
    assert recipe(wider, engine, "neighbours").settings.keys() >= {"min_messages", "limit", "whole_words"}


def test_the_same_corpus_makes_the_same_tables(corpus, engine):
    propose(corpus, engine)
    before = corpus.store.hashes("proposals", "candidates")
    for path in (corpus.root / "tables" / "proposals").glob("*"):
        path.unlink()
    propose(corpus, engine)
    assert corpus.store.hashes("proposals", "candidates") == before


def test_without_known_words_it_says_what_to_do(workspace, engine):
    write_messages(workspace, CALM)
    with pytest.raises(WorkspaceError, match=r"known signal words and there are none.*run: assay lexicon import FILE"):
        propose(workspace, engine)


def test_without_messages_it_says_what_to_do(workspace, engine):
    import_terms(workspace, engine, "好累")
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*assay collect PATH"):
        propose(workspace, engine)


def test_an_empty_corpus_proposes_nothing(workspace, engine):
    write_messages(workspace, [])
    import_terms(workspace, engine, "好累")
    report = propose(workspace, engine)
    assert ([found.n_proposals for found in report.sources], report.pooled.n_candidates) == ([0, 0, 0], 0)
    assert report.surroundings.n_messages == 0


def test_an_unknown_source_is_refused(corpus, engine):
    with pytest.raises(SettingsError, match=r"no source 'neighbors'; did you mean 'neighbours'\?"):
        propose(corpus, engine, ["neighbors"])


def test_proposals_are_ordered_by_score_and_ties_by_term():
    found = [Proposal("c", "", None), Proposal("b", "", 1.0), Proposal("a", "", 1.0), Proposal("d", "", 2.0)]
    frame = proposals_frame("variants", found, limit=3)
    assert frame.select("number", "term", "score").rows() == [(0, "d", 2.0), (1, "a", 1.0), (2, "b", 1.0)]
    assert check("proposals/variants", frame).height == 3


def test_the_commands_say_what_they_did(corpus, engine):
    app = typer.Typer()
    propose_cli.mount(app)
    where = ["-w", str(corpus.root)]
    first, again, pooled = (
        CliRunner().invoke(app, [*step, *where]) for step in (["propose"], ["propose"], ["candidates"])
    )
    assert [result.exit_code for result in (first, again, pooled)] == [0, 0, 0]
    assert "Messages with a known signal word: 3 of 58; near one: 8." in first.stdout
    assert (first.stdout.startswith("nothing changed"), again.stdout.startswith("nothing changed")) == (False, True)
    assert "Highest keyness" in pooled.stdout
    assert "堵得慌" in pooled.stdout


def test_the_commands_print_one_json_object(corpus, engine):
    app = typer.Typer()
    propose_cli.mount(app)
    where = ["-w", str(corpus.root), "--json"]
    done = json.loads(CliRunner().invoke(app, ["propose", "--source", "log_odds", *where]).stdout)
    assert (done["changed"], [found["source"] for found in done["sources"]]) == (True, ["log_odds"])
    pooled = json.loads(CliRunner().invoke(app, ["candidates", *where]).stdout)
    assert (pooled["changed"], pooled["top"]) == (False, done["pooled"]["top"])


def test_a_crowded_corpus_is_told_to_use_a_smaller_distance(corpus, engine):
    wide = set_options(corpus, near=("near = 1", "near = 99"))
    app = typer.Typer()
    propose_cli.mount(app)
    shown = CliRunner().invoke(app, ["propose", "-w", str(wide.root)]).stdout
    assert "That is 100%, which leaves little to compare with: try a smaller near" in shown


def test_the_commands_give_one_message_and_exit_1(workspace):
    app = typer.Typer()
    propose_cli.mount(app)
    result = CliRunner().invoke(app, ["candidates", "-w", str(workspace.root)])
    assert result.exit_code == 1
    assert result.stderr == (
        "assay: there are no proposals yet; run: assay lexicon propose, or: assay lexicon extract\n"
    )
