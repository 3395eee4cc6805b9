"""The search on the two chats with a scripted voter: macro-F1 by hand, each context judged once, what is kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.errors import CodebookError, DataError, ServiceError
from core.workspace import with_options
from segmenter.tuning.charts import single_variable, write_curves
from segmenter.tuning.development import draw_development
from segmenter.tuning.evidence import keep
from segmenter.tuning.grid import Configuration
from segmenter.tuning.outside import Judge
from segmenter.tuning.searching import plan, search, tuned_variable

SETTLED = {"m2": 2, "d1": 0}
# By the number of messages of a context. d0–d1 is always right; of m2's contexts the third is right.
ANSWERS = {2: 0, 3: 0, 5: 2}


@pytest.fixture
def drawn(two_chats):
    draw_development(two_chats)
    return two_chats


@pytest.fixture
def searched(drawn, scripted):
    """Search with a scripted voter; the evidence, and the contexts that were judged."""

    def run(answers=ANSWERS, **more):
        outside = scripted(SETTLED, answers, **more)
        return search(drawn, outside.labels(drawn, "risk"), outside.judge(drawn, "risk")), outside.judged

    return run


def test_macro_f1_of_each_configuration_by_hand(searched):
    evidence, _ = searched()
    # Three configurations say 0 of both: label 0 has TP 1 and FP 1, 2/3; label 2 has none: (2/3 + 0) / 2.
    assert [one.macro_f1.value for one in evidence.scored] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 1])
    assert evidence.winner.configuration == Configuration(5, 10, 60)
    assert [one.mean_messages for one in evidence.scored] == [2.5, 2.5, 2.5, 3.5]
    assert evidence.class_f1 == {0: 1, 2: 1}
    assert evidence.labels == {0: 1, 2: 1}


def test_equal_contexts_are_judged_once(searched):
    evidence, judged = searched()
    assert sorted(judged) == [["d0", "d1"], ["m0", "m1", "m2"], ["m0", "m1", "m2", "m3", "m4"], ["m1", "m2", "m3"]]
    assert (evidence.n_contexts, evidence.n_distinct, evidence.n_beyond) == (8, 4, 0)


def test_no_label_is_wrong_and_counted_apart(searched):
    evidence, _ = searched({2: 0, 3: "abstained", 5: "failed"})
    # Label 0: TP 1 and nothing else, 1; label 2: missed, 0.
    assert [one.macro_f1.value for one in evidence.scored] == pytest.approx([0.5] * 4)
    assert [one.n_abstained for one in evidence.scored] == [1, 1, 1, 0]
    assert [one.n_failed for one in evidence.scored] == [0, 0, 0, 1]
    assert evidence.n_failed == 1


def test_equal_scores_go_to_the_smaller_contexts(searched):
    evidence, _ = searched({2: 0, 3: 2, 5: 2})
    assert evidence.winner.configuration == Configuration(3, 3, 60)
    assert evidence.n_as_good == 3


@pytest.mark.parametrize(("max_size", "place"), [(30, None), (10, 3), (3, 2)])
def test_what_the_settings_say_is_found_in_the_grid(drawn, scripted, max_size, place):
    workspace = with_options(drawn, "segment", {"max_size": max_size})
    outside = scripted(SETTLED, ANSWERS)
    assert search(workspace, outside.labels(drawn, "risk"), outside.judge(drawn, "risk")).current == place


def test_items_without_a_settled_label_are_no_part(drawn, scripted):
    outside = scripted({"m2": 2}, ANSWERS)
    with pytest.raises(DataError, match="got 1 settled labels of 1 kind"):
        search(drawn, outside.labels(drawn, "risk"), outside.judge(drawn, "risk"))


def test_a_voter_that_leaves_out_contexts_is_no_result(drawn, scripted):
    lazy = Judge("lazy", "m", lambda _: [], lambda _: 0)
    with pytest.raises(ServiceError, match="'lazy' left out contexts"):
        search(drawn, scripted(SETTLED, ANSWERS).labels(drawn, "risk"), lazy)


def test_a_plan_counts_and_asks_nobody(drawn, scripted):
    outside = scripted(SETTLED, ANSWERS)
    made = plan(drawn, outside.labels(drawn, "risk"), outside.judge(drawn, "risk"))
    assert (made.n_items, made.n_configurations, made.n_contexts, made.n_distinct, made.n_waiting) == (2, 4, 8, 4, 4)
    assert outside.judged == []


def test_the_variable_is_the_codebooks_first_or_the_one_named(drawn):
    assert tuned_variable(drawn) == "risk"
    tune = drawn.settings.segment.tune.model_dump()
    with pytest.raises(CodebookError, match="no rating variable 'mood'"):
        tuned_variable(with_options(drawn, "segment", {"tune": {**tune, "variable": "mood"}}))


def test_the_report_keeps_everything_and_the_time_of_the_first_like_it(searched, drawn):
    evidence, _ = searched()
    assert keep(drawn, evidence)
    path = drawn.reports / "segment-tune.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["winner"]["configuration"] == {"max_gap": 5.0, "max_size": 10, "max_span": 60.0}
    assert (len(kept["scored"]), kept["n_as_good"], kept["voter"], kept["resamples"]) == (4, 3, "scripted", 200)
    assert "percentile bootstrap" in kept["method"]
    later = replace(evidence, made_at=datetime(2027, 1, 1, tzinfo=UTC).isoformat())
    assert not keep(drawn, later)
    assert keep(drawn, replace(later, seed=8))
    path.write_text("not json", encoding="utf-8")
    assert keep(drawn, later)


def test_the_search_comes_out_the_same_every_time(searched):
    first, second = (replace(searched()[0], made_at="") for _ in range(2))
    assert first == second


def test_a_curve_holds_what_differs_in_one_parameter_alone(searched):
    evidence, _ = searched()
    shown = {name: [one.configuration for one in single_variable(evidence, name)] for name in ("max_gap", "max_span")}
    assert shown == {
        "max_gap": [Configuration(3, 10, 60), Configuration(5, 10, 60)],
        "max_span": [Configuration(5, 10, 60)],
    }


@pytest.mark.slow
def test_the_figures_are_drawn_and_say_when_labels_are_simulated(searched, drawn):
    evidence, _ = searched(simulated=("sim_1",))
    vector, pixels = write_curves(evidence, drawn.reports)
    text = vector.read_text(encoding="utf-8")
    for words in ("max gap, minutes (MTS)", "max span, minutes (STS)", "mean messages of a context", "SIMULATED"):
        assert words in text
    assert pixels.read_bytes().startswith(b"\x89PNG")
