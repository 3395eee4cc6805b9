"""Numbers as people write them: digits apart from each other, and what stands around them."""

import re

GAP = r"[ .·•‧・_~*/|‐‑‒–—―-]{0,3}"
"""What may stand between two digits of one number."""
MANY_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){6}")
"""The hint of whatever has seven digits or more."""
_GAPS = re.compile(r"[^0-9]+")
_ORDER = re.compile(
    r"(?:订单|单号|运单|快递|物流|流水|编号|工单|学号|工号|序列号|货号|型号|款号|会议|房间|uid|pid|sn|issue|bug|版本|isbn"
    r"|imei|代码|股票|基金|彩票|验证码|取件码|兑换码|邀请码|批次|票号|案号|合同|课程|题号|av|bv)(?:号码?|编号|id)?"
    r"\s?(?:是|为|:|#|=)?\s?$"
)
_UNITS = re.compile(
    r"\s?(?:[年月天岁元块毛万亿千百个只次级人条钱名位层度%折倍页章集期届秒米克斤件张份步字票粉点版]|公里|美元|刀|km|kg|mb|gb|kb|px|ms)"
)
LOOK_BACK = 16


def only_digits(text: str) -> str:
    return _GAPS.sub("", text)


def groups(text: str) -> list[str]:
    """The runs of digits that a number is written in."""
    return [group for group in _GAPS.split(text) if group]


def before(match: re.Match[str], name: str | int = 0) -> str:
    """What stands close before a match."""
    return match.string[max(0, match.start(name) - LOOK_BACK) : match.start(name)]


def after(match: re.Match[str], name: str | int = 0) -> str:
    return match.string[match.end(name) : match.end(name) + LOOK_BACK]


def is_order_number(match: re.Match[str]) -> bool:
    """Whether the words right before say that it is the number of a thing: an order, a parcel, a code."""
    return _ORDER.search(before(match)) is not None


def is_amount(match: re.Match[str]) -> bool:
    """Whether a unit follows."""
    return _UNITS.match(match.string, match.end()) is not None


def says(words: tuple[str, ...], match: re.Match[str]) -> bool:
    """Whether one of the words stands close before or after a match."""
    around = before(match) + "\n" + after(match)
    return any(word in around for word in words)


def is_laughter(number: str) -> bool:
    """666666 and 23333: digits that are typed for their sound."""
    return len(set(number)) == 1 or (len(number) > 3 and number[0] == "2" and set(number[1:]) == {"3"})
