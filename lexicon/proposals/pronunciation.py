"""How Chinese is pronounced, without tones. pypinyin has its only home here."""

from functools import cache

from lexicon.proposals.units import is_chinese


def syllables(text: str) -> tuple[str, ...]:
    """Pinyin syllables of a text of Chinese characters only, read as it stands: 了结 liao jie, 死了 si le."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text))


@cache
def syllable(character: str) -> str:
    """The most common reading of a single character."""
    return syllables(character)[0]


def sound(text: str) -> str:
    """A text as it sounds: Chinese characters as syllables, the rest as it stands; punctuation and blanks left out.

    Words of different spelling that sound alike have the same sound: 自杀, 紫砂, 自sha and zisha.
    """
    pieces: list[str] = []
    run = ""
    for character in f"{text} ":
        if is_chinese(character):
            run += character
            continue
        pieces += [*(syllables(run) if run else ()), character if character.isalnum() else ""]
        run = ""
    return "".join(pieces)
