import numpy as np
import polars as pl
import pytest
from crowdkit.aggregation import DawidSkene as TheirDawidSkene

from consensus import dawid_skene as module
from consensus.counts import CodedRatings, code_ratings
from consensus.dawid_skene import dawid_skene


def simulated(n_items: int, n_voters: int, n_labels: int, seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    """Ratings by voters of very different quality, some of which abstain, and the true labels."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, n_labels, n_items)
    accuracy = rng.uniform(0.3, 0.95, n_voters)
    right = rng.random((n_items, n_voters)) < accuracy
    labels = np.where(right, truth[:, None], rng.integers(0, n_labels, (n_items, n_voters)))
    labels[rng.random(labels.shape) < 0.2] = -1
    frame = pl.DataFrame(
        {
            "item": np.repeat([f"i{n:05}" for n in range(n_items)], n_voters),
            "rater": np.tile([f"v{n}" for n in range(n_voters)], n_items),
            "label": labels.ravel(),
        }
    )
    return frame, truth


def coded(rows: list[tuple[str, str, int]]) -> CodedRatings:
    return code_ratings(pl.DataFrame(rows, schema=["item", "rater", "label"], orient="row"))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_as_right_as_crowd_kit(seed):
    frame, truth = simulated(600, 7, 4, seed)
    ours = dawid_skene(code_ratings(frame), tolerance=1e-7)
    voted = frame.filter(pl.col("label") >= 0).rename({"item": "task", "rater": "worker"})
    theirs = TheirDawidSkene(n_iter=500, tol=1e-9).fit_predict(voted.to_pandas()).sort_index()
    right = np.mean(ours.labels() == truth)
    assert ours.converged
    assert right == pytest.approx(np.mean(theirs.to_numpy() == truth), abs=0.005)
    assert np.mean(ours.labels() == theirs.to_numpy()) > 0.99


def test_confusion_matrices_are_found_again():
    frame, truth = simulated(4000, 6, 3, 5)
    found = dawid_skene(code_ratings(frame))
    table = frame.with_columns(truth=np.repeat(truth, 6)).filter(rater="v0").filter(pl.col("label") >= 0)
    for code in range(3):
        row = table.filter(truth=code)["label"].to_numpy()
        assert found.confusion[0, code] == pytest.approx(np.bincount(row, minlength=3) / len(row), abs=0.05)
    assert found.prior == pytest.approx(np.bincount(truth) / 4000, abs=0.03)


def test_a_voter_who_always_errs_the_same_way_is_understood():
    # v2 says 1 for 0 and 0 for 1: majority of (v0, v1, v2) would do, but v2's votes carry information the other way.
    rows = [(f"i{n:03}", voter, n % 2) for n in range(40) for voter in ("v0", "v1")]
    rows += [(f"i{n:03}", "v2", 1 - n % 2) for n in range(40)]
    found = dawid_skene(coded([*rows, ("zz", "v2", 0)]))
    assert found.labels()[-1] == 1
    assert found.posterior[-1] == pytest.approx([0, 1], abs=0.01)


def test_everybody_agrees():
    found = dawid_skene(coded([(item, voter, 2) for item in "ab" for voter in "xy"]))
    assert found.posterior.tolist() == [[1.0], [1.0]]
    assert found.converged


def test_an_item_without_votes_gets_the_prior():
    found = dawid_skene(coded([("a", "x", 0), ("a", "y", 0), ("b", "x", 0), ("c", "x", 1), ("d", "x", -1)]))
    assert found.posterior[3].tolist() == found.prior.tolist()


@pytest.mark.parametrize("n_silent", [1, 5000])
def test_items_without_votes_move_nothing(n_silent):
    frame, _ = simulated(300, 5, 3, 4)
    silent = pl.DataFrame({"item": [f"z{n}" for n in range(n_silent)], "rater": "v0", "label": -1})
    alone = dawid_skene(code_ratings(frame))
    beside = dawid_skene(code_ratings(pl.concat([frame, silent.cast(frame.schema)])))
    assert beside.posterior[:300].tolist() == alone.posterior.tolist()
    assert beside.posterior[300:].tolist() == [alone.prior.tolist()] * n_silent
    assert beside.confusion.tolist() == alone.confusion.tolist()
    assert (beside.n_rounds, beside.log_likelihood) == (alone.n_rounds, alone.log_likelihood)


def test_nobody_voted():
    found = dawid_skene(coded([("a", "x", -1), ("b", "x", -1)]))
    assert (found.posterior.shape, found.confusion.shape) == ((2, 0), (1, 0, 0))
    assert (found.n_rounds, found.converged) == (0, True)


def test_the_likelihood_never_falls():
    frame, _ = simulated(200, 5, 3, 9)
    given = code_ratings(frame)
    path = [dawid_skene(given, most_rounds=n, tolerance=0).log_likelihood for n in (1, 2, 3, 5, 8, 20)]
    assert path == sorted(path)


@pytest.mark.parametrize("n_labels", [1, 2, 7, 60])
def test_few_votes_and_many_are_fitted_alike(monkeypatch, n_labels):
    frame, _ = simulated(300, 9, n_labels, 3)
    given = code_ratings(frame)
    dense = dawid_skene(given)
    monkeypatch.setattr(module, "SPARSE", 0.5)
    sparse = dawid_skene(given)
    assert isinstance(module._blocks(given.by_rater(), n_labels)[0], module._Sparse)
    assert dense.n_rounds == sparse.n_rounds
    assert dense.posterior == pytest.approx(sparse.posterior, abs=1e-9)
    assert dense.confusion == pytest.approx(sparse.confusion, abs=1e-9)
