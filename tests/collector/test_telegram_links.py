"""What links and names point to, in all the forms in which people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.telegram.links import Link, group_link, links_in

NIGHT = Link("name", "night_talk")
CODE = Link("invitation", "AbCdEf_gHi-12345")

ONE_NAME = [
    "t.me/night_talk",
    "http://t.me/night_talk",
    "https://t.me/Night_Talk",
    "HTTPS://T.ME/NIGHT_TALK",
    "来https://t.me/night_talk聊天",
    "（t.me/night_talk）",
    "t.me/night_talk。",
    "t.me/night_talk, 还有别的",
    "<a href='https://t.me/night_talk'>",
    "[群](https://t.me/night_talk)",
    "*t.me/night_talk*",
    "_t.me/night_talk_",
    "t.me/night_talk/",
    "t.me/night_talk/123",
    "t.me/night_talk/5/123",
    "t.me/night_talk?single",
    "t.me/night_talk?start=abc&x=1",
    "t.me/s/night_talk",
    "https://t.me/s/night_talk/77?before=5",
    "t.me/boost/night_talk",
    "https://www.t.me/night_talk",
    "https://telegram.me/night_talk",
    "telegram.dog/night_talk",
    "https://telesco.pe/night_talk/12",
    "night_talk.t.me",
    "https://night_talk.t.me/15",
    "tg://resolve?domain=night_talk",
    "tg:resolve?domain=night_talk".replace("tg:", "tg:/"),
    "tg://resolve?domain=Night_Talk&post=12",
    "tg://resolve?post=12&domain=night_talk",
    "ｔ．ｍｅ／ｎｉｇｈｔ＿ｔａｌｋ",
    "ｈｔｔｐｓ：／／ｔ.ｍｅ／Ｎｉｇｈｔ＿Ｔａｌｋ",
    "t点me/night_talk",
    "t。me/night_talk",
    "t . me / night_talk",
    "https%3A%2F%2Ft.me%2Fnight_talk",
    r"https:\/\/t.me\/night_talk",
    "电报群 @night_talk",
    "电报群：@Night_Talk，欢迎",
    "TG @night_talk",
    "telegram: @night_talk.",
    "＠ｎｉｇｈｔ＿ｔａｌｋ 这个频道",
    "@night_talk 群",
]
ONE_CODE = [
    "t.me/+AbCdEf_gHi-12345",
    "https://t.me/+AbCdEf_gHi-12345。",
    "t.me/joinchat/AbCdEf_gHi-12345",
    "https://telegram.me/joinchat/AbCdEf_gHi-12345",
    "tg://join?invite=AbCdEf_gHi-12345",
    "ｔ.ｍｅ/＋AbCdEf_gHi-12345",
    "https%3A%2F%2Ft.me%2F%2BAbCdEf_gHi-12345",
]
OTHERS = [
    ("t.me/c/1234567/89", ["private"]),
    ("tg://privatepost?channel=123&post=4", ["private"]),
    ("t.me/+8613800138000", ["person"]),
    ("tg://resolve?phone=8613800138000", ["person"]),
    ("tg://user?id=12345", ["person"]),
    ("t.me/helper_bot?start=x", ["bot"]),
    ("t.me/addlist/AbCdEfGh", ["folder"]),
    ("t.me/addstickers/Cats", ["tool"]),
    ("https://t.me/share/url?url=x", ["tool"]),
    ("tg://proxy?server=x", ["tool"]),
]
NOTHING = [
    "", "今天好累", "找@night_talk聊天", "微博 @night_talk", "write to night@talk.group.com 群", "bat.me/night_talk",
    "at.me/night", "t.me", "t.me/", "t.me/ab", "t.media/night_talk", "www.t.me", "3.t.me", "http://not-t.me/night_talk",
    "t.me/joinchat/", "t.me/+short", "群 @ab", "me@t.me", "10点me/",
]  # fmt: skip


@pytest.mark.parametrize("text", ONE_NAME)
def test_a_public_name(text):
    assert list(links_in(text)) == [NIGHT]


@pytest.mark.parametrize("text", ONE_CODE)
def test_an_invitation(text):
    assert list(links_in(text)) == [CODE]


@pytest.mark.parametrize(("text", "kinds"), OTHERS)
def test_what_is_no_candidate_is_told_by_its_kind_alone(text, kinds):
    assert list(links_in(text)) == [Link(kind) for kind in kinds]


@pytest.mark.parametrize("text", NOTHING)
def test_no_link(text):
    assert list(links_in(text)) == []


def test_several_in_their_order_and_each_time():
    text = "t.me/first_one 和 t.me/+AbCdEf_gHi-12345 和 t.me/first_one 电报 @second_one"
    first = Link("name", "first_one")
    assert list(links_in(text)) == [first, CODE, first, Link("name", "second_one")]


@pytest.mark.parametrize(
    "text", ["night_talk", "@Night_Talk", " @night_talk ", "https:/t.me/night_talk", *ONE_NAME[:4]]
)
def test_a_user_may_name_a_group_in_any_form(text):
    assert group_link(text) == NIGHT


@pytest.mark.parametrize("text", ["", "12345", "-1001234567", "ab", "night talk", "night-talk!"])
def test_what_a_user_gave_may_be_nothing(text):
    assert group_link(text) is None


def test_shown_forms_are_read_back():
    assert [group_link(link.shown) for link in (NIGHT, CODE)] == [NIGHT, CODE]


@given(st.text())
def test_no_text_breaks_the_search(text):
    assert all(isinstance(link, Link) for link in links_in(text))


@given(
    before=st.text(alphabet="你好 ，。!(\n"),
    name=st.from_regex(r"\A[a-z][a-z0-9]{3,30}\Z"),
    after=st.text(alphabet="你好，。!) \n"),
)
def test_any_name_is_found_in_any_chinese_text(before, name, after):
    link = Link("bot") if name.endswith("bot") else Link("name", name)
    assert list(links_in(f"{before}https://t.me/{name}{after}"))[:1] in ([link], [Link("tool")])
