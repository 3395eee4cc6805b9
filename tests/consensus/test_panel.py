from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consensus.cohen import PairKappa
from consensus.gate import gate
from consensus.panel import (
    equal_to_gold,
    label_table,
    silver_against_gold,
    voter_outcomes,
    voter_table,
    voters_by_agreement,
)
from core.errors import DataError

CODES = (0, 1, 2)
VOTES = {"segment_id": pl.String, "voter": pl.String, "variable": pl.String, "label": pl.Int64, "status": pl.String}
VERDICTS = {
    "segment_id": pl.String,
    "variable": pl.String,
    "label": pl.Int64,
    "rho": pl.Float64,
    "accepted": pl.Boolean,
    "runner_up": pl.Int64,
    "reason": pl.String,
}
GOLD = {"segment_id": pl.String, "variable": pl.String, "label": pl.Int64}


def votes(voter, *labels, variable="risk", status="refused"):
    """One vote a label on s1, s2, …; −1 carries ``status``."""
    rows = [(f"s{n}", voter, variable, x, "ok" if x >= 0 else status) for n, x in enumerate(labels, 1)]
    return pl.DataFrame(rows, schema=VOTES, orient="row")


def verdicts(*rows, variable="risk"):
    """(label, rho, runner_up) of s1, s2, …; and the reason, if there is a quorum."""
    full = []
    for n, (x, rho, second, *why) in enumerate(rows, 1):
        plain = "accepted" if x is not None else "no_consensus" if rho is not None else "no_valid_votes"
        full.append((f"s{n}", variable, x, rho, x is not None, second, *(why or [plain])))
    return pl.DataFrame(full, schema=VERDICTS, orient="row")


def gold(**labels):
    return pl.DataFrame([(s, "risk", x) for s, x in labels.items()], schema=GOLD, orient="row")


# s1 and s2 are accepted as 0 and 2, s3 and s4 are not accepted.
SILVER = verdicts((0, 1.0, None), (2, 2 / 3, 1), (None, 0.5, 1), (None, None, None))


def test_voter_table_by_hand():
    cast = pl.concat([votes("b", 0, 1, 1, -1), votes("a", 0, 2, -1, -1, status="failed")])
    assert voter_table(cast, SILVER, "risk").rows() == [
        # a labelled 2 of the 4 items, agrees on both accepted ones; b labelled 3 and agrees on s1, not on s2
        ("a", 4, 0.5, 0, 2, 1.0),
        ("b", 4, 0.75, 1, 0, 0.5),
    ]


def test_unparsed_and_refused_are_abstentions_and_failed_is_not():
    cast = pl.concat([votes("u", -1, status="unparsed"), votes("r", -1), votes("f", -1, status="failed")])
    found = voter_table(cast, SILVER, "risk").select("voter", "abstained", "failed")
    assert found.rows() == [("f", 0, 1), ("r", 1, 0), ("u", 1, 0)]


def test_a_voter_that_was_asked_half_covers_half():
    cast = pl.concat([votes("all", 0, 0, 0, 0), votes("half", 0, 0)])
    assert voter_table(cast, SILVER, "risk").select("voter", "n_items", "coverage").rows() == [
        ("all", 4, 1.0),
        ("half", 2, 0.5),
    ]


def test_agreement_is_null_where_no_accepted_item_was_labelled():
    assert voter_table(votes("v", -1, -1, 1, 1), SILVER, "risk")["agreement"].to_list() == [None]
    assert voter_table(votes("v", 0, 1), SILVER.clear(), "risk")["agreement"].to_list() == [None]


def test_other_variables_do_not_count():
    cast = pl.concat([votes("v", 0, 2), votes("v", 1, 1, 1, variable="mood"), votes("w", 1, variable="mood")])
    judged = pl.concat([SILVER, verdicts((2, 1.0, None), variable="mood")])
    assert voter_table(cast, judged, "risk").rows() == [("v", 2, 1.0, 0, 0, 1.0)]
    assert voter_table(cast, judged, "nothing").is_empty()


def test_outcomes_add_up_to_the_accepted_items():
    cast = pl.concat([votes("a", 0, 1, 2, 2), votes("b", -1, 2, 0, 0), votes("c", 1)])
    # c was never asked about s2
    assert voter_outcomes(cast, SILVER, "risk").rows() == [("a", 1, 1, 0, 0), ("b", 1, 0, 1, 0), ("c", 0, 1, 0, 1)]


def test_a_vote_that_failed_is_no_abstention():
    cast = pl.concat([votes("a", 0, 2, 2), votes("b", -1, -1, 2)]).with_columns(
        status=pl.when((pl.col("voter") == "b") & (pl.col("segment_id") == SILVER["segment_id"][0]))
        .then(pl.lit("failed"))
        .otherwise("status")
    )
    assert voter_outcomes(cast, SILVER, "risk").row(1, named=True)["no_answer"] == 1


def test_label_table_by_hand():
    judged = verdicts((0, 1.0, None), (0, 0.9, 1), (0, 0.7, 1), (0, 12 / 17, 2), (2, 2 / 3, 1), (None, 0.5, 1))
    # code 0: (1.0 + 0.9 + 0.7 + 12/17)/4; the middle two are 12/17 and 0.9; all reach 0.7, two reach 0.9
    expected = [
        (0, 4, 4 / 6, (1.0 + 0.9 + 0.7 + 12 / 17) / 4, (12 / 17 + 0.9) / 2, 1.0, 0.5, 0.25),
        (1, 0, 0.0, None, None, None, None, None),
        (2, 1, 1 / 6, 2 / 3, 2 / 3, 0.0, 0.0, 0.0),
        (None, 1, 1 / 6, 0.5, 0.5, None, None, None),
    ]
    for row, wanted in zip(label_table(judged, "risk", CODES).rows(), expected, strict=True):
        assert row == pytest.approx(wanted)


def test_no_consensus_row_counts_items_without_a_valid_vote_but_not_their_rho():
    found = label_table(SILVER, "risk", CODES).row(-1, named=True)
    assert (found["n"], found["share"], found["mean_rho"]) == (2, 0.5, 0.5)


def test_items_below_the_quorum_are_in_the_last_row_and_their_rho_is_not():
    judged = verdicts((None, 0.5, 1), (None, 1.0, None, "below_quorum"), (None, 0.75, 0, "below_quorum"))
    assert label_table(judged, "risk", [0]).rows()[-1][:5] == (None, 3, 1.0, 0.5, 0.5)


def test_exactly_seven_of_ten_reaches_07():
    judged = verdicts((1, 7 / 10, 0), (1, 14 / 20, 0), (1, 9 / 13, 0))
    assert label_table(judged, "risk", [1])["share_rho_07"].to_list() == [pytest.approx(2 / 3), None]


def test_label_table_without_verdicts_has_nulls_and_no_nan():
    assert label_table(SILVER.clear(), "risk", [0]).rows() == [
        (0, 0, None, None, None, None, None, None),
        (None, 0, None, None, None, None, None, None),
    ]


def test_silver_against_gold_is_the_whole_grid():
    people = gold(s1=0, s2=1, s3=2, s4=2, elsewhere=0)
    assert silver_against_gold(SILVER, people, "risk", CODES).rows() == [
        (0, 0, 1), (0, 1, 0), (0, 2, 0),
        (1, 0, 0), (1, 1, 0), (1, 2, 0),
        (2, 0, 0), (2, 1, 1), (2, 2, 0),
        (None, 0, 0), (None, 1, 0), (None, 2, 2),
    ]  # fmt: skip


def test_gold_confirms_one_of_the_two_silver_labels():
    confusion = silver_against_gold(SILVER, gold(s1=0, s2=1, s3=2), "risk", CODES)
    assert equal_to_gold(confusion) == (1, 2)
    assert equal_to_gold(silver_against_gold(SILVER, gold(), "risk", CODES)) == (0, 0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (lambda: label_table(SILVER, "risk", [0, 1]), r"\[0, 1\], in the verdicts on 'risk'; found \[2\].*assay gate"),
        (lambda: silver_against_gold(SILVER, gold(), "risk", [0]), r"verdicts on 'risk'; found \[2\].*assay gate"),
        (lambda: silver_against_gold(SILVER, gold(s1=7), "risk", CODES), r"gold labels.*found \[7\].*assay resolve"),
    ],
)
def test_labels_outside_the_codebook_are_refused(table, message):
    with pytest.raises(DataError, match=message):
        table()


def pair(a, b, value):
    return PairKappa(a, b, 10, value, None, None, None, None if value is not None else "why")


def test_voters_are_ordered_by_their_mean_kappa():
    # means: a (0.6 + 0.1)/2, b (0.6 + 0.3)/2, c (0.1 + 0.3)/2; d has no defined κ
    pairs = [pair("a", "b", 0.6), pair("a", "c", 0.1), pair("b", "c", 0.3), pair("a", "d", None)]
    assert voters_by_agreement(pairs) == ["b", "a", "c", "d"]
    assert voters_by_agreement([pair("y", "x", 0.0), pair("x", "z", None)]) == ["x", "y", "z"]
    assert voters_by_agreement([]) == []


ballots = st.lists(st.lists(st.integers(-1, 2), min_size=3, max_size=3), min_size=1, max_size=12)


@settings(deadline=None)
@given(ballots)
def test_tables_add_up_over_the_gate(rows):
    cast = pl.concat([votes(f"v{n}", *(row[n] for row in rows)) for n in range(3)])
    judged = gate(cast, weights=dict.fromkeys(("v0", "v1", "v2"), Fraction(1)), threshold=Fraction(2, 3), n_panel=3)
    labels = label_table(judged, "risk", CODES)
    assert labels["n"].sum() == len(rows)
    assert labels["share"].sum() == pytest.approx(1)
    outcomes = voter_outcomes(cast, judged, "risk")
    assert set(outcomes.select(pl.sum_horizontal("agrees", "disagrees", "abstains", "no_answer")).to_series()) == {
        int(judged["accepted"].sum())
    }
    # unanimous, straight from the votes: one label only among those that did not abstain
    alone = [len(set(row) - {-1}) == 1 for row in rows]
    counted = sum(x * n for x, n in labels.select("unanimous", "n").rows() if x is not None)
    assert counted == pytest.approx(sum(alone))
