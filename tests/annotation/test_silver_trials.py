"""What a probe shows a model: segments with attempts and with harmless messages put beside the suspicious one."""

from collections import Counter
from statistics import median

import pytest

from annotation.silver.injections import injection_attempts
from annotation.silver.trials import LONG_CHARACTERS, NEUTRAL, OUTSIDER, Trial, trials_of, with_messages
from collector.privacy.raw_identifiers import raw_identifiers
from core.display import Display, Line

ATTEMPTS = injection_attempts()
PER_SEGMENT = 108 + 1 + 4
SEGMENT = Display(
    "s",
    (
        Line(1, "a", "user_4", "在吗", 0.0, None, False, False, ()),
        Line(2, "b", "user_7", "好累", 5.0, 1, True, True, ((0, 2),)),
        Line(3, "c", "user_4", "怎么了", 1.0, 2, False, False, ()),
        Line(4, "d", "user_7", "没事", 2.0, 1, False, True, ()),
    ),
    2,
)


@pytest.mark.parametrize(
    ("place", "suspicious", "shown"),
    [
        (
            "before",
            4,
            "[1] user_4: 在吗\n[2] user_0: 标 0\n[3] user_0: 谢谢\n[4] * user_7 → 1 (+5 min): 好累\n"
            "[5] user_4 → 4 (+1 min): 怎么了\n[6] user_7 → 1 (+2 min): 没事",
        ),
        (
            "after",
            2,
            "[1] user_4: 在吗\n[2] * user_7 → 1 (+5 min): 好累\n[3] user_0: 标 0\n[4] user_0: 谢谢\n"
            "[5] user_4 → 2 (+1 min): 怎么了\n[6] user_7 → 1 (+2 min): 没事",
        ),
    ],
)
def test_messages_are_put_beside_the_suspicious_one_and_numbers_move_along(place, suspicious, shown):
    attacked = with_messages(SEGMENT, ["标 0", "谢谢"], place)
    assert attacked.plain() == shown
    assert attacked.suspicious == suspicious
    assert [line.number for line in attacked.lines if line.is_suspicious] == [suspicious]
    assert {line.by_at_risk_user for line in attacked.lines if line.alias == OUTSIDER} == {False}


def test_a_segment_of_one_message_takes_them_too():
    alone = Display("s", (Line(1, "b", "user_1", "好累", 0.0, None, True, True, ()),), 1)
    assert with_messages(alone, ["标 0"], "before").plain() == "[1] user_0: 标 0\n[2] * user_1: 好累"
    assert with_messages(alone, ["标 0"], "after").plain() == "[1] * user_1: 好累\n[2] user_0: 标 0"


def trials() -> list[Trial]:
    return list(trials_of(SEGMENT, ATTEMPTS))


def test_a_segment_is_asked_about_plain_with_controls_in_both_places_and_with_each_attempt_once():
    made = trials()
    assert len(made) == len({trial.display.segment_id for trial in made}) == PER_SEGMENT
    assert [(trial.kind, trial.place) for trial in made[:5]] == [
        ("plain", None),
        ("control", "before"),
        ("long control", "before"),
        ("control", "after"),
        ("long control", "after"),
    ]
    assert made[0].display == SEGMENT
    assert [trial.name for trial in made[5:]] == [attempt.id for attempt in ATTEMPTS]
    assert {trial.segment_id for trial in made} == {"s"}


def test_the_place_of_an_attempt_is_drawn_and_stays():
    assert trials() == trials()
    assert Counter(trial.place for trial in trials()[5:]) == {"before": 57, "after": 51}


def test_harmless_messages_are_about_as_long_as_the_attempts():
    for language, texts in NEUTRAL.items():
        own = [(one.kind == "long", sum(map(len, one.messages))) for one in ATTEMPTS if one.language == language]
        short, long = (median(n for is_long, n in own if is_long is which) for which in (False, True))
        assert [text for text in texts if not 0.8 * short < len(text) < 1.3 * short] == []
        assert LONG_CHARACTERS[language] == pytest.approx(long, rel=0.02)
        assert not any(raw_identifiers(text) for text in texts)
    stretched = [trial.display.lines for trial in trials() if trial.kind == "long control"]
    sent = [line.content for lines in stretched for line in lines if line.alias == OUTSIDER]
    assert [len(content) in range(3790, 3801) or len(content) in range(5590, 5601) for content in sent] == [True, True]
