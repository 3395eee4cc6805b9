"""Ids for exports that hold no ids, only what people see: the title of a chat and the names of its members.

A name says who somebody is only within one chat and one kind of export, so it is bound to the chat. All of it reaches
the disk as keyed pseudonyms only.
"""

import re

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BLANKS = re.compile(r"\s+")


def plain(name: str) -> str:
    """A name or title without the marks that programs put around it, blanks run together."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", name)).strip()


def chat(title: str) -> str:
    """The raw id of a chat that is known by its title."""
    return f"title:{plain(title)}"


def sender(chat_id: str, name: str) -> str | None:
    """The raw id of a person who is known by a name in a chat; None when there is no name.

    `plain` leaves no 0x1F in a title or name, so that it can stand between the two.
    """
    known = plain(name)
    return f"name:{chat_id}\x1f{known}" if known else None
