from datetime import UTC, datetime, timedelta
from math import log

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import empty
from core.errors import WorkspaceError
from core.store import Recipe
from core.workspace import with_options
from lexicon.drafts import import_entries
from lexicon.entries import Entry
from lexicon.pooling.candidates import pool
from lexicon.pooling.figures import figures
from lexicon.pooling.keyness import keyness, log_likelihood
from lexicon.pooling.proposed import by_term
from lexicon.proposals.known import as_entries, occurrences

START = datetime(2026, 1, 1, tzinfo=UTC)


def write_messages(workspace, *contents, chat="c"):
    rows = [
        {"message_id": f"{chat}{n:03}", "chat_id": chat, "user_id": f"u{n % 3}", "content": content, "reply_id": None,
         "timestamp": START + timedelta(minutes=n), "is_forward": False, "edited_at": None}
        for n, content in enumerate(contents)
    ]  # fmt: skip
    workspace.store.write(f"messages/{chat}", pl.DataFrame(rows, schema=empty("messages").schema), Recipe(inputs={}))


def proposed(*rows, source="llm"):
    """Proposals; each row: term, and after it kind, category, reason."""
    names = ("term", "kind", "category", "reason")
    filled = [
        {"source": source, "number": number, **dict(zip(names, [*row, None, None, None], strict=False))}
        for number, row in enumerate(rows)
    ]
    return pl.DataFrame(filled, schema=empty("proposals").schema)


def write_proposals(workspace, *rows, source="llm"):
    workspace.store.write(f"proposals/{source}", proposed(*rows, source=source), Recipe(inputs={}))


def import_terms(workspace, engine, *terms):
    path = workspace.root / "terms.csv"
    rows = "".join(f"{term},implicit,distress\n" for term in terms)
    path.write_text(f"term,kind,category\n{rows}", encoding="utf-8")
    import_entries(workspace, engine, path)


def candidate(workspace, term):
    return workspace.store.read("candidates").row(by_predicate=pl.col("term") == term, named=True)


def places(*rows):
    return pl.DataFrame(rows, schema=["term", "row", "start", "end"], orient="row")


def test_g2_equals_a_hand_calculation():
    # 8 of 100 characters near, 2 of 300 elsewhere: of 400 characters 10; expected 2.5 and 7.5, and 97.5 and 292.5.
    expected = 2 * (8 * log(8 / 2.5) + 2 * log(2 / 7.5) + 92 * log(92 / 97.5) + 298 * log(298 / 292.5))
    assert expected == pytest.approx(13.7424, abs=5e-5)
    assert log_likelihood(8, 2, 100, 300) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        ((2, 8, 300, 100), -13.7424),
        ((1, 3, 100, 300), 0.0),
        ((0, 0, 100, 300), 0.0),
        ((4, 0, 100, 300), 2 * (4 * log(4 / 1) + 96 * log(96 / 99) + 300 * log(300 / 297))),
        ((0, 4, 100, 0), None),
        ((4, 0, 0, 100), None),
    ],
)
def test_g2_has_a_sign_and_edges(cells, wanted):
    assert log_likelihood(*cells) == (None if wanted is None else pytest.approx(wanted, abs=5e-5))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(50, 900), st.integers(50, 900))
def test_g2_of_exchanged_parts_has_the_other_sign(a, b, c, d):
    assert abs(log_likelihood(a, b, c, d)) == pytest.approx(abs(log_likelihood(b, a, d, c)))
    assert log_likelihood(a, b, c, d) * (a * d - b * c) >= 0


def test_keyness_counts_characters_near_known_words_against_the_rest():
    chats, lengths = np.ones(6, np.int64), np.array([10, 10, 10, 10, 10, 10])
    found = keyness(places(("慌", 0, 0, 1), ("慌", 5, 0, 1)), places(("累", 1, 3, 4)), chats, lengths, distance=1)
    assert found == {"慌": pytest.approx(0.0)}
    closer = keyness(places(("慌", 0, 0, 1), ("慌", 2, 0, 1)), places(("累", 1, 3, 4)), chats, lengths, distance=1)
    assert closer == {"慌": pytest.approx(log_likelihood(2, 0, 30, 30))}


def test_a_message_with_a_known_word_only_inside_the_term_is_none_for_the_term():
    chats, lengths = np.ones(4, np.int64), np.full(4, 10)
    inside = keyness(places(("好累啊", 0, 0, 3)), places(("好累", 0, 0, 2)), chats, lengths, distance=1)
    assert inside == {"好累啊": None}
    more = places(("好累", 0, 0, 2), ("难受", 0, 5, 7))
    beside = keyness(places(("好累啊", 0, 0, 3)), more, chats, lengths, distance=1)
    assert beside == {"好累啊": pytest.approx(log_likelihood(1, 0, 20, 20))}


def test_known_words_elsewhere_still_count_for_such_a_term():
    chats, lengths = np.ones(6, np.int64), np.full(6, 10)
    signals = places(("好累", 0, 0, 2), ("难受", 5, 0, 2))
    found = keyness(places(("好累啊", 0, 0, 3), ("好累啊", 4, 0, 3)), signals, chats, lengths, distance=1)
    assert found == {"好累啊": pytest.approx(log_likelihood(1, 1, 20, 40))}


def test_without_known_words_keyness_is_undefined(workspace, engine):
    write_messages(workspace, "我好慌啊", "今天上课")
    write_proposals(workspace, ("好慌",))
    pool(workspace, engine)
    assert candidate(workspace, "好慌")["keyness"] is None


def test_counts_equal_a_plain_count(workspace, engine):
    contents = ["堵得慌啊堵得慌", "没有堵得慌", "ＥＭＯ emo", "今天上课", "哈哈哈哈"]
    write_messages(workspace, *contents)
    write_messages(workspace, "又堵得慌", chat="d")
    write_proposals(workspace, ("堵得慌",), ("emo",), ("哈哈",))
    pool(workspace, engine)
    columns = ["term", "n_matches", "n_messages", "n_users", "n_chats"]
    assert workspace.store.read("candidates").sort("term").select(columns).rows() == [
        ("emo", 2, 1, 1, 1), ("哈哈", 3, 1, 1, 1), ("堵得慌", 4, 3, 2, 2),
    ]  # fmt: skip


@given(st.lists(st.text("好累了a", max_size=6), max_size=5))
def test_matches_are_counted_as_plainly_as_can_be(contents):
    messages = pl.DataFrame(
        [(f"m{n}", "c", "u", content) for n, content in enumerate(contents)],
        schema=dict.fromkeys(["message_id", "chat_id", "user_id", "content"], pl.String),
        orient="row",
    )
    found = occurrences(messages, as_entries(["好累", "了"]), whole_words=False, inserted_marks=False)
    columns = figures(found, messages).select("term", "n_matches", "n_messages")
    plain = {term: [text.count(term) for text in contents] for term in ("了", "好累")}
    assert columns.rows() == [(term, sum(n), len(n) - n.count(0)) for term, n in plain.items() if any(n)]


def test_example_lines_differ_in_text_person_and_chat_where_they_can():
    copies = [("堵得慌", "u0", "c")] * 12
    others = [(f"堵得慌{n}", f"u{n % 4}", "cd"[n % 2]) for n in range(8)]
    messages = pl.DataFrame(
        [(f"m{n:02}", *row) for n, row in enumerate([*copies, *others])],
        schema=["message_id", "content", "user_id", "chat_id"],
        orient="row",
    )
    found = figures(places(*[("堵得慌", row, 0, 3) for row in range(20)]), messages)["example_ids"].to_list()[0]
    assert len(found) == 10
    assert found == sorted(found)
    assert set(found) > {f"m{n}" for n in range(12, 20)}


def test_known_terms_and_absent_ones_are_left_out_and_counted(workspace, engine):
    write_messages(workspace, "好累啊好累", "堵得慌啊")
    import_terms(workspace, engine, "好累")
    write_proposals(workspace, ("好累",), ("堵得慌",), ("没出现",))
    report = pool(workspace, engine)
    assert (report.n_candidates, report.n_known, report.n_not_in_corpus, report.n_proposals) == (1, 1, 1, 3)
    rejected = workspace.store.read_rejected("candidates").select("term", "reason").rows()
    assert rejected == [("好累", "known"), ("没出现", "not_in_corpus")]


def test_a_term_proposed_by_several_is_one_candidate(workspace, engine):
    write_messages(workspace, "堵得慌啊")
    write_proposals(workspace, ("堵得慌", "implicit", "distress", "heavy"), ("堵得慌", None, None, "heavy"))
    write_proposals(workspace, ("堵得慌", None, None, "z"), source="log_odds")
    report = pool(workspace, engine)
    row = candidate(workspace, "堵得慌")
    assert (row["sources"], row["n_proposals"], row["reasons"]) == (["llm", "log_odds"], 3, ["heavy", "z"])
    assert (row["kind"], row["category"], row["candidate_id"]) == (
        "implicit", "distress", Entry("堵得慌", "", "").entry_id,
    )  # fmt: skip
    assert report.by_source == {"llm": 1, "log_odds": 1}


@pytest.mark.parametrize(
    ("kinds", "wanted"),
    [
        ((), None),
        ((None, None), None),
        (("implicit", None), "implicit"),
        (("implicit", "explicit"), None),
        (("implicit", "explicit", "explicit"), "explicit"),
    ],
)
def test_kind_is_what_most_say_and_a_tie_is_nobody(kinds, wanted):
    found = by_term(proposed(*[("难受", kind) for kind in kinds]))
    assert found["kind"].to_list() == ([wanted] if kinds else [])


def test_proposed_terms_are_normalised_and_folded():
    assert by_term(proposed(("難受",), ("难受",), ("ＥＭＯ",)))["term"].to_list() == ["emo", "难受"]


def test_nothing_changes_until_something_does(workspace, engine):
    write_messages(workspace, "堵得慌啊", "好累啊")
    write_proposals(workspace, ("堵得慌",))
    assert [pool(workspace, engine).changed for _ in range(2)] == [True, False]
    import_terms(workspace, engine, "好累")
    assert [pool(workspace, engine).changed for _ in range(2)] == [True, False]
    write_proposals(workspace, ("好累啊",), source="neighbours")
    assert pool(workspace, engine).n_candidates == 2


def test_without_proposals_it_says_what_to_do(workspace, engine):
    with pytest.raises(WorkspaceError, match="no proposals yet; run: assay lexicon propose, or: assay lexicon extract"):
        pool(workspace, engine)


def test_without_messages_it_says_what_to_do(workspace, engine):
    write_proposals(workspace, ("堵得慌",))
    with pytest.raises(WorkspaceError, match=r"no table 'messages'.*assay collect PATH"):
        pool(workspace, engine)


def test_the_report_puts_the_representative_first(workspace, engine):
    write_messages(workspace, "好难受", "楠受啊", "好难受", "难受呀", "堵得慌")
    write_proposals(workspace, ("楠受",), ("难受",), ("堵得慌",))
    report = pool(workspace, engine)
    assert (report.grouped, report.n_groups) == ((("难受", "楠受"),), 2)
    assert candidate(workspace, "楠受")["group"] == candidate(workspace, "难受")["candidate_id"]


def test_every_candidate_has_examples_that_hold_it(workspace, engine):
    write_messages(workspace, "堵得慌啊", "好累啊", "我堵得慌", "今天上课")
    write_proposals(workspace, ("堵得慌",), ("上课",))
    pool(workspace, engine)
    contents = dict(workspace.store.read("messages").select("message_id", "content").iter_rows())
    for row in workspace.store.read("candidates").iter_rows(named=True):
        assert [row["term"] in contents[example] for example in row["example_ids"]] == [True] * row["n_messages"]


def test_keyness_of_a_candidate_is_g2_over_the_characters_of_messages(workspace, engine):
    # Within one place of 好累 are messages of 4, 3 and 4 characters with 堵得慌 twice; it is once in the other four.
    write_messages(workspace, "堵得慌啊", "好累啊", "我堵得慌", "又堵得慌")
    import_terms(workspace, engine, "好累")
    closer = with_options(workspace, "lexicon", {"propose": {"near": 1}})
    write_proposals(closer, ("堵得慌",))
    pool(closer, engine)
    near = 2 * log(2 / (11 * 3 / 15)) + 9 * log(9 / (11 * 12 / 15))
    rest = 1 * log(1 / (4 * 3 / 15)) + 3 * log(3 / (4 * 12 / 15))
    assert candidate(closer, "堵得慌")["keyness"] == pytest.approx(-2 * (near + rest))
