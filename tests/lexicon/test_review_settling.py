"""The joint session, and closing: κ of the two experts against sums worked by hand."""

import pytest
from sqlalchemy import select

from app.wiring import expert_agreement
from core.database import transaction
from core.errors import DataError, WorkspaceError
from core.people import Event, Ruling
from lexicon.review.choosing import ReviewPlan
from lexicon.review.closing import close_review
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.outcomes import outcomes
from lexicon.review.reviews import list_reviews
from lexicon.review.settling import difference_of, settle, standing


@pytest.fixture
def contested(reviewing):
    """Four candidates: one alike, one accepted by one alone, one with two kinds, one that both are unsure of."""
    reviewing.rule("lin", 想消失="accept explicit direct/很直接", 重开="accept/常见", 谢幕="accept", 没盼头="unsure")
    reviewing.rule("zhou", 想消失="accept explicit direct/同意", 重开="reject/游戏用语", 谢幕="accept explicit slang",
                   没盼头="unsure")  # fmt: skip
    return reviewing


def settle_one(contested, term, user, *opinion):
    return settle(contested.engine, "first", contested.ids[term], user, Opinion(*opinion))


def test_what_they_differ_on_is_listed_with_both_rulings(contested):
    found = standing(contested.engine, "first", "zhou")
    assert [one.candidate.term for one in found.differences] == ["重开", "谢幕", "没盼头"]
    assert (found.n_alike, found.n_left, found.n_unruled) == (1, 3, 0)
    assert (found.differences[0].a.opinion.note, found.differences[0].b.opinion.note) == ("常见", "游戏用语")


def test_a_joint_ruling_settles_and_a_later_one_takes_its_place(contested):
    assert settle_one(contested, "重开", "lin", "accept", "implicit", "slang", "一起看了例句") is True
    assert settle_one(contested, "重开", "zhou", "reject") is True
    assert settle_one(contested, "重开", "lin", "reject") is False
    found = difference_of(contested.engine, "first", "重开").joint
    assert (found.opinion.decision, found.revision, found.letter) == ("reject", 2, "B")
    assert standing(contested.engine, "first").n_left == 2
    with transaction(contested.engine) as session:
        assert len(session.scalars(select(Ruling).where(Ruling.stage == "joint")).all()) == 2
        assert [row.actor for row in session.scalars(select(Event)) if row.action == "ruled_together"] == [
            "lin",
            "zhou",
        ]


@pytest.mark.parametrize(
    ("term", "user", "opinion", "error", "said"),
    [
        ("想消失", "lin", ("reject",), DataError, "the experts do not differ on candidate"),
        ("重开", "lin", ("unsure",), DataError, "a joint ruling settles: wanted accept or reject; got 'unsure'"),
        ("重开", "gao", ("reject",), WorkspaceError, "'gao' is no expert of review 'first'"),
    ],
)
def test_a_joint_ruling_that_cannot_be_made_says_why(contested, crew, term, user, opinion, error, said):
    crew(contested.engine, "gao")
    with pytest.raises(error, match=said):
        settle_one(contested, term, user, *opinion)
    with pytest.raises(WorkspaceError, match="'gao' is no expert"):
        standing(contested.engine, "first", "gao")
    with pytest.raises(DataError, match="did you mean '重开'"):
        difference_of(contested.engine, "first", "重开了")


def test_nothing_is_settled_before_the_joint_session_or_after_it(reviewing):
    with pytest.raises(WorkspaceError, match="is open; joint rulings are made in its joint session"):
        settle_one(reviewing, "重开", "lin", "reject")
    close_review(reviewing.engine, "first", expert_agreement, force=True)
    with pytest.raises(WorkspaceError, match="is closed; joint rulings"):
        settle_one(reviewing, "重开", "lin", "reject")


def test_closing_waits_for_what_is_undecided(contested):
    with pytest.raises(WorkspaceError, match="lacks joint rulings for 3 of 4 candidates"):
        close_review(contested.engine, "first", expert_agreement)
    assert [review.state for review in list_reviews(contested.engine)] == ["joint"]
    for term in ("重开", "谢幕", "没盼头"):
        settle_one(contested, term, "lin", "reject")
    closed = close_review(contested.engine, "first", expert_agreement).as_json()
    counts = {key: value for key, value in closed.items() if key.startswith("n_")}
    assert counts == {"n_candidates": 4, "n_accepted": 1, "n_rejected": 3, "n_undecided": 0, "n_differed": 3}
    assert list_reviews(contested.engine)[0].agreement == closed["agreement"]
    with pytest.raises(WorkspaceError, match="is closed already"):
        close_review(contested.engine, "first", expert_agreement)


def test_the_kappa_of_the_decisions_is_that_of_a_sum_by_hand(contested):
    measured = close_review(contested.engine, "first", expert_agreement, force=True).agreement
    # A: accept 3, unsure 1; B: accept 2, reject 1, unsure 1. Alike: 想消失, 谢幕 (accept), 没盼头 (unsure): 3 of 4.
    # By chance: (3·2 + 0·1 + 1·1) / 16 = 7/16. κ = (3/4 − 7/16) / (1 − 7/16) = 5/9.
    decision = measured["decision"]
    assert decision["value"] == pytest.approx(5 / 9)
    assert (decision["n"], decision["n_agree"]) == (4, 3)
    assert decision["table"] == {
        "accept": {"accept": 2, "reject": 1, "unsure": 0},
        "reject": {"accept": 0, "reject": 0, "unsure": 0},
        "unsure": {"accept": 0, "reject": 0, "unsure": 1},
    }
    # Both accepted 想消失 (explicit, explicit) and 谢幕 (implicit, explicit): half alike, and half by chance. κ = 0.
    kind = measured["kind"]
    assert (kind["value"], kind["n"], kind["n_agree"]) == (pytest.approx(0), 2, 1)
    assert kind["table"] == {"explicit": {"explicit": 1, "implicit": 0}, "implicit": {"explicit": 1, "implicit": 0}}


def test_an_undefined_kappa_is_null_with_its_reason(reviewing):
    for user in ("lin", "zhou"):
        reviewing.rule(user, 重开="reject", 谢幕="reject")
    measured = close_review(reviewing.engine, "first", expert_agreement, force=True).agreement
    reasons = {name: (one["value"], one["n"], one["reason"]) for name, one in measured.items()}
    assert reasons == {
        "decision": (None, 2, "both gave one and the same label throughout"),
        "kind": (None, 0, "no candidate was accepted by both experts"),
    }


def test_a_review_closed_early_decides_only_what_both_hold_alike(contested):
    assert close_review(contested.engine, "first", expert_agreement, force=True).n_undecided == 3
    (only,) = outcomes(contested.engine)
    assert (only.term, only.settled, only.final) == (
        "想消失", "agreed", Opinion("accept", "explicit", "direct", "很直接 / 同意")
    )  # fmt: skip


def test_a_review_that_nobody_ruled_in_can_be_closed_by_force(reviewing):
    with pytest.raises(WorkspaceError, match="lacks rulings of one expert or both for 4 of 4 candidates"):
        close_review(reviewing.engine, "first", expert_agreement)
    closed = close_review(reviewing.engine, "first", expert_agreement, force=True)
    assert closed.agreement["decision"]["reason"] == "no candidate has rulings of both experts"
    assert outcomes(reviewing.engine) == []


def test_twenty_candidates_blind_three_differences_and_kappa_by_hand(candidates, each_engine):
    made = candidates(each_engine)
    open_review(made.workspace, each_engine, ReviewPlan(("lin", "zhou"), "first"))
    terms = list(made.ids)
    alike = dict.fromkeys(terms[:12], "accept") | dict.fromkeys(terms[12:18], "reject")
    made.rule("lin", **alike, **{terms[18]: "accept", terms[19]: "reject"})
    made.rule("zhou", **alike | {terms[0]: "accept explicit slang", terms[18]: "reject", terms[19]: "unsure"})
    differing = [one.candidate.term for one in standing(each_engine, "first").differences]
    assert differing == [terms[0], terms[18], terms[19]]
    for term in differing:
        settle_one(made, term, "zhou", "reject")
    closed = close_review(each_engine, "first", expert_agreement)
    # Alike on 18 of 20. lin accepts 13 and rejects 7; zhou accepts 12, rejects 7 and is unsure of 1. By chance:
    # (13·12 + 7·7 + 0·1) / 400 = 205/400. κ = (360/400 − 205/400) / (1 − 205/400) = 155/195 = 31/39.
    assert closed.agreement["decision"]["value"] == pytest.approx(31 / 39)
    assert (closed.n_accepted, closed.n_rejected, closed.n_differed) == (11, 9, 3)
