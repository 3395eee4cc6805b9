"""How many tokens a text is, by its characters, before any model has seen it."""

import re

TOKENS_OF_WIDE, TOKENS_OF_OTHER = 0.6, 0.3
"""Tokens a Chinese (or other wide) character and any other one: the rule of thumb in DeepSeek's API documentation."""
_WIDE = re.compile("[\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def estimated_tokens(text: str) -> float:
    """Tokens of a text by its characters. Models differ: expect to be off by a third either way."""
    wide = len(_WIDE.findall(text))
    return wide * TOKENS_OF_WIDE + (len(text) - wide) * TOKENS_OF_OTHER
