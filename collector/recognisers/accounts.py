"""QQ and WeChat ids. They look like any number or word: what says that they are ids are the words around them."""

import re

from collector.recognisers.digits import is_laughter, only_digits
from collector.recognisers.recogniser import PLACEHOLDERS, Recogniser, Span

_LINK = (
    r"(?:号码|号|群|账号|帐号|id|is|account|name|小号|大号|是|为|就是|叫|都|加|我的?|你|这个|一下|下|了|吧|呀|哦|啊|吗|嘛|呢|呗|咯|哈|嘞|哟|联系|私聊|私|找|搜|改成|换成|现在|目前|同号|[新旧老]的?号|不?常用|用的|群主|管理员?|客服"
    r"|发到|[ \n:=~,，。、!！?？—>→|/(（【\[「『“\"'+-])"
)
"""What may stand between the name of a service and the id."""
_UNITS = (
    r"(?!\s?(?:[年月天岁元块毛万亿千百个只次级人条钱名位层度%折倍页章集期届秒米克斤公件张份步字粉点分]"
    r"|km|kg|mb|gb))"
)
_DIGITS = r"[1-9](?:[ ._-]{0,2}[0-9]){4,11}"
_QQ = (
    r"(?:(?<![a-z])qq|(?<![a-z])q(?![a-z])(?=号|群|:|是|我| ?[1-9])|加q|扣扣|叩叩|抠抠|蔻蔻|企鹅|球球|秋秋"
    r"|扣(?=[ :]? ?[1-9](?:[ ._-]?[0-9]){5}))"
)
_WECHAT = (
    r"(?:微\s?信|(?<![a-z])wx(?!id)|(?<![a-z])vx|(?<![a-z])[vw]信|wechat|weixin|卫星|[薇威围徽维][信芯心]|微[芯心x]|绿泡泡"
    r"|绿色软件)"
)
_ADDED = (
    r"(?:[加+私扫留换]个?|我的?|找|(?<![a-z0-9])(?=[vw薇微威]\s?[号:是]))\s?(?:[薇微威徽卫]|[vw](?!xid))"
    r"|(?<![紫采白蔷细轻稍略显卑低权声示])[薇微威徽](?=[ :]?[a-z_])"
)
"""One character for the service: after a verb, before ``:`` and the like, or right before the id."""
_WECHAT_HINT = re.compile("[微薇威卫围徽维绿]|(?<![a-z])[vw]|wechat|weixin")
QQ_WORDS = ("qq", "q", "扣", "叩叩", "抠抠", "蔻蔻", "企鹅", "球球", "秋秋")
WECHAT_WORDS = ("微", "wx", "vx", "v", "w", "薇", "威", "卫", "围", "徽", "维", "绿泡泡", "绿色软件")
_SAYS_ID = re.compile(r"号|id|[:=→是叫为加搜]|->")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_ORDINARY_WORDS = """
    android iphone windows facebook official tencent wechat weixin telegram whatsapp alipay google please people things
    friend friends message messages group groups english chinese account number public mobile online offline version
    program developer support because twitter instagram discord signal harmony huawei xiaomi redmi galaxy macbook
"""
_ORDINARY = frozenset(_ORDINARY_WORDS.split())
_PRODUCT = re.compile(
    r"(?:iphone|ios|android|windows|win|ipad|mac|python|mate|ver|version|v|app|api|xp|mi|redmi|harmony)[0-9]"
)
_NO_ID_BETWEEN = re.compile(
    "音乐|空间|飞车|农场|会员|等级|邮箱|阅读|浏览器|粉丝|播放|订单|单号|步数|版本|年度|快递|流水|密码|验证码|红包|支付|转账|余额|运动|炫舞|堂|宠物|频道|游戏"
)


def _qq(match: re.Match[str]) -> Span | None:
    number = only_digits(match["it"])
    no_id = is_laughter(number) or _MOBILE.fullmatch(number)  # a mobile number is for the recogniser of those
    return None if no_id else match.span("it")


def _wechat(match: re.Match[str]) -> Span | None:
    """A word with digits or marks in it; a plain word or number only where it is called an id."""
    name = match["it"]
    called = _SAYS_ID.search(match["link"]) is not None
    if name[0].isdigit():
        number = only_digits(name)
        return match.span("it") if called and not is_laughter(number) and not _MOBILE.fullmatch(number) else None
    plain = name.isalpha()
    return match.span("it") if not plain or (called and name not in _ORDINARY) else None


def _qq_further_on(match: re.Match[str]) -> Span | None:
    return None if _NO_ID_BETWEEN.search(match["between"]) else _qq(match)


def _wechat_further_on(match: re.Match[str]) -> Span | None:
    """Only what looks like an id and like no product."""
    name = match["it"]
    said = _NO_ID_BETWEEN.search(match["between"]) or _PRODUCT.match(name) or name.isalpha()
    return None if said else match.span("it")


_MIXED_NAME = "(?=[a-z_-]{0,19}[0-9_])[a-z](?:[a-z0-9_]|-(?=[a-z0-9_])){5,19}"
_NAME = r"[a-z_](?:[a-z0-9_]|-(?=[a-z0-9_])){4,19}"

ACCOUNTS = (
    Recogniser(
        "qq",
        "after the word",
        PLACEHOLDERS["qq"],
        re.compile(rf"{_QQ}(?:微信|vx|wx|qq)?{_LINK}{{0,5}}(?P<it>{_DIGITS})(?![0-9]){_UNITS}"),
        re.compile(r"[1-9](?:[ ._-]{0,2}[0-9]){4}"),
        _qq,
        QQ_WORDS,
        numerals=True,
        finds=(
            ("QQ：123456789", "QQ：〈QQ〉"),
            ("加q 12345678", "加q 〈QQ〉"),
            ("扣扣一二三四五六七", "扣扣〈QQ〉"),
            ("企鹅号是 12 34 56 78", "企鹅号是 〈QQ〉"),
            ("我的qq群号123456789", "我的qq群号〈QQ〉"),
            ("q1234567", "q〈QQ〉"),
            ("扣123.456.789", "扣〈QQ〉"),
            ("旧q5⑦8⓪９5八０〇7没了", "旧q〈QQ〉没了"),
            ("QQ\n12345678", "QQ\n〈QQ〉"),
        ),
        leaves=("qq音乐20240101", "企鹅20000只", "qq666666", "QQ等级100000", "qq23333333", "iq 12345678", "QQ 12345人"),
    ),
    Recogniser(
        "qq",
        "further on",
        PLACEHOLDERS["qq"],
        re.compile(
            rf"{_QQ}(?P<between>[^0-9a-z\n]{{1,16}}?)(?P<it>[1-9](?:[ ._-]?[0-9]){{6,9}})(?![0-9]){_UNITS}"
            "(?![._-][0-9])"
        ),
        re.compile(r"[1-9](?:[ ._-]?[0-9]){6}"),
        _qq_further_on,
        QQ_WORDS,
        numerals=True,
        finds=(
            ("qq写在简介里了，没空看的：123456789", "qq写在简介里了，没空看的：〈QQ〉"),
            ("qq不怎么上了1234567", "qq不怎么上了〈QQ〉"),
        ),
        leaves=("qq空间里存了12345678张", "qq的订单号12345678", "qq群里有人发2333333"),
    ),
    Recogniser(
        "qq",
        "before the word",
        PLACEHOLDERS["qq"],
        re.compile(
            rf"(?<![0-9a-z.])(?P<it>{_DIGITS})\s?[(（,，]?\s?(?:这个|这?是)?\s?(?:我的?|本人)?\s?"
            r"(?:qq|扣扣|企鹅号?|q号)(?![a-z0-9群]|音乐|空间|会员|飞车|浏览器|邮箱)"
        ),
        re.compile(r"[1-9](?:[ ._-]{0,2}[0-9]){4}"),
        _qq,
        QQ_WORDS,
        numerals=True,
        finds=(("123456789（QQ）", "〈QQ〉（QQ）"), ("12345678是我的扣扣", "〈QQ〉是我的扣扣")),
        leaves=("666666qq", "20000个qq群", "2023年qq"),
    ),
    Recogniser(
        "wechat",
        "after the word",
        PLACEHOLDERS["wechat"],
        re.compile(
            rf"(?:{_WECHAT}|{_ADDED})(?P<link>(?:qq)?{_LINK}{{0,5}})(?P<it>{_NAME}|{_DIGITS}(?![0-9]){_UNITS})(?![a-z0-9_])"
        ),
        _WECHAT_HINT,
        _wechat,
        WECHAT_WORDS,
        finds=(
            ("微信：abc_12345", "微信：〈微信〉"),
            ("加v abc12345", "加v 〈微信〉"),
            ("vx是wodemingzi", "vx是〈微信〉"),
            ("薇：abc-1234", "薇：〈微信〉"),
            ("卫星号 abcdef123", "卫星号 〈微信〉"),
            ("薇芯 abc_12345", "薇芯 〈微信〉"),
            ("wechat id is abc12345", "wechat id is 〈微信〉"),
            ("加个v呗：abc12345", "加个v呗：〈微信〉"),
            ("微信号123456789", "微信号〈微信〉"),
        ),
        leaves=(
            "微信android版",
            "微信支付100000元",
            "v1.2.3",
            "微信2011年推出",
            "加v",
            "用wechat please",
            "卫星starlink",
            "维护server2023",
            "微信步数23456步",
        ),
    ),
    Recogniser(
        "wechat",
        "further on",
        PLACEHOLDERS["wechat"],
        re.compile(rf"(?:{_WECHAT}|{_ADDED})(?P<between>[^0-9a-z\n]{{1,16}}?)(?P<it>{_MIXED_NAME})(?![a-z0-9_@.])"),
        _WECHAT_HINT,
        _wechat_further_on,
        WECHAT_WORDS,
        finds=(("微信换了哈，以后用的都是abc_12345", "微信换了哈，以后用的都是〈微信〉"),),
        leaves=("微信在我的iphone15上打不开", "微信支付的接口是api_v3", "微信发不出去main.py"),
    ),
    Recogniser(
        "wechat",
        "to be added",
        PLACEHOLDERS["wechat"],
        re.compile(rf"(?:[加+搜➕]|添加|查找)(?:一下|下|个)?[ :]?(?P<it>{_MIXED_NAME})(?![a-z0-9_@.])"),
        re.compile("[加+搜➕]|添加|查找"),
        context=("微信", "vx", "wx", "wechat", "薇信", "威信"),
        finds=(("不用微信名片，加abc_12345吧", "不用微信名片，加〈微信〉吧"),),
        leaves=("加abc_12345", "微信要加abcdef"),
    ),
    Recogniser(
        "wechat",
        "id given by WeChat",
        PLACEHOLDERS["wechat"],
        re.compile(r"(?<![a-z0-9_])wxid_[a-z0-9]{4,24}(?![a-z0-9_])"),
        re.compile("wxid_"),
        finds=(("加wxid_abc123def456", "加〈微信〉"),),
        leaves=("wxid是什么",),
    ),
    Recogniser(
        "wechat",
        "before the word",
        PLACEHOLDERS["wechat"],
        re.compile(
            r"(?<![a-z0-9_.@-])(?=[a-z_-]{0,19}[0-9_])(?P<it>[a-z_](?:[a-z0-9_]|-(?=[a-z0-9_])){4,19})"
            r"\s?[(（,，]?\s?(?:[这那]?个?是?|为)?\s?(?:我的?|本人)?\s?(?:微信|vx|wx|v信|薇信|wechat)(?![a-z0-9群])"
        ),
        re.compile("微信|vx|wx|v信|薇信|wechat"),
        context=("微信", "vx", "wx", "v信", "薇信", "wechat"),
        finds=(("abc_12345（微信）", "〈微信〉（微信）"), ("abc12345是我微信", "〈微信〉是我微信")),
        leaves=("android微信", "iphone微信闪退", "word 微信"),
    ),
)
