from math import log

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from core.setting_tables.lexicon import ProposeSettings
from lexicon.proposals import distribution, neighbours
from lexicon.proposals.corpus import Corpus
from lexicon.proposals.distribution import contexts, ppmi, vectors
from lexicon.proposals.known import Known
from lexicon.proposals.neighbours import propose_neighbours
from lexicon.proposals.units import units_of

PLACES = [
    "最近总是{}得不行",
    "今天又{}到半夜",
    "感觉自己{}极了啊",
    "为什么会{}成这样",
    "一个人{}地躺着",
    "白天{}晚上也是",
]
TALK = ["周末去{}怎么样", "谁要一起{}呀", "新开的{}打折", "下单了{}还没到", "群里拼{}的举手", "有人买{}吗"]


def corpus(known=("难受",), category="distress", **settings):
    """难受 and 堵得慌 stand in the same places, 奶茶 and 火锅 in others."""
    contents = [place.format(word) for word in ("难受", "堵得慌") for place in PLACES * 3]
    contents += [place.format(word) for word in ("奶茶", "火锅") for place in TALK * 3]
    rows = [{"message_id": f"m{n}", "chat_id": "c", "content": content} for n, content in enumerate(contents)]
    entries = [{"entry_id": term, "term": term, "kind": "implicit", "category": category} for term in known]
    return Corpus(
        messages=pl.DataFrame(rows),
        known=Known(pl.DataFrame(entries), frozenset(known), {}),
        settings=ProposeSettings(**settings),
        matching={"whole_words": False, "inserted_marks": True},
    )


def counted(contents, *spans):
    """Contexts of units_of(contents) around spans of units (term, first, end) as {(term, context number): count}."""
    terms, first, end = (np.array(part) for part in zip(*spans, strict=True))
    return contexts(units_of(pl.Series(contents)), terms, first, end, n_terms=int(terms.max()) + 1)


def test_what_is_used_like_a_known_word_is_proposed_with_its_kind():
    found = propose_neighbours(corpus())
    first = found.row(0, named=True)
    assert (first["term"], first["kind"], first["category"], first["quote"]) == (
        "堵得慌",
        "implicit",
        "distress",
        "堵得慌",
    )
    assert first["reason"].startswith("used like 难受 (cosine ")
    assert first["message_id"] == "m18"


def test_what_is_used_otherwise_scores_far_less():
    scores = dict(propose_neighbours(corpus()).select("term", "score").iter_rows())
    assert scores["堵得慌"] > 3 * max(scores.get("奶茶", 0), scores.get("火锅", 0))


def test_known_terms_are_not_proposed():
    found = propose_neighbours(corpus(known=("难受", "堵得慌")))
    assert not {"难受", "堵得慌"} & set(found["term"])


def test_a_known_word_in_too_few_messages_has_no_neighbours():
    assert propose_neighbours(corpus(min_messages=19)).is_empty()
    assert propose_neighbours(corpus(known=("没出现",))).is_empty()


def test_the_result_is_the_same_every_time():
    assert propose_neighbours(corpus()).equals(propose_neighbours(corpus()))


def test_a_decomposition_keeps_who_is_nearest(monkeypatch):
    monkeypatch.setattr(distribution, "DIMENSIONS", 5)
    found = propose_neighbours(corpus())
    assert found["term"][0] == "堵得慌"
    assert found.equals(propose_neighbours(corpus()))


def test_contexts_are_the_nearest_unit_the_nearest_pair_and_the_bag():
    # Units: 我 0, 真 1, 的 2, 累 3, 了 4, the end 5. Around 累: 的, 真的, {我, 真, 的}; 了, no pair, {了}.
    found = counted(["我真的累了"], (0, 3, 4))
    assert (found.sum(), found.nnz) == (1 + 1 + 1 + 3 + 1, 7)


def test_contexts_stop_at_a_break():
    # 的 | 累 | 了: nothing is beside the term; a term that is the whole message has no context at all.
    assert counted(["真的，累。了"], (0, 3, 4)).nnz == 0
    assert counted(["累"], (0, 0, 1)).nnz == 0


def test_the_same_context_is_one_column():
    found = counted(["很累", "很困", "不困"], (0, 1, 2), (1, 4, 5), (1, 7, 8))
    shared = (found[0].toarray() > 0) & (found[1].toarray() > 0)
    assert (found[0].nnz, found[1].nnz, int(shared.sum())) == (2, 4, 2)


def test_rare_units_share_a_column(monkeypatch):
    monkeypatch.setattr(distribution, "MOST_CONTEXTS", 1)
    found = counted(["累啊", "累呀", "累吧累"], (0, 0, 1), (1, 3, 4))
    assert (found[0] != found[1]).nnz == 0


def test_ppmi_equals_a_hand_calculation():
    # Contexts 9 and 3 of 12, to the power 0.75: 5.196 and 2.280. Term 0 has 8 of the first and none of the second.
    smooth = (9**0.75, 3**0.75)
    wanted = log((8 / 12) / (8 / 12 * smooth[0] / sum(smooth)))
    last = log((3 / 12) / (4 / 12 * smooth[1] / sum(smooth)))
    found = ppmi(csr_matrix(np.array([[8.0, 0.0], [1.0, 3.0]]))).toarray()
    assert found == pytest.approx(np.array([[wanted, 0.0], [0.0, last]]))


def test_vectors_have_length_one_or_none_at_all():
    found = vectors(csr_matrix(np.array([[8.0, 0.0], [1.0, 3.0], [0.0, 0.0]])))
    assert np.linalg.norm(found, axis=1).tolist() == pytest.approx([1.0, 1.0, 0.0])


def test_occurrences_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(neighbours, "MOST_OCCURRENCES", 4)
    tokens = np.array([0] * 3 + [1] * 8)
    assert neighbours._spread(tokens).tolist() == [0, 1, 2, 3, 5, 7, 9]


def test_the_score_is_the_mean_of_the_nearest_each_discounted(monkeypatch):
    monkeypatch.setattr(neighbours, "NEAREST", 2)
    placed = np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8], [0.0, 1.0]])
    trust = np.array([0.5, 0.8, 1.0, 1.0])
    scores, nearest = neighbours._scores(placed, trust, n_candidates=1)
    assert (scores.tolist(), nearest.tolist()) == ([pytest.approx((0.5 * 0.8 + 0.5 * 0.6) / 2)], [0])


def test_few_known_words_are_enough_for_a_score():
    placed = np.array([[1.0, 0.0], [0.6, 0.8]])
    scores, nearest = neighbours._scores(placed, np.ones(2), n_candidates=1)
    assert (scores.tolist(), nearest.tolist()) == ([pytest.approx(0.6)], [0])


def test_a_longer_known_word_counts_where_it_stands_and_not_its_pieces():
    found = propose_neighbours(corpus(known=("堵得慌",)))
    assert found["term"][0] == "难受"
    assert not {"堵得", "得慌"} & set(found["term"])


def test_contexts_point_past_several_characters():
    # Units of 今天好难受啊: 今 0, 天 1, 好 2, 难 3, 受 4, 啊 5, the end 6. Around 难受: 好, 天好, three in the bag; 啊.
    found = counted(["今天好难受啊"], (0, 3, 5))
    assert (found.sum(), found.nnz) == (1 + 1 + 3 + 1 + 1, 7)


def test_contexts_reach_no_further_than_five_units():
    far = counted(["一二三四五六七累"], (0, 7, 8))
    assert far.sum() == 1 + 1 + 5


def test_hidden_words_come_back_before_others():
    """Of six words of distress every second one is hidden: each comes back before any word of shopping."""
    down, shop = ("难受", "崩溃", "麻木", "压抑", "委屈", "憋闷"), ("奶茶", "火锅", "口红", "耳机", "书包", "围巾")
    contents = [place.format(word) for word in down for place in PLACES * 2]
    contents += [place.format(word) for word in shop for place in TALK * 2]
    rows = [{"message_id": f"m{n}", "chat_id": "c", "content": content} for n, content in enumerate(contents)]
    entries = [{"entry_id": term, "term": term, "kind": "implicit", "category": "distress"} for term in down[::2]]
    half = Corpus(
        messages=pl.DataFrame(rows),
        known=Known(pl.DataFrame(entries), frozenset(down[::2]), {}),
        settings=ProposeSettings(),
        matching={"whole_words": False, "inserted_marks": True},
    )
    ranked = [term for term in propose_neighbours(half)["term"] if term in {*down, *shop}]
    assert set(ranked[:3]) == set(down[1::2])
