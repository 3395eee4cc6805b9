"""Addresses that go down to a street or a building, and licence plates."""

import re
from itertools import pairwise

from collector.recognisers.recogniser import PLACEHOLDERS, Recogniser, Span


def _han_without(characters: str) -> str:
    """The inside of a class of all Chinese characters but these."""
    points = [0x4DFF, *sorted(map(ord, characters)), 0xA000]
    return "".join(f"{chr(low + 1)}-{chr(high - 1)}" for low, high in pairwise(points) if high - low > 1)


_CN = _han_without("的了吗呢吧我你您他她它咱这那哪谁啥啊呀哦嘛")
"""Characters that names of places are made of: all but pronouns and particles."""
_HAN = "[一二三四五六七八九十百零〇两]"
_NUMBER = (
    rf"(?:[甲乙丙丁]?[0-9]{{1,5}}[a-z]?(?:[-—–~之][0-9]{{1,5}}[a-z]?){{0,3}}|[a-z][0-9]{{0,4}}|{_HAN}{{1,6}}[0-9]?"
    "|[甲乙丙丁东西南北])"
)
_ROAD = "大?街|路|大?道|巷|胡同|里弄|弄堂|条"
_STREET = "大街|大道|街|路|巷|胡同"
_ESTATE = (
    "小区|花园|花苑|公寓|家园|新村|新苑|雅苑|佳苑|嘉园|豪庭|华庭|名苑|山庄|别墅|大厦|广场|中心|宿舍|公馆|庄园|社区"
    "|大院|家属[院楼区]|苑|城|府|湾|居|轩|阁|园|坊|大学|学院|中学|校区|医院|[东西南北a-z]区"
)
_FLOORS = "楼(?![上下道梯里主])"
_HOUSE = rf"号院|号{_FLOORS}|号(?!线)(?:之[0-9]{{1,3}}|附[0-9]{{1,3}}号)?|弄|巷|#"
_PART = (
    rf"号(?:{_FLOORS})?|弄|栋|幢|座|单元|梯|{_FLOORS}|层|室|房|户|#楼?|号院|号铺|段|巷|组|宿舍楼?|门(?![卫口面外前厅])"
)
_BUILDING = rf"号{_FLOORS}|栋|幢|座|号(?:宿舍|公寓)楼?|#楼?"
_ROOM = "(?:室|房|寝室?|宿舍)?"
_TAIL = rf"(?:\s?{_NUMBER}\s?(?:{_PART})){{0,5}}(?:之[0-9]{{1,3}}|[-—]?[0-9]{{2,5}}{_ROOM}(?![0-9]))?"
_REGION = (
    rf"(?:[{_CN}]{{1,16}}?(?:省|(?<![城股超上夜门都集菜楼花])市|(?<![市小郊地山社校城景园片专禁特误时老新辖])区|县|自治州"
    "|(?<![红国彩])旗|(?<![小古冰])镇|(?<![家老城故])乡|街道))"
)
_REGION_ENDS = re.compile("[省市区县州旗镇乡]")
_LEADS = (
    "地址|住址|地点|坐标|定位|收货|收件|自提点?|取货点?|快递|位于|坐落|附近|旁边|对面|隔壁|集合|见面|[改换变选定]成|路过|经过|[家租约搬]在"
    "|房子|导航|今[天晚早]|明[天晚早]|昨[天晚]|现在|以前|小时候|[们在住到去从离往给把被是就来说寄送叫问等找搜约写填]"
)
_A_DAY = re.compile("[周月今明昨下上这每到]|星期|礼拜")
_CUT = re.compile(_LEADS)
"""Words that only lead up to an address."""
_NO_ROAD = re.compile(
    "(?:[知味频通渠跑轨说报管人霸厚难走铁公网线电套思出半后末带上下让赶问迷顺同逛扫教当交隧航赛弯车马正邪地世王茶字每条个整]"
    "|^[一二三四五六七八九十几两]+)[街路道条]$"
)
_NO_ESTATE = re.compile(
    "(?:每个?|个|[一二三四五六七八九十两]|全|本|们|长|吃|进|出|回|隔壁|同一)"
    "(?:小区|城|中心|广场|大学|学院|医院|园|居|湾|府)$"
)


def _street(match: re.Match[str]) -> Span | None:
    """From the region or the name of the street on, without the words that lead up to it."""
    span = _after_the_lead(match, match.end("road"))
    return None if span is None or _NO_ROAD.search(match.string[span[0] : match.end("road")]) else span


def _village(match: re.Match[str]) -> Span | None:
    return _after_the_lead(match, match.end("road" if match["road"] else "village"))


def _building(match: re.Match[str]) -> Span | None:
    span = _after_the_lead(match, match.end("estate"))
    return None if span is None or _NO_ESTATE.search(match.string[span[0] : match.end("estate")]) else span


def _after_the_lead(match: re.Match[str], name_ends: int) -> Span | None:
    """The match from behind the last word that only leads up to an address; None when no name is left."""
    region = _REGION_ENDS.search(match.string, match.start(), name_ends)
    start = match.start()
    for cut in _CUT.finditer(match.string, match.start(), region.start() if region else name_ends):
        start = cut.end()
    return (start, match.end()) if name_ends - start >= 2 else None


_COMMON_ENGLISH = frozenset(
    ("the", "a", "an", "of", "on", "in", "at", "to", "this", "that", "my", "your", "our", "his", "her", "their", "any",
     "every", "each", "down", "up", "by", "for")
)  # fmt: skip


def _street_in_english(match: re.Match[str]) -> Span | None:
    """Not 3 miles down the road."""
    return None if _COMMON_ENGLISH & set(match["name"].split()) else match.span()


def _numbered_place(match: re.Match[str]) -> Span | None:
    """A place of a region, unless the number may as well be a day."""
    span = _after_the_lead(match, match.end("place"))
    return None if span is None or _A_DAY.search(match.string, *match.span()) else span


def _plate(match: re.Match[str]) -> Span | None:
    """At least three of its signs are digits: other words of letters and digits are not."""
    return match.span() if sum(sign.isdigit() for sign in match["number"]) >= 3 else None


PLACES = (
    Recogniser(
        "address",
        "street and number",
        PLACEHOLDERS["address"],
        re.compile(
            rf"(?P<road>[{_CN}a-z0-9·]{{1,24}}?(?:{_ROAD}))(?:[{_CN}]{{1,4}}段)?\s?{_NUMBER}\s?(?:{_HOUSE})"
            rf"(?:[{_CN}]{{0,12}}?(?:{_ESTATE}))?{_TAIL}"
        ),
        re.compile("[号弄巷#]"),
        _street,
        finds=(
            ("我住北京市朝阳区建国路88号", "我住〈地址〉"),
            ("寄到人民路12号3栋2单元501室", "寄到〈地址〉"),
            ("家在解放大街一百二十号", "家在〈地址〉"),
            ("中山路一段10号3楼", "〈地址〉"),
        ),
        leaves=("你知道3号考试吗", "走路3号出口", "上路5号位", "坐地铁3号线", "建国路堵车", "频道12号", "逛街3号去"),
    ),
    Recogniser(
        "address",
        "region and street",
        PLACEHOLDERS["address"],
        re.compile(
            rf"(?P<road>{_REGION}[{_CN}]{{2,6}}?(?:{_STREET}))"
            rf"(?:[与和跟、][{_CN}]{{1,5}}?(?:(?:{_STREET})(?:交叉口|交汇处|路口|口)?|道(?:交叉口|交汇处|路口)))?(?![{_CN}]?(?:道|线|口碑))"
        ),
        re.compile("[街路道巷胡]"),
        _street,
        finds=(("在杭州市西湖区文三路", "在〈地址〉"), ("文明区南山路与北山街交叉口见", "〈地址〉见")),
        leaves=("这个区的路", "市区公路", "住在北京市朝阳区", "城市地区马路", "郊区小路", "市区大街小巷"),
    ),
    Recogniser(
        "address",
        "building",
        PLACEHOLDERS["address"],
        re.compile(
            rf"(?P<estate>{_REGION}?[{_CN}a-z0-9]{{1,10}}?(?:{_ESTATE}))\s?{_NUMBER}\s?(?:{_BUILDING}|单元|期){_TAIL}"
        ),
        re.compile("[号栋幢座#期单]"),
        _building,
        finds=(("我在阳光花园3栋2单元501", "我在〈地址〉"), ("幸福家园 12号楼1201室", "〈地址〉")),
        leaves=("小区3栋", "我们小区很大", "住在阳光花园", "每个小区1号楼"),
    ),
    Recogniser(
        "address",
        "village",
        PLACEHOLDERS["address"],
        re.compile(
            rf"(?:(?P<road>{_REGION}[{_CN}]{{1,6}}?[村屯寨庄])\s?{_NUMBER}\s?[号组队社]"
            rf"|(?P<village>[{_CN}]{{1,8}}?[村屯寨庄])\s?{_NUMBER}\s?[组队社]\s?{_NUMBER}\s?号院?){_TAIL}"
        ),
        re.compile("[村屯寨庄]"),
        _village,
        finds=(("老家是清河县大王镇小李村5组", "老家是〈地址〉"), ("在小李村5组12号", "在〈地址〉")),
        leaves=("村里3号停电", "我们村5号赶集"),
    ),
    Recogniser(
        "address",
        "region and number",
        PLACEHOLDERS["address"],
        re.compile(
            rf"(?P<place>{_REGION}[{_CN}]{{2,6}}?)\s?(?:[甲乙丙丁][0-9]{{1,5}}|[0-9]{{2,5}})号(?!线|[{_CN}]*?(?:前|后|之前|以后))院?{_TAIL}"
        ),
        re.compile("[0-9]号"),
        _numbered_place,
        finds=(("住海淀区清河桥甲12号", "住〈地址〉"), ("北京市海淀区清河桥41号院3号楼", "〈地址〉")),
        leaves=("海淀区地铁10号线", "朝阳区下周12号停水", "我们小区广告12号", "朝阳区清河桥12号之前停水"),
    ),
    Recogniser(
        "address",
        "in English",
        PLACEHOLDERS["address"],
        re.compile(
            r"(?<![a-z0-9.])(?:(?:room|flat|apt\.?|unit)\s?[0-9]{1,5}[a-z]?,?\s)?(?:no\.?\s?)?[0-9]{1,5}(?:-[0-9]{1,4})?[a-z]?,?\s"
            r"(?P<name>(?:[a-z]{2,20}\s){1,3})(?:road|street|avenue|lane|drive|boulevard|rd\.?|ave\.?|blvd\.?)(?![a-z])"
        ),
        re.compile("road|street|avenue|lane|drive|boulevard|rd|ave|blvd"),
        _street_in_english,
        finds=(("I live at 12 Oak Street now", "I live at 〈地址〉 now"), ("No. 5 Fengye Road见", "〈地址〉见")),
        leaves=("3 miles down the road", "2 people on my street", "1 road"),
    ),
    Recogniser(
        "address",
        "parts of a building",
        PLACEHOLDERS["address"],
        re.compile(
            rf"{_NUMBER}\s?(?:{_BUILDING})\s?(?:{_NUMBER}\s?单元\s?)?(?:[0-9]{{3,4}}(?![0-9年]){_ROOM}|{_HAN}{{2,4}}[室房])"
        ),
        re.compile("[号栋幢座#]"),
        finds=(("在3栋2单元501等你", "在〈地址〉等你"), ("5号楼1202室", "〈地址〉")),
        leaves=("3栋楼下见", "1座山2023年", "三栋两层"),
    ),
)

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SIGN = "[a-hj-np-z0-9]"

PLATES = (
    Recogniser(
        "plate",
        "of the mainland",
        PLACEHOLDERS["plate"],
        re.compile(
            rf"[{_PROVINCES}] ?[a-hj-np-z][ ·•.-]?"
            rf"(?P<number>[a-hjk]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[a-hjk]|{_SIGN}{{4}}(?:{_SIGN}|[挂学警港澳]))(?![a-z0-9])"
        ),
        re.compile(rf"[{_PROVINCES}] ?[a-hj-np-z]"),
        _plate,
        finds=(
            ("车牌京A12345", "车牌〈车牌〉"),
            ("粤B·D12345停门口", "〈车牌〉停门口"),
            ("沪a 1b2c3", "〈车牌〉"),
            ("沪 A 1234学", "〈车牌〉"),
        ),
        leaves=("新iPhone15", "云abcde", "京A1234", "川A学霸", "豫A1234567"),
    ),
)
