"""Candidates that are spellings of one term are put into one group, which the most frequent stands for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexicon.pooling.groups import groups

COUNTS = st.dictionaries(st.text("好累 。leia楠南", min_size=1, max_size=6), st.integers(1, 9), max_size=9)


@pytest.mark.parametrize(
    ("counts", "together"),
    [
        ({"好累": 2, "好·累": 1}, True),
        ({"好 累": 2, "好。累": 1}, True),
        ({"睡不着": 9, "睡不": 10}, True),
        ({"睡不着": 5, "睡不": 10}, False),
        ({"难受": 3, "楠受": 9}, True),
        ({"难受": 3, "nanshou": 1}, True),
        ({"难受": 3, "难shou": 1}, True),
        ({"难": 3, "男": 1}, False),
        ({"没有意思": 4, "没啥意思": 1}, True),
        ({"没有意思": 4, "没有啥意思": 1}, True),
        ({"没意思": 4, "没力气": 4}, False),
        ({"没意思": 4, "有意思": 1}, False),
        ({"boot": 4, "root": 4}, False),
        ({"depressed": 4, "depresed": 1}, True),
        ({"following": 5, "low": 5}, False),
        ({"depends": 5, "end": 5}, False),
        ({"thing": 5, "things": 5}, True),
        ({"thing": 5, "thingamajig": 5}, False),
        ({"emo": 5, "emo了": 5}, True),
    ],
)
def test_near_duplicates(counts, together):
    assert (len(set(groups(counts).values())) == 1) is together


def test_the_most_frequent_stands_for_its_group():
    assert groups({"楠受": 1, "难受": 5, "nanshou": 5, "好累": 9}) == {
        "楠受": "难受", "难受": "难受", "nanshou": "难受", "好累": "好累",
    }  # fmt: skip


@given(COUNTS)
def test_a_representative_represents_itself_and_is_never_rarer(counts):
    found = groups(counts)
    assert found.keys() == counts.keys()
    assert all(found[head] == head and counts[head] >= counts[term] for term, head in found.items())


@given(COUNTS.flatmap(lambda counts: st.tuples(st.just(counts), st.permutations(list(counts)))))
def test_the_order_of_candidates_makes_no_difference(case):
    counts, order = case
    assert groups({term: counts[term] for term in order}) == groups(counts)


@given(COUNTS, st.integers(1, 9))
def test_one_more_candidate_never_splits_a_group(counts, count):
    before, after = groups(counts), groups({"好累": count} | counts)
    assert all(after[one] == after[other] for one in counts for other in counts if before[one] == before[other])


@given(COUNTS)
def test_adding_marks_to_a_term_changes_nothing_but_its_name(counts):
    plain = {term: count for term, count in counts.items() if term.isalnum()}
    marked = groups(plain | {f"{term}·": 1 for term in plain})
    assert all(marked[f"{term}·"] == marked[term] for term in plain)
