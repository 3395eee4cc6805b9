from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consensus.settlement import Settlement, settle

FEW = Settlement(reason="too_few_ratings")
UNRESOLVED = Settlement(reason="unresolved_disagreement")


@pytest.mark.parametrize(
    ("labels", "settlement"),
    [
        ([2, 2, 2], Settlement(2, "unanimous")),
        ([2, 2], Settlement(2, "unanimous")),
        ([2, 2, -1], Settlement(2, "unanimous")),
        ([0, 0, -1, -1], Settlement(0, "unanimous")),
        ([2, 2, 3], Settlement(2, "majority")),
        ([3, 2, 3, 3, -1], Settlement(3, "majority")),
        ([1, 1, 1, 2, 3], Settlement(1, "majority")),
        ([1, 1, 2, 3], UNRESOLVED),
        ([1, 1, 2, 2], UNRESOLVED),
        ([1, 2, 3], UNRESOLVED),
        ([1, 2], UNRESOLVED),
        ([1, 2, -1], UNRESOLVED),
        ([4], FEW),
        ([4, -1, -1], FEW),
        ([-1, -1, -1], FEW),
        ([], FEW),
    ],
)
def test_hand_worked(labels: list[int], settlement: Settlement) -> None:
    assert settle(labels) == settlement


labels_of_raters = st.lists(st.integers(-1, 5), max_size=9)


@given(labels_of_raters, st.randoms())
def test_the_order_of_raters_does_not_matter(labels: list[int], chance: Random) -> None:
    assert settle(chance.sample(labels, len(labels))) == settle(labels)


@given(labels_of_raters)
def test_abstaining_changes_nothing(labels: list[int]) -> None:
    assert settle([*labels, -1]) == settle(labels)


@given(labels_of_raters)
def test_settled_labels_have_more_than_half(labels: list[int]) -> None:
    settlement = settle(labels)
    valid = [label for label in labels if label != -1]
    assert (settlement.label is None) == (settlement.reason is not None) == (settlement.source is None)
    if settlement.label is not None:
        n = valid.count(settlement.label)
        assert n >= 2
        assert n > len(valid) - n
