"""A server on its worst day, against a whole vote: the right status each, nothing lost, nothing asked twice."""

import re
from collections import Counter
from collections.abc import Callable
from threading import Lock

import polars as pl
import pytest

from annotation.silver.voting import vote
from core.scripted_llm import Scripted, fails, says
from core.workspace import Workspace

FINE = says('{"analysis": "r", "labels": {"mood": 1, "asks": 0}}')
SLOW = says('{"labels": {"mood": 3, "asks": 0}}', delay=4)
# What the server does the first times it is asked about a segment, and from then on; by the segment's number.
TROUBLE: dict[str, list[Scripted]] = {
    "fine": [FINE],
    "refused": [says(None, refusal="I would rather not.")],
    "filtered": [says("", finish_reason="content_filter")],
    "filtered with an error": [Scripted('{"error": {"message": "no", "code": "content_filter"}}', 400)],
    "garbage": [says("\x00 <<<>>> {'labels'")],
    "truncated": [says('{"analysis": "so far so', finish_reason="length")],
    "429 storm": [*[fails(429)] * 3, FINE],
    "500s": [fails(500), fails(503), fails(502), FINE],
    "slow": [SLOW, FINE],
    "dropped": [Scripted(FINE.body, hang_up=True), FINE],
    "no JSON from the server": [Scripted("<html>"), FINE],
    "down for long": [*[fails(500)] * 5, FINE],
}
KINDS = list(TROUBLE)
ABSTAIN = {
    "refused": "refused",
    "filtered": "refused",
    "filtered with an error": "refused",
    "garbage": "unparsed",
    "truncated": "unparsed",
}
FAIL_FIRST = {"no JSON from the server", "down for long"}
N = 5 * len(KINDS)


class Weather:
    """Follows TROUBLE for every segment, and counts what it was asked."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        self.lock = Lock()

    def __call__(self, body: dict) -> Scripted:
        found = re.search(r"第(\d+)次", body["messages"][1]["content"])
        assert found is not None
        with self.lock:
            number = int(found[1])
            turn = self.asked[number]
            self.asked[number] += 1
        answers = TROUBLE[KINDS[number % len(KINDS)]]
        return answers[min(turn, len(answers) - 1)]


def statuses(workspace: Workspace) -> list[tuple[str, str]]:
    """(kind of trouble, status of the vote on mood), in the order of the segments."""
    votes = workspace.store.read("votes/llm").filter(variable="mood").sort("segment_id")
    return list(zip(KINDS * 5, votes.get_column("status").cast(pl.String), strict=True))


@pytest.mark.slow
def test_through_every_trouble_each_vote_has_its_status_and_none_is_asked_for_twice(
    make_silver: Callable, chat_panel: Callable, model_server: Callable
):
    weather = Weather()
    server = model_server(weather)
    workspace = make_silver(chat_panel(server, extra="retries = 4\ntimeout = 3.0\nconcurrency = 16"), n=N)
    report = vote(workspace)
    expected = {kind: ABSTAIN.get(kind, "failed" if kind in FAIL_FIRST else "ok") for kind in KINDS}
    assert statuses(workspace) == [(kind, expected[kind]) for kind in KINDS * 5]
    assert report.n_failed == 2 * 5 * len(FAIL_FIRST)
    # One answer each, after as many failures as the server has in store: at most five attempts.
    tries = {kind: min(len(answers), 5) for kind, answers in TROUBLE.items()} | {"no JSON from the server": 1}
    assert weather.asked == Counter({number: tries[KINDS[number % len(KINDS)]] for number in range(N)})

    before = weather.asked.copy()
    assert vote(Workspace(workspace.root)).n_failed == 0
    assert statuses(workspace) == [(kind, ABSTAIN.get(kind, "ok")) for kind in KINDS * 5]
    again = {number for number in range(N) if KINDS[number % len(KINDS)] in FAIL_FIRST}
    assert weather.asked - before == Counter(dict.fromkeys(again, 1))

    before = weather.asked.copy()
    assert not vote(Workspace(workspace.root)).changed
    assert weather.asked == before
