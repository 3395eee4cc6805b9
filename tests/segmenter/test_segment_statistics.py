"""Sizes of segments, counted by hand."""

import json

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from core.contracts import empty
from core.errors import CodebookError, WorkspaceError
from core.store import Recipe
from segmenter import stats_cli
from segmenter.measures import measures, n_tokens
from segmenter.segmenting import segment
from segmenter.statistics import Summary, labels_of, segment_statistics, summaries
from segmenter.statistics_charts import bins, write_histograms


@pytest.fixture
def segmented(two_chats):
    segment(two_chats)
    return two_chats


@pytest.mark.parametrize(
    ("content", "n"),
    [
        ("今天好累", 4),
        ("emo了 ok?", 3),
        ("〈成员:3fa9c1〉你在吗", 4),
        ("他说〔方法〕……", 3),
        ("2026 年 3 月", 4),
        ("。。。😀 !!", 0),
        ("naïve café", 2),
    ],
)
def test_tokens_are_characters_and_words(content, n):
    assert pl.DataFrame({"content": [content]}).select(n_tokens(pl.col("content"))).item() == n


def test_every_measure_of_every_segment_by_hand(segmented):
    store = segmented.store
    rows = measures(store.read("segments"), store.read("messages")).drop("segment_id").rows()
    # c: m0 … m4 by two people in turn, 好累啊 each; d: two messages by two people. Messages, turns, characters,
    # tokens, signals, people.
    assert rows == [(5, 5, 15, 15, 1, 2), (2, 2, 6, 6, 1, 2)]


def test_messages_in_a_row_by_one_sender_are_one_turn(said):
    messages = said("c", [("a", "u", 0), ("b", "u", 1), ("c", "v", 2), ("d", "u", 3)])
    segments = empty("segments").select("segment_id", "message_ids", "n_messages", "n_chars", "n_signals", "n_users")
    rows = [("s1", ["a", "b", "c", "d"], 4, 12, 1, 2), ("s2", ["a"], 1, 3, 1, 1)]
    found = measures(pl.DataFrame(rows, schema=segments.schema, orient="row"), messages)
    assert found.select("segment_id", "turns").rows() == [("s1", 3), ("s2", 1)]


def test_a_summary_is_mean_sample_deviation_and_median():
    counts = pl.DataFrame(
        {name: [1, 2, 6] for name in ("messages", "turns", "characters", "tokens", "signals", "people")}
    )
    # The squares of −2, −1 and 3 add up to 14; over 2 that is 7.
    assert summaries(counts)["turns"] == Summary(mean=3.0, sd=7**0.5, low=1, median=2.0, high=6)
    assert summaries(counts.head(1))["turns"] == Summary(1.0, None, 1, 1.0, 1)
    assert summaries(counts.head(0)) == {}


def labels(name, rows):
    return pl.DataFrame([dict(row) for row in rows], schema=empty(name).schema)


def gold(segment_id, label):
    return {"segment_id": segment_id, "variable": "risk", "label": label, "source": "unanimous", "n_raters": 3}


def verdict(segment_id, label, variable="risk"):
    accepted = label is not None
    return {"segment_id": segment_id, "variable": variable, "label": label, "accepted": accepted, "n_valid": 3,
            "n_panel": 3, "reason": "accepted" if accepted else "no_consensus"}  # fmt: skip


def test_gold_comes_before_silver_and_what_the_codebook_lacks_is_no_label(segmented):
    rating = segmented.codebook.rating_variable("risk")
    found = labels_of(
        rating,
        labels("gold", [gold("a", 2), gold("z", 99)]),
        labels("verdicts", [verdict("a", 0), verdict("b", 1), verdict("c", None), verdict("d", 1, "other")]),
    )
    assert found.rows() == [("a", 2, "gold"), ("b", 1, "silver")]


@pytest.fixture
def labelled(segmented):
    """The segment of chat c has gold 2, the other is accepted as 0."""
    of_c, of_d = segmented.store.read("segments")["segment_id"].to_list()
    at = {"locked_at": segmented.store.read("messages")["timestamp"][0]}
    recipe = Recipe(inputs={}, settings={"simulated_raters": ["sim_1"]})
    segmented.store.write("gold", labels("gold", [{**gold(of_c, 2), **at}]), recipe)
    segmented.store.write("verdicts", labels("verdicts", [verdict(of_d, 0)]), Recipe(inputs={}))
    return segmented


def test_sizes_by_label(labelled):
    found = segment_statistics(labelled).statistics
    assert (found.n_segments, found.n_labelled, found.variable, found.simulated) == (2, 2, "risk", ("sim_1",))
    by_label = {one.label: one for one in found.labels}
    assert list(by_label) == [0, 1, 2, 3, 4, 5, None]
    assert (by_label[2].n_gold, by_label[2].n_silver, by_label[2].share) == (1, 0, 0.5)
    assert by_label[2].sizes["messages"] == Summary(5.0, None, 5, 5.0, 5)
    assert (by_label[0].n_silver, by_label[1].n, by_label[1].sizes, by_label[None].n) == (1, 0, {}, 0)


def test_without_labels_there_is_no_list_of_them(segmented):
    assert segment_statistics(segmented).statistics.labels == ()


def test_an_unknown_variable_and_absent_segments_are_named(two_chats):
    with pytest.raises(WorkspaceError, match="make it with: assay segment"):
        segment_statistics(two_chats)
    segment(two_chats)
    with pytest.raises(CodebookError, match="no rating variable 'mood'"):
        segment_statistics(two_chats, "mood")


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([3], [(3, 4, 1)]),
        ([1, 1, 3], [(1, 2, 2), (2, 3, 0), (3, 4, 1)]),
        ([0, 58], [(number, number + 2, int(number in (0, 58))) for number in range(0, 59, 2)]),
    ],
)
def test_bars_are_as_wide_as_they_have_to_be(values, wanted):
    assert bins(values) == wanted


@pytest.mark.parametrize("values", [range(1000), [5, 40_000], [29, 30], [0] * 3])
def test_every_value_is_in_a_bar_and_bars_are_few(values):
    made = bins(list(values))
    assert (sum(n for _, _, n in made), len(made) <= 30) == (len(list(values)), True)


@pytest.fixture
def stats(segmented):
    group = typer.Typer(invoke_without_command=True)
    group.callback()(lambda: None)
    stats_cli.mount(group)
    return lambda *words: CliRunner().invoke(group, ["stats", *words, "-w", str(segmented.root)])


def test_the_command_prints_one_json_object(stats):
    found = json.loads(stats("--json").stdout)
    assert (found["n_segments"], found["sizes"]["messages"]["mean"]) == (2, 3.5)
    assert found["figures"] == ["segment-stats.svg", "segment-stats.png"]


@pytest.mark.slow
def test_the_figure_names_the_labels_in_chinese_and_says_when_gold_is_simulated(labelled, stats):
    told = stats().stdout
    assert "无关" in told
    assert "gold is SIMULATED: sim_1" in told
    vector, pixels = write_histograms(segment_statistics(labelled), labelled.reports)
    text = vector.read_text(encoding="utf-8")
    for words in ("自杀意念", "turns (runs by one sender)", "gold labels SIMULATED", "2 segments with a label"):
        assert words in text
    assert pixels.read_bytes().startswith(b"\x89PNG")


def test_no_segments_at_all_is_no_figure(stats, segmented):
    segmented.store.write("segments", empty("segments"), Recipe(inputs={}))
    assert "there are no segments" in stats().stdout
