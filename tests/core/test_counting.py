"""Numbers in words, as every stage says them."""

import subprocess
import sys

import pytest

from core.counting import counted


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (counted(0, "voter"), "0 voters"),
        (counted(1, "voter"), "1 voter"),
        (counted(2, "voter"), "2 voters"),
        (counted(1200, "voter"), "1,200 voters"),
        (counted(1, "entry", "entries"), "1 entry"),
        (counted(0, "entry", "entries"), "0 entries"),
        (counted(1000000, "reply", "replies"), "1,000,000 replies"),
        (counted(1, "earlier vote"), "1 earlier vote"),
    ],
)
def test_a_number_has_the_word_that_belongs_to_it(made, text):
    assert made == text


def test_it_loads_nothing_that_would_slow_the_command_line():
    script = "import sys; before = set(sys.modules); import core.counting; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['core', 'core.counting']"
