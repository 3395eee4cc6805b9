import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa

from consensus.cohen import PairKappa, cohen_kappa, pairwise_cohen
from core.errors import DataError


def ratings(**labels: list[int | None]) -> pl.DataFrame:
    """One list of labels a rater, in the order of the items."""
    rows = [(f"s{i:03}", rater, label) for rater, row in labels.items() for i, label in enumerate(row)]
    return pl.DataFrame(rows, schema={"item": pl.String, "rater": pl.String, "label": pl.Int64}, orient="row")


# 50 items: both say 1 on 20, li alone on 5, wu alone on 10, neither on 15.
# p_o = 35/50 = 0.7; p_e = 0.5·0.6 + 0.5·0.4 = 0.5; κ = (0.7 − 0.5)/(1 − 0.5) = 0.4
LI = [1] * 20 + [1] * 5 + [0] * 10 + [0] * 15
WU = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15


def test_by_hand() -> None:
    kappa = cohen_kappa(ratings(li=LI, wu=WU), "li", "wu")
    assert (kappa.a, kappa.b, kappa.n) == ("li", "wu", 50)
    assert kappa.value == pytest.approx(0.4)
    # Fleiss, Cohen & Everitt (1969), with rows li: p_11 = 0.4, p_10 = 0.1, p_01 = 0.2, p_00 = 0.3; 1 − κ = 0.6.
    # A = 0.4(1 − 1.1·0.6)² + 0.3(1 − 0.9·0.6)² = 0.04624 + 0.06348 = 0.10972
    # B = 0.36(0.1(0.6 + 0.5)² + 0.2(0.4 + 0.5)²), a cell's column total of its row's label plus the converse:
    #   cell (1,0): p_.1 + p_0. = 0.6 + 0.5; cell (0,1): p_.0 + p_1. = 0.4 + 0.5; B = 0.36·0.283 = 0.10188
    # C = (0.4 − 0.5·0.6)² = 0.01; variance = (A + B − C)/(0.25·50) = 0.2016/12.5 = 0.016128
    half = 1.959964 * 0.016128**0.5
    assert (kappa.low, kappa.high) == (pytest.approx(0.4 - half), pytest.approx(0.4 + half))
    assert kappa.method == "asymptotic (Fleiss, Cohen & Everitt 1969)"


def test_items_on_which_either_abstains_are_left_out() -> None:
    gaps = ratings(li=[*LI, None, -1, 1, 0], wu=[*WU, 1, 0, None, -1])
    assert cohen_kappa(gaps, "li", "wu") == cohen_kappa(ratings(li=LI, wu=WU), "li", "wu")


def test_raters_may_be_asked_for_in_either_order() -> None:
    table = ratings(li=LI, wu=WU)
    there, back = cohen_kappa(table, "li", "wu"), cohen_kappa(table, "wu", "li")
    assert (back.a, back.b) == ("wu", "li")
    assert (back.value, back.low, back.high) == (there.value, there.low, there.high)


labels = st.lists(st.tuples(*[st.sampled_from([None, -1, 0, 1, 4])] * 3), min_size=1, max_size=15)


@given(labels)
def test_pairs_equal_statsmodels_on_tables_counted_by_hand(rows: list[tuple[int | None, ...]]) -> None:
    columns = dict(zip(["a", "b", "c"], map(list, zip(*rows, strict=True)), strict=True))
    pairs = pairwise_cohen(ratings(**columns))
    assert [(pair.a, pair.b) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    for pair in pairs:
        both = [
            (x, y)
            for x, y in zip(columns[pair.a], columns[pair.b], strict=True)
            if x not in (None, -1) and y not in (None, -1)
        ]
        assert pair.n == len(both)
        if len({label for couple in both for label in couple}) < 2:
            assert pair.value is None
            continue
        table = [[both.count((x, y)) for y in (0, 1, 4)] for x in (0, 1, 4)]
        assert pair.value == pytest.approx(cohens_kappa(table, return_results=False))


@pytest.mark.parametrize(
    ("li", "wu", "n", "reason"),
    [
        ([1, 1, 1], [1, 1, 1], 3, "one and the same label"),
        ([1, None, 0], [None, 1, -1], 0, "no item was labelled by both"),
        ([1, 1, 0], [1, None, None], 1, "one and the same label"),
    ],
)
def test_undefined_is_null_with_a_reason(li: list[int | None], wu: list[int | None], n: int, reason: str) -> None:
    kappa = cohen_kappa(ratings(li=li, wu=wu), "li", "wu")
    assert (kappa.n, kappa.value, kappa.low, kappa.high, kappa.method) == (n, None, None, None, None)
    assert reason in (kappa.reason or "")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("li", "wu", "value"),
    [
        ([0, 1, 0, 1, 0, 1, 1], [0, 1, 0, 1, 0, 1, 1], 1.0),
        ([0, 0, 1, 2], [0, 0, 1, 2], 1.0),
    ],
)
def test_extreme_tables_have_finite_limits_and_no_warning(li: list[int], wu: list[int], value: float) -> None:
    kappa = cohen_kappa(ratings(li=li, wu=wu), "li", "wu")
    assert (kappa.value, kappa.low, kappa.high) == tuple(pytest.approx(x) for x in (value, value, value))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("li", "wu", "value"),
    [
        ([0], [1], 0.0),
        ([0, 0, 0], [1, 1, 1], 0.0),
        ([0, 1], [1, 0], -1.0),
        ([0, 1] * 1000, [1, 0] * 1000, -1.0),
        ([0, 1, 2, 3, 4, 5, 6] * 3, [1, 0, 3, 2, 5, 4, 6] * 3, None),
    ],
)
def test_disagreement_without_variance_has_no_interval(li: list[int], wu: list[int], value: float | None) -> None:
    kappa = cohen_kappa(ratings(li=li, wu=wu), "li", "wu")
    if value is None:  # 6 agrees: there is variance
        assert (kappa.low is None, kappa.reason) == (False, None)
        return
    assert (kappa.value, kappa.low, kappa.high, kappa.method) == (pytest.approx(value), None, None, None)
    assert kappa.reason == "no interval: the raters disagree, but these items show no variance to make one from"


def test_pairs_with_a_rater_who_gave_one_label_throughout_lack_their_interval() -> None:
    pairs = pairwise_cohen(ratings(li=[0, 0, 0, 0], wu=[1, 1, 1, 1], yu=[0, 1, 0, 0], zo=[0, 1, 1, 0]))
    assert [(pair.a, pair.b, pair.value, pair.low is None) for pair in pairs] == [
        ("li", "wu", 0.0, True),
        ("li", "yu", 0.0, True),
        ("li", "zo", 0.0, True),
        ("wu", "yu", 0.0, True),
        ("wu", "zo", 0.0, True),
        ("yu", "zo", 0.5, False),
    ]


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12))
def test_only_a_variance_of_zero_takes_the_interval(couples: list[tuple[int, int]]) -> None:
    li, wu = ([pair[place] for pair in couples] for place in (0, 1))
    kappa = cohen_kappa(ratings(li=li, wu=wu), "li", "wu")
    if kappa.value is None or li == wu:
        return
    table = [[couples.count((x, y)) for y in range(3)] for x in range(3)]
    variance = cohens_kappa(table).var_kappa
    assert (kappa.low is None) == (abs(variance) < 1e-12)


def test_limits_are_clipped() -> None:
    kappa = cohen_kappa(ratings(li=[0, 1, 0, 1, 1], wu=[0, 1, 0, 1, 0]), "li", "wu")
    assert kappa.high == 1.0


def test_one_rater_has_no_pair() -> None:
    assert pairwise_cohen(ratings(li=[0, 1])) == []


@pytest.mark.parametrize(("a", "b"), [("li", "nobody"), ("li", "li")])
def test_unknown_or_equal_raters(a: str, b: str) -> None:
    with pytest.raises(DataError, match="The raters are: li, wu"):
        cohen_kappa(ratings(li=LI, wu=WU), a, b)


def test_json_keys() -> None:
    pair = PairKappa("li", "wu", 0, None, None, None, None, "no item was labelled by both")
    assert list(pair.as_json()) == ["a", "b", "n", "value", "low", "high", "method", "reason"]
