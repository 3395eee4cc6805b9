"""The winner in assay.toml: the three values and a comment change, and nothing else."""

from dataclasses import replace

import pytest

from core.errors import SettingsError
from core.settings import parse_settings
from core.workspace import settings_template
from segmenter.tuning.evidence import Evidence, Scored
from segmenter.tuning.grid import Configuration
from segmenter.tuning.intervals import Interval
from segmenter.tuning.winner import difference, with_winner, write_winner


def scored(configuration, n_failed=0):
    return Scored(configuration, Interval(0.712, 0.6, 0.8), Interval(0, 0, 0), True, 12.5, 0, n_failed)


@pytest.fixture
def evidence():
    return Evidence(
        made_at="2026-11-20T10:00:00+00:00", voter="qwen", model="m", variable="risk", expansion="paper", n_items=50,
        labels={0: 30, 1: 20}, by_source={"unanimous": 50}, left_out={}, simulated=(), n_contexts=100, n_distinct=60,
        n_beyond=0, resamples=200, seed=7, scored=(scored(Configuration(7, 25, 45)), scored(Configuration(5, 30, 60))),
        best=0, current=1, class_f1={0: 0.8, 1: 0.6},
    )  # fmt: skip


KEYS = ("max_gap", "max_size", "max_span")
TOLD = "macro-F1 0.712 [0.600, 0.800] of qwen on 50 messages; 1 of the other 1 configurations cannot be told from it"


def segment(text):
    return Configuration.of(parse_settings(text).segment)


def others(text):
    settings = parse_settings(text).model_dump()
    return {**settings, "segment": {k: v for k, v in settings["segment"].items() if k not in KEYS}}


def test_three_values_and_a_comment_change_and_nothing_else(evidence):
    before = settings_template()
    after = with_winner(before, evidence)
    changed = [line for line in difference(before, after).splitlines()[2:] if line[0] in "+-"]
    assert [line[:20].rstrip() for line in changed] == [
        "-max_gap = 5", "-max_size = 30", "-max_span = 60", "+# chosen by assay s", "+#: macro-F1 0.712 [",
        "+max_gap = 7", "+max_size = 25", "+max_span = 45",
    ]  # fmt: skip
    assert "max_gap = 7                # minutes: neighbours further apart are not added (MTS)" in after
    assert TOLD in after.replace("\n#: ", " ")


def test_writing_another_winner_replaces_the_comment(evidence):
    first = with_winner(settings_template(), evidence)
    again = with_winner(first, replace(evidence, best=1, n_items=40))
    assert again.count("# chosen by assay segment tune:") == 1
    assert "on 50 messages" not in again
    assert segment(again) == Configuration(5, 30, 60)
    assert with_winner(again, replace(evidence, best=1, n_items=40)) == again


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# mine\n",
        "[gate]\nthreshold = 1 # all\n",
        "[segment]\n# why\nmax_size = 12\n\n[segment.tune]\nseed = 3\n# tail\n",
        "[segment.tune]\nseed = 3\n[gate]\n",
        "segment.max_gap = 3 # dotted\n[gate]\n",
        "segment = {max_gap = 3, tune = {seed = 9}} # inline\n",
        "[segment] # head\r\nmax_gap = 3.5 # half\r\n[gate]\r\n",
        "  [ segment ]\n  max_gap=3\n",
        '[release]\ntitle = """\nmax_gap = 1\n"""\n[segment]\nmax_gap = 3\n',
        "#: mine, not of the tool\n[segment]\n#: nor this\nmax_gap = 3\n",
    ],
)
def test_however_the_file_is_written_its_comments_stay(text, evidence):
    after = with_winner(text, evidence)
    assert segment(after) == Configuration(7, 25, 45)
    for comment in ("mine", "# all", "# why", "# tail", "# dotted", "# inline", "# head", "# half", "nor this"):
        assert (comment in text) == (comment in after), comment
    assert others(after) == others(text)
    assert ("\r\n" in after) == ("\r\n" in text)


def test_simulated_labels_are_said_to_be_so(evidence):
    assert "SIMULATED labels of 50 messages" in with_winner("", replace(evidence, simulated=("sim_1",)))


def test_a_fraction_of_a_minute_stays_one(evidence):
    half = replace(evidence, scored=(scored(Configuration(4.5, 25, 60)),))
    assert "max_gap = 4.5\n" in with_winner("[segment]\nmax_gap = 3\n", half)


def test_scores_with_failed_judgements_are_not_written(two_chats, evidence):
    failed = replace(evidence, scored=(scored(Configuration(7, 25, 45), n_failed=2),))
    with pytest.raises(SettingsError, match="2 judgements failed"):
        write_winner(two_chats, failed)


def test_the_winner_is_written_to_the_workspace(two_chats, evidence):
    assert "+max_gap = 7" in write_winner(two_chats, evidence)
    assert segment((two_chats.root / "assay.toml").read_text(encoding="utf-8")) == Configuration(7, 25, 45)
