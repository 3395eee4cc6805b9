"""Numbers with a check digit: resident identity numbers and bank cards."""

import re

from stdnum import luhn
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from collector.recognisers.digits import GAP, MANY_DIGITS, is_order_number, only_digits, says
from collector.recognisers.recogniser import PLACEHOLDERS, Recogniser, Span

IDENTITY_WORDS = ("身份证", "证件", "证号", "身份号", "sfz", "id card", "idcard", "实名")
CARD_WORDS = (
    "银行", "卡号", "储蓄卡", "信用卡", "借记卡", "工行", "建行", "农行", "中行", "招行", "交行", "邮储", "账号",
    "帐号", "账户", "打款", "转账", "汇款", "收款", "开户", "card", "打钱", "支行", "户名",
    "支付宝", "卡", "汇到", "汇给", "打到", "打进", "打给", "转到", "转进", "还到", "还进", "绑",
)  # fmt: skip
_IS_A_CARD = re.compile(r"(?:卡号?|账户?号?|帐户?号?|card)\s?(?:号码?|no\.?)?\s?(?:是|为|:|就是)?\s?$")
_LENGTHS = {
    "62": (16, 17, 18, 19), "9558": (19,), "60": (19,),
    "436742": (16, 19), "456351": (16, 19), "4": (16, 18), "51": (16,), "52": (16,),
    "53": (16, 18), "54": (16,), "55": (16,), "35": (16,),
}  # fmt: skip
"""First digits of cards (UnionPay, Visa, Mastercard, JCB) → how many digits they have."""


def _identity(match: re.Match[str]) -> Span | None:
    """With a date and a check digit that fit; where the words around say what it is, a date is enough."""
    number = only_digits(match["it"].removesuffix("x")) + ("x" if match["it"].endswith("x") else "")
    try:
        ric.get_birth_date(number)
    except ValidationError:
        return None
    fits = ric.calc_check_digit(number) == number[-1].upper()
    return match.span("it") if fits or (says(IDENTITY_WORDS, match) and not is_order_number(match)) else None


def _card(match: re.Match[str]) -> Span | None:
    """The longest part, cut between groups of digits, that is the number of a card."""
    number = only_digits(match[0])
    sizes = next((sizes for first, sizes in _LENGTHS.items() if number.startswith(first)), ())
    called = _IS_A_CARD.search(match.string, max(0, match.start() - 12), match.start()) is not None
    said = called or says(CARD_WORDS, match)
    if not (sizes or said) or (is_order_number(match) and not called):
        return None
    for group in reversed(list(re.finditer("[0-9]+", match[0]))):
        part = only_digits(match[0][: group.end()])
        known = len(part) in sizes
        fits = 13 <= len(part) <= 19 and luhn.is_valid(part)
        if (fits and (said or known)) or (called and known):
            return match.start(), match.start() + group.end()
    return None


CARDS = (
    Recogniser(
        "identity",
        "18 digits",
        PLACEHOLDERS["identity"],
        re.compile(rf"(?<![0-9])(?P<it>[1-9](?:{GAP}[0-9]){{16}}{GAP}[0-9x])(?![0-9])"),
        MANY_DIGITS,
        _identity,
        numerals=True,
        finds=(
            ("身份证110101199001010015", "身份证〈身份证〉"),
            ("11010519491231002X", "〈身份证〉"),
            ("110105 19491231 002x", "〈身份证〉"),
            ("身份证号110101199001010000", "身份证号〈身份证〉"),
        ),
        leaves=("订单110101199001010000", "110101199013010019", "123456789012345678"),
    ),
    Recogniser(
        "identity",
        "15 digits",
        PLACEHOLDERS["identity"],
        re.compile(r"(?<![0-9])(?P<it>[1-8][0-9]{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3})(?![0-9x])"),
        MANY_DIGITS,
        lambda match: match.span("it") if says(IDENTITY_WORDS, match) and not is_order_number(match) else None,
        IDENTITY_WORDS,
        finds=(("老身份证110101900101001", "老身份证〈身份证〉"),),
        leaves=("110101900101001", "身份证复印件2份"),
    ),
    Recogniser(
        "card",
        "13 to 19 digits",
        PLACEHOLDERS["card"],
        re.compile(r"(?<![0-9])(?<![0-9]\.)[1-9](?:[ .·_-]{0,3}[0-9]){12,18}(?![0-9])"),
        MANY_DIGITS,
        _card,
        numerals=True,
        finds=(
            ("卡号6200 0000 0000 0000 003", "卡号〈银行卡〉"),
            ("6200000000000005", "〈银行卡〉"),
            ("打款到 4000000000000002 谢谢", "打款到 〈银行卡〉 谢谢"),
            ("卡号：6200000000000000", "卡号：〈银行卡〉"),
            ("4367420000000000001", "〈银行卡〉"),
            ("转到7000000000000000003", "转到〈银行卡〉"),
        ),
        leaves=("订单6200000000000005", "6200000000000006", "1700000000000", "得分1234567890123456"),
    ),
)
