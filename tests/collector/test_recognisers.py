"""The parts that cleaning is made of: which characters are emoji, repaired escapes."""

import io
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich._emoji_codes import EMOJI

from collector.emoji import without_emoji
from collector.scrubbing import PLACEHOLDERS, scrubbed
from collector.sources.telegram_escapes import RepairedStream

TEXT_SYMBOLS = set("©®‼⁉™ℹ↔↕↖↗↘↙↩↪Ⓜ▪▫▶◀◻◼◽◾➡⤴⤵⬅⬆⬇〰〽㊗㊙")


def test_every_emoji_of_a_public_list_goes():
    """rich knows 3,600 by name; those that are text symbols are emoji only before U+FE0F, and ⎈ never is one."""
    left = {emoji for emoji in EMOJI.values() if without_emoji(emoji)} - {"⎈"}
    assert left <= TEXT_SYMBOLS
    assert {without_emoji(emoji + "\ufe0f") for emoji in left} == {""}
    assert len(EMOJI) > 3000


def test_letters_numbers_and_punctuation_of_all_scripts_stay():
    gone = {
        character
        for character in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(character)[0] in "LNPZ" and without_emoji(character) != character
    }
    assert gone == set()


@given(st.text())
def test_text_without_emoji_holds_none(text):
    once = without_emoji(text)
    assert without_emoji(once) == once


@pytest.mark.parametrize("placeholder", PLACEHOLDERS.values())
def test_a_placeholder_is_left_alone(placeholder):
    assert scrubbed(f"找{placeholder}，在 {placeholder}") == f"找{placeholder}，在 {placeholder}"


TOKENS = st.sampled_from([b"\\x1F", b"\\x0a", b"\\\\", b"\\n", b'\\"', b"x41", b"a", "好".encode(), b"\\u2028"])


@given(st.lists(TOKENS, max_size=30), st.integers(1, 9))
def test_escapes_are_repaired_wherever_a_block_ends(tokens, size):
    stream = RepairedStream(io.BytesIO(b"".join(tokens)))
    read = b"".join(iter(lambda: stream.read(size), b""))
    assert read == b"".join({b"\\x1F": b"\\u001F", b"\\x0a": b"\\u000a"}.get(token, token) for token in tokens)
    assert stream.consumed == sum(map(len, tokens))
