"""The measurement of docs/conversations.md: its figures by hand, and what the page says about the real logs."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
EXPORT = ROOT.parent / "shared" / "data" / "ubuntu-irc"
LINES = [
    (1, "ann", "does the sound work for you"),
    (2, "bob", "ann: yes"),
    (3, "cat", "hello all"),
    (5, "ann", "bob: thanks"),
]


@pytest.fixture(scope="module")
def bench():
    """The modules of the benchmark by name."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    names = ("irc_channel", "irc_scores", "irc_methods", "irc_tables", "irc_conversations")
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.pop(0)


def arrays(*rows: list[int]) -> list[np.ndarray]:
    return [np.array(row, dtype=np.int64) for row in rows]


def test_recall_precision_and_f1_by_hand(bench):
    # Conversations: 0 = {0, 2, 4, 5}, 1 = {1}; nobody annotated 3. The first segment holds 2 of 4 messages, and 1 of
    # its 3 annotated ones is another's: 2/4, 2/3, F1 4/7, and 2 of 4 if message 3 is not of it either.
    [conversation] = arrays([0, 1, 0, -1, 0, 0])
    scores = bench["irc_scores"].score(conversation, *arrays([2, 1]), arrays([0, 1, 2, 3], [1]))
    assert scores.recall.tolist() == [0.5, 1]
    assert scores.precision.tolist() == pytest.approx([2 / 3, 1])
    assert scores.f1.tolist() == pytest.approx([4 / 7, 1])
    assert scores.at_worst.tolist() == [0.5, 1]
    assert (scores.size.tolist(), scores.unknown.tolist()) == ([4, 1], [1, 0])


def test_draws_are_averaged_seed_by_seed_and_differences_taken(bench):
    [conversation] = arrays([0, 0, 1])
    one, other = (bench["irc_scores"].score(conversation, *arrays([0]), [found]) for found in arrays([0], [0, 1]))
    assert bench["irc_scores"].averaged([one, other]).recall.tolist() == [0.75]
    assert other.minus(one).recall.tolist() == [0.5]


def test_the_interval_draws_conversations_and_not_seeds(bench):
    interval = bench["irc_scores"].interval
    # One conversation: every draw is the same. Two of one seed each: half of the draws are 0 0 or 1 1.
    assert interval(np.array([0.0, 1, 1, 1]), *arrays([4, 4, 4, 4])) == (0.75, 0.75)
    assert interval(np.array([0.0, 1.0]), *arrays([0, 1])) == (0, 1)


@pytest.fixture
def small(bench, tmp_path):
    """A channel of two logs: four lines in the first, which nobody annotated, and one in the second."""
    rows = [*LINES, (1251, "ann", "later: bob is not addressed here")]
    messages = [
        {
            "id": n, "type": "message", "date_unixtime": str(n * 60), "from": nick, "from_id": f"user{nick}",
            "text_entities": [{"type": "plain", "text": text}],
        }
        for n, nick, text in rows
    ]  # fmt: skip
    messages[1]["reply_to_message_id"] = 1
    messages.append({"id": 4, "type": "service", "date_unixtime": "240", "actor": "system"})
    (tmp_path / "result.json").write_text(json.dumps({"messages": messages}), "utf-8")
    (tmp_path / "conversations.csv").write_text("message_id,conversation\n1,a/1\n2,a/1\n3,a/3\n", "utf-8")
    return bench["irc_channel"].read_channel(tmp_path)


def test_the_export_is_read_as_a_table_of_messages_holds_it(small):
    ann, bob, cat = small.users[0], small.users[1], small.users[2]
    assert small.users.tolist() == [ann, bob, cat, ann, ann]
    assert small.mentions.tolist() == [[-1, -1], [ann, -1], [-1, -1], [bob, -1], [bob, -1]]
    assert small.reply_to.tolist() == [-1, 0, -1, -1, -1]
    assert small.conversation.tolist() == [0, 0, 1, -1, -1]
    assert small.log.tolist() == [0, 0, 0, 0, 1]


def test_links_can_be_hidden(small):
    assert small.with_replies(0).reply_to.tolist() == [-1] * 5
    assert small.with_replies(1).reply_to.tolist() == small.reply_to.tolist()


def test_windows_stay_in_their_log_and_have_their_size(bench, small):
    window = bench["irc_methods"].window
    found = window(small, *arrays([0, 1, 3, 4], [3, 2, 3, 5]))
    assert [segment.tolist() for segment in found] == [[0, 1, 2], [0, 1], [1, 2, 3], [4]]


def test_replies_only_follows_chains_both_ways(bench, small):
    found = bench["irc_methods"].replies_only(small, *arrays([0, 1, 2]))
    assert [segment.tolist() for segment in found] == [[0, 1], [0, 1], [2]]


def test_linked_at_gives_each_seed_its_size(bench, small):
    found = bench["irc_methods"].linked_at(small, *arrays([0, 1, 2], [2, 3, 1]))
    assert [len(segment) for segment in found] == [2, 3, 1]


# --- the real logs


@pytest.fixture(scope="module")
def channel(bench):
    if not EXPORT.exists():
        pytest.skip("the folder shared/ with the Ubuntu IRC export is not beside this repository")
    return bench["irc_channel"].read_channel(EXPORT)


def test_the_logs_are_what_the_page_says(bench, channel):
    test = channel.seeds(bench["irc_conversations"].TEST)
    assert (len(channel.users), channel.complete.sum(), len(test)) == (11_615, 2_321, 1_190)
    assert len(np.unique(channel.conversation[test])) == 152
    found = {
        name: bench["irc_conversations"].suspicious(channel, path)
        for name, path in bench["irc_conversations"].SIGNALS.items()
    }
    assert {name: (len(all_of), channel.complete[all_of].sum()) for name, all_of in found.items()} == {
        "signals_en": (4, 0),
        "trouble_terms": (928, 176),
    }


def test_links_beat_algorithm_1_on_both_at_equal_size(bench, channel):
    methods, hidden = bench["irc_methods"], channel.with_replies(0)
    seeds = channel.seeds(bench["irc_conversations"].TEST)
    grown = methods.algorithm_1(hidden, seeds)
    sizes = bench["irc_tables"].lengths(grown)
    plain = bench["irc_scores"].score(channel.conversation, seeds, grown)
    same = bench["irc_scores"].score(channel.conversation, seeds, methods.linked_at(hidden, seeds, sizes))
    assert same.size.tolist() == plain.size.tolist()
    assert round(float(plain.recall.mean()), 3) == 0.585
    assert round(float(plain.precision.mean()), 3) == 0.325
    # Which names count as ordinary words may move these a little.
    assert float(same.recall.mean()) == pytest.approx(0.699, abs=0.01)
    assert float(same.precision.mean()) == pytest.approx(0.484, abs=0.01)
