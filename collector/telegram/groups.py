"""From what a user typed to a group that may be read, or the reason why not.

Read are public groups and channels only, as anybody with an account can read them without joining: they have a public
name, nobody decides who may come in, and their owners have not forbidden saving what is said there.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from collector.telegram.asking import Conversation, Refusal
from collector.telegram.links import Kind, Link, group_link

Access = Literal["open", "approval", "protected", "private", "person", "none", "invitation"]
"""open: anybody can come in and read. approval: administrators decide who may join. protected: its owners have
forbidden saving its content. private: no public name, or closed to this account. person: a person or bot. none: nothing
has this name. invitation: whoever has the link may come in.
"""
WHY_NOT: dict[Access, str] = {
    "approval": "its administrators approve who may join; such groups are not read",
    "protected": "its owners have forbidden saving its content",
    "private": "a private group, or closed to this account; only public ones are read",
    "person": "that is a person or a bot; only public groups and channels are read",
    "none": "nothing on Telegram has this name",
    "invitation": "an invitation link leads to a private group; only public ones are read",
}
_NO_GROUP: dict[Kind, str] = {
    "invitation": WHY_NOT["invitation"],
    "private": "a link with t.me/c/ leads into a private group; only public ones are read",
    "person": WHY_NOT["person"],
    "bot": WHY_NOT["person"],
    "folder": "that is a list of chats; give the groups one by one",
    "tool": "that link leads to no group",
}


@dataclass(frozen=True)
class Group:
    """A public group or channel. Nothing of it reaches the disk in clear.

    name: its public name, in lower case. raw_id: canonical (`collector.raw_ids`). about: Telethon's Channel.
    """

    name: str
    raw_id: str
    about: Any = field(repr=False)

    @property
    def peer(self) -> Any:
        """The group as requests about its messages name it."""
        from telethon.tl.types import InputPeerChannel

        return InputPeerChannel(self.about.id, self.about.access_hash)

    @property
    def channel(self) -> Any:
        """The group as requests about itself name it."""
        from telethon.tl.types import InputChannel

        return InputChannel(self.about.id, self.about.access_hash)


def named_group(text: str) -> Link:
    """The public name in what a user gave: a link, ``@name`` or a bare name. Raises Refusal for anything else."""
    link = group_link(text)
    if link is None:
        raise Refusal("neither a public name nor a link of Telegram; wanted for example @name or https://t.me/name")
    if link.kind != "name":
        raise Refusal(_NO_GROUP[link.kind])
    return link


def find_group(conversation: Conversation, link: Link) -> Group:
    """The group of a public name. Raises Refusal when there is none, or none that may be read; joins nothing."""
    access, group = look_up(conversation, link)
    if access != "open" or group is None:
        raise Refusal(WHY_NOT[access])
    return group


def look_up(conversation: Conversation, link: Link) -> tuple[Access, Group | None]:
    """How open what a public name stands for is, and the group where it is one that this account can see."""
    from telethon import errors
    from telethon.tl.functions.contacts import ResolveUsernameRequest

    unknown = (errors.UsernameNotOccupiedError, errors.UsernameInvalidError)
    try:
        found = conversation.ask(ResolveUsernameRequest(link.name), passing=unknown)
    except unknown:
        return "none", None
    if hasattr(found.peer, "user_id"):
        return "person", None
    number = getattr(found.peer, "channel_id", None)
    about = next((chat for chat in found.chats if chat.id == number), None)
    access = _access(about)
    return access, None if access == "private" else Group(link.name, str(number), about)


def _access(about: Any) -> Access:
    from telethon.tl.types import Channel

    if not isinstance(about, Channel) or not (about.username or any(name.active for name in about.usernames or ())):
        return "private"
    if about.join_request:
        return "approval"
    return "protected" if about.noforwards else "open"
