"""Several versions of one message in the exports: the newest counts, also one that leaves nothing to keep."""

import pytest

from collector.collecting import collect


def test_a_newer_version_replaces_the_older_at_its_place(keyed, export, message, contents):
    collect(
        keyed, [export("a.json", message(1, "一一一"), message(2, "二二二", minute=1), message(3, "三三三", minute=1))]
    )
    newer = message(2, "改过了", minute=1, edited_unixtime="1700000900")
    report = collect(keyed, [export("b.json", newer)])
    assert contents(keyed) == ["一一一", "改过了", "三三三"]
    assert (report.read, report.kept, report.updated, report.dropped) == (1, 1, 1, {})
    older = collect(keyed, [export("c.json", message(2, "二二二", minute=1))])
    assert (contents(keyed)[1], older.dropped) == ("改过了", {"duplicate": 1})


LONG, SHORT, NOTHING, AGAIN = (None, "今天好累"), (9, "好"), (9, ""), (18, "又写了")
"""Versions of a message: minute of the edit, text."""


def version(message, edited, text):
    return message(1, text, **({"edited_unixtime": str(1_700_000_000 + 60 * edited)} if edited else {}))


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize(
    ("versions", "left"),
    [
        ((LONG, SHORT), []),
        ((SHORT, LONG), []),
        ((LONG, NOTHING, LONG), []),
        (((18, "今天好累"), SHORT), ["今天好累"]),
        ((LONG, (None, "好")), ["今天好累"]),
        ((LONG, SHORT, AGAIN), ["又写了"]),
        ((SHORT, AGAIN, LONG), ["又写了"]),
        ((AGAIN, SHORT, LONG), ["又写了"]),
    ],
)
def test_a_message_that_was_edited_down_to_nothing_goes(keyed, export, message, contents, versions, left, together):
    files = [
        export(f"{number}.json", version(message, *one), message(number + 2, "别的话"))
        for number, one in enumerate(versions)
    ]
    for some in [files] if together else [[file] for file in files]:
        collect(keyed, some)
    assert [text for text in contents(keyed) if text != "别的话"] == left


def test_what_was_edited_down_to_nothing_is_counted(keyed, export, message, contents):
    runs = [collect(keyed, [export(f"{n}.json", version(message, *one))]) for n, one in enumerate((LONG, SHORT))]
    again = collect(keyed, [export("again.json", version(message, *LONG), message(2))])
    assert [(run.kept, run.dropped, run.retracted) for run in runs] == [(1, {}, 0), (0, {"too_short": 1}, 1)]
    assert (again.kept, again.dropped, contents(keyed)) == (1, {"outdated": 1}, ["今天好累"])
    assert keyed.store.read_rejected("messages").get_column("reason").to_list() == ["too_short"]


def test_rejects_from_before_the_time_of_the_edit_was_noted_are_read(keyed, export, message):
    collect(keyed, [export("a.json", message(1, "好"), message(2))])
    keyed.store.write_rejected("messages", keyed.store.read_rejected("messages").drop("edited_at"))
    collect(keyed, [export("b.json", message(3, "嗯"))])
    assert keyed.store.read_rejected("messages").height == 2


def test_a_message_that_grew_long_enough_leaves_the_rejects(keyed, export, message, contents):
    collect(keyed, [export("a.json", message(1, "好"), message(2))])
    collect(keyed, [export("b.json", message(1, "好多了", edited_unixtime="1700000900"))])
    assert keyed.store.read_rejected("messages") is None
    assert contents(keyed) == ["好多了", "今天好累"]
