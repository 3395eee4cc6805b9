"""Signals by label, worked out by hand: eight segments s0 to s7, each of one message m0 to m7."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from core.contracts import empty
from core.errors import SettingsError
from core.store import Recipe
from core.workspace import create_workspace
from lexicon.cli import app
from lexicon.label_statistics import label_statistics, segment_labels
from lexicon.matching import match
from lexicon.signals import with_signals
from lexicon.statistics import statistics

TIME = datetime(2026, 1, 1, tzinfo=UTC)
ENTRIES = {
    "自杀": "explicit",
    "想自杀": "explicit",
    "笑死": "implicit",
    "死": "explicit",
    "好累": "implicit",
    "离开": "implicit",
}
CONTENTS = ["笑死我了", "笑死真的", "笑死哈哈", "笑死好累", "好累好累", "想自杀了", "好累离开", "今天吃什么"]
GOLD = {0: 0, 1: 0, 2: 0, 3: 0}
SILVER = {0: 3, 4: 2, 5: 3, 6: 4, 7: 5}


def rows(table, found, **constant):
    return pl.DataFrame([constant | row for row in found], schema=empty(table).schema)


def verdict(segment, label, variable="risk"):
    accepted = {"label": label, "rho": 1.0, "accepted": True, "reason": "accepted"}
    return {"segment_id": f"{segment:016x}", "variable": variable} | accepted


def gold(segment, label, variable="risk"):
    return {"segment_id": f"{segment:016x}", "variable": variable, "label": label}


def make(folder, codebook="suichat6"):
    workspace = create_workspace(folder, codebook)
    chat = {"chat_id": "c", "user_id": "u", "reply_id": None, "timestamp": TIME, "is_forward": False, "edited_at": None}
    messages = [{"message_id": f"m{n}", "content": content} for n, content in enumerate(CONTENTS)]
    terms = [{"entry_id": f"e{n}", "term": term, "kind": kind} for n, (term, kind) in enumerate(ENTRIES.items())]
    segments = [
        {"segment_id": f"{n:016x}", "message_ids": [f"m{n}"], "suspicious_message_ids": [f"m{n}"],
         "suspicious_message_id": f"m{n}"}
        for n in range(len(CONTENTS))
    ]  # fmt: skip
    about = {"chat_id": "c", "at_risk_user_id": "u", "start": TIME, "end": TIME, "n_messages": 1, "n_users": 1,
             "n_chars": 4, "n_signals": 1, "risk_level": None}  # fmt: skip
    written = {
        "messages/c": rows("messages", messages, **chat),
        "lexicon": rows("lexicon", terms, category="c", note=None),
        "segments": rows("segments", segments, **about),
    }
    for name, frame in written.items():
        workspace.store.write(name, frame, Recipe(inputs={}))
    match(workspace)
    return workspace


def label(workspace, golden, silver):
    store = workspace.store
    store.write("gold", rows("gold", golden, source="majority", n_raters=3, locked_at=TIME), Recipe(inputs={}))
    panel = {"n_valid": 3, "n_panel": 3, "runner_up": None}
    store.write("verdicts", rows("verdicts", silver, **panel), Recipe(inputs={}))
    return workspace


@pytest.fixture
def unlabelled(tmp_path):
    return make(tmp_path / "corpus")


@pytest.fixture
def labelled(unlabelled):
    return label(unlabelled, [gold(*pair) for pair in GOLD.items()], [verdict(*pair) for pair in SILVER.items()])


def figures(row):
    return tuple(row[key] for key in ("label", "segments", "gold", "explicit", "implicit", "only_implicit"))


def test_a_signal_is_a_match_in_no_longer_one():
    spans = [("a", 0, 3), ("a", 1, 3), ("a", 0, 3), ("a", 2, 4), ("b", 1, 3), ("b", 1, 4)]
    matches = pl.DataFrame(spans, schema=["message_id", "start", "end"], orient="row")
    found = with_signals(matches.with_row_index("n")).sort("n")
    assert found["signal"].to_list() == [True, False, True, True, False, True]


def test_gold_counts_before_silver_and_only_accepted_silver_counts():
    refused = {
        "label": None,
        "rho": 0.5,
        "accepted": False,
        "reason": "no_consensus",
        "segment_id": "9",
        "variable": "risk",
    }
    silver = rows("verdicts", [verdict(0, 3), verdict(1, 2), refused], n_valid=3, n_panel=3, runner_up=None)
    found = segment_labels(rows("gold", [gold(0, 0)], source="majority", n_raters=3, locked_at=TIME), silver)
    assert found.rows() == [("0" * 16, "risk", 0, True), (f"{1:016x}", "risk", 2, False)]


def test_without_labels_there_is_nothing_to_say_about_them(unlabelled):
    found = statistics(unlabelled)
    assert found.labels is None
    assert [(row["kind"], row["matches"], row["signals"]) for row in found.by_kind] == [
        ("implicit", 9, 9),
        ("explicit", 6, 1),
    ]  # 死 four times in 笑死, 自杀 in 想自杀
    assert found.implicit_to_explicit == 9.0
    assert statistics(unlabelled).as_json()["labels"] is None


def test_signals_by_label(labelled):
    found = statistics(labelled).labels
    assert (found.n_segments, found.n_gold) == (8, 4)
    assert [figures(row) for row in found.by_label] == [
        (0, 4, 4, 0, 5, 4),
        (2, 1, 0, 0, 2, 1),
        (3, 1, 0, 1, 0, 0),
        (4, 1, 0, 0, 2, 1),
        (5, 1, 0, 0, 0, 0),
    ]
    assert [row["only_implicit_share"] for row in found.by_label] == [1.0, 1.0, 0.0, 1.0, 0.0]
    assert [row["title"] for row in found.by_label][:2] == ["无关", "自杀意念"]


def test_high_risk_pools_the_labels_that_the_codebook_calls_so(labelled):
    (row,) = statistics(labelled).labels.high_risk
    # Levels 2, 3, 4: m4, m5, m6 hold 2 + 0 + 2 implicit and 0 + 1 + 0 explicit signals.
    assert figures(row) == (None, 3, 0, 1, 4, 2)
    assert (row["title"], row["implicit_to_explicit"]) == ("high risk (2, 3, 4)", 4.0)
    assert row["only_implicit_share"] == pytest.approx(2 / 3)


def test_terms_mostly_on_the_lowest_level_are_candidates_for_removal(labelled):
    found = statistics(labelled, min_segments=3).labels.mostly_lowest
    assert [(row["term"], row["segments"], row["lowest"], row["high_risk"]) for row in found] == [
        ("死", 4, 4, 0),
        ("笑死", 4, 4, 0),
    ]


@pytest.mark.parametrize(
    ("min_segments", "min_share", "terms"), [(5, 0.8, []), (4, 0.8, ["死", "笑死"]), (3, 0.3, ["死", "笑死", "好累"])]
)
def test_how_often_and_how_much_is_for_the_user_to_say(labelled, min_segments, min_share, terms):
    found = statistics(labelled, min_segments=min_segments, min_share=min_share).labels.mostly_lowest
    assert [row["term"] for row in found] == terms


@pytest.mark.parametrize(("min_segments", "min_share"), [(0, 0.8), (5, 0.0), (5, 1.01)])
def test_thresholds_that_make_no_sense_are_refused(labelled, min_segments, min_share):
    with pytest.raises(SettingsError, match="wanted at least 1 segment and a share"):
        statistics(labelled, min_segments=min_segments, min_share=min_share)


def test_a_segment_with_two_high_risk_labels_of_a_multi_variable_counts_once(tmp_path):
    workspace = make(tmp_path / "multi", "psysuicide11")
    golden = [
        gold(4, 1, "risk:plan"),
        gold(4, 1, "risk:attempt"),
        gold(5, 0, "risk:plan"),
        gold(6, 1, "risk:irrelevant"),
    ]
    found = statistics(label(workspace, golden, [])).labels
    assert [figures(row) for row in found.high_risk] == [(None, 1, 1, 0, 2, 1)]
    assert [(row["variable"], *figures(row)[:2]) for row in found.by_label] == [
        ("risk:attempt", 1, 1), ("risk:plan", 0, 1), ("risk:plan", 1, 1), ("risk:irrelevant", 1, 1),
    ]  # fmt: skip
    assert found.mostly_lowest == []


def test_labels_of_segments_that_are_gone_do_not_count(unlabelled):
    workspace = label(unlabelled, [gold(99, 2)], [])
    assert label_statistics(workspace, with_signals(workspace.store.read("matches"))) is None


def test_the_command_prints_what_the_json_holds(labelled):
    where = ["stats", "-w", str(labelled.root), "--min-segments", "3"]
    shown = CliRunner().invoke(app, where).stdout
    for piece in ("自杀意念", "high risk (2, 3, 4)", "66.7%", "candidates for removal", "笑死", "100.0%"):
        assert piece in shown
    found = json.loads(CliRunner().invoke(app, [*where, "--json"]).stdout)
    assert found["labels"]["high_risk"][0]["implicit"] == 4


def test_the_command_says_in_one_line_that_there_are_no_labels(unlabelled):
    done = CliRunner().invoke(app, ["stats", "-w", str(unlabelled.root)])
    assert done.exit_code == 0
    assert "No segment has a label yet" in done.stdout.splitlines()[-1]
