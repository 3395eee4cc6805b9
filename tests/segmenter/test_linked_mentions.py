"""Reading whom a cleaned message addresses."""

import numpy as np
import polars as pl
import pytest

from core.errors import DataError
from segmenter.linking import NOBODY
from segmenter.mentions import mentioned_users, user_codes

MEI, LU, KAI = "3fa9c1" + "0" * 26, "b00012" + "0" * 26, "e5fad0" + "1" * 26
TWIN = "e5fad0" + "2" * 26


def read(*lines: tuple[str, str]) -> list[list[int]]:
    senders, contents = zip(*lines, strict=True)
    return mentioned_users(pl.Series(contents), pl.Series(senders)).tolist()


def test_users_are_numbered_whatever_the_order_of_their_messages():
    assert user_codes(pl.Series([LU, MEI, LU, KAI])).tolist() == [1, 0, 1, 2]
    assert user_codes(pl.Series([], dtype=pl.String)).tolist() == []


def test_members_named_in_a_message_anywhere():
    lines = [(MEI, "〈成员:b00012〉 在吗"), (LU, "在的"), (KAI, "〈成员:3fa9c1〉和〈成员:b00012〉早点睡")]
    assert read(*lines) == [[1, NOBODY], [NOBODY, NOBODY], [0, 1]]


@pytest.mark.parametrize(
    "content",
    [
        "〈成员〉 在吗",
        "〈成员:000000〉 你好",
        "〈成员:3fa9c1〉是我自己",
        "〈成员:e5fad0〉 晚安",
        "成员:b00012",
        "〈用户〉 〈电话〉",
    ],
)
def test_who_cannot_be_told_is_nobody(content):
    # Nobody in particular; nobody in this chat; the sender; two people with the same digits; no placeholder at all.
    assert read((MEI, content), (LU, "嗯嗯嗯"), (KAI, "好的呀"), (TWIN, "收到了"))[0] == [NOBODY, NOBODY]


def test_a_name_said_twice_counts_once_and_a_third_name_not_at_all():
    lines = [(MEI, "〈成员:b00012〉〈成员:b00012〉 〈成员:e5fad0〉"), (LU, "嗯嗯嗯"), (KAI, "好的呀")]
    assert read(*lines)[0] == [1, 2]
    other = "aaaaaa" + "0" * 26
    assert read((other, "〈成员:3fa9c1〉〈成员:b00012〉〈成员:e5fad0〉"), *lines)[0] == [0, 2]


def test_digits_are_looked_up_in_the_chat_and_given_in_the_numbers_of_the_senders():
    # Kai and his twin share their digits, but not a chat; Lu does not speak in the second one.
    senders, chats = pl.Series([KAI, MEI, TWIN, MEI]), np.array([5, 5, 8, 8])
    content = pl.Series(["嗯嗯嗯", "〈成员:e5fad0〉 在吗", "收到了", "〈成员:e5fad0〉和〈成员:b00012〉"])
    found = mentioned_users(content, senders, np.array([70, 20, 40, 20]), chats)
    assert found.tolist() == [[NOBODY, NOBODY], [70, NOBODY], [NOBODY, NOBODY], [40, NOBODY]]


def test_columns_of_different_length_are_refused():
    with pytest.raises(DataError, match="got 1, 1 and 2 for 2 messages"):
        mentioned_users(pl.Series(["早安早安", "晚安晚安"]), pl.Series([MEI]))
