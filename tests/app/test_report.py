import re
from datetime import UTC, datetime, timedelta
from html import unescape

import polars as pl
import pytest

from app.report import write_report
from consensus.agreement import agreement
from core.contracts import empty
from core.database import open_database, transaction
from core.errors import DataError
from core.people import Assignment, Batch, Item, User
from core.settings import Settings
from core.store import Recipe
from core.workspace import Workspace, create_workspace, with_options

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDS = [f"{n:016x}" for n in range(1, 6)]
# The panel on the five segments; the first three are accepted as 0, 3 and 3.
PANEL = {"nb": (0, 3, 3, 1, -1), "svm": (0, 3, 3, 2, 4), "tree": (0, 3, 2, 3, 1)}
SILVER = [(0, 1.0, None), (3, 1.0, None), (3, 2 / 3, 2), (None, 1 / 3, 2), (None, 0.5, 4)]


@pytest.fixture
def corpus(workspace: Workspace) -> Workspace:
    """A workspace whose settings name no voters, so that everybody who votes is the panel."""
    return Workspace(workspace.root, lambda: NOON, Settings())


def put(workspace, name, rows, *, inputs=(), settings=None, codebook=None, rejected=None):
    recipe = Recipe(workspace.store.hashes(*inputs), settings or {}, codebook)
    frame = pl.DataFrame(rows, schema=empty(name).schema, orient="row")
    workspace.store.write(name, frame, recipe, pl.DataFrame({"reason": rejected}) if rejected else None)


def collect(workspace):
    message = ("chat", "user", None, NOON, "今天好累啊", False, None)
    put(workspace, "messages/chat", [(f"m{n}", *message) for n in range(1, 21)])
    dropped = pl.DataFrame({"reason": ["too_short"] * 4 + ["service_line"]})
    workspace.store.write_rejected("messages", dropped)


def match(workspace):
    put(workspace, "lexicon", [("e1", "好累", "implicit", "slang", None), ("e2", "没用", "implicit", "slang", None)])
    rows = [(f"m{n}", "e1", "好累", "implicit", "slang", 2, 4) for n in (1, 3, 5, 7, 9, 11)]
    put(workspace, "matches", rows, inputs=("messages", "lexicon"))


def segment(workspace):
    rows = [(s, "chat", ["m1"], ["m1"], "m1", "user", NOON, NOON, 1, 1, 5, 1, None) for s in IDS]
    put(workspace, "segments", rows, inputs=("matches",), settings={"max_gap": 5.0}, rejected=["too_long"] * 2)


def vote(workspace, variable="risk"):
    for voter, labels in PANEL.items():
        rows = [
            (s, voter, variable, x, "ok" if x >= 0 else "refused", None, None, "m", "p", 0.1)
            for s, x in zip(IDS, labels, strict=True)
        ]
        put(workspace, f"votes/{voter}", rows, inputs=("segments",), codebook=workspace.codebook_hash)


def judge(workspace, variable="risk"):
    rows = [
        (s, variable, x, rho, x is not None, 3, 3, second, "accepted" if x is not None else "no_consensus")
        for s, (x, rho, second) in zip(IDS, SILVER, strict=True)
    ]
    settings = {"threshold": "2/3", "panel": [[voter, "1"] for voter in PANEL]}
    put(workspace, "verdicts", rows, inputs=("segments", "votes"), settings=settings)


def resolve(workspace, simulated=(), variable="risk"):
    sources = ("unanimous", "majority", "adjudicated")
    rows = [(s, variable, x, source, 3, NOON) for s, x, source in zip(IDS[1:4], (3, 2, 3), sources, strict=True)]
    settings = {"simulated_raters": list(simulated)}
    put(workspace, "gold", rows, inputs=("segments",), settings=settings, rejected=["too_few_ratings"])


STAGES = (collect, match, segment, vote, judge, resolve)


def annotate(engine, *, name="batch-1", simulated=False, closed=True):
    """A batch of the five segments by three annotators."""
    ratings = pl.DataFrame(
        [(s, f"r{r}", "risk", (n + (r == 2 and n == 4)) % 6) for n, s in enumerate(IDS) for r in range(3)],
        schema=["item", "rater", "variable", "label"],
        orient="row",
    )
    measured = {"variables": {variable: found.as_json() for variable, found in agreement(ratings).items()}}
    with transaction(engine) as session:
        users = [
            User(name=f"{name}-{r}", role="annotator", password_hash="!", simulated=simulated, created_at=NOON)
            for r in range(3)
        ]
        batch = Batch(
            name=name, state="closed" if closed else "open", overlap=3, seed=1, codebook_hash="h", created_at=NOON,
            closed_at=NOON if closed else None, agreement=measured if closed else None,
        )  # fmt: skip
        items = [Item(segment_id=s, position=n, origin="audit", batch=batch) for n, s in enumerate(IDS, 1)]
        session.add_all(
            Assignment(item=item, user=user, position=item.position, submitted_at=NOON if closed else None)
            for item in items
            for user in users
        )


def whole(workspace, engine, *, simulated=False):
    for stage in STAGES[:-1]:
        stage(workspace)
    annotate(engine, simulated=simulated)
    resolve(workspace, ["r0", "r1"] if simulated else [])


def written(workspace, engine):
    return write_report(workspace, engine).read_text(encoding="utf-8")


def plain(html):
    """The words of the page, without its style sheet, one space between them."""
    body = re.sub(r"<style>.*?</style>", "", html, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


def test_report_of_a_whole_corpus(corpus, engine):
    whole(corpus, engine)
    path = write_report(corpus, engine)
    assert path == corpus.reports / "report.html"
    words = plain(path.read_text(encoding="utf-8"))
    assert "An Assay corpus: report" in words
    assert "群聊自杀风险六级 · Six levels of suicide risk in group chat ( suichat6 version 1)" in words
    assert "Made 2026-03-02 12:00 UTC" in words
    assert "20 messages kept" in words
    assert "60.0% accepted as silver" in words
    assert "Not there yet" not in words
    assert "Simulated" not in words
    assert 'class="mark"' not in path.read_text(encoding="utf-8")


def test_funnel_from_messages_read_to_gold(corpus, engine):
    whole(corpus, engine)
    words = plain(written(corpus, engine))
    assert "Messages 20 80.0% of 25 read dropped: too short 4, service line 1" in words
    assert "Suspicious messages 6 30.0% of 20 messages 6 matches of 1 signal word; the lexicon has 2" in words
    assert "Segments 5 71.4% of 7 grown rejected: too long 2" in words
    assert "Silver labels 3 60.0% of 5 segments not accepted: no consensus 2" in words
    assert "unanimous 1, majority 1, adjudicated 1; not settled: too few ratings 1" in words


def test_panel_labels_and_gold_of_a_variable(corpus, engine):
    whole(corpus, engine)
    words = plain(written(corpus, engine))
    assert "风险等级 · Risk level 3 voters, 5 segments. Fleiss’ κ of the panel is 0." in words
    assert "jackknife over items); abstentions count as missing." in words
    assert "3 自杀行为／方法 · Suicidal behaviour or method 2 40.0% 0.833 0.833 50.0% 50.0% 50.0%" in words
    assert "No consensus 2 40.0% 0.417 0.417 – – –" in words
    assert "All 5 segments: those accepted (ρ ≥ 2/3), by silver label, and those left to people." in words
    assert "What each voter did on the 3 accepted segments." in words
    # nb abstained once and agrees on all three accepted segments; tree differs on one of them
    assert "nb – – 5 80.0% 20.0% 0 100.0%" in words
    assert "tree – – 5 100.0% 0.0% 0 66.7%" in words
    assert "pool average 93.3% 6.7% 88.9%" in words
    assert "Gold confirms 1 of the 2 silver labels that annotators looked at (50.0%)." in words


def test_many_variables_get_one_table_and_no_details(tmp_path):
    corpus = Workspace(create_workspace(tmp_path / "many", "narratives23").root, lambda: NOON, Settings())
    engine = open_database(corpus)
    segment(corpus)
    for voter, labels in {"nb": (1, 1, 0), "svm": (1, 0, 0)}.items():
        rows = [(s, voter, "Argument", x, "ok", None, None, "m", "p", 0.1) for s, x in zip(IDS, labels, strict=False)]
        put(corpus, f"votes/{voter}", rows)
    rows = [(s, "Argument", x, 1.0, True, 2, 2, None, "accepted") for s, x in zip(IDS, (1, 0), strict=False)]
    put(corpus, "verdicts", [*rows, (IDS[2], "Argument", None, 0.5, False, 2, 2, 0, "no_consensus")])
    put(corpus, "gold", [(s, "Argument", 1, "majority", 3, NOON) for s in IDS[:2]])
    html = written(corpus, engine)
    engine.dispose()
    # P̄ = (1 + 0 + 1)/3 = 2/3, p = (1/2, 1/2): κ = (2/3 − 1/2)/(1 − 1/2) = 1/3
    # without either voter the second of three segments is no tie any more: 1/3 changes
    assert re.search(r"· Argument Argument 3 66.7% 0.333 \S+ to \S+ 33.3% 2 1 of 2", plain(html))
    assert "There are 23 rating variables; details are given for up to 6." in plain(html)
    assert "<svg" not in html
    assert plain(html).count("– – – 0 –") == 22


def test_a_single_voter_has_no_kappa_and_no_pairs(corpus, engine):
    segment(corpus)
    put(corpus, "votes/one", [(s, "one", "risk", 2, "ok", None, None, "m", "p", 0.1) for s in IDS])
    words = plain(written(corpus, engine))
    assert "1 voter, 5 segments. Fleiss’ κ of the panel is undefined: no item has two ratings." in words
    assert "Agreement between voters" not in words
    assert "Fleiss’ κ of all voters" not in words


def test_verdicts_outlive_their_votes(corpus, engine):
    segment(corpus)
    judge(corpus)
    words = plain(written(corpus, engine))
    assert "There are no votes on this variable yet; make them with assay vote" in words
    assert "No consensus 2 40.0%" in words


def test_batches_with_their_agreement(corpus, engine):
    annotate(engine)
    annotate(engine, name="batch-2", closed=False)
    words = plain(written(corpus, engine))
    # 14 of 15 ratings agree: P̄ = (1 + 1 + 1 + 1 + 1/3)/5 = 13/15; p = (3, 3, 3, 3, 2, 1)/15, Σp² = 41/225
    # κ = (13/15 − 41/225)/(1 − 41/225) = 154/184 = 0.837
    assert "batch-1 closed 5 15 of 15 3 risk 0.837" in words
    assert "86.7%" in words
    assert "batch-2 open 5 0 of 15 3 known when it is closed – – –" in words


def test_simulated_labels_are_marked_everywhere(corpus, engine):
    whole(corpus, engine, simulated=True)
    words = plain(written(corpus, engine))
    assert "Simulated annotators : batch-1-0, batch-1-1, batch-1-2, r0, r1 are programs, not people." in words
    assert "3 simulated segments with gold labels" in words
    assert "Gold labels simulated 3" in words
    assert "Silver against gold simulated" in words
    assert "batch-1 closed 5 15 of 15 3 simulated" in words


def test_a_simulated_batch_is_enough_for_the_banner(corpus, engine):
    annotate(engine, simulated=True, closed=False)
    assert 'class="banner"' in written(corpus, engine)


COMMANDS = [
    "assay collect PATH", "assay lexicon import FILE, then assay lexicon freeze", "assay lexicon match",
    "assay segment", "assay vote", "assay gate", "assay batch new", "assay resolve",
]  # fmt: skip


@pytest.mark.parametrize(
    ("n_stages", "missing"),
    [(0, COMMANDS), (1, COMMANDS[1:]), (2, COMMANDS[3:]), (3, COMMANDS[4:]), (4, COMMANDS[5:]), (5, COMMANDS[6:])],
)
def test_absent_stages_are_named_with_their_command(corpus, engine, n_stages, missing):
    for stage in STAGES[:n_stages]:
        stage(corpus)
    html = written(corpus, engine)
    listed = re.search(r'<section class="missing">(.*?)</section>', html)
    assert listed
    assert re.findall(r"<code>([^<]*)</code>", listed[1]) == missing


def test_gold_without_votes_does_not_stop_the_report(corpus, engine):
    segment(corpus)
    resolve(corpus)
    assert "Gold labels 3 60.0% of 5 segments" in plain(written(corpus, engine))


@pytest.mark.parametrize("n_stages", [0, 4, 6])
def test_the_file_stands_alone(corpus, engine, n_stages):
    for stage in STAGES[:n_stages]:
        stage(corpus)
    html = written(corpus, engine)
    assert not [word for word in ("http", "<script", "<link", "<img", "src=", "@import") if word in html]
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(set(ids)) == len(ids)


def test_everything_is_escaped(corpus, engine):
    path = corpus.root / "codebook.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('en = "Irrelevant"', 'en = "<script>x</script>"'), encoding="utf-8")
    corpus = with_options(corpus, "release", {"title": "<img src=x> & more"})
    whole(corpus, engine)
    annotate(engine, name="<b onload=x>")
    html = written(corpus, engine)
    assert "&lt;img src=x&gt; &amp; more: report" in html
    assert html.count("&lt;script&gt;x&lt;/script&gt;") >= 3
    assert "&lt;b onload=x&gt;" in html
    assert not [word for word in ("<script", "<img", "<b onload") if word in html]


def test_the_same_corpus_gives_the_same_page(corpus, engine):
    whole(corpus, engine)
    first = written(corpus, engine)
    assert written(corpus, engine) == first
    later = written(Workspace(corpus.root, lambda: NOON + timedelta(days=1), Settings()), engine)
    assert later.replace("2026-03-03 12:00", "2026-03-02 12:00") == first


def test_only_votes_that_count_at_the_gate_are_told(corpus, engine):
    for stage in STAGES[:5]:
        stage(corpus)
    row = (IDS[0], "late", "risk", 5, "ok", None, None, "m", "p", 0.1)
    put(corpus, "votes/late", [row, ("f" * 16, *row[1:])])
    words = plain(written(corpus, engine))
    assert "3 voters, 5 segments." in words
    assert "late – –" not in words


def test_labels_outside_the_codebook_are_one_clear_error(corpus, engine):
    segment(corpus)
    put(corpus, "verdicts", [(IDS[0], "risk", 9, 1.0, True, 3, 3, None, "accepted")])
    with pytest.raises(DataError, match=r"found \[9\]\. If the codebook changed since, run: assay gate"):
        write_report(corpus, engine)
