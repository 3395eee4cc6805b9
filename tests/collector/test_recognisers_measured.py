"""Precision and recall on the measured set: what docs/privacy.md says."""

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECALL, PRECISION = 0.98, 0.97


@pytest.fixture(scope="module")
def privacy_set():
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        yield importlib.import_module("privacy_set")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def measured(privacy_set):
    return {part: privacy_set.measure(part) for part in privacy_set.PARTS}


def test_the_set_is_large_and_two_fifths_of_it_are_ordinary(measured):
    assert sum(part.messages for part in measured.values()) >= 2_000
    assert all(part.ordinary / part.messages >= 0.4 for part in measured.values())
    assert all(score.found + score.missed >= 100 for part in measured.values() for score in part.scores.values())


@pytest.mark.slow
def test_precision_and_recall(privacy_set, measured):
    whole = privacy_set.together(measured.values())
    assert whole.overall().recall >= RECALL
    assert whole.overall().precision >= PRECISION
    assert {kind for kind, score in whole.scores.items() if score.recall < RECALL} == set()
    assert {kind for kind, score in whole.scores.items() if score.precision < PRECISION} == {"member"}


@pytest.mark.slow
def test_the_docs_hold_the_figures_as_measured(privacy_set, measured):
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    for name, part in (measured | {"all": privacy_set.together(measured.values())}).items():
        whole = part.overall()
        row = re.search(rf"\| {name} \|[^\n]*\| ([0-9.]+) \| ([0-9.]+) \|\n", page)
        assert row is not None
        assert row.groups() == (f"{whole.recall:.3f}", f"{whole.precision:.3f}")


def test_the_score_of_a_message_that_came_out_wrong(privacy_set):
    message = privacy_set.Message("电话13800000001和13900000002", (("phone", "13800000001"), ("phone", "13900000002")))
    output = "电话〈电话〉和13900000002，〈QQ〉"
    counts = {kind: numbers for kind, *numbers in privacy_set.counted(message, output, "电话〈电话〉和〈电话〉")}
    assert (counts["phone"], counts["qq"], counts["link"]) == ([1, 1, 0], [0, 0, 1], [0, 0, 0])


def test_a_digit_is_read_however_it_is_written(privacy_set):
    assert privacy_set.is_left("①③⑧零零零零五六七八", "电话138-0000-5678")
    assert not privacy_set.is_left("13800005678", "电话〈电话〉")
