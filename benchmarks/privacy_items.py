"""The messages of the measured set: templates filled with made-up personal data, typed in the ways that people type.

No item can be anybody's: mobile numbers have 0000 where operators number their areas, identity numbers 000 for the
person, cards a bank that does not exist or random digits, addresses of machines and mailboxes the ranges set aside for
examples. QQ numbers and licence plates are random, made anew in each run and kept nowhere.
"""

import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import privacy_typings
from stdnum import luhn
from stdnum.cn import ric

from collector.cleaning import nearly_clean
from collector.members import ChatNames, Members
from collector.scrubbing import PLACEHOLDERS

PARTS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
SEEDS = {"first": 11, "second": 12, "third": 13, "fourth": 14, "fifth": 15, "sixth": 16, "seventh": 17}
FILES = ("privacy_templates.toml", "privacy_later.toml", "privacy_seventh.toml")
PER_KIND = 100
BOTH = 16
ORDINARY = 950

PLAIN = "0123456789"
WIDE = str.maketrans(PLAIN, "０１２３４５６７８９")
ROUND = str.maketrans(PLAIN, "⓪①②③④⑤⑥⑦⑧⑨")
HAN = str.maketrans(PLAIN, "零一二三四五六七八九")
SPOKEN = str.maketrans(PLAIN, "〇幺二三四五六七八九")
CAPITAL = str.maketrans(PLAIN, "零壹贰叁肆伍陆柒捌玖")
_READ = {ord(sign): plain for table in (WIDE, ROUND, HAN, SPOKEN, CAPITAL) for plain, sign in
         ((chr(source), chr(target)) for source, target in table.items())}  # fmt: skip

MOBILE_STARTS = ("133", "135", "138", "139", "150", "158", "166", "176", "187", "191", "199")
LANDLINES = ("010-2000{}", "0755 2000{}", "（021）2000-{}", "0571-2000{}转{}")
REGIONS = ("110105", "320102", "440305", "510107", "330203")
BANKS = ("620000", "621700", "622848", "955880")
MAILBOXES = ("yuting{n}", "no.body{n}", "k_{n}", "nan-fang{n}", "{n}")
HOSTS = ("example.com", "example.org", "mail.example.net", "stu.example.edu.cn")
PROVIDERS = ("qq.com", "163.com", "gmail.com", "126.com", "outlook.com", "foxmail.com")
TOGETHER = (
    ("phone", "wechat", "电话{}，微信{}，都行"),
    ("qq", "email", "qq{}或者写邮件{}"),
    ("address", "phone", "收货{} 电话{}"),
    ("identity", "phone", "身份证{}，手机{}，麻烦登记"),
    ("member", "phone", "{}的号码是{}，你打给他"),
    ("user", "qq", "{} 我的扣扣是{}"),
)

Rng = random.Random


@dataclass(frozen=True)
class Message:
    """text: as typed. items: (kind, text of the item), from left to right."""

    text: str
    items: tuple[tuple[str, str], ...]


@cache
def templates() -> dict[str, dict[str, Any]]:
    """All parts: {part: {"members": [...], ..., "ordinary": [...], "frames": {kind: [...]}}}."""
    read = (tomllib.loads(Path(__file__).with_name(name).read_text("utf-8")) for name in FILES)
    return {part: said for parts in read for part, said in parts.items()}


def messages(part: str) -> list[Message]:
    """One part of the set, always the same, in a mixed order."""
    rng, said = Rng(SEEDS[part]), templates()[part]
    made = [
        _filled(rng, part, kind, rng.choice(frames)) for kind, frames in said["frames"].items() for _ in range(PER_KIND)
    ]
    for *kinds, frame in tuple(said.get("together", TOGETHER)) * BOTH:
        items = tuple((str(kind), _item(rng, part, str(kind))) for kind in kinds)
        made.append(Message(str(frame).format(*(text for _, text in items)), items))
    made += [Message(_ordinary(rng, rng.choice(said["ordinary"])), ()) for _ in range(ORDINARY)]
    rng.shuffle(made)
    return made


def names_of(part: str) -> ChatNames:
    """The members of the chat that the messages of one part are from, after all of them were read."""
    members = Members()
    for name in templates()[part]["members"]:
        members.note(part, mark_of("member", name, part)[4:10], name)
    members.count(part, pl.Series(nearly_clean([message.text for message in messages(part)])))
    return members.names(part)


def mark_of(kind: str, item: str, part: str) -> str:
    """What is to stand for an item."""
    if kind == "member":
        return f"〈成员:{templates()[part]['members'].index(item) + 0xA1:06x}〉"
    return " " if kind == "link" else PLACEHOLDERS[kind]


def read_digits(text: str) -> str:
    """The text with all that stands for a digit as digits."""
    return text.translate(_READ)


def _filled(rng: Rng, part: str, kind: str, frame: str) -> Message:
    frame = frame.replace("@{}", "{}") if kind == "user" else frame
    items = tuple((kind, _item(rng, part, kind)) for _ in range(frame.count("{}")))
    return Message(frame.format(*(text for _, text in items)), items)


def _item(rng: Rng, part: str, kind: str) -> str:
    said = templates()[part]
    if kind == "user":
        return "@" + rng.choice(said["handles"] if rng.random() < 0.7 else said["mentioned"])
    if kind == "member":
        return rng.choice(said["members"])
    lists = {"wechat": "wechat", "address": "addresses", "link": "links"}
    return _numbered(rng, said[lists[kind]]) if kind in lists else _maker(part, kind)(rng)


def _maker(part: str, kind: str) -> Callable[[Rng], str]:
    return privacy_typings.BY_PART.get(part, MAKERS)[kind]


def _digits(rng: Rng, n: int) -> str:
    return "".join(rng.choices(PLAIN, k=n))


def _numbered(rng: Rng, forms: list[str] | tuple[str, ...]) -> str:
    return rng.choice(forms).format(n=rng.randint(10, 998), m=rng.randint(1, 9), k=rng.randint(1, 6))


def _phone(rng: Rng) -> str:
    if rng.random() < 0.2:
        return rng.choice(LANDLINES).format(_digits(rng, 4), _digits(rng, 3))
    return _typed(rng, rng.choice(MOBILE_STARTS) + "0000" + _digits(rng, 4))


def _typed(rng: Rng, number: str) -> str:
    """Eleven digits in one of the ways that people type them, some of which are to get them past a filter."""
    parts = (number[:3], number[3:7], number[7:])
    ways = (
        number, number, number, " ".join(parts), "-".join(parts), ".".join(parts), "·".join(parts), " - ".join(parts),
        number.translate(WIDE), number.translate(ROUND), number.translate(HAN), number.translate(SPOKEN),
        number.translate(CAPITAL), parts[0] + "".join(parts[1:]).translate(HAN), " ".join(number),
        "\u200b".join(number), "+86 " + number,
    )  # fmt: skip
    return rng.choice(ways)


def _identity(rng: Rng) -> str:
    body = f"{rng.choice(REGIONS)}{rng.randint(1950, 2010)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}000"
    number = body + ric.calc_check_digit(body + "0")
    apart = f"{number[:6]} {number[6:14]} {number[14:]}"
    return rng.choice((number, number, number.lower(), number.translate(WIDE), apart, "\u200b".join(number)))


def _card(rng: Rng) -> str:
    body = rng.choice(BANKS) + _digits(rng, 12)
    number = body + luhn.calc_check_digit(body)
    by_four = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    return rng.choice((number, number, by_four, by_four.replace(" ", "-"), number.translate(WIDE)))


def _qq(rng: Rng) -> str:
    number = rng.choice("123456789") + _digits(rng, rng.randint(5, 9))
    return rng.choice((number, number, number, number.translate(WIDE), number.translate(HAN), " ".join(number)))


def _email(rng: Rng) -> str:
    name = _numbered(rng, MAILBOXES)
    if rng.random() < 0.25:
        return name + rng.choice(("#", "(at)", " @ ", "艾特")) + rng.choice(PROVIDERS)
    return name + rng.choice("@@@＠") + rng.choice(HOSTS + PROVIDERS)


def _ip(rng: Rng) -> str:
    four = f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"
    return rng.choice((four, four, four, f"2001:db8:{rng.randrange(4096):x}::{rng.randrange(4096):x}:1"))


def _plate(rng: Rng) -> str:
    start, sign = rng.choice("京沪粤苏浙川鄂鲁") + rng.choice("ABCDEFG"), rng.choice("BCDEHKMNPQRSTUVWXYZ")
    forms = (_digits(rng, 5), _digits(rng, 4) + sign, sign + _digits(rng, 4), rng.choice("DF") + _digits(rng, 5))
    return start + rng.choice(("", "", "·", " ")) + rng.choice(forms)


MAKERS: dict[str, Callable[[Rng], str]] = {
    "phone": _phone, "identity": _identity, "card": _card, "qq": _qq, "email": _email, "ip": _ip, "plate": _plate,
}  # fmt: skip


def _ordinary(rng: Rng, form: str) -> str:
    """A message without personal data that holds numbers, names of services or signs."""
    mo, d, h, mi = rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), f"{rng.randint(0, 59):02}"
    return form.format(
        a=rng.randint(0, 120), b=rng.randint(0, 120), t=f"{rng.uniform(36, 39):.1f}", y=rng.randint(1970, 2030),
        mo=mo, d=d, h=h, mi=mi, mo2=f"{mo:02}", d2=f"{d:02}", h2=f"{h:02}", s=f"{rng.randint(0, 59):02}",
        p=rng.randint(100, 99999), p2=rng.randint(1, 99), c=f"{rng.randint(0, 99):02}", big=rng.randint(10**5, 10**8),
        o10=_digits(rng, 10), o13="75" + _digits(rng, 11), o16="88" + _digits(rng, 14), o18="2" + _digits(rng, 17),
        laugh="2" + "3" * rng.randint(3, 9), same=rng.choice("6389") * rng.randint(5, 9),
        steps=rng.randint(10**4, 39999), v=_digits(rng, 6), v2=rng.randint(10, 99), v3=rng.randint(100, 999),
        v4=rng.randint(1000, 9999),
        k=rng.randint(1, 9), ver=f"{rng.randint(7, 9)}.{rng.randint(0, 9)}.{rng.randint(10, 99)}",
        ip4=f"10.{rng.randint(0, 9)}.{rng.randint(1, 9)}.{rng.randint(1, 99)}",
        ts=rng.randint(1_600_000_000, 1_790_000_000), hexa=f"{rng.getrandbits(40):010x}",
    )  # fmt: skip
