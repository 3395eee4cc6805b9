"""A corpus and a table of candidates for two experts: twenty terms, each in lines of three invented group chats."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import polars as pl

from core.contracts import empty
from core.store import Recipe
from core.workspace import Workspace

START = datetime(2026, 3, 2, 21, 0, tzinfo=UTC)
TERMS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "想消失": ("explicit", "direct", "直接说想从生活里消失", (
        "好想消失一段时间，谁都找不到我", "真想消失啊，又怕我妈难过", "想消失的第三天，作业还是要交")),
    "重开": ("implicit", "slang", "游戏用语，转指结束这一生", (
        "这辈子就这样了，想重开", "这局没了，重开重开", "考完只想重开人生")),
    "谢幕": ("implicit", "euphemism", "以演出结束喻告别", (
        "写完这封信，我就谢幕了", "毕业晚会谢幕的时候我哭惨了", "感觉自己随时可以谢幕")),
    "没盼头": ("implicit", "distress", "对以后没有指望", (
        "日子一点没盼头", "年终奖没了，今年没盼头咯", "每天睁眼就觉得没盼头")),
    "撑不住": ("implicit", "distress", "到了承受的边缘", (
        "真的撑不住了，谁来拉我一把", "眼皮撑不住了，晚安", "再这样下去我要撑不住了")),
    "拖累": ("implicit", "distress", "觉得自己是负担", (
        "我活着就是拖累家里", "对不起我又拖累队伍了", "不想再拖累任何人")),
    "不想醒": ("explicit", "direct", "希望一睡不醒", (
        "今晚睡下去就不想醒了", "周一早上，不想醒", "要是能不想醒就不醒多好")),
    "下线": ("implicit", "euphemism", "以退出网络喻离世", (
        "过几天我就彻底下线了", "先下线吃饭，十点回来", "如果哪天我永久下线，猫拜托你们")),
    "散场": ("implicit", "euphemism", "喻人生结束", (
        "人生这场戏我想提前散场", "电影散场了，出来走走", "该散场的总会散场")),
    "多余": ("implicit", "distress", "觉得自己不该存在", (
        "我在这个家里就是多余的", "多余的票有人要吗", "总觉得自己在哪都多余")),
    "解脱": ("explicit", "direct", "把死看作出路", (
        "什么时候才能解脱啊", "终于交稿，解脱了！", "只有解脱这一条路了吗")),
    "空心": ("implicit", "slang", "形容没有感觉", (
        "整个人是空心的，笑都笑不出来", "空心菜今天五块一斤", "像个空心的壳子")),
    "到站": ("implicit", "euphemism", "喻走到尽头", (
        "这趟车我快到站了", "到站了喊我，我眯一会儿", "可能我就到站到这里吧")),
    "关机": ("implicit", "slang", "喻停止一切", (
        "想给自己按个关机键", "手机自动关机了，刚看到", "身体先我一步关机")),
    "告别信": ("explicit", "direct", "提到写信告别", (
        "告别信我改了三遍", "语文作业：给童年的告别信", "抽屉里有一封告别信")),
    "退服": ("implicit", "slang", "游戏用语，喻离世", (
        "老玩家准备退服了，各位保重", "这游戏退服公告出了", "人间这个服，我想退服")),
    "熬不动": ("implicit", "distress", "没有力气再坚持", (
        "熬不动了，真的", "年纪大了熬不动夜", "一个人熬不动这些事")),
    "没人在意": ("implicit", "distress", "觉得无人关心", (
        "我说什么都没人在意", "这种小 bug 没人在意的", "走了也没人在意吧")),
    "收摊": ("implicit", "slang", "喻结束", (
        "我这辈子差不多该收摊了", "老板收摊前打五折", "今天不学了，收摊")),
    "=下辈子": ("implicit", "euphemism", "把愿望留到来世", (
        "想做的事都=下辈子 再说吧", "公式写成 =下辈子 会报错吗", "那就=下辈子 见")),
}  # fmt: skip
"""Term → kind, category, reason, and the lines that hold it, one in each chat."""
MORE_LINES = {
    "重开": (
        "排位连跪，这号重开算了", "有没有人觉得人生可以重开该多好，我连从哪一步开始选错都想好了，可是醒来还是这间屋子",
        "别说重开这种话，先来我家吃饭", "他说完“等我重开”就再没回消息，我打电话过去是他姐姐接的",
        "重开一局吗，三缺一", "要是真能重开就好了", "昨晚又梦到重开",
    ),
}  # fmt: skip
"""Further lines of a term, given to the chats in turn."""
SAME_GROUP = {"想消失": "真想消失啊"}
"""A near-duplicate of a term, which is a candidate in its group too."""


def digits(text: str, n: int = 12) -> str:
    return sha256(text.encode()).hexdigest()[:n]


def write_review_corpus(workspace: Workspace, n_terms: int = len(TERMS)) -> dict[str, str]:
    """Write the tables ``messages`` and ``candidates`` with the first terms; term → candidate_id."""
    terms = dict(list(TERMS.items())[:n_terms])
    said: list[tuple[str, int, str]] = []
    for chat in range(3):
        texts = [lines[chat] for _, _, _, lines in terms.values()]
        texts += [line for term in terms for line in MORE_LINES.get(term, ())[chat::3]]
        rows = [_message(chat, number, text) for number, text in enumerate(texts)]
        said += [(row[0], chat, text) for row, text in zip(rows, texts, strict=True)]
        _write(workspace, f"messages/{digits(f'chat {chat}', 32)}", rows)
    candidates = [_candidate(term, term, number, said) for number, term in enumerate(terms)]
    candidates += [_candidate(similar, term, 30, said) for term, similar in SAME_GROUP.items()]
    _write(workspace, "candidates", candidates)
    return {term: digits(term) for term in terms}


def _write(workspace: Workspace, name: str, rows: list[tuple[object, ...]]) -> None:
    frame = pl.DataFrame(rows, schema=empty(name).schema, orient="row")
    workspace.store.write(name, frame, Recipe(inputs={}))


def _message(chat: int, number: int, text: str) -> tuple[object, ...]:
    user, time = digits(f"user {(number * 7 + chat) % 12}", 32), START + timedelta(days=chat, minutes=3 * number)
    return digits(f"{chat}/{number}", 32), digits(f"chat {chat}", 32), user, None, time, text, False, None


def _candidate(term: str, stands_for: str, number: int, said: list[tuple[str, int, str]]) -> tuple[object, ...]:
    kind, category, reason, _ = TERMS[stands_for]
    held = [(message_id, chat, text) for message_id, chat, text in said if term in text]
    sources = ["llm", "neighbours"] if number % 2 else ["llm"]
    n_matches = sum(text.count(term) for _, _, text in held)
    counts = (n_matches, len(held), len(held), len({chat for _, chat, _ in held}))
    examples = [message_id for message_id, _, _ in held[:2]]
    return (
        *(digits(term), term, kind, category, sources, len(sources), *counts),
        *(40.0 - number, digits(stands_for), [reason], examples),
    )
