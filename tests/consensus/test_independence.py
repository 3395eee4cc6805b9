import numpy as np
import polars as pl
import pytest

from consensus import independence
from consensus.counts import code_ratings, code_table
from consensus.independence import effective_voters
from consensus.intervals import jackknife_interval


def votes(columns: dict[str, list[int]]) -> pl.DataFrame:
    frames = [
        pl.DataFrame({"item": [f"i{n:04}" for n in range(len(labels))], "rater": voter, "label": labels})
        for voter, labels in columns.items()
    ]
    return pl.concat(frames)


def test_copies_are_worth_one_voter():
    errs = [0, 0, 1, 1, 0, 1, 0, 0]
    found = effective_voters(code_ratings(votes({"a": errs, "b": errs, "c": errs})), dict.fromkeys(items(8), 0))
    assert (found.n_effective, found.mean_correlation, found.n_pairs) == (1.0, 1.0, 3)


def items(n: int) -> list[str]:
    return [f"i{number:04}" for number in range(n)]


def test_the_correlation_of_a_pair_is_phi():
    a, b = [1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0]
    found = effective_voters(code_ratings(votes({"a": a, "b": b})), dict.fromkeys(items(6), 0))
    phi = np.corrcoef(a, b)[0, 1]
    assert found.mean_correlation == pytest.approx(phi)
    assert found.n_effective == pytest.approx(2 / (1 + phi))


def test_independent_voters_count_in_full():
    rng = np.random.default_rng(3)
    columns = {f"v{n}": (rng.random(5000) < 0.3).astype(int).tolist() for n in range(8)}
    found = effective_voters(code_ratings(votes(columns)), dict.fromkeys(items(5000), 0))
    assert found.n_effective == pytest.approx(8, rel=0.08)


def test_abstentions_and_items_without_truth_do_not_count():
    a, b = [1, 1, 0, 0, -1, 1], [1, 0, 1, 0, 1, 0]
    truth = dict.fromkeys(items(5), 0)
    found = effective_voters(code_ratings(votes({"a": a, "b": b})), truth)
    assert found.mean_correlation == pytest.approx(np.corrcoef(a[:4], b[:4])[0, 1])


def test_without_errors_it_is_undefined():
    found = effective_voters(code_ratings(votes({"a": [0, 0], "b": [0, 0]})), dict.fromkeys(items(2), 0))
    assert (found.n_effective, found.mean_correlation) == (None, None)
    assert found.reason == "no two voters have errors to compare on the same items"


def test_a_few_pairs_do_not_speak_for_the_panel():
    wrong = {"a": [1, 1, 0, 0], "b": [1, 0, 1, 0]}
    right = {f"r{n}": [0] * 4 for n in range(3)}
    found = effective_voters(code_ratings(votes(wrong | right)), dict.fromkeys(items(4), 0))
    assert (found.n_effective, found.n_voters, found.n_pairs) == (None, 5, 1)
    assert found.reason == "only 1 of 10 pairs of voters have errors to compare on the same items"


def test_truth_may_be_a_frame_in_any_order_with_nulls():
    a, b = [1, 1, 0, 0, 2, 1], [1, 0, 1, 0, 1, 0]
    coded = code_ratings(votes({"a": a, "b": b}))
    labels = {"i0000": 0, "i0001": 1, "i0002": 5, "i0003": 0}
    frame = pl.DataFrame({"item": [*labels, "i0004", "i0005"], "label": [*labels.values(), None, None]})
    wanted = effective_voters(coded, labels)
    assert wanted.mean_correlation == pytest.approx(np.corrcoef([1, 0, 1, 0], [1, 1, 1, 0])[0, 1])
    assert effective_voters(coded, frame) == effective_voters(coded, frame.reverse()) == wanted


def test_more_items_than_are_counted_at_once(monkeypatch):
    rng = np.random.default_rng(4)
    coded = code_ratings(votes({f"v{n}": rng.integers(-1, 3, 100).tolist() for n in range(4)}))
    whole = effective_voters(coded, dict.fromkeys(items(90), 0))
    monkeypatch.setattr(independence, "MOST_GROUPS", 7)
    grouped = effective_voters(coded, dict.fromkeys(items(90), 0))
    assert (grouped.n_effective, grouped.mean_correlation) == (whole.n_effective, whole.mean_correlation)
    assert grouped.low != whole.low


def test_the_interval_is_the_jackknife_of_the_mean_correlation():
    rng = np.random.default_rng(5)
    errs = (rng.random((3, 40)) < 0.3) | (rng.random(40) < 0.2)
    coded = code_ratings(votes({f"v{n}": row.astype(int).tolist() for n, row in enumerate(errs)}))
    found = effective_voters(coded, dict.fromkeys(items(40), 0))
    means = [np.corrcoef(np.delete(errs, n, axis=1))[np.triu_indices(3, k=1)].mean() for n in range(40)]
    told = jackknife_interval(np.corrcoef(errs)[np.triu_indices(3, k=1)].mean(), np.array(means))
    assert (found.low, found.high) == pytest.approx((3 / (1 + 2 * told.high), 3 / (1 + 2 * max(told.low, 0))))
    assert found.mean_errors == pytest.approx(errs.sum() / 3)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(6)
    truth, hits = 8 / (1 + 7 * correlation_of_shared_errors(0.2, 0.1)), 0
    for _ in range(100):
        errs = (rng.random((8, 150)) < 0.2) | (rng.random(150) < 0.1)
        coded = code_table(pl.Series(items(150)), [f"v{n}" for n in range(8)], np.arange(2), errs.astype(np.int16))
        found = effective_voters(coded, dict.fromkeys(items(150), 0))
        hits += found.low <= truth <= found.high
    assert 85 <= hits <= 100


def correlation_of_shared_errors(own: float, shared: float) -> float:
    """φ of two voters that err by themselves and, on the same items, together."""
    wrong = 1 - (1 - own) * (1 - shared)
    both = shared + (1 - shared) * own**2
    return (both - wrong**2) / (wrong * (1 - wrong))
