"""Links, which are removed, and the addresses of mailboxes, users and machines."""

import ipaddress
import re

from collector.recognisers.digits import before
from collector.recognisers.recogniser import LINK_REMOVED, PLACEHOLDERS, Recogniser, Span, whole

_NO_PUNCTUATION = r"(?<![.,;!?)\]}'\"])"
_TOP = "com|net|org|cn|top|xyz|vip|club|site|online|shop|link|info|icu"
_MAIL = "qq|vip\\.qq|foxmail|163|126|yeah|gmail|outlook|hotmail|live|msn|sina|sohu|139|189|aliyun|icloud|yahoo|proton"
_AT = r"(?:\s?@\s?|\s?[(\[（【]\s?(?:at|艾特|@)\s?[)\]）】]\s?|#|\s?艾特\s?|\sat\s)"
_DOT = r"(?:\.|。|\s?[(\[【]\s?(?:dot|点)\s?[)\]】]\s?|点|\sdot\s)"
_MAIL_HINT = re.compile(_MAIL)
_TOP_HINT = re.compile(rf"\.(?:{_TOP})")
_NOBODY = "(?!(?:all|everyone|here|channel|online)(?![a-z0-9_])|所有人|全体|大家|管理员(?![小老阿]?\\w{1,3}(?!\\w)))"
_NOT_A_NAME = (
    "(?:[你您我他她它咱俩这那哪在是的了吗呢吧啊哦呀啦说请帮谢别就也都才来做给]|今天|明天|昨天|怎么|什么|为什么|能不能|可以|知道|晚安|早安|早上|晚上|出来|快来|快看"
    "|看看|看到|有没有|没有|不要|好吗|好久|生日|也太|也是|都是|还有|就是|一起|觉得|想问|来了|去哪|回复|加油|一下|一声|某人|和|跟)"
)
_VERSION = re.compile(r"(?:版本号?|内核|固件|version|ver|build|kernel|(?<![a-z])v)\.?\s?:?\s?$")


def _address(match: re.Match[str]) -> Span | None:
    """Whether it is the address of a machine that somebody could own."""
    if _VERSION.search(match.string, max(0, match.start() - 10), match.start()):
        return None
    try:
        address = ipaddress.ip_address(match[0])
    except ValueError:
        return None
    nobody = address.is_loopback or address.is_unspecified or (address.version == 4 and address.is_reserved)
    # 2.6.12.3: software is numbered so, and hardly any machine of a person.
    small = address.version == 4 and all(part < 32 for part in address.packed) and "ip" not in before(match)
    return None if nobody or small else match.span()


LINKS = (
    Recogniser(
        "link",
        "with a scheme",
        LINK_REMOVED,
        re.compile(rf"[a-z][a-z0-9+.-]{{1,30}}://[!-~]+{_NO_PUNCTUATION}"),
        re.compile("://"),
        finds=(("看https://example.com/a?b=1#c这个", "看 这个"), ("tg://join?invite=abc 进来", "进来")),
        leaves=("时间://未定", "a:/b"),
    ),
    Recogniser(
        "email",
        "with @",
        PLACEHOLDERS["email"],
        re.compile(
            r"(?:mailto:)?[a-z0-9._%+-]{1,64}(?:@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+"
            rf"|(?: ?@ | @)(?:[a-z0-9-]{{1,63}}\.){{1,4}}(?:{_TOP}|edu)(?![a-z0-9]))"
        ),
        re.compile("@"),
        finds=(
            ("邮箱some.one+x@example.com谢谢", "邮箱〈邮箱〉谢谢"),
            ("Ａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "〈邮箱〉"),
            ("abc1 @example.com", "〈邮箱〉"),
        ),
        leaves=("3 @ 5点", "@。@", "这个@也太多了.真的"),
    ),
    Recogniser(
        "email",
        "spelt out",
        PLACEHOLDERS["email"],
        re.compile(rf"(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{{1,63}}{_AT}(?:{_MAIL}){_DOT}(?:com|cn|net|me)(?![a-z])"),
        _MAIL_HINT,
        finds=(
            ("写给abc123#qq.com", "写给〈邮箱〉"),
            ("abc123(at)gmail.com", "〈邮箱〉"),
            ("abc123 @ 163。com", "〈邮箱〉"),
            ("abc123艾特qq点com", "〈邮箱〉"),
            ("abc123 [@] 163 dot com", "〈邮箱〉"),
        ),
        leaves=("我用qq点com打不开", "#163网易"),
    ),
    Recogniser(
        "link",
        "without a scheme",
        LINK_REMOVED,
        re.compile(
            r"(?<![a-z0-9@./_-])(?:www\.[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{2,5})?(?:[/?#][!-~]*)?"
            rf"|(?:[a-z0-9-]{{1,63}}\.){{1,8}}[a-z]{{2,24}}(?::[0-9]{{2,5}})?/[!-~]*){_NO_PUNCTUATION}"
        ),
        re.compile(r"/|www\."),
        finds=(("进群 t.me/joinchat/AbC_d-1 吧", "进群 吧"), ("www.example.com好", "好")),
        leaves=("and/or 3.14 v2.0 a.m.", "他/她", "1/2"),
    ),
    Recogniser(
        "link",
        "a bare domain",
        LINK_REMOVED,
        re.compile(rf"(?<![a-z0-9@._-])(?:[a-z0-9][a-z0-9-]{{0,62}}\.){{1,4}}(?:{_TOP})(?![a-z0-9._@-])"),
        _TOP_HINT,
        finds=(("去 example.com 看看", "去 看看"), ("在blog.example.com.cn写的", "在 写的")),
        leaves=("result.json和main.py", "socket.io", "example.computer", "a.m.到p.m."),
    ),
)

MACHINES = (
    Recogniser(
        "ip",
        "version 4",
        PLACEHOLDERS["ip"],
        re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9])"),
        re.compile(r"[0-9]\.[0-9]{1,3}\.[0-9]"),
        _address,
        finds=(("我的ip是203.0.113.7", "我的ip是〈IP〉"), ("192.0.2.1:8080连不上", "〈IP〉:8080连不上")),
        leaves=(
            "127.0.0.1",
            "v1.2.3.4",
            "版本号 10.0.0.2",
            "1.2.3.4.5",
            "300.1.1.1",
            "linux 2.6.12.3",
            "255.255.255.0",
        ),
    ),
    Recogniser(
        "ip",
        "version 6",
        PLACEHOLDERS["ip"],
        re.compile(
            r"(?<![0-9a-f.])(?<![0-9a-f]:)(?=[0-9a-f:]{0,39}[0-9])[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?![0-9a-z:])"
        ),
        re.compile(":[0-9a-f]{0,4}:"),
        _address,
        finds=(
            ("2001:db8::8a2e:370:7334掉线", "〈IP〉掉线"),
            ("IP：2001:db8::9:1", "IP：〈IP〉"),
            ("地址2001:db8:0:0:0:0:0:1", "地址〈IP〉"),
        ),
        leaves=("12:30:45", "::1", "std::string", "比分1:2:3:4", "aa:bb:cc:dd:ee:ff"),
    ),
)

MENTIONS = (
    Recogniser(
        "user",
        "username",
        PLACEHOLDERS["user"],
        re.compile(rf"@{_NOBODY}[a-z_][a-z0-9_]+(?:(?!{_NOT_A_NAME})[\u4e00-\u9fff]{{1,3}}(?!\w))?"),
        re.compile("@"),
        finds=(
            ("@some_user1 在吗", "〈用户〉 在吗"),
            ("问＠ｓｏｍｅｏｎｅ", "问〈用户〉"),
            ("@Amy酱 来", "〈用户〉 来"),
        ),
        leaves=("@all 开会", "3 @ 5点", "@Everyone"),
    ),
    Recogniser(
        "user",
        "name",
        PLACEHOLDERS["user"],
        re.compile(
            rf"@{_NOBODY}(?:[0-9]{{1,4}}(?![元块毛刀折%]|[年月日点](?!\w{{2}})|号(?!\w)))?(?!{_NOT_A_NAME})[^\W\d_a-z][\w·•]?"
            rf"(?:(?!{_NOT_A_NAME})[\w·•]|的(?=\w{{1,3}}(?:[\s，,！!]|$))){{0,14}}"
        ),
        re.compile("@"),
        whole,
        finds=(
            ("@小雨 在吗", "〈用户〉 在吗"),
            ("@阿木木你看", "〈用户〉你看"),
            ("谢谢@Юля", "谢谢〈用户〉"),
            ("@管理员小张 看下", "〈用户〉 看下"),
            ("@9号选手 在吗", "〈用户〉 在吗"),
        ),
        leaves=("@所有人 晚安", "@全体成员", "@ 你", "@一下管理员", "@管理员 来一下", "@5块卖了", "@8点 上线"),
    ),
)
