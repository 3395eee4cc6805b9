"""Progress is shown on a terminal and nowhere else."""

import pytest
from rich.console import Console

from core import progress
from core.progress import LiveLine, spelled_time


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (0.2, "0:01"), (59, "0:59"), (61, "1:01"), (3600, "1:00:00"), (90_061, "25:01:01")],
)
def test_times_are_spelled(seconds, text):
    assert spelled_time(seconds) == text


def test_a_line_is_shown_changed_and_taken_away_on_a_terminal(monkeypatch, capsys):
    monkeypatch.setattr(progress, "Console", lambda stderr: Console(stderr=stderr, force_terminal=True, width=60))
    with LiveLine() as line:
        line.show("")
        line.show("reading [bold]@night_talk")
        line.show("a pause: 0:03 left")
        line.show("")
        line.show("again")
    shown = capsys.readouterr()
    assert "reading [bold]@night_talk" in shown.err or "a pause: 0:03 left" in shown.err
    assert shown.out == ""
    assert shown.err.endswith(("\x1b[?25h", "\x1b[2K"))


def test_nothing_is_shown_where_nobody_looks(capsys):
    with LiveLine() as line:
        line.show("a pause: 0:03 left")
    assert capsys.readouterr().err == ""
