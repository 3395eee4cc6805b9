"""Ruling alone: every ruling is kept, nobody sees the other's, and the joint session begins by itself."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, select

from core.database import transaction
from core.errors import DataError, SettingsError, WorkspaceError
from core.people import Event, Ruling, User
from lexicon.review.opinions import Opinion, Pair, Recorded, checked_opinion
from lexicon.review.reviews import list_reviews
from lexicon.review.rulings import own_cases, rule
from lexicon.review.settling import standing

SECRET = "B 说：这个词在我们群里是玩笑"


def rulings(engine):
    with transaction(engine) as session:
        rows = session.execute(select(Ruling, User.name).join(User).order_by(Ruling.id))
        return [(name, row.stage, row.revision, row.decision, row.kind, row.note) for row, name in rows]


def test_an_expert_rules_and_revises_and_every_ruling_is_kept(reviewing):
    reviewing.rule("lin", 重开="unsure/在游戏群里很多")
    assert reviewing.rule("lin", 重开="accept explicit direct").n_revised == 1
    assert reviewing.rule("lin", 重开="accept explicit direct").n_unchanged == 1
    assert rulings(reviewing.engine) == [
        ("lin", "independent", 1, "unsure", None, "在游戏群里很多"),
        ("lin", "independent", 2, "accept", "explicit", ""),
    ]
    own = {case.candidate.term: case.own for case in own_cases(reviewing.engine, "first", "lin")}
    assert (own["重开"].opinion, own["重开"].revision) == (Opinion("accept", "explicit", "direct"), 2)
    assert own["谢幕"] is None


def test_each_act_leaves_an_event_without_the_decision(reviewing):
    reviewing.rule("lin", 重开="unsure/在游戏群里很多")
    reviewing.rule("lin", 重开="reject")
    with transaction(reviewing.engine) as session:
        found = [(row.actor, row.action, row.subject, row.detail) for row in session.scalars(select(Event))][1:]
    one = {"candidate": reviewing.ids["重开"], "expert": "A"}
    assert found == [
        ("lin", "candidate_ruled", "first", one | {"revision": 1}),
        ("lin", "ruling_revised", "first", one | {"revision": 2}),
    ]


def test_while_it_is_open_nothing_of_the_other_reaches_an_expert(reviewing):
    reviewing.rule("lin", 重开="accept")
    before = own_cases(reviewing.engine, "first", "lin")
    reviewing.rule("zhou", 想消失=f"accept explicit 秘密/{SECRET}", 重开=f"reject/{SECRET}")
    assert own_cases(reviewing.engine, "first", "lin") == before
    assert SECRET not in str(list_reviews(reviewing.engine))
    with pytest.raises(WorkspaceError, match="still rule alone"):
        standing(reviewing.engine, "first", "lin")


def test_while_it_is_open_no_query_for_an_expert_reads_a_ruling_of_the_other(reviewing):
    reviewing.rule("zhou", 重开=f"reject/{SECRET}")
    read: list[tuple[str, object]] = []
    event.listen(reviewing.engine, "before_cursor_execute", lambda *call: read.append((call[2], call[3])))
    own_cases(reviewing.engine, "first", "lin")
    asked = [(text, values) for text, values in read if "FROM rulings" in text]
    assert len(asked) == 1
    text, values = asked[0]
    assert "rulings.user_id = " in text
    with transaction(reviewing.engine) as session:
        own_id = session.scalars(select(User.id).where(User.name == "lin")).one()
    assert own_id in (values.values() if isinstance(values, dict) else values)


def test_others_and_disabled_experts_see_no_case(reviewing, crew):
    crew(reviewing.engine, "gao")
    assert own_cases(reviewing.engine, "first", "gao") == []
    with transaction(reviewing.engine) as session:
        session.scalars(select(User).where(User.name == "lin")).one().disabled = True
    assert own_cases(reviewing.engine, "first", "lin") == []
    assert own_cases(reviewing.engine, "none", "zhou") == []


def test_when_both_have_ruled_on_everything_the_joint_session_begins(reviewing):
    everything = dict.fromkeys(("想消失", "重开", "谢幕", "没盼头"), "accept")
    assert reviewing.rule("lin", **everything).joint is False
    assert reviewing.rule("zhou", 想消失="reject", 重开="accept", 谢幕="unsure").joint is False
    assert reviewing.rule("zhou", 没盼头="accept").joint is True
    assert [(one.state, [e.n_done for e in one.experts]) for one in list_reviews(reviewing.engine)] == [
        ("joint", [4, 4])
    ]
    assert own_cases(reviewing.engine, "first", "lin") == []
    with pytest.raises(WorkspaceError, match="is joint; what the experts ruled alone can no longer be changed"):
        reviewing.rule("lin", 重开="reject")


def test_two_who_finish_at_once_both_come_through(reviewing):
    reviewing.rule("lin", 重开="accept", 谢幕="accept", 没盼头="accept")
    reviewing.rule("zhou", 重开="accept", 谢幕="accept", 没盼头="accept")
    with ThreadPoolExecutor(2) as pool:
        did = list(pool.map(lambda user: reviewing.rule(user, 想消失="accept").joint, ("lin", "zhou")))
    assert sorted(did) == [False, True]
    assert list_reviews(reviewing.engine)[0].state == "joint"


@pytest.mark.parametrize(
    ("review", "user", "candidate", "error", "said"),
    [
        ("first", "gao", "重开", WorkspaceError, "'gao' is no expert of review 'first'"),
        ("first", "nobody", "重开", SettingsError, "no user 'nobody'"),
        ("none", "lin", "重开", WorkspaceError, "no review 'none'"),
        ("first", "lin", "absent", DataError, "review 'first' has no candidate 'absent'"),
    ],
)
def test_a_ruling_that_cannot_be_made_changes_nothing(reviewing, crew, review, user, candidate, error, said):
    crew(reviewing.engine, "gao")
    ids = [reviewing.ids["谢幕"], reviewing.ids.get(candidate, candidate)]
    with pytest.raises(error, match=said):
        rule(reviewing.engine, review, user, dict.fromkeys(ids, Opinion("reject")))
    assert rulings(reviewing.engine) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("maybe",), "wanted a decision of accept, reject, unsure; got 'maybe'"),
        ((None,), "got None"),
        (("accept",), "needs a kind, explicit or implicit; got None"),
        (("accept", "Explicit", "direct"), "got 'Explicit'"),
        (("accept", "explicit", " \u200b"), "needs a category, a word; got None"),
    ],
)
def test_an_opinion_that_cannot_be_used_is_refused(given, said):
    with pytest.raises(DataError, match=said):
        checked_opinion(*given)


def test_an_opinion_is_tidied_and_kept_to_the_categories_of_the_settings():
    assert checked_opinion(" accept ", "implicit", " slang\u200b", " a  b ") == Opinion(
        "accept", "implicit", "slang", "a b"
    )
    assert checked_opinion("reject", "implicit", "slang", "no") == Opinion("reject", note="no")
    with pytest.raises(DataError, match=r"one of \['direct'\] \(lexicon.categories in assay.toml\); got 'slang'"):
        checked_opinion("accept", "implicit", "slang", categories=("direct",))
    with pytest.raises(DataError, match="wanted a decision of accept, reject; got 'unsure'"):
        checked_opinion("unsure", allowed=("accept", "reject"))


OPINIONS = st.one_of(
    st.just(Opinion("reject")),
    st.just(Opinion("unsure")),
    st.builds(Opinion, st.just("accept"), st.sampled_from(["explicit", "implicit"]), st.sampled_from(["a", "b"])),
)


@given(OPINIONS, OPINIONS, st.none() | OPINIONS.filter(lambda one: one.decision != "unsure"))
def test_a_pair_is_decided_alike_from_both_sides(a, b, joint):
    def pair(first, second):
        both = (Recorded(one, 1, None, letter) for one, letter in zip((first, second), "AB", strict=True))
        return Pair(*both, Recorded(joint, 1, None, "A") if joint else None)

    assert (pair(a, b).differs, pair(a, b).final) == (pair(b, a).differs, pair(b, a).final)
    assert pair(a, b).differs == (a != b or a.decision == "unsure")
    assert pair(a, b).final == (joint if pair(a, b).differs else a)
    assert Pair(pair(a, b).a).final is None
