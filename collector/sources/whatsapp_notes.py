"""WhatsApp's own words inside messages, in English and Chinese: media left out, edited, deleted, places, polls.

On iPhones a text that WhatsApp wrote begins with an invisible mark (U+200E).
"""

import re

from collector.scrubbing import PLACEHOLDERS

MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
"""Invisible characters that WhatsApp puts around its words, names and numbers; the inside of a character class."""

_MEDIA_EN = "media|image|video|video note|audio|voice message|gif|sticker|contact card|album"
_MEDIA_ZH = (
    "媒体|媒體|多媒体|多媒體|影音|图片|图像|圖片|圖像|照片|视频|視訊|影片|音频|音訊|语音|語音|动图|動圖|gif|贴图|貼圖|贴纸|表情"
    "|联系人名片|聯絡人名片|名片"
)
_FILES_ZH = "文件|文档|文檔|檔案|档案|檔"
_LEFT_OUT = "省略|忽略|略去"
_OMITTED = re.compile(
    rf"<?(?:(?:{_MEDIA_EN}) omitted"
    rf"|已?(?:{_LEFT_OUT})(?:{_MEDIA_ZH})(?:{_FILES_ZH}|内容|內容|消息)?"
    rf"|(?:{_MEDIA_ZH})(?:{_FILES_ZH}|内容|內容|消息)?(?:已|被)?(?:{_LEFT_OUT}))>?"
    r"|<(?:attached|已附加|附件|附加)[:：][^\n]*>"
    r"|[^\n]+ ?[(（](?:file attached|文件附件|檔案附件|附件)[)）]",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(rf"document omitted|(?:{_FILES_ZH})(?:已|被)?(?:{_LEFT_OUT})", re.IGNORECASE)
_IT_ZH = "(?:此|这条|這條|這則)(?:消息|訊息)"
_REMOVED_ZH = "(?:删除|刪除)"
_NOTHING_SAID = re.compile(
    r"(?:this message was deleted|you deleted this message)(?: by admin [^\n]*)?\.?"
    rf"|(?:你|您)?已?{_REMOVED_ZH}了?{_IT_ZH}。?|{_IT_ZH}已被?{_REMOVED_ZH}。?"
    r"|(?:live )?location(?: shared)?: ?https?://\S+|live location shared"
    r"|(?:位置|实时位置|即時位置)[:：] ?https?://\S+"
    r"|(?:poll|投票)[:：]\n.*"
    r"|null",  # what Android writes for what it cannot export
    re.IGNORECASE | re.DOTALL,
)
_EDITED = re.compile(
    rf"[ {MARKS}]*<(?:This message was edited|{_IT_ZH}已(?:经过|經過)?(?:编辑|編輯)|已编辑|已編輯)>[ {MARKS}]*\Z",
    re.IGNORECASE,
)
_MENTION = re.compile("@\u2068[^\u2068\u2069\n]*\u2069")
_MARK = re.compile(f"[{MARKS}]")


def said(text: str) -> str | None:
    """What the sender said: a placeholder for each mention, no note on edits, and of a picture or film the caption.

    Empty for what stands for something without words (media, places, polls, deleted messages); a document's name goes
    too, because it may be a person's. None when WhatsApp said it.
    """
    text = _MENTION.sub(PLACEHOLDERS["user"], _EDITED.sub("", text))
    before, _, note = text.rpartition("\u200e")
    if _DOCUMENT.fullmatch(note.strip()):
        return ""
    if _OMITTED.fullmatch(note.strip()):
        return _plain(before)
    plain = _plain(text)
    first, _, caption = plain.partition("\n")
    if _OMITTED.fullmatch(first.strip()):
        return caption.strip()
    if _NOTHING_SAID.fullmatch(plain):
        return ""
    return None if text.startswith("\u200e") else plain


def _plain(text: str) -> str:
    return _MARK.sub("", text).strip()
