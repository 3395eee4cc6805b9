from collections import Counter
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.human.drawing import BatchPlan, assign, draw, item_pool, plan_for, shuffled
from core.errors import SettingsError
from core.setting_tables.people import AnnotateSettings

VERDICTS = pl.DataFrame(
    [
        ("s1", "risk:plan", True),
        ("s1", "risk:wish", True),
        ("s2", "risk:plan", True),
        ("s2", "risk:wish", False),
        ("s3", "risk:plan", False),
        ("s3", "risk:wish", False),
        ("gone", "risk:plan", False),
    ],
    schema=["segment_id", "variable", "accepted"],
    orient="row",
)


def pool(n_no_consensus: int, n_audit: int) -> pl.DataFrame:
    rows = [(f"n{number:03}", "no_consensus") for number in range(n_no_consensus)]
    rows += [(f"a{number:03}", "audit") for number in range(n_audit)]
    return pl.DataFrame(rows, schema={"segment_id": pl.String, "origin": pl.String}, orient="row")


def test_one_variable_without_consensus_puts_a_segment_into_the_pool() -> None:
    segments = pl.DataFrame({"segment_id": ["s1", "s2", "s3"]})
    assert item_pool(VERDICTS, segments).rows() == [("s1", "audit"), ("s2", "no_consensus"), ("s3", "no_consensus")]


@pytest.mark.parametrize(
    ("n_no_consensus", "n_audit", "size", "share", "drawn"),
    [
        (100, 100, 50, 0.1, (45, 5)),
        (100, 100, 5, 0.1, (4, 1)),
        (100, 100, 4, 0.1, (4, 0)),
        (100, 2, 50, 0.1, (48, 2)),
        (3, 100, 50, 0.1, (3, 5)),
        (0, 100, 50, 0.0, (0, 0)),
        (100, 100, 10, 1.0, (0, 10)),
        (0, 0, 10, 0.5, (0, 0)),
    ],
)
def test_what_is_drawn(n_no_consensus: int, n_audit: int, size: int, share: float, drawn: tuple[int, int]) -> None:
    plan = BatchPlan(name="b", size=size, audit_share=share)
    items = draw(pool(n_no_consensus, n_audit), plan)
    counts = Counter(origin for _, origin in items)
    assert (counts["no_consensus"], counts["audit"]) == drawn
    assert len({segment for segment, _ in items}) == len(items)
    assert all((origin == "audit") == segment.startswith("a") for segment, origin in items)


def test_a_draw_depends_on_seed_and_name_alone() -> None:
    plan = BatchPlan(name="b", size=20)
    first = draw(pool(60, 60), plan)
    assert draw(pool(60, 60).reverse(), plan) == first
    assert draw(pool(60, 60), BatchPlan(name="b", size=20, seed=8)) != first
    assert draw(pool(60, 60), BatchPlan(name="c", size=20)) != first


def test_audit_items_do_not_come_in_one_lump() -> None:
    origins = [origin for _, origin in draw(pool(60, 60), BatchPlan(name="b", size=40, audit_share=0.5))]
    assert origins != sorted(origins)
    assert origins != sorted(origins, reverse=True)


@given(st.integers(0, 40), st.integers(1, 8), st.integers(1, 8), st.integers(0, 5))
def test_assignments_are_balanced(n_items: int, n_annotators: int, overlap: int, seed: int) -> None:
    items = [f"s{number}" for number in range(n_items)]
    names = [f"annotator-{number}" for number in range(max(n_annotators, overlap))]
    given_items = assign(items, names, BatchPlan(name="b", overlap=overlap, seed=seed))
    loads = [len(mine) for mine in given_items.values()]
    assert set(given_items) == set(names)
    assert max(loads) - min(loads) <= 1
    assert Counter(item for mine in given_items.values() for item in mine) == dict.fromkeys(items, overlap)
    assert all(len(set(mine)) == len(mine) for mine in given_items.values())


@given(st.integers(1, 40), st.integers(3, 6), st.integers(0, 5), st.randoms())
def test_assignments_do_not_depend_on_the_order_of_names(n_items: int, n_annotators: int, seed: int, chance) -> None:
    items = [f"s{number}" for number in range(n_items)]
    names = [f"annotator-{number}" for number in range(n_annotators)]
    plan = BatchPlan(name="b", seed=seed)
    mixed = chance.sample(names, len(names))
    assert assign(items, mixed, plan) == assign(items, names, plan)


def test_everybody_meets_everybody() -> None:
    names = ["ann", "bo", "cy", "di", "ed", "flo"]
    given_items = assign([f"s{number}" for number in range(40)], names, BatchPlan(name="b"))
    shared = {pair: len(set(given_items[pair[0]]) & set(given_items[pair[1]])) for pair in combinations(names, 2)}
    # 40 items × 3 pairs an item over 15 pairs is 8 each.
    assert sum(shared.values()) == 120
    assert min(shared.values()) >= 6
    assert max(shared.values()) <= 10


def test_everybody_has_their_own_order() -> None:
    items = [f"s{number:02}" for number in range(30)]
    orders = list(assign(items, ["ann", "bo", "cy"], BatchPlan(name="b")).values())
    assert all(sorted(order) == items for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_too_few_annotators_says_how_to_add_one() -> None:
    with pytest.raises(SettingsError, match=r"wanted 3 annotators .* got 2 enabled annotators.* assay user add NAME"):
        assign(["s1"], ["ann", "bo"], BatchPlan(name="b", overlap=3))


def test_shuffling_ignores_how_many_others_there_are() -> None:
    ids = [f"s{number}" for number in range(20)]
    few = shuffled(ids[:10], 7, "b")
    assert [item for item in shuffled(ids, 7, "b") if item in few] == few


def test_the_plan_comes_from_the_settings() -> None:
    settings = AnnotateSettings(batch_size=9, overlap=2, audit_share=0.5, seed=3)
    assert plan_for(settings, name="pilot", again=True) == BatchPlan("pilot", 9, 2, 0.5, 3, again=True)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"overlap": 0}, {"audit_share": 1.1}, {"audit_share": -0.1}])
def test_impossible_plans(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="wanted a size and an overlap of at least 1"):
        plan_for(AnnotateSettings(), **wrong).check()
