"""Personal data of the later parts of the measured set, typed in more ways than that of the first ones.

The fourth part has the ways of `MAKERS`, the fifth those of `MORE`, the sixth both.
Numbers are nobody's, as in privacy_items.py; foreign ones are from the ranges that regulators keep for films.
"""

import random
from collections.abc import Callable

from stdnum import luhn
from stdnum.cn import ric

Rng = random.Random

PLAIN = "0123456789"
WIDE = str.maketrans(PLAIN + "-", "０１２３４５６７８９－")
ROUND = str.maketrans(PLAIN, "⓪①②③④⑤⑥⑦⑧⑨")
HAN = str.maketrans(PLAIN, "零一二三四五六七八九")
SPOKEN = str.maketrans(PLAIN, "〇幺二三四五六七八九")
CAPITAL = str.maketrans(PLAIN, "零壹贰叁肆伍陆柒捌玖")
KEYCAP = {ord(digit): digit + "\ufe0f\u20e3" for digit in PLAIN}

MOBILE_STARTS = ("130", "137", "145", "152", "159", "173", "180", "186", "193", "198")
LANDLINES = ("020-2000{}", "(0755)2000{}", "0571 2000 {}", "028－2000{}", "0512/2000{}")
REGIONS = ("210102", "350203", "430104", "610113", "500112")
BANKS = ("622000", "621226", "623058", "436742")
MAILBOXES = ("zhou.yu{}", "fei_{}", "{}abc", "imtired{}", "a-{}-b", "1{}23456")
HOSTS = ("example.com", "mail.example.org", "example.edu.cn")
PROVIDERS = ("qq.com", "163.com", "gmail.com", "sina.com", "icloud.com", "yeah.net", "139.com")


def digits(rng: Rng, n: int) -> str:
    return "".join(rng.choices(PLAIN, k=n))


def phone(rng: Rng) -> str:
    where = rng.random()
    if where < 0.15:
        return rng.choice(LANDLINES).format(digits(rng, 4))
    if where < 0.25:
        return rng.choice(
            (f"+1 202-555-01{digits(rng, 2)}", f"+44 7700 900{digits(rng, 3)}", f"+447700900{digits(rng, 3)}")
        )
    return rng.choice(_ways(rng, rng.choice(MOBILE_STARTS) + "0000" + digits(rng, 4)))


def _ways(rng: Rng, number: str) -> tuple[str, ...]:
    a, b, c = number[:3], number[3:7], number[7:]
    return (
        number, number, number, number, f"{a} {b}{c}", f"{a}{b} {c}", f"{a} {b} {c[:2]} {c[2:]}", f"{a}—{b}—{c}",
        f"{a}_{b}_{c}", f"{a}/{b}/{c}", ".".join(number), f"(+86) {a} {b} {c}", f"0086{number}", f"86-{number}",
        f"{a}-{b}-{c}".translate(WIDE), number.translate(KEYCAP), a + b.translate(HAN) + c,
        "，".join(part.translate(SPOKEN) for part in (a, b, c)), f"{a}，{b}，{c}", _mixed(rng, number),
        f"{a}  {b}  {c}", " ".join(number.translate(HAN)), f"{a}~{b}~{c}",
    )  # fmt: skip


def _mixed(rng: Rng, number: str) -> str:
    """Each digit in a writing of its own."""
    return "".join(digit.translate(rng.choice((HAN, SPOKEN, WIDE, ROUND, {}, {}))) for digit in number)


def identity(rng: Rng) -> str:
    body = f"{rng.choice(REGIONS)}{rng.randint(1955, 2009)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}000"
    number = body + ric.calc_check_digit(body + "0")
    parts = (number[:6], number[6:10], number[10:14], number[14:])
    ways = (number, number, number, number.lower(), "-".join(parts), " ".join(parts), ".".join(parts),
            number.translate(WIDE), number.translate(HAN), _mixed(rng, number))  # fmt: skip
    return rng.choice(ways)


def card(rng: Rng) -> str:
    body = rng.choice(BANKS) + digits(rng, rng.choice((9, 12)))
    number = body + luhn.calc_check_digit(body)
    by_four = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
    ways = (number, number, number, by_four, by_four.replace(" ", "."), by_four.replace(" ", "－"),
            f"{number[:6]} {number[6:]}", number.translate(WIDE), number.translate(HAN),
            _mixed(rng, number))  # fmt: skip
    return rng.choice(ways)


def qq(rng: Rng) -> str:
    number = rng.choice("123456789") + digits(rng, rng.randint(6, 9))
    apart = (number[:3], number[3:6], number[6:])
    ways = (number, number, number, number, " ".join(apart), "-".join(apart), ".".join(apart), number.translate(WIDE),
            number.translate(CAPITAL), number.translate(ROUND), _mixed(rng, number))  # fmt: skip
    return rng.choice(ways)


def email(rng: Rng) -> str:
    name = rng.choice(MAILBOXES).format(rng.randint(10, 998))
    if rng.random() < 0.7:
        return name + rng.choice("@@@＠") + rng.choice(HOSTS + PROVIDERS)
    host = rng.choice(PROVIDERS)
    at = rng.choice(("[at]", " at ", "#", "艾特", "（at）", " (at) ", " [@] "))
    return (
        name
        + at
        + rng.choice((host, host, host.replace(".", "点"), host.replace(".", " dot "), host.replace(".", "。")))
    )


def ip(rng: Rng) -> str:
    four = f"{rng.choice(('192.0.2', '198.51.100', '203.0.113'))}.{rng.randint(1, 254)}"
    six = f"2001:db8:{rng.randrange(4096):x}:{rng.randrange(1, 4096):x}::{rng.randrange(1, 4096):x}"
    return rng.choice(
        (four, four, four, f"{four}:{rng.randint(1000, 9999)}", six, four.translate(WIDE).replace(".", "．"))
    )


def plate(rng: Rng) -> str:
    start, sign = rng.choice("皖闽赣湘渝津冀豫陕辽"), rng.choice("ABCDEFGH")
    rest = rng.choice(
        (digits(rng, 5), digits(rng, 4) + "K", "Q" + digits(rng, 4), "D" + digits(rng, 5), digits(rng, 4) + "学")
    )
    whole = start + sign + rest
    ways = (whole, whole, f"{start}{sign}·{rest}", f"{start}{sign}-{rest}", f"{start}{sign}.{rest}",
            f"{start} {sign}{rest}", f"{start} {sign} {rest}", whole.lower())  # fmt: skip
    return rng.choice(ways)


def _ways_more(rng: Rng, number: str) -> tuple[str, ...]:
    a, b, c = number[:3], number[3:7], number[7:]
    return (
        number, number, number, number, f"({a}){b}{c}", f"{a} {b}-{c}", f"{a}-{b} {c}", a + b + c.translate(ROUND),
        f"{a} {b} " + c.translate(HAN), f"{a}...{b}...{c}", f"{a}\n{b}{c}", f"+86{number}", f"{a} - {b}{c}",
        "-".join(number), f"{a}*{b}*{c}", f"{a} {number[3:5]} {number[5:7]} {number[7:9]} {number[9:]}",
        "\u200d".join(number), _mixed(rng, number), f"{a}、{b}、{c}", number.translate(SPOKEN),
    )  # fmt: skip


def phone_more(rng: Rng) -> str:
    if rng.random() < 0.15:
        return rng.choice(("010 2000-{}", "（0571）2000 {}", "021 2000{}", "0731-2000 {}")).format(digits(rng, 4))
    return rng.choice(_ways_more(rng, rng.choice(MOBILE_STARTS) + "0000" + digits(rng, 4)))


def qq_more(rng: Rng) -> str:
    number = rng.choice("123456789") + digits(rng, rng.randint(5, 9))
    ways = (number, number, number, f"{number[:2]} {number[2:]}", f"{number[:4]}_{number[4:]}", number.translate(HAN),
            "\u200b".join(number), number.translate(SPOKEN), number.translate(WIDE))  # fmt: skip
    return rng.choice(ways)


def email_more(rng: Rng) -> str:
    name = rng.choice(("lin{}", "w.y.{}", "no_name_{}", "{}qwe", "mei-{}")).format(rng.randint(10, 998))
    host = rng.choice(PROVIDERS + HOSTS + ("hotmail.com", "vip.qq.com", "sohu.com"))
    usual = f"{name}@{host}"
    ways = (usual, usual, usual, f"{name.upper()}@{host}", f"{name} @{host}", f"{name}@ {host}", f"{name}＃qq.com",
            f"{name}(at)163.com", f"{name}【at】qq.com", f"{name}@qq。com")  # fmt: skip
    return rng.choice(ways)


MAKERS: dict[str, Callable[[Rng], str]] = {
    "phone": phone, "identity": identity, "card": card, "qq": qq, "email": email, "ip": ip, "plate": plate,
}  # fmt: skip
MORE = MAKERS | {"phone": phone_more, "qq": qq_more, "email": email_more}


def _either(kind: str) -> Callable[[Rng], str]:
    return lambda rng: rng.choice((MAKERS, MORE))[kind](rng)


_EITHER = {kind: _either(kind) for kind in MAKERS}
BY_PART = {"fourth": MAKERS, "fifth": MORE, "sixth": _EITHER, "seventh": _EITHER}
