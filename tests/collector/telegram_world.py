"""A small Telegram full of planted identifiers, and a process that reads it again and again until it is killed.

Run as a script it imports everything once. Each line on standard input, ``SECONDS LATER FOLDER``, forks a reader of
that workspace, which is killed (SIGKILL) when its time is up; the line ``killed`` or ``done`` answers. So a run can be
killed at any moment without paying for the imports.
"""

import os
import signal
import sys
import time
import traceback
from datetime import timedelta
from pathlib import Path
from typing import Any

from telethon import types

from collector.telegram.asking import Conversation
from collector.telegram.collecting import choose_groups, read_groups
from collector.telegram.offline import START, OfflineGroup, OfflineTelegram, said
from core.settings import replace_settings
from core.workspace import Workspace

CHATS = {1_009_123_457: "planted_group_one", 1_009_765_433: "planted_group_two"}
SENDERS = [5_551_234_567, 5_557_654_321, 5_550_000_017]
FIRST = 987_600_000
SIZE = 300
STEP = 40
LATE, LATE_FIRST_SAID = "姗姗来迟的鸭", "我其实一直在看你们说"
"""A member of both groups who is spoken of before saying anything."""
LATE_NUMBER = 5_559_000_111
TRACES = [
    *map(str, CHATS), *CHATS.values(), *map(str, SENDERS), str(FIRST)[:6], "Zhang-Planted", "张埋名", "阿呆鸟",
    "13912345678", "139 1234 5678", "planted@example.com", "planted.example.org", "Title of", "491700000000",
]  # fmt: skip


def world(later: bool, delay: float = 0.0) -> OfflineTelegram:
    """Two groups of 300 messages: mostly plain, some short, forwarded, edited, with planted people and numbers.

    ``later``: some have been deleted, some edited, and there are new ones.
    """
    groups = [OfflineGroup.public(chat, name, _messages(chat)) for chat, name in CHATS.items()]
    for group in groups if later else ():
        _go_on(group)
    members = {number: types.User(number, first_name=f"阿呆鸟{place}号") for place, number in enumerate(SENDERS)}
    members[LATE_NUMBER] = types.User(LATE_NUMBER, first_name=LATE)
    return OfflineTelegram(groups, members=members, delay=delay)


def _go_on(group: OfflineGroup) -> None:
    chat = group.about.id
    for k in range(1, SIZE + 1):
        message = group.messages[FIRST + 2 * k]
        if k % 23 == 0:
            del group.messages[message.id]
        elif k % 29 == 0:
            message.message, message.entities = "好" if k % 2 else f"第{k}句改过了", None
            message.edit_date = message.date + timedelta(hours=1)
    for k in range(SIZE + 1, SIZE + 91):
        group.messages[FIRST + 2 * k] = said(chat, FIRST + 2 * k, f"第{k}句话，我是新来的", by=SENDERS[0], minute=k)


def _messages(chat: int) -> list[Any]:
    made = []
    for k in range(1, SIZE + 1):
        message = said(chat, FIRST + 2 * k, f"第{k}句话，大家晚上好", by=SENDERS[k % 3], minute=k // 3)
        if k % 7 == 0:
            message.message = "😀打１３９１２３４５６７８或139 1234 5678，写planted@example.com，planted.example.org/x"
        if k % 11 == 0:
            message.message, message.entities = "谢谢张埋名", [types.MessageEntityMentionName(2, 3, SENDERS[0])]
        if k % 31 == 0:
            message.message = "阿呆鸟1号，你还在吗"
        if k % 37 == 0:
            message.message = f"有人认识{LATE}吗"
        if k == SIZE * 2 // 3:
            message.message, message.from_id = LATE_FIRST_SAID, types.PeerUser(LATE_NUMBER)
        if k % 13 == 0:
            message.message = "好"
        if k % 17 == 0:
            message.fwd_from = types.MessageFwdHeader(START, from_name="Zhang-Planted")
            message.post_author = "Zhang-Planted"
        if k % 19 == 0:
            message.edit_date = message.date + timedelta(minutes=5)
            message.reply_to = types.MessageReplyHeader(reply_to_msg_id=FIRST + 2 * k - 2)
        made.append(message)
    return made


def read(root: Path, later: bool, delay: float = 0.0) -> None:
    """One run over the world. The clock stands in the days of the messages, so that later runs read them again."""
    opened = Workspace(root)
    settings = replace_settings(opened.settings, "collect", {"telegram": {"per_minute": 600}})
    workspace = Workspace(root, lambda: START + timedelta(days=1), settings)
    with Conversation(world(later, delay).client(), 1e9) as conversation:
        read_groups(workspace, choose_groups(workspace, list(CHATS.values())), conversation, STEP)


def serve(delay: float) -> None:
    """Fork a reader for every line, and kill it. One that has ended is collected after that, so its id is its own."""
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, later, root = line.strip().split(" ", 2)
        child = os.fork()
        if child == 0:
            os._exit(_status(Path(root), later == "later", delay))
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print({0: "done", signal.SIGKILL: "killed"}.get(status, f"failed {status}"), flush=True)


def _status(root: Path, later: bool, delay: float) -> int:
    try:
        read(root, later, delay)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve(float(sys.argv[1]))
