"""The one search that most messages end with: whether there is anything in a text that a recogniser could find.

It sees tidy text as it was typed and must find something wherever a recogniser does (the tests hold it to that), but
may find too much.
"""

import re

from collector.recognisers.shadow import NUMERAL

_DRAWN = "[ªº²³¹ſʰ-ˡˢˣ፩-፱᧚ᴬ-ᵪᶛ-ᶿ⁰-₟ℂ-ⅉⅠ-ⅿ①-⓿❶-➓㊀-㊉ⱼⱽꟲ-ꟴ𐞀-𐞿𐩀-𐩃𐩠-𐩨𐹠-𐹨𑁒-𑁚𝐀-𝟿🄀-🆏․﬩︐-﹫＂＃＆＇＊＋－．＼＿｜]"
"""Letters, digits and marks that are drawn otherwise (ⓐ, ①, ﹫, ․): the shadow shows what they stand for."""
_LATIN = "A-Za-zＡ-Ｚａ-ｚ"

_WORD = "[vVwW](?<![A-Za-z][vVwW])"
_WECHAT = "(?:(?i:echat|eixin))"

_SIGNS = (
    _DRAWN,
    rf"[@＠]\s?[{_LATIN}\d]",
    "[/／]",
    r"[wW]{3}\.",
    rf"[.。点][{_LATIN}]{{2}}",
    r"[)）】\]］] ?(?:点|[A-Za-z\d])",
    r"[dD][oO][tT] ?(?i:com|cn|net|me)",
    r"\d(?:[^\d\n]{0,3}\d){4}",
    rf"[\d{NUMERAL}](?:[ .·•_*|,，、~～/-]{{0,3}}[\d{NUMERAL}]){{4}}",
    r"[0-9A-Fa-f][:：][0-9A-Fa-f:：]{2}",
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼滬遼魯蘇貴雲贛] ?[A-Za-z][ ·•.-]?[A-Za-z\d]{4}",
    r"[\d一二三四五六七八九十百零〇两甲乙丙丁东南西北A-Za-z] ?(?:[号號弄栋棟幢座巷#期组队社]|单元|單元|宿舍)",
    r"\d[A-Za-z]?,?\s(?:[A-Za-z]{2,20}\s){1,3}(?i:road|street|avenue|lane|drive|boulevard|rd|ave|blvd)",
    r"[区區县縣市镇鎮乡鄉州旗道].{1,8}[路街道巷同]",
    rf"[微薇威卫衛围圍徽维維绿綠][^{_LATIN}\d]{{0,12}}[{_LATIN}_][{_LATIN}\d_-]{{4}}",
    rf"{_WORD}(?:[xX信]|{_WECHAT})?(?:\s?(?i:id|is|account|name)){{0,3}}[^{_LATIN}\d]{{1,12}}[{_LATIN}_][{_LATIN}\d_-]{{4}}",
    rf"{_WORD}(?:[xX]|{_WECHAT})?[{_LATIN}_-]{{0,19}}[\d_]",
    rf"[{_LATIN}\d_-]{{5}} ?[(（,，]? ?(?:[这這]?是|[这這]个是|为|為)? ?(?:我的?|本人)? ?"
    rf"(?:微信|薇信|[vVwW][xX信]|[wW]{_WECHAT})",
)
SUSPECT = re.compile("|".join(_SIGNS))
