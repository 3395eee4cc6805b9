"""What Telegram tells about a candidate group, so that somebody can decide about it. Nobody is joined, no text is kept.

The language share is simple on purpose. Letters are characters of Unicode's category L. The Han characters among them
count as Chinese unless their message also holds Japanese kana or Korean hangul. The share is Chinese letters by all
letters, over the messages of the last 30 days that were looked at; it does not tell Mandarin from Cantonese.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from collector.telegram.asking import Conversation, Refusal
from collector.telegram.groups import Group, look_up
from collector.telegram.links import Link

DAYS = 30
PAGE = 100
MOST_PAGES = 20
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHER_SCRIPTS = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uac00-\ud7af\u1100-\u11ff]")


def facts_of(conversation: Conversation, link: Link, now: datetime) -> dict[str, Any]:
    """What can be seen of a candidate without joining it. Keys:

    access: `collector.telegram.groups.Access`; anyone: whether anybody can join; members; messages_30_days: messages of
    the last 30 days, no more than 2,000 are counted; more: whether there are more; zh_share: 0 to 1; checked_at: ISO.
    None where Telegram does not say.
    """
    unknown = dict.fromkeys(("access", "anyone", "members", "messages_30_days", "more", "zh_share"))
    facts: dict[str, Any] = {**unknown, "checked_at": now.isoformat()}
    try:
        facts |= _of_invitation(conversation, link) if link.kind == "invitation" else _of_name(conversation, link, now)
    except Refusal:  # closed to this account since it was looked up
        facts["access"] = "private"
    facts["anyone"] = facts["access"] in ("open", "protected")
    return facts


def chinese_share(texts: Iterable[str]) -> float | None:
    """Chinese letters by all letters, as above; None without any letter."""
    letters = chinese = 0
    for text in texts:
        letters += sum(map(str.isalpha, text))
        chinese += 0 if _OTHER_SCRIPTS.search(text) else len(_HAN.findall(text))
    return round(chinese / letters, 3) if letters else None


def _of_name(conversation: Conversation, link: Link, now: datetime) -> dict[str, Any]:
    from telethon.tl.functions.channels import GetFullChannelRequest

    access, group = look_up(conversation, link)
    if group is None:
        return {"access": access}
    members = conversation.ask(GetFullChannelRequest(group.channel)).full_chat.participants_count
    return {"access": access, "members": members, **_recent(conversation, group, now - timedelta(days=DAYS))}


def _of_invitation(conversation: Conversation, link: Link) -> dict[str, Any]:
    """Looking at an invitation does not accept it."""
    from telethon import errors
    from telethon.tl.functions.messages import CheckChatInviteRequest

    gone = (errors.InviteHashExpiredError, errors.InviteHashInvalidError, errors.InviteHashEmptyError)
    try:
        found = conversation.ask(CheckChatInviteRequest(link.name), passing=gone)
    except gone:
        return {"access": "none"}
    members = getattr(getattr(found, "chat", found), "participants_count", None)
    return {"access": "approval" if getattr(found, "request_needed", False) else "invitation", "members": members}


def _recent(conversation: Conversation, group: Group, since: datetime) -> dict[str, Any]:
    """Messages since a moment, newest first, as far as they are looked at."""
    from telethon.tl.functions.messages import GetHistoryRequest

    texts: list[str] = []
    before, more = 0, True
    for _ in range(MOST_PAGES):
        page = conversation.ask(GetHistoryRequest(group.peer, before, None, 0, PAGE, 0, 0, 0)).messages
        recent = [message for message in page if message.date is None or message.date >= since]
        texts += [message.message or "" for message in recent if type(message).__name__ == "Message"]
        more = len(recent) == len(page) > 0
        if not more:
            break
        before = min(message.id for message in page)
    return {"messages_30_days": len(texts), "more": more, "zh_share": chinese_share(texts)}
