import re
from datetime import UTC, datetime
from html import unescape

import numpy as np
import polars as pl
import pytest

from app.report_against_gold import against_gold
from app.report_facts import read_facts
from app.report_gold_charts import accuracy_dots, reliability_dots
from consensus.gold_calibration import Calibration, Reliability
from consensus.gold_scores import scores
from consensus.proportions import share
from core.codebook import shipped_codebook
from core.contracts import empty
from core.database import transaction
from core.people import Batch, Item
from core.store import Recipe
from core.workspace import Workspace, open_workspace

RISK = shipped_codebook("suichat6").rating_variables[0]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDS = [f"{n:016x}" for n in range(1, 6)]
PANEL = {"nb": (0, 3, 3, 1, -1), "svm": (0, 3, 3, 2, 4)}
SILVER = [(0, 1.0), (3, 1.0), (3, 0.75), (None, 0.5), (None, 0.5)]


def put(workspace, name, rows, settings=None):
    frame = pl.DataFrame(rows, schema=empty(name).schema, orient="row")
    workspace.store.write(name, frame, Recipe({}, settings or {}))


@pytest.fixture
def judged(workspace: Workspace) -> Workspace:
    """Five segments, two voters, three silver labels, no gold."""
    panel = "".join(f'[[vote.voters]]\nname = "{voter}"\nbackend = "embedded"\n' for voter in PANEL)
    (workspace.root / "assay.toml").write_text(panel, encoding="utf-8")
    put(workspace, "segments", [(s, "c", ["m"], ["m"], "m", "u", NOON, NOON, 1, 1, 5, 1, None) for s in IDS])
    for voter, labels in PANEL.items():
        votes = [
            (s, voter, "risk", x, "ok" if x >= 0 else "refused", None, 0.8, "m", "p", 0.1)
            for s, x in zip(IDS, labels, strict=True)
        ]
        put(workspace, f"votes/{voter}", votes)
    verdicts = [
        (s, "risk", x, rho, x is not None, 2, 2, None, "no_consensus" if x is None else "accepted")
        for s, (x, rho) in zip(IDS, SILVER, strict=True)
    ]
    put(workspace, "verdicts", verdicts)
    return open_workspace(workspace.root)


def decide(workspace, labels, simulated=()):
    rows = [(s, "risk", x, "majority", 3, NOON) for s, x in zip(IDS, labels, strict=False) if x is not None]
    put(workspace, "gold", rows, {"simulated_raters": list(simulated)})


def drawn(engine, origins):
    with transaction(engine) as session:
        batch = Batch(name="b", state="closed", overlap=3, seed=1, codebook_hash="h", created_at=NOON)
        batch.items = [Item(segment_id=s, position=n, origin=o) for n, (s, o) in enumerate(origins.items(), 1)]
        session.add(batch)


def words(workspace, engine):
    html = against_gold(read_facts(workspace, engine), RISK)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def texts(svg):
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_without_gold_there_is_nothing_to_measure(judged, engine):
    told = words(judged, engine)
    assert "There are no gold labels yet" in told
    assert "How often gold confirms" not in told


def test_the_gate_and_the_voters_against_gold(judged, engine):
    decide(judged, (0, 3, 2, 1, 4))
    drawn(engine, dict(zip(IDS, ["audit"] * 3 + ["no_consensus"] * 2, strict=True)))
    told = words(judged, engine)
    assert (
        "Compared on 5 segments with gold (3 drawn at random from the accepted segments, 2 drawn at random from the "
        "no-consensus pool); the figures hold for these."
    ) in told
    assert "gold would confirm an estimated 66.7% (21% to 94%)" in told
    # 2 of 3 silver labels; nb is right on 3 of 4, svm on 3 of 5.
    assert all(found in told for found in ("2 of 3", "3 of 4", "3 of 5"))
    assert "the gate 3 2 2 66.7% 21% to 94% 66.7%" in told
    assert "nb 4 1 3 75.0% 30% to 95% 66.7%" in told
    assert "Suicidal behaviour or method 1 2 1 0.50 (0.09 to 0.91) 1.00 (0.21 to 1.00)" in told


def test_voters_that_learn_from_gold_are_told_of(judged, engine):
    decide(judged, (0,))
    assert "judge a segment by a classifier that has not seen its own" in words(judged, engine)
    path = judged.root / "assay.toml"
    path.write_text("[vote]\nuse_gold = false\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert "has not seen its own" not in words(open_workspace(judged.root), engine)


def test_simulated_gold_is_marked_and_gold_from_elsewhere_is_told(judged, engine):
    decide(judged, (0, 3), simulated=["sim_1"])
    told = words(judged, engine)
    assert "How often gold confirms the gate and the voters simulated" in told
    assert "The gate by label and by ρ simulated" in told
    assert "(2 in no closed batch any more)" in told
    assert "gold would confirm is not known: how the gold items were drawn is not known." in told


def test_gold_on_the_pool_alone_says_nothing_of_the_gate(judged, engine):
    decide(judged, (None, None, None, 1, 4))
    told = words(judged, engine)
    assert "None of the segments with gold has a silver label." in told
    assert "on the dashed line" not in told.lower()


def test_what_is_undefined_has_its_reason(judged, engine):
    decide(judged, (0,))
    html = against_gold(read_facts(judged, engine), RISK)
    assert '<span title="it gave this label to no gold item">–</span>' in html


def rater(name, right, wrong):
    confusion = np.array([[right, wrong], [0, 0]])
    support, no_probability = confusion.sum(axis=1), Calibration.none("none")
    return scores(name, (0, 1), confusion, support, n_unanswered=0, on_silver=(1, 2), calibration=no_probability)


def test_dots_have_the_gate_first_and_the_best_voter_next():
    svg = accuracy_dots(rater("gate", 1, 1), [rater("poor", 1, 3), rater("none", 0, 0), rater("good", 3, 1)], "risk")
    found = texts(svg)
    names = ("the gate", "good", "poor", "none")
    assert [text for text in found if text in names] == list(names)
    assert [text for text in found if re.fullmatch(r"\d of \d", text)] == ["1 of 2", "3 of 4", "1 of 4", "0 of 0"]


def test_reliability_begins_at_its_lowest_bin():
    bins = {
        (0.7, 0.8): Reliability(4, 3, 0.75, share(3, 4, "")),
        (1.0, 1.0): Reliability(2, 2, 1.0, share(2, 2, "")),
    }
    found = texts(reliability_dots(bins, "risk:a"))
    assert [text for text in found if re.fullmatch(r"[01]\.\d", text)] == ["0.7", "0.8", "0.9", "1.0"]
    assert {"3 of 4", "2 of 2"} <= set(found)
