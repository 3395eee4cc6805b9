"""The contexts of the two chats, counted by hand, and what is judged of them."""

import polars as pl
import pytest

from core.errors import DataError
from segmenter.tuning.contexts import contexts
from segmenter.tuning.development import draw_development
from segmenter.tuning.grid import Configuration, configurations

M, D = ["m0", "m1", "m2", "m3", "m4"], ["d0", "d1"]


@pytest.fixture
def found(two_chats):
    draw_development(two_chats)
    store = two_chats.store
    grid = configurations(two_chats.settings.segment.tune)
    assert grid == (
        Configuration(3, 3, 60), Configuration(3, 10, 60), Configuration(5, 3, 60), Configuration(5, 10, 60)
    )  # fmt: skip
    return contexts(store.read("development"), store.read("messages"), grid)


def test_every_configuration_grows_its_own_context(found):
    ids = dict(found.distinct.select("segment_id", "message_ids").iter_rows())
    grown = [(number, ids[context]) for _, number, context, _, _ in found.choices.iter_rows()]
    # m3 is 4 minutes from m2: with a gap of 3 growth goes left only. With SS 3 the first round around m2 is the last.
    of_m2 = [(0, M[:3]), (1, M[:3]), (2, M[1:4]), (3, M)]
    assert sorted(grown) == sorted([*of_m2, *((number, D) for number in range(4))])


def test_equal_contexts_are_one(found):
    assert (found.choices.height, found.distinct.height) == (8, 4)
    assert found.choices["n_messages"].sum() == 3 + 3 + 3 + 5 + 4 * 2


def test_a_context_names_the_message_and_the_person_in_question(found):
    rows = found.distinct.select("suspicious_message_id", "at_risk_user_id").unique().sort("suspicious_message_id")
    assert rows.rows() == [("d1", "u9"), ("m2", "u0")]


def test_the_widest_context_holds_what_people_saw(found):
    assert not found.choices["beyond"].any()


def test_a_narrow_configuration_may_reach_beyond_the_widest(said):
    # Around b1, gap 9 grows both ways and stops at three messages; gap 2 grows right only, as far as b3.
    messages = said("b", [(f"b{number}", "u", minute) for number, minute in enumerate((0, 8, 9, 10))])
    shown = ["b0", "b1", "b2"]
    development = pl.DataFrame(
        {"segment_id": ["i"], "chat_id": ["b"], "message_ids": [shown], "suspicious_message_id": ["b1"],
         "at_risk_user_id": ["u"]}
    )  # fmt: skip
    made = contexts(development, messages, [Configuration(2, 3, 60), Configuration(9, 3, 60)])
    assert made.choices.select("n_messages", "beyond").rows() == [(3, True), (3, False)]


def test_a_message_that_is_gone_is_named_as_the_reason(two_chats, said):
    draw_development(two_chats)
    development = two_chats.store.read("development")
    with pytest.raises(DataError, match=r"no longer holds.*assay segment tune draw --again"):
        contexts(development, said("c", [("m0", "u0", 0)]), [Configuration(3, 3, 60)])
