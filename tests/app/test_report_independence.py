import re
from datetime import UTC, datetime
from fractions import Fraction
from html import unescape

import numpy as np
import polars as pl
import pytest

from app.report_facts import read_facts
from app.report_independence import details_of, gate_rule, most_changed
from app.report_variables import panel_kappas, variable_sections
from consensus.counts import code_ratings
from consensus.gating import run_gate
from consensus.gold_origins import drawn_as
from core.contracts import empty
from core.database import transaction
from core.full_share import ECONOMY, in_full_share
from core.people import Batch, Item
from core.ratings import votes_as_ratings
from core.setting_tables.voting import GateSettings, Voter, VoteSettings
from core.settings import Settings
from core.store import Recipe
from core.workspace import Workspace

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FAMILIES = {"x": "甲", "y": "甲", "z": "乙"}
# x and y agree on everything but the last segment; z abstains twice.
LABELS = {"x": [0, 0, 1, 1], "y": [0, 0, 1, 0], "z": [0, -1, 0, -1]}
SHARE = {ECONOMY: {"share": 0.4, "seed": 3}}


@pytest.fixture
def corpus(workspace):
    """A workspace with a panel of three, two of them of one family."""
    panel = tuple(Voter(name=name, backend="embedded", family=family) for name, family in FAMILIES.items())
    return Workspace(workspace.root, lambda: NOON, Settings(vote=VoteSettings(voters=panel)))


def ids(n):
    return [f"{number:016x}" for number in range(n)]


def put(workspace, name, rows, settings=None):
    frame = pl.DataFrame(rows, schema=empty(name).schema, orient="row")
    workspace.store.write(name, frame, Recipe(workspace.store.hashes("segments"), settings or {}))


def vote(workspace, labels, settings=None):
    """labels: voter → a label a segment; None: not asked."""
    n = max(len(given) for given in labels.values())
    put(workspace, "segments", [(s, "c", ["m"], ["m"], "m", "u", NOON, NOON, 1, 1, 5, 1, None) for s in ids(n)])
    for voter, given in labels.items():
        rows = [
            (s, voter, "risk", label, "ok" if label >= 0 else "refused", None, None, "m", "p", 0.1)
            for s, label in zip(ids(n), given, strict=True)
            if label is not None
        ]
        put(workspace, f"votes/{voter}", rows, settings)


def many(n=60):
    """Votes of three that err now and then."""
    draws = np.random.default_rng(4)
    truth = draws.integers(0, 3, n)
    return truth.tolist(), {v: np.where(draws.random(n) < 0.7, truth, draws.integers(0, 3, n)).tolist() for v in "xyz"}


def facts_of(workspace, engine):
    return read_facts(workspace, engine)


def words(workspace, engine):
    facts = facts_of(workspace, engine)
    html = re.sub(r"<svg.*?</svg>", " ", str(variable_sections(facts, panel_kappas(facts))), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def details(workspace, engine):
    facts = facts_of(workspace, engine)
    return details_of(
        facts, workspace.codebook.rating_variables[0], code_ratings(votes_as_ratings(facts.on("votes", "risk")))
    )


def test_the_section_of_a_small_panel(corpus, engine):
    vote(corpus, LABELS)
    run_gate(corpus)
    told = words(corpus, engine)
    assert "How much does the verdict hang on single voters?" in told
    # without x: the third is a tie (lost), the fourth is y's (gained); the same without y
    assert "silver labels that change without one voter, at most 50.0% 2 of 4 segments, without x" in told
    assert "effective number of independent voters – undefined: no two voters have errors to compare" in told
    assert "panel’s votes 0.0% 0 of 3; the fewest behind one: 2 valid votes of 3" in told
    assert re.search(r"Fleiss’ κ of the whole panel \S+ \S+ to \S+, 95% interval, jackknife over items", told)
    assert "Valid votes behind the verdicts valid votes segments accepted share 2 2 1 50.0% 3 2 2 100.0%" in told
    assert "weighted majority 3 3 0 0 – 0" in told
    assert "share that the whole panel" not in told


def test_families_are_compared(corpus, engine):
    vote(corpus, {"x": [0, 0, 1, 1], "y": [0, 0, 1, 0], "z": [0, 1, 1, 0]})
    run_gate(corpus)
    # x-y: p_o 3/4, p_e 1/2; x-z: p_o 1/2, p_e 1/2; y-z: p_o 3/4, p_e 3/4·1/2 + 1/4·1/2 = 1/2
    assert "of one family: 0.50 (1 pair); of two families: 0.25 (2 pairs)." in words(corpus, engine)


def test_undefined_pairs_are_told(corpus, engine):
    vote(corpus, {"x": [0, 0, 1, 1], "y": [0, 0, 1, 0], "z": [-1] * 4})
    run_gate(corpus)
    told = words(corpus, engine)
    assert "A dash: κ is undefined (2 pairs)" in told
    assert "Without any κ, below the tree: z." in told


def test_thin_labels_and_no_valid_votes_are_counted(corpus, engine):
    vote(corpus, {"x": [0, 2, 1, -1], "y": [0, -1, 1, -1], "z": [0, -1, 1, -1]})
    run_gate(corpus)
    told = words(corpus, engine)
    assert "panel’s votes 33.3% 1 of 3; the fewest behind one: 1 valid vote of 3" in told
    assert "left to people. Among the latter, on 1 nobody gave a valid vote." in told


def test_the_rule_is_the_one_that_made_the_verdicts(corpus, engine):
    vote(corpus, LABELS)
    run_gate(corpus, Fraction(1))
    rule = gate_rule(facts_of(corpus, engine), "risk")
    assert (rule.threshold, rule.quorum, rule.n_panel, dict(rule.weights)) == (1, 0, 3, {"x": 1, "y": 1, "z": 1})
    # at ρ = 1 each voter keeps one segment from being accepted
    assert details(corpus, engine).without["n_gained"].to_list() == [1, 1, 1]
    assert "at most 25.0% 1 of 4 segments, without x" in words(corpus, engine)


def test_without_a_manifest_the_rule_is_that_of_the_settings(corpus, engine):
    vote(corpus, LABELS)
    run_gate(corpus, Fraction(1))
    (corpus.store.folder / "verdicts.manifest.json").unlink()
    own = Settings(vote=corpus.settings.vote, gate=GateSettings(thresholds={"risk": Fraction(3, 4)}, quorum=2))
    rule = gate_rule(facts_of(Workspace(corpus.root, lambda: NOON, own), engine), "risk")
    assert (rule.threshold, rule.quorum) == (Fraction(3, 4), 2)
    nobody = gate_rule(facts_of(Workspace(corpus.root, lambda: NOON, Settings()), engine), "risk")
    assert (nobody.threshold, dict(nobody.weights)) == (Fraction(2, 3), {"x": 1, "y": 1, "z": 1})


def test_before_the_gate_there_are_pairs_only(corpus, engine):
    vote(corpus, LABELS)
    told = words(corpus, engine)
    assert "Agreement between voters" in told
    assert "How much does the verdict" not in told


def draw(workspace, engine, n):
    """A closed batch of the first segments, drawn under the verdicts of today."""
    run_gate(workspace)
    accepted = workspace.store.read("verdicts")["accepted"].head(n)
    with transaction(engine) as session:
        batch = Batch(name="b", state="closed", overlap=3, seed=1, codebook_hash="h", created_at=NOON)
        batch.items = [
            Item(segment_id=s, position=place, origin="audit" if one else "no_consensus")
            for place, (s, one) in enumerate(zip(ids(n), accepted, strict=True), 1)
        ]
        session.add(batch)


def test_it_is_what_the_gate_tells_with_details(corpus, engine):
    truth, labels = many()
    vote(corpus, labels)
    draw(corpus, engine, 40)
    put(corpus, "gold", [(s, "risk", label, "majority", 3, NOON) for s, label in zip(ids(40), truth, strict=False)])
    gated = run_gate(corpus, details=True, drawn=drawn_as(engine)).variables["risk"].details
    assert gated is not None
    own, theirs = details(corpus, engine).as_json(), gated.as_json()
    assert {key: own[key] for key in own if key != "against_gold"} == {
        key: theirs[key] for key in own if key != "against_gold"
    }
    assert own["effective_voters"]["errors_against"] == "gold"


@pytest.mark.parametrize(
    ("n_gold", "told"),
    [(40, "gold labels, weighted to all segments simulated"), (20, "silver labels, which the votes")],
)
def test_errors_are_counted_by_gold_once_there_is_enough(corpus, engine, n_gold, told):
    truth, labels = many()
    vote(corpus, labels)
    rows = [(s, "risk", label, "majority", 3, NOON) for s, label in zip(ids(n_gold), truth, strict=False)]
    put(corpus, "gold", rows, {"simulated_raters": ["r0"]})
    draw(corpus, engine, n_gold)
    shown = words(corpus, engine)
    assert f"errors counted by {told}" in shown
    assert ("calibrated pool simulated" in shown) == (n_gold == 40)


def saving(workspace):
    """Everybody votes on the full share; elsewhere z is never asked. The gate has run; the share's numbers."""
    n = 50
    full = [number for number, s in enumerate(ids(n)) if in_full_share(s, 0.4, 3)]
    assert 3 < len(full) < 30 < n
    labels = {"x": [0] * n, "y": [0] * n, "z": [1 if number in full else None for number in range(n)]}
    vote(workspace, labels, SHARE)
    run_gate(workspace)
    return full, n


def test_where_votes_were_saved_figures_are_of_the_full_share(corpus, engine):
    full, n = saving(corpus)
    told = words(corpus, engine)
    share = f"Measured on the random share of {len(full)} segments that the whole panel was asked about."
    # what voters did, their table, the pairs, what hangs on single voters
    assert told.count(share) == 4
    assert details(corpus, engine).thin.rows() == [(3, len(full), len(full), 1.0)]
    assert f"at most 100.0% {len(full)} of {len(full)} segments, without x" in told
    # shares are of all segments; ρ is 2/3 on the share and would be 1 where z was not asked
    assert f"Irrelevant {n} 100.0% 0.667 0.667 0.0% 0.0% 0.0%" in told
    assert f"All {n} segments: those accepted" in told
    assert f"ρ and unanimity: measured on the random share of {len(full)} segments" in told


def test_gold_outside_the_share_is_not_counted_as_enough(corpus, engine):
    _, n = saving(corpus)
    put(corpus, "gold", [(s, "risk", 0, "majority", 3, NOON) for s in ids(n)])
    assert details(corpus, engine).errors_against == "silver"


def test_the_voter_that_changes_most():
    frame = pl.DataFrame({"voter": ["b", "a", "c"], "n_changed": [3, 3, 1], "share": [0.3, 0.3, 0.1]})
    assert most_changed(frame) == ("a", 3, 0.3)
    assert most_changed(frame.clear()) is None
