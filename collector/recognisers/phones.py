"""Telephone numbers: mobile and landline of the mainland, service numbers, Taiwan, and any with a country code."""

import re

import phonenumbers

from collector.recognisers.digits import GAP, MANY_DIGITS, groups, is_amount, is_order_number, only_digits, says
from collector.recognisers.recogniser import PLACEHOLDERS, Recogniser, Span

PHONE_WORDS = (
    "电话", "手机", "号码", "联系", "打给", "拨", "致电", "短信", "座机", "固话", "热线", "分机", "tel", "phone",
    "call", "mobile", "来电", "加我", "找我", "号是", "打我", "本人号", "传真",
)  # fmt: skip
_LANDLINE_WORDS = ("电话", "座机", "固话", "传真", "tel", "phone", "家里号", "前台", "分机")
_PREFIX = rf"(?:(?:[(（](?:\+|00)?86[)）]|(?:\+|00)?86){GAP})?"
_AREA = "0(?:10|2[0-9]|[3-9][0-9]{2})"
_START = r"(?<![0-9])(?<![0-9]\.)"
_USUAL = {
    (11,), (3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (4, 4, 3), (3, 5, 3), (4, 3, 4), (5, 6), (6, 5), (3, 4, 2, 2),
    (3, 2, 2, 2, 2), (3, 2, 2, 4), (4, 7), (5, 3, 3), (2, 3, 3, 3), (3, 3, 3, 2),
}  # fmt: skip


def _is_valid(number: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _is_possible(number: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _mobile(match: re.Match[str]) -> Span | None:
    """Written in a usual way; in any other way, if it is a number that can exist or the words around say so."""
    if is_order_number(match):
        return None
    said = says(PHONE_WORDS, match)
    if not said and is_amount(match):
        return None
    sizes = tuple(len(group) for group in groups(match["number"]))
    usual = sizes in _USUAL and not (len(sizes) == 2 and "." in match["number"])  # 18889.622835 is a decimal number
    return match.span() if usual or said or _alone(match) else None


def _alone(match: re.Match[str]) -> bool:
    """Eleven digits, each apart and none before or after: not part of a row of numbers."""
    apart = [len(group) for group in groups(match["number"])] == [1] * 11
    more = re.match(rf"{GAP}[0-9]", match.string[match.end() : match.end() + 4])
    earlier = re.search(rf"[0-9]{GAP}$", match.string[max(0, match.start() - 4) : match.start()])
    return apart and not more and not earlier and _is_valid(only_digits(match["number"]), "CN")


def _landline(match: re.Match[str]) -> Span | None:
    """A number that can exist, or one that is called a telephone number."""
    number = only_digits(match["number"])
    if is_order_number(match) or not (says(PHONE_WORDS, match) or _is_valid(number, "CN")):
        return None
    return match.span()


def _local(match: re.Match[str]) -> Span | None:
    return None if is_order_number(match) or is_amount(match) else match.span("it")


def _international(match: re.Match[str]) -> Span | None:
    number = "+" + only_digits(match[0]).removeprefix("00" if match[0].startswith("00") else "")
    known = _is_possible(number) if match[0].startswith("+") else _is_valid(number, None)
    return match.span() if known and not is_order_number(match) else None


def _unless_ordered(match: re.Match[str]) -> Span | None:
    return None if is_order_number(match) or is_amount(match) else match.span()


PHONES = (
    Recogniser(
        "phone",
        "mobile",
        PLACEHOLDERS["phone"],
        re.compile(rf"{_START}{_PREFIX}(?P<number>1{GAP}[3-9](?:{GAP}[0-9]){{9}})(?![0-9])"),
        MANY_DIGITS,
        _mobile,
        numerals=True,
        finds=(
            ("加我13800000000", "加我〈电话〉"),
            ("138 0000 0000", "〈电话〉"),
            ("+86 138-0000-0000谢谢", "〈电话〉谢谢"),
            ("1.3.8.0.0.0.0.0.0.0.0", "〈电话〉"),
            ("一三八零零零零零零零零", "〈电话〉"),
            ("幺三八〇〇〇〇 0000", "〈电话〉"),
            ("电话138 00 000 000", "电话〈电话〉"),
            ("①③⑧⓪⓪⓪⓪⓪⓪⓪⓪", "〈电话〉"),
            ("找老三13800000000", "找老三〈电话〉"),
        ),
        leaves=(
            "圆周率3.14159265358",
            "1 3 5 7 9 11 13 15 17 19",
            "订单号13800000000",
            "1700000000123",
            "12345678901",
            "播放13800000000次",
            "一三五七九",
        ),
    ),
    Recogniser(
        "phone",
        "mobile in three parts",
        PLACEHOLDERS["phone"],
        re.compile(
            r"(?<![0-9])(?<![0-9][,，、\n])(?P<number>1[3-9][0-9](?P<between>[^\w\n]{1,3})[0-9]{4}(?P=between)[0-9]{4}"
            rf"|[(（]1[3-9][0-9][)）]{GAP}[0-9]{{4}}{GAP}[0-9]{{4}}|1[3-9][0-9]\n[0-9]{{4}}[ \n-]?[0-9]{{4}}"
            r"|1[3-9][0-9]{5}\n[0-9]{4})(?![0-9])(?![,，、\n][0-9])"
        ),
        MANY_DIGITS,
        _unless_ordered,
        numerals=True,
        finds=(
            ("拆开发138，0000，0000", "拆开发〈电话〉"),
            ("幺三八，〇〇〇〇，〇〇〇〇", "〈电话〉"),
            ("138;0000;0000", "〈电话〉"),
            ("打(138)00000000", "打〈电话〉"),
            ("手机138\n00000000", "手机〈电话〉"),
        ),
        leaves=("138，000，000", "138，0000、0000", "订单138，0000，0000", "120，138，0000，0000", "138\n000\n00000"),
    ),
    Recogniser(
        "phone",
        "landline",
        PLACEHOLDERS["phone"],
        re.compile(
            rf"{_START}(?P<number>{_PREFIX}(?:[(（]{_AREA}[)）]|{_AREA}){GAP}[2-9][0-9]{{2,3}}{GAP}[0-9]{{4}})"
            rf"(?:{GAP}(?:转|分机|ext\.?|-){GAP}[0-9]{{1,6}})?(?![0-9])"
        ),
        MANY_DIGITS,
        _landline,
        numerals=True,
        finds=(
            ("座机010-20000000", "座机〈电话〉"),
            ("（０７５５）2000 0000转801", "〈电话〉"),
            ("零一零二零零零零零零零", "〈电话〉"),
        ),
        leaves=("0512 2023", "得分010-20000", "编号0755-20000000"),
    ),
    Recogniser(
        "phone",
        "landline without area code",
        PLACEHOLDERS["phone"],
        re.compile(
            rf"(?:{'|'.join(_LANDLINE_WORDS)})(?:号码?|簿)?(?:打不通|还是|改成|换成|就是|[是为叫:,， ]){{0,3}}"
            rf"(?P<it>[2-8][0-9]{{2,3}}{GAP}[0-9]{{4}})(?![0-9])"
        ),
        MANY_DIGITS,
        _local,
        _LANDLINE_WORDS,
        numerals=True,
        finds=(("家里座机：2000-0000", "家里座机：〈电话〉"), ("电话20000000", "电话〈电话〉")),
        leaves=("电话费2000000元", "20000000", "电话打了20000000次", "电话110"),
    ),
    Recogniser(
        "phone",
        "service number",
        PLACEHOLDERS["phone"],
        re.compile(rf"{_START}[48]00{GAP}[0-9]{{3}}{GAP}[0-9]{{4}}(?![0-9])"),
        MANY_DIGITS,
        _unless_ordered,
        numerals=True,
        finds=(("400-000-0000", "〈电话〉"),),
        leaves=("4000000000元", "订单4000000000"),
    ),
    Recogniser(
        "phone",
        "Taiwan mobile",
        PLACEHOLDERS["phone"],
        re.compile(rf"{_START}09[0-9]{{2}}{GAP}[0-9]{{3}}{GAP}[0-9]{{3}}(?![0-9])"),
        MANY_DIGITS,
        _unless_ordered,
        numerals=True,
        finds=(("0912-000-000", "〈电话〉"),),
        leaves=("09月12日", "编号0912000000"),
    ),
    Recogniser(
        "phone",
        "with a country code",
        PLACEHOLDERS["phone"],
        re.compile(r"(?<![0-9])(?<![0-9]\.)(?:\+|00)[1-9](?:[ .()（）-]{0,2}[0-9]){6,14}(?![0-9])"),
        re.compile("[+]|00"),
        _international,
        finds=(("+852 6000 0000", "〈电话〉"), ("+1 (555) 010-0123", "〈电话〉"), ("0085291234567", "〈电话〉")),
        leaves=("+1000000000", "001234567", "8+10000000", "+1+1+1+1+1+1+1+1"),
    ),
)
