"""A made-up Telegram export of any size, written as a stream, in the proportions of real groups.

Short texts (median seven words, a long tail), a quarter of them replies; service lines, stickers, photos, entities,
reactions, edits and forwards as often as in a busy public group.
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORDS = [
    "今天", "天氣", "不錯", "我們", "去", "吃飯", "吧", "作業", "好多", "還沒", "寫完", "明天見", "睡不著", "感覺",
    "好累", "真的", "不想", "上班", "你們", "最近", "怎麼樣", "謝謝", "沒事", "一起", "加油", "晚上", "出來", "聊聊",
    "突然", "想起", "以前", "的", "了", "嗎", "呢", "是", "在", "有", "我", "你", "他", "就", "也", "都", "很", "说",
    "时候", "已经", "知道", "没有", "什么", "因为", "所以", "但是", "可以", "觉得", "现在", "hello", "哈哈哈", "ok",
]  # fmt: skip
ENTITIES = {"mention": "@someone_x", "link": "https://example.org/x", "bold": "粗體字", "mention_name": "小明"}
TAILS = [*"😀😂🥲👍❤🙏", " 加我13900001111", " 看https://example.com/a?b=1", "\n第二行", *[""] * 50]
NOT_INCLUDED = "(File not included. Change data exporting settings to download.)"
N_KINDS = 20_000
FIRST_CHAT, FIRST_TIME = 1_234_567_890, 1_600_000_000
GAPS = (0, 1, 2, 5, 9, 20, 60, 300)  # seconds between messages


def write_export(path: Path, n_messages: int, n_chats: int = 1, gaps: tuple[int, ...] = GAPS) -> Path:
    """An export of one chat, or of an account with several of the same size."""
    rng = random.Random(1)
    kinds = [_kind(rng) for _ in range(N_KINDS)]
    with path.open("w", encoding="utf-8", buffering=1 << 20) as stream:
        stream.write("" if n_chats == 1 else '{\n "chats": {\n "list": [\n')
        for chat in range(n_chats):
            stream.write(",\n" if chat else "")
            stream.writelines(_chat(rng, FIRST_CHAT + chat, n_messages // n_chats, kinds, gaps))
        stream.write("" if n_chats == 1 else "]}}")
    return path


def _chat(rng: random.Random, chat: int, n_messages: int, kinds: list[str], gaps: tuple[int, ...]) -> Iterator[str]:
    yield f'{{\n "name": "Group",\n "type": "public_supergroup",\n "id": {chat},\n "messages": [\n  '
    time = FIRST_TIME
    for number in range(1, n_messages + 1):
        time += rng.choice(gaps)
        sender = 100_000 + 7 * int(2_000 * rng.random() ** 3)  # some write much, most little
        target = max(1, number - 1 - int(30 * rng.random()))
        values = {"number": number, "time": time, "sender": sender, "target": target}
        yield (",\n  " if number > 1 else "") + kinds[int(N_KINDS * rng.random())] % values
    yield "\n ]\n}"


def _kind(rng: random.Random) -> str:
    """One message of an export as text, with places for what differs between messages of a kind."""
    filled = json.dumps(_message(rng), ensure_ascii=False, indent=1).replace("\n", "\n  ").replace("%", "%%")
    for name, place in (("NUMBER", "%(number)d"), ("TARGET", "%(target)d")):
        filled = filled.replace(f'"{name}"', place)
    return filled.replace("TIME", "%(time)d").replace("SENDER", "%(sender)d")


def _message(rng: random.Random) -> dict[str, Any]:
    when = {"id": "NUMBER", "type": "message", "date": "2023-11-14T22:14:20", "date_unixtime": "TIME"}
    if rng.random() < 0.03:
        who = {"actor": "Name SENDER", "actor_id": "userSENDER", "action": "join_group_by_link", "inviter": "Group"}
        return when | {"type": "service"} | who | {"text": "", "text_entities": []}
    text, entities = _text(rng)
    made = when | {"from": "Name SENDER", "from_id": "userSENDER"}
    made |= {"edited": "2023-11-14T22:20:00", "edited_unixtime": "TIME"} if rng.random() < 0.03 else {}
    made |= {"reply_to_message_id": "TARGET"} if rng.random() < 0.25 else {}
    made |= {"forwarded_from": "Some channel"} if rng.random() < 0.02 else {}
    kind = rng.random()
    if kind < 0.08:
        made |= {"file": NOT_INCLUDED, "media_type": "sticker", "sticker_emoji": "😀", "width": 512, "height": 512}
    elif kind < 0.12:
        made |= {"photo": NOT_INCLUDED, "width": 960, "height": 1280}
    if kind < 0.1:
        text, entities = "", []
    reacted = {
        "type": "emoji",
        "count": 2,
        "emoji": "👍",
        "recent": [{"from": "Name", "from_id": "user1", "date": "x"}],
    }
    return made | {"text": text, "text_entities": entities} | ({"reactions": [reacted]} if rng.random() < 0.08 else {})


def _text(rng: random.Random) -> tuple[Any, list[dict[str, str]]]:
    """The text of a message as Telegram writes it, and its entities."""
    n_words = min(120, max(1, int(rng.lognormvariate(1.9, 0.8))))
    words = [rng.choice(WORDS) + (rng.choice("，。！？～… ") if rng.random() < 0.12 else "") for _ in range(n_words)]
    text = "".join(words) + rng.choice(TAILS)
    plain = {"type": "plain", "text": text}
    if rng.random() > 0.06:
        return text, [plain]
    kind = rng.choice(list(ENTITIES))
    entity = {"type": kind, "text": ENTITIES[kind]}
    return [text, entity, rng.choice(WORDS)], [plain, entity, {"type": "plain", "text": ""}]
