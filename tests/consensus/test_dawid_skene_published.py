"""The anaesthetists of Dawid and Skene (1979), Table 1: 45 patients, put into one of four classes.

The first of five anaesthetists did so three times, with one confusion matrix for all three. A voter of Assay votes
once, so the way from the published estimates to ours leads over the equations of the paper, written out plainly below.
"""

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from consensus.counts import code_ratings
from consensus.dawid_skene import dawid_skene

# A group of digits a patient: the first anaesthetist three times, then the four others.
CLASSES = """
    1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223
    2322223 4444444 2223343 1111111 2223212 1211111 1112111 1111111 1111111
    2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 2322222
    1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343
    2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222
"""
GIVEN = np.array([[int(digit) - 1 for digit in patient] for patient in CLASSES.split()])
PRIOR = [0.40, 0.42, 0.11, 0.07]
FIRST_ANAESTHETIST = [
    [0.89, 0.11, 0.00, 0.00],
    [0.07, 0.88, 0.05, 0.00],
    [0.00, 0.34, 0.66, 0.00],
    [0.00, 0.00, 0.56, 0.44],
]


def as_printed(given: NDArray[np.int64], observers: list[int]) -> tuple[NDArray, NDArray, NDArray]:
    """Prior, confusion and posterior by equations 2.3 to 2.5, from the start of 3.1. observers: one a column."""
    n = np.zeros((len(given), max(observers) + 1, 4))
    for column, observer in enumerate(observers):
        n[np.arange(len(given)), observer, given[:, column]] += 1
    posterior = n.sum(axis=1) / len(observers)
    for _ in range(2000):
        prior = posterior.mean(axis=0)
        confusion = np.einsum("ij,ikl->kjl", posterior, n)
        confusion /= confusion.sum(axis=2, keepdims=True)
        joint = prior * np.prod(confusion ** n[:, :, np.newaxis, :], axis=(1, 3))
        posterior = joint / joint.sum(axis=1, keepdims=True)
    return prior, confusion, posterior


def test_the_equations_give_the_published_estimates():
    prior, confusion, _ = as_printed(GIVEN, [0, 0, 0, 1, 2, 3, 4])
    assert prior.round(2).tolist() == PRIOR
    assert confusion[0].round(2).tolist() == FIRST_ANAESTHETIST


@pytest.mark.parametrize(
    "columns",
    [[0, 3, 4, 5, 6], [1, 3, 4, 5, 6], [2, 3, 4, 5, 6], [0, 1, 2, 3, 4, 5, 6]],
    ids=["first time", "second time", "third time", "as three voters"],
)
def test_assay_gives_what_the_equations_give(columns: list[int]):
    given = GIVEN[:, columns]
    rows = [(f"{item:02}", f"v{voter}", label) for item, own in enumerate(given) for voter, label in enumerate(own)]
    frame = pl.DataFrame(rows, schema={"item": pl.String, "rater": pl.String, "label": pl.Int64}, orient="row")
    ours = dawid_skene(code_ratings(frame), most_rounds=2000, tolerance=0)
    prior, confusion, posterior = as_printed(given, list(range(len(columns))))
    assert ours.prior == pytest.approx(prior, abs=1e-6)
    assert ours.confusion == pytest.approx(confusion, abs=1e-6)
    assert ours.posterior == pytest.approx(posterior, abs=1e-6)
