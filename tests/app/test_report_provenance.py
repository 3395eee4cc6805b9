import re
from datetime import UTC, datetime
from html import unescape

import polars as pl
import pytest

from app.report import write_report
from app.report_facts import read_facts
from app.report_provenance import provenance
from core.contracts import empty
from core.settings import Settings
from core.store import Recipe
from core.workspace import Workspace
from release.staleness import StaleTable

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SEGMENT = ("0" * 16, "chat", ["m1"], ["m1"], "m1", "user", NOON, NOON, 1, 1, 5, 1, None)


@pytest.fixture
def corpus(workspace):
    return Workspace(workspace.root, lambda: NOON, Settings())


def put(workspace, name, rows, inputs=(), settings=None, codebook=None):
    recipe = Recipe(workspace.store.hashes(*inputs), settings or {}, codebook)
    workspace.store.write(name, pl.DataFrame(rows, schema=empty(name).schema, orient="row"), recipe)


def cast(voter):
    return [("0" * 16, voter, "risk", 0, "ok", None, None, "m", "p", 0.1)]


def chain(workspace):
    """Segments, a vote and verdicts, each made from the one before."""
    put(workspace, "segments", [SEGMENT], settings={"max_gap": 5.0})
    put(workspace, "votes/nb", cast("nb"), ["segments"], codebook=workspace.codebook_hash)
    verdict = ("0" * 16, "risk", 0, 1.0, True, 1, 1, None, "accepted")
    put(workspace, "verdicts", [verdict], ["segments", "votes"], {"threshold": "2/3"}, workspace.codebook_hash)


def states(workspace, engine):
    """Table → its row in the provenance table, from the fifth column on."""
    html = write_report(workspace, engine).read_text(encoding="utf-8")
    return cells(html[html.index("<h2>Provenance") :])


def cells(html):
    rows = re.findall(r"<tr>(<td.*?)</tr>", str(html))
    texts = [[unescape(re.sub(r"<[^>]*>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)] for row in rows]
    return {row[0]: tuple(row[5:]) for row in texts}


def test_fresh_tables_are_current(corpus, engine):
    chain(corpus)
    assert states(corpus, engine) == {
        "segments": ("max_gap = 5.0", "current"),
        "votes": ("none", "current"),
        "verdicts": ('threshold = "2/3"', "current"),
    }


def test_a_new_input_makes_its_products_stale(corpus, engine):
    chain(corpus)
    put(corpus, "segments", [(*SEGMENT[:4], "m1", "other", *SEGMENT[6:])])
    found = states(corpus, engine)
    assert found["segments"] == ("none", "current")
    assert found["votes"] == ("none", "segments changed since")
    assert found["verdicts"] == ('threshold = "2/3"', "segments changed since")


def test_a_new_voter_makes_verdicts_stale(corpus, engine):
    chain(corpus)
    put(corpus, "votes/late", cast("late"), ["segments"], {"seed": 7}, corpus.codebook_hash)
    found = states(corpus, engine)
    assert found["verdicts"] == ('threshold = "2/3"', "votes changed since")
    assert found["votes (2 files)"] == ("differ by file", "current")
    assert found["votes/late"] == ("seed = 7", "current")


def test_votes_that_need_not_be_made_again_say_so_in_their_state_and_their_files_point_to_it(corpus, engine):
    chain(corpus)
    put(corpus, "votes/late", cast("late"), ["segments"], {"seed": 7}, corpus.codebook_hash)
    learned = StaleTable("votes", ("gold changed",), "assay vote", blocks=False)
    old = StaleTable("segments", ("setting max_gap changed",), "assay segment")
    found = cells(provenance(read_facts(corpus, engine), [learned, old]))
    assert [found[name][-1] for name in ("segments", "votes (2 files)", "votes/nb", "votes/late")] == [
        "current",
        "not made again: gold changed",
        "see above",
        "see above",
    ]


def test_a_new_codebook_makes_votes_and_verdicts_stale(corpus, engine):
    chain(corpus)
    path = corpus.root / "codebook.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('version = "1"', 'version = "2"'), encoding="utf-8")
    found = states(Workspace(corpus.root, lambda: NOON, Settings()), engine)
    assert [state for _, state in found.values()] == ["current", "codebook changed since", "codebook changed since"]


def test_an_altered_file_is_seen(corpus, engine):
    chain(corpus)
    empty("segments").write_parquet(corpus.store.path("segments"))
    assert states(corpus, engine)["segments"] == ("max_gap = 5.0", "the file was altered")


def test_a_table_without_manifest_is_not_finished(corpus, engine):
    put(corpus, "lexicon", [])
    (corpus.store.folder / "lexicon.manifest.json").unlink()
    assert states(corpus, engine) == {"lexicon": ("–", "not finished: no manifest")}


def test_one_manifest_may_serve_all_files_of_messages(corpus, engine):
    for chat in ("a", "b"):
        put(corpus, f"messages/{chat}", [(f"m{chat}", chat, "u", None, NOON, "今天好累", False, None)])
        (corpus.store.folder / f"messages/{chat}.manifest.json").unlink()
    corpus.store.write_manifest("messages", Recipe({}, {"min_chars": 3}), 2, {"too_short": 8})
    assert states(corpus, engine) == {"messages (2 files)": ("min_chars = 3", "current")}
    html = (corpus.reports / "report.html").read_text(encoding="utf-8")
    assert "20.0% of 10 read" in html
    assert "dropped: too short 8" in html


def test_addresses_of_servers_are_left_out(corpus, engine):
    settings = {"voter": {"model": "m", "base_url": "http://user:pass@host"}, "url": "http://host"}
    put(corpus, "segments", [], settings=settings)
    assert states(corpus, engine) == {"segments": ('voter = {"model": "m"}', "current")}
    assert "host" not in (corpus.reports / "report.html").read_text(encoding="utf-8")
