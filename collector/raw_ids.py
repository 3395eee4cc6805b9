"""Canonical raw ids, so that every export and the API give one person, chat or message the same id (DESIGN §5).

Telegram writes the same group as ``1234567890`` (export), ``-1001234567890`` (API) or ``9824502482`` (exports before
2021), and the same sender as ``user123`` or ``123``. Other platforms' ids are taken as they are.
"""

_OLD_USER = 1 << 32
_OLD_CHAT = 2 << 32
_LONGEST = 30
"""Longer strings of digits are no ids of Telegram, and some are longer than Python makes a number of."""


def sender(raw: str, platform: str) -> str:
    """``user123`` or ``channel123`` on Telegram, where a bare number is a user."""
    return f"user{raw}" if platform == "telegram" and raw.isdecimal() else raw


def chat(raw: str, platform: str) -> str:
    """The bare positive id on Telegram: without the API's ``-100`` (channels, supergroups) or ``-`` (basic groups)."""
    if platform != "telegram" or not raw.removeprefix("-").isdecimal() or len(raw) > _LONGEST:
        return raw
    marked = raw.startswith("-100") and len(raw) > len("-100")
    return str(int(raw.removeprefix("-100" if marked else "-")))


def message(chat_id: str, raw: str) -> str:
    """``CHAT/MESSAGE``, because a message's number is unique only in its chat."""
    return raw if raw.startswith(f"{chat_id}/") else f"{chat_id}/{raw}"


def old_sender(number: int) -> str:
    """The sender of an export before 2021, where ids are numbers, at times with the kind of peer in the high bits."""
    kind, bare = number & ~0xFFFFFFFF, number & 0xFFFFFFFF
    if kind == _OLD_CHAT:
        return f"channel{bare}"
    return f"user{bare}" if kind == _OLD_USER else f"user{number}"


def old_chat(number: int) -> str:
    """The chat of an export before 2021, whose id has the kind of peer in its high bits."""
    kind, bare = number & ~0xFFFFFFFF, number & 0xFFFFFFFF
    return str(bare if kind in (_OLD_USER, _OLD_CHAT) else number)


def peer_chat(peer: str) -> str:
    """The chat id in a peer name such as ``channel123``."""
    return peer.lstrip("abcdefghijklmnopqrstuvwxyz")
