"""What a link, a name or an ``@name`` in a text points to on Telegram.

Understood, with or without a scheme, in any width of letters, percent-encoded or with JSON's escaped slashes:
``t.me/name``, ``t.me/s/name``, ``t.me/name/123``, ``t.me/boost/name``, ``name.t.me``, ``telegram.me``,
``telegram.dog``, ``telesco.pe``, ``tg://resolve?domain=name``; invitations ``t.me/joinchat/HASH``, ``t.me/+HASH``,
``tg://join?invite=HASH``; and ``@name`` where the words around it are about Telegram, because elsewhere an ``@name``
is a person. ``t点me`` and blanks around the dot count too.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from core.text import folded

Kind = Literal["name", "invitation", "private", "person", "bot", "folder", "tool"]
"""name: a public group, channel or person, by its public name. invitation: a group that shows itself to those who have
the link. private: a message of a group without a public name. person: a phone number or user id. bot: a program.
folder: a list of chats. tool: stickers, themes, proxies and the like.
"""
CANDIDATES: frozenset[Kind] = frozenset({"name", "invitation"})

NAME = r"[a-z][a-z0-9_]{2,30}[a-z0-9]"
_HASH = r"[a-z0-9_-]{10,64}"
_DOT = r"\s?[.。·点]\s?"
_HOST = rf"(?:t{_DOT}me|telegram{_DOT}me|telegram{_DOT}dog|telesco{_DOT}pe)"
_LINK = re.compile(
    rf"(?<![a-z0-9.-])(?:(?P<subdomain>{NAME})\.t\.me(?![a-z0-9.-])"
    rf"|(?:www\.)?{_HOST}\s?/\s?(?P<path>[a-z0-9_$+][a-z0-9_+/-]*)"
    rf"|(?:tg:/{{1,2}})(?P<action>[a-z_]+)\?(?P<query>[^\s<>\"']+))"
)
_ABOUT_TELEGRAM = r"(?:telegram|电报|纸飞机|飞机|频道|群组|群|channel|group|(?<![a-z])tg(?![a-z]))"
_AT = re.compile(
    rf"{_ABOUT_TELEGRAM}[^@\n]{{0,12}}(?<![a-z0-9_.@/-])@(?P<after>{NAME})(?!\.?[a-z0-9_@-])"
    rf"|(?<![a-z0-9_.@/-])@(?P<before>{NAME})(?!\.?[a-z0-9_@-])[^@\n]{{0,6}}{_ABOUT_TELEGRAM}"
)
_HINT = re.compile(r"me|telegram\s?[.。·点]|pe\s?/|tg:|@")
_QUERY = re.compile(r"(?:^|[&;])(domain|invite|phone|id|slug)=([a-z0-9_+-]+)", re.IGNORECASE)
_TOOLS = re.compile(
    "add(?:emoji|stickers|theme)|auction|bg|call|confirmphone|contact|giftcode|invoice|iv|login|msg|nft|proxy"
    "|setlanguage|share|socks|stickers|web|[akmz]"
)
_ESCAPES = re.compile(r"\\/|&amp;|%[0-9A-Fa-f]{2}")


@dataclass(frozen=True)
class Link:
    """Where a link points. name: in lower case for a public name, as it stands for an invitation's code, else empty."""

    kind: Kind
    name: str = ""

    @property
    def shown(self) -> str:
        """As a person writes it: ``@name`` or ``+code``."""
        return f"+{self.name}" if self.kind == "invitation" else f"@{self.name}"


def links_in(text: str) -> Iterator[Link]:
    """Every mention in a text, in its order; one that stands twice comes twice."""
    if _ESCAPES.search(text) is not None:
        text = unquote(text.replace("\\/", "/").replace("&amp;", "&"), errors="ignore")
    shadow = folded(text)
    if _HINT.search(shadow) is None:
        return
    linked = list(_LINK.finditer(shadow))
    for match in linked:
        link = _of_match(match, text)
        if link is not None:
            yield link
    for match in _AT.finditer(_without(linked, shadow)):
        yield _named(match["after"] or match["before"])


def group_link(text: str) -> Link | None:
    """What a user who is asked for a group means: a link, ``@name``, ``+code`` or a bare name; None: nothing known."""
    given = text.strip()
    if (bare := re.fullmatch(rf"@?({NAME})", folded(given))) is not None:
        return _named(bare[1])
    if (code := re.fullmatch(rf"\+({_HASH})", given, re.IGNORECASE)) is not None:
        return _invited(code[1])
    # A shell or pathlib may have run slashes together: ``https:/t.me/name``.
    return next(links_in(given.replace("https:/t", "https://t").replace("http:/t", "http://t")), None)


def _of_match(match: re.Match[str], text: str) -> Link | None:
    """The link of a match in the shadow; codes are taken from the text, where their case stands."""
    if match["subdomain"] is not None:
        return _named(match["subdomain"]) if match["subdomain"] != "www" else None
    if match["path"] is not None:
        return _of_path(_plain(text[slice(*match.span("path"))]))
    return _of_query(match["action"], _plain(text[slice(*match.span("query"))]))


def _of_path(path: str) -> Link | None:
    first, *rest = [part for part in path.split("/") if part] or [""]
    head = first.lower()
    if head == "joinchat" or first.startswith("+"):
        return _invited(first[1:] if first.startswith("+") else "".join(rest[:1]))
    if head in ("s", "boost") and rest:
        return _public(rest[0])
    if head == "c":
        return Link("private")
    if head == "addlist":
        return Link("folder")
    return Link("tool") if _TOOLS.fullmatch(head) or first.startswith("$") else _public(first)


def _of_query(action: str, query: str) -> Link | None:
    values = {key.lower(): value for key, value in _QUERY.findall(query)}
    if action == "join" and "invite" in values:
        return _invited(values["invite"])
    if action == "resolve" and "domain" in values:
        return _public(values["domain"])
    if action in ("resolve", "user", "contact"):
        return Link("person")
    if action in ("privatepost", "openmessage"):
        return Link("private")
    return Link("folder") if action == "addlist" else Link("tool")


def _public(name: str) -> Link | None:
    """Markdown's underscore behind a link is no part of a name."""
    plain = name.rstrip("_-").partition("-")[0].partition("+")[0].lower()
    return _named(plain) if re.fullmatch(NAME, plain) else None


def _named(name: str) -> Link:
    return Link("bot") if name.endswith("bot") else Link("name", name)


def _invited(code: str) -> Link | None:
    """``t.me/+49…`` with digits only is a phone number."""
    if code.isdecimal():
        return Link("person")
    return Link("invitation", code) if re.fullmatch(_HASH, code, re.IGNORECASE) else None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _without(linked: list[re.Match[str]], shadow: str) -> str:
    """The shadow with a blank in place of every link, so that ``@name`` is not found inside one."""
    for match in reversed(linked):
        shadow = f"{shadow[: match.start()]} {shadow[match.end() :]}"
    return shadow
