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
from collector.thing_names import THING_NAMES, is_spoken_to
from collector.width import narrowed
from core.text import simplified, tidy

ALIAS_DIGITS = 6
FREQUENT_SHARE = 0.02
FREQUENT_MESSAGES = 50
"""A short name (two characters, or a word of up to six letters) that stands in more than this share of a chat's
messages, and in more than so many of them, is an ordinary word there.
"""

_DECORATION = re.compile(r"[|｜/\\(（\[【「『<《~～,，、。·•…—_:：;；!！?？]|(?<=[\u4e00-\u9fff])\s")
_ONLY_WORDS = COMMON_NAMES - THING_NAMES
_WORDS_RUN_TOGETHER = re.compile("([A-Za-z]+)_[A-Za-z]")
_SAID = re.compile(
    r"[\u3400-\u9fff]{2}|[^\W\d_]{3}|[^\W\d_\x00-\x7f]{2}|[\u3400-\u9fff][A-Za-z]|[A-Za-z][\u3400-\u9fff]"
)
_TWO_SIGNS = re.compile(r"[\u3400-\u9fffA-Za-z]{2}")
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

    ``words``: forms that are also ordinary words; they are replaced only right behind an ``@``. ``things``: forms that
    are also called so without a member being meant; they are replaced also where somebody is spoken to.
    """

    def __init__(
        self,
        aliases: Mapping[str, str],
        words: frozenset[str] = frozenset(),
        things: frozenset[str] = frozenset(),
    ) -> None:
        self._names = {shadow_of(name): alias for name, alias in aliases.items()}
        self._words, self._things = frozenset(map(shadow_of, words)), frozenset(map(shadow_of, things))
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
                pieces += (text[at:start], self._names[name])
                at = -negative_end
        return "".join((*pieces, text[at:]))

    def _spans(self, shadow: str, name: str) -> Iterator[Span]:
        """Where a name stands, with the ``@`` before it."""
        start = shadow.find(name)
        while start >= 0:
            end = start + len(name)
            mentioned = shadow[start - 1 : start] == "@"
            if _stands_apart(shadow, start, end) and (mentioned or self._is_meant(shadow, start, end)):
                yield start - mentioned, end
            start = shadow.find(name, end)

    def _is_meant(self, shadow: str, start: int, end: int) -> bool:
        """Whether what stands here is the member and not a word."""
        name = shadow[start:end]
        if name in self._words or _crosses_a_word(shadow, start, end):
            return False
        return name not in self._things or is_spoken_to(shadow, start, end)


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
    _decided: dict[str, list[str]] = field(default_factory=dict)
    _words_of_names: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, chat: str, user: str, name: str) -> None:
        """A message of the chat came from this user, under this name."""
        if (chat, user, name) in self._known:
            return
        self._known.add((chat, user, name))
        self._ready.pop(chat, None)
        forms = forms_of(name)
        for form in forms:
            self._owners[chat].setdefault(form, set()).add(user)
        beginning = _WORDS_RUN_TOGETHER.match(forms[0]) if forms else None
        if beginning is not None:
            self._words_of_names[chat].add(beginning[1])

    def count(self, chat: str, texts: pl.Series) -> None:
        """Note how often the short names of a chat stand in some of its texts. All names are to be known before."""
        self._messages[chat] += len(texts)
        self._ready.pop(chat, None)
        lower = texts.str.to_lowercase()
        forms = {form.lower() for form in self._owners[chat]}
        two = [form for form in forms if _TWO_SIGNS.fullmatch(form)]
        latin = [form for form in forms if _LATIN_WORD.fullmatch(form)]
        found = [lower.str.extract_many(two)] if two else []
        if latin:
            words = lower.str.extract_all("[a-z0-9_]+")
            found.append(words.list.set_intersection(pl.Series([latin], dtype=pl.List(pl.String))))
        for names in found:
            counted = names.list.unique().explode().drop_nulls().value_counts()
            self._held.update({(chat, name): n for name, n in counted.iter_rows()})

    def names(self, chat: str) -> ChatNames:
        """The names of a chat, as far as they are known by now."""
        if chat not in self._ready:
            sharing: dict[str, set[str]] = defaultdict(set)  # Nova and nova are one name in a text
            for form, users in self._owners[chat].items():
                sharing[shadow_of(form)] |= users
            aliases = {form: _alias(sharing[shadow_of(form)]) for form in self._owners[chat]}
            self._ready[chat] = ChatNames(aliases, frozenset(self.words(chat)), frozenset(self.things(chat)))
        return self._ready[chat]

    def words(self, chat: str) -> list[str]:
        """Names in a chat that are ordinary words by the list `COMMON_NAMES`, and not the names of things."""
        return [form for form in self._owners[chat] if form.lower() in _ONLY_WORDS]

    def things(self, chat: str) -> list[str]:
        """Names in a chat that are things by the list `THING_NAMES`, or words: because they are frequent there, or as
        the beginnings of names such as lost_star.
        """
        if chat in self._decided:
            return self._decided[chat]
        most = max(FREQUENT_MESSAGES, FREQUENT_SHARE * self._messages[chat])
        words = self._words_of_names[chat]
        return [
            form
            for form in self._owners[chat]
            if form.lower() in THING_NAMES or form in words or self._held[chat, form.lower()] > most
        ]

    def decide(self, chat: str, things: list[str]) -> None:
        """Let these be the names of things in a chat, whatever is counted there."""
        self._decided[chat] = things
        self._ready.pop(chat, None)

    def left(self) -> int:
        """How many names of members are left where they stand, but for the places that tell of a person."""
        return sum(len({*self.words(chat), *self.things(chat)}) for chat in self._owners)


def _alias(users: set[str]) -> str:
    mark = PLACEHOLDERS["member"]
    return f"{mark[:-1]}:{next(iter(users))[:ALIAS_DIGITS]}{mark[-1]}" if len(users) == 1 else mark
