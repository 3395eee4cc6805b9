"""What is not a public group on Telegram is refused with the reason, and the other groups are read."""

import pytest

from core.errors import DataError

types = pytest.importorskip("telethon.tl.types")
offline = pytest.importorskip("collector.telegram.offline")
OfflineGroup, OfflineTelegram = offline.OfflineGroup, offline.OfflineTelegram
REFUSED = [
    ("@approved", "its administrators approve who may join"),
    ("@protected", "its owners have forbidden saving its content"),
    ("@nameless_one", "nothing on Telegram has this name"),
    ("@somebody", "that is a person or a bot"),
    ("@hidden_one", "a private group, or closed to this account"),
    ("t.me/+AbCdEfGhIjKlMn", "an invitation link leads to a private group"),
    ("https://t.me/c/1234/5", "a link with t.me/c/ leads into a private group"),
    ("https://t.me/+8613800138000", "that is a person or a bot"),
    ("t.me/helper_bot", "that is a person or a bot"),
    ("t.me/addlist/abcdef", "that is a list of chats"),
    ("t.me/addstickers/abcdef", "that link leads to no group"),
    ("-1001234567", "neither a public name nor a link of Telegram"),
]


@pytest.fixture
def telegram(group):
    """One public group, and others that are open to nobody or to some only."""
    closed = OfflineGroup.public(4, "hidden_one")
    closed.about = types.ChannelForbidden(4, 5, "x")
    closed.about.username = "hidden_one"
    groups = [group(), group(2, "approved", join_request=True), group(3, "protected", noforwards=True), closed]
    return OfflineTelegram(groups, people={"somebody": types.User(5, first_name="x")})


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_what_is_not_a_public_group_is_refused_with_the_reason(read, telegram, name, reason):
    report = read(telegram, "@night_talk", name)
    ((refused, said_why),) = report.refused.items()
    assert (refused, said_why.startswith(reason)) == (name, True)
    assert report.table.messages == 12
    with pytest.raises(DataError, match=r"no group c.* be read"):
        read(telegram, name)
