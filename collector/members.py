"""The names that the members of a chat show, known only while a source is read, and what stands for them in texts.

They live in memory and nowhere else. A name in a message becomes ``〈成员:3fa9c1〉``: the first six hex digits of its
owner's pseudonym, so that a conversation stays readable, or ``〈成员〉`` where two people show the same name.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from collector.common_names import COMMON_NAMES
from collector.emoji import between_emoji, without_emoji
from collector.recognisers.recogniser import PLACEHOLDERS, Span
from collector.recognisers.shadow import shadow_of
from collector.width import narrowed
from core.text import simplified, tidy

ALIAS_DIGITS = 6
FREQUENT_SHARE = 0.02
FREQUENT_MESSAGES = 50
"""A short name (two characters, or a word of up to six letters) that stands in more than this share of a chat's
messages, and in more than so many of them, is an ordinary word there.
"""

_DECORATION = re.compile(r"[|｜/\\(（\[【「『<《~～,，、。·•…—_:：;；!！?？]|(?<=[\u4e00-\u9fff])\s")
_SAID = re.compile(r"[\u3400-\u9fff]{2}|[^\W\d_]{3}|[^\W\d_\x00-\x7f]{2}")
_TWO_HAN = re.compile(r"[\u3400-\u9fff]{2}")
_LATIN_WORD = re.compile("[A-Za-z]{3,6}")
_EDGE = re.compile("[a-z0-9_]")


def forms_of(name: str) -> tuple[str, ...]:
    """How others may write a member's name: all of it, and what stands before its first decoration.

    Names of one character, without letters, or made of two Latin letters have no form that could be looked for.
    """
    parts = between_emoji(tidy(narrowed(name)))
    whole = _plain(name)
    first = _DECORATION.split(parts[0] if parts else "")[0]
    # What stands between 〈 and 〉 is a placeholder already, whatever somebody calls themselves.
    forms = (form for form in (whole, _plain(first)) if _SAID.search(form) and not set(form) & set("〈〉"))
    return tuple(dict.fromkeys(forms))


def _plain(name: str) -> str:
    return simplified(tidy(without_emoji(tidy(narrowed(name))))).replace("@", "").strip()


class ChatNames:
    """The names of one chat. aliases: form of a name → what stands for it.

    ``words``: forms that are also ordinary words; they are replaced only right behind an ``@``.
    """

    def __init__(self, aliases: Mapping[str, str], words: frozenset[str] = frozenset()) -> None:
        self._names = {shadow_of(name): (alias, name in words) for name, alias in aliases.items()}
        self._patterns = list(aliases)

    def replaced(self, texts: list[str]) -> list[str]:
        """The texts with names as aliases. Longer names first; names in Latin letters as whole words, in any case."""
        changed = list(texts)
        if not self._names:
            return changed
        series = pl.Series(texts, dtype=pl.String)
        holding = series.str.contains_any(self._patterns, ascii_case_insensitive=True).arg_true()
        found = series.gather(holding).str.extract_many(self._patterns, ascii_case_insensitive=True, overlapping=True)
        for index, names in zip(holding, found, strict=True):
            changed[index] = self._in(texts[index], {shadow_of(name) for name in names})
        return changed

    def _in(self, text: str, names: set[str]) -> str:
        shadow = shadow_of(text)
        spans = sorted(
            (start, -end, name) for name in names if name in self._names for start, end in self._spans(shadow, name)
        )
        pieces: list[str] = []
        at = 0
        for start, negative_end, name in spans:
            if start >= at:
                pieces += (text[at:start], self._names[name][0])
                at = -negative_end
        return "".join((*pieces, text[at:]))

    def _spans(self, shadow: str, name: str) -> Iterator[Span]:
        """Where a name stands, with the ``@`` before it."""
        only_mentioned = self._names[name][1]
        start = shadow.find(name)
        while start >= 0:
            end = start + len(name)
            mentioned = shadow[start - 1 : start] == "@"
            is_word = only_mentioned or _crosses_a_word(shadow, start, end)
            if _stands_apart(shadow, start, end) and (mentioned or not is_word):
                yield start - mentioned, end
            start = shadow.find(name, end)


def _stands_apart(shadow: str, start: int, end: int) -> bool:
    """Whether what begins or ends with a Latin letter or digit is not the middle of a word."""
    before, after = shadow[start - 1 : start], shadow[end : end + 1]
    begins = _EDGE.match(shadow[start]) is None or _EDGE.match(before) is None
    return begins and (_EDGE.match(shadow[end - 1]) is None or _EDGE.match(after) is None)


def _crosses_a_word(shadow: str, start: int, end: int) -> bool:
    """Whether the last or first character belongs to an ordinary word instead: 老周 in 老周末加班."""
    return shadow[end - 1 : end + 1] in COMMON_NAMES or shadow[max(0, start - 1) : start + 1] in COMMON_NAMES


@dataclass
class Members:
    """Who is called what in which chat, gathered while a source is read. Keys are pseudonyms."""

    _owners: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    _held: Counter[tuple[str, str]] = field(default_factory=Counter)
    _messages: Counter[str] = field(default_factory=Counter)
    _known: set[tuple[str, str, str]] = field(default_factory=set)
    _ready: dict[str, ChatNames] = field(default_factory=dict)

    def note(self, chat: str, user: str, name: str) -> None:
        """A message of the chat came from this user, under this name."""
        if (chat, user, name) in self._known:
            return
        self._known.add((chat, user, name))
        self._ready.pop(chat, None)
        for form in forms_of(name):
            self._owners[chat].setdefault(form, set()).add(user)

    def count(self, chat: str, texts: pl.Series) -> None:
        """Note how often the short names of a chat stand in some of its texts. All names are to be known before."""
        self._messages[chat] += len(texts)
        self._ready.pop(chat, None)
        han = [form for form in self._owners[chat] if _TWO_HAN.fullmatch(form)]
        latin = {form.lower() for form in self._owners[chat] if _LATIN_WORD.fullmatch(form)}
        found = [texts.str.extract_many(han)] if han else []
        if latin:
            words = texts.str.to_lowercase().str.extract_all("[a-z0-9_]+")
            found.append(words.list.set_intersection(pl.Series([list(latin)], dtype=pl.List(pl.String))))
        for names in found:
            counted = names.list.unique().explode().drop_nulls().value_counts()
            self._held.update({(chat, name): n for name, n in counted.iter_rows()})

    def names(self, chat: str) -> ChatNames:
        """The names of a chat, as far as they are known by now."""
        if chat not in self._ready:
            owners = self._owners[chat]
            aliases = {form: _alias(users) for form, users in owners.items()}
            self._ready[chat] = ChatNames(aliases, frozenset(self.words(chat)))
        return self._ready[chat]

    def words(self, chat: str) -> list[str]:
        """Names in a chat that are ordinary words, by the list `COMMON_NAMES` or because they are so frequent there."""
        most = max(FREQUENT_MESSAGES, FREQUENT_SHARE * self._messages[chat])
        return [
            form for form in self._owners[chat] if form.lower() in COMMON_NAMES or self._held[chat, form.lower()] > most
        ]

    def left(self) -> int:
        """How many names of members are left where they stand, because they are ordinary words."""
        return sum(len(self.words(chat)) for chat in self._owners)


def _alias(users: set[str]) -> str:
    mark = PLACEHOLDERS["member"]
    return f"{mark[:-1]}:{next(iter(users))[:ALIAS_DIGITS]}{mark[-1]}" if len(users) == 1 else mark
