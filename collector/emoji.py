"""Which characters are emoji, and which words stand for an emoji or a sticker.

The ranges follow the Emoji property of Unicode 16 (emoji-data.txt), without digits, # and *, which are emoji only in a
keycap, and without text symbols such as © or ↔, which are emoji only before the variation selector U+FE0F.
"""

import re

_SYMBOLS_AND_DINGBATS = (
    "\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u2600-\u2604\u260e\u2611\u2614\u2615\u2618\u261d\u2620\u2622"
    "\u2623\u2626\u262a\u262e\u262f\u2638-\u263a\u2640\u2642\u2648-\u2653\u265f\u2660\u2663\u2665\u2666\u2668\u267b"
    "\u267e\u267f\u2692-\u2697\u2699\u269b\u269c\u26a0\u26a1\u26a7\u26aa\u26ab\u26b0\u26b1\u26bd\u26be\u26c4\u26c5"
    "\u26c8\u26ce\u26cf\u26d1\u26d3\u26d4\u26e9\u26ea\u26f0-\u26f5\u26f7-\u26fa\u26fd\u2702\u2705\u2708-\u270d\u270f"
    "\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747\u274c\u274e\u2753-\u2755\u2757\u2763\u2764"
    "\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_PICTOGRAPHS = "\U0001f000-\U0001f0ff\U0001f170-\U0001f251\U0001f300-\U0001faff"
_MODIFIERS = "\u200d\u20e3\ufe00-\ufe0f\U000e0020-\U000e007f"
_TEXT_SYMBOLS = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe"
    "\u27a1\u2934\u2935\u2b05-\u2b07\u3030\u303d\u3297\u3299"
)
_EMOJI = re.compile(
    f"[0-9#*]\ufe0f?\u20e3|[{_TEXT_SYMBOLS}]\ufe0f|[{_SYMBOLS_AND_DINGBATS}{_PICTOGRAPHS}{_MODIFIERS}]+"
)


# What WeChat, QQ and Discord write for their own emoji, stickers and attachments.
_SPELT = (
    "表情|动画表情|動畫表情|贴纸|貼圖|贴图|图片|圖片|语音|語音|视频|視頻|文件|位置|链接|红包|微笑|撇嘴|色|发呆|得意|流泪|害羞|闭嘴|睡|大哭|尴尬|发怒"
    "|调皮|呲牙|惊讶|难过|酷|冷汗|抓狂|吐|偷笑|可爱|愉快|白眼|傲慢|饥饿|困|惊恐|流汗|憨笑|悠闲|大兵|奋斗|咒骂|疑问|嘘|晕|折磨|衰|骷髅|敲打"
    "|再见|擦汗|抠鼻|鼓掌|糗大了|坏笑|左哼哼|右哼哼|哈欠|鄙视|委屈|快哭了|阴险|亲亲|吓|可怜|菜刀|西瓜|啤酒|篮球|乒乓|咖啡|饭|猪头|玫瑰|凋谢|嘴唇"
    "|爱心|心碎|蛋糕|闪电|炸弹|刀|足球|瓢虫|便便|月亮|太阳|礼物|拥抱|强|弱|握手|胜利|抱拳|勾引|拳头|差劲|爱你|NO|OK|爱情|飞吻|跳跳|发抖|怄火"
    "|转圈|磕头|回头|跳绳|投降|激动|乱舞|献吻|左太极|右太极|嘿哈|捂脸|奸笑|机智|皱眉|耶|吃瓜|加油|天啊|社会社会|旺柴|好的|打脸|哇|翻白眼|666"
    "|让我看看|叹气|苦涩|裂开|合十|破涕为笑|笑脸|生病|脸红|恐惧|失望|无语|斜眼笑|doge|笑哭|泪奔|无奈|托腮|卖萌|喷血|暗中观察|吃糖|汪汪|期待"
)
_CODE = re.compile(rf"\[(?:{_SPELT})\]|<a?:[A-Za-z0-9_]{{2,32}}:[0-9]{{15,21}}>")


def without_emoji(text: str) -> str:
    """The text without emoji: sequences, flags, keycaps, skin tones and variation selectors included; idempotent.

    A word that an emoji splits becomes whole again. The words in brackets that stand for an emoji or a sticker leave a
    blank.
    """
    drawn = text if text.isascii() else _EMOJI.sub("", text)
    return _CODE.sub(" ", drawn) if "[" in drawn or "<" in drawn else drawn


def between_emoji(text: str) -> list[str]:
    """What stands before, between and after the emoji of a text, without blanks around it."""
    return [part.strip() for part in _EMOJI.split(text) if part.strip()]
