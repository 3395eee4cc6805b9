"""Reading WhatsApp's text export: two phones, two languages, no ids."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from collector.collecting import collect
from collector.sources import detect, whatsapp
from collector.sources.records import RawMessage, Record, Rejected
from collector.sources.whatsapp import title_of
from collector.sources.whatsapp_dates import order_of
from collector.sources.whatsapp_lines import beginning
from collector.sources.whatsapp_notes import said
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

NAME = "WhatsApp Chat with 夜猫子.txt"
CHAT = "title:夜猫子"
MARK = "\u200e"


def read(folder: Path, content: str | bytes, name: str = NAME, **options: object) -> list[Record]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(detect(file).read(file, CollectSettings(**options)))


def only(folder: Path, line: str) -> Record:
    (record,) = read(folder, line)
    return record


def text_of(folder: Path, text: str) -> str | None:
    """The text of a message sent from an iPhone; None: it is not taken for a message."""
    return getattr(only(folder, f"[2024/1/2 15:04:05] 小明: {text}\n"), "text", None)


def test_an_android_export(tmp_path):
    lines = "12/31/23, 23:05 - 小明: 今天好累\n第二行\n\n1/1/24, 00:05 - Bob: 好的\n"
    first, second = read(tmp_path, lines)
    assert first == RawMessage(
        1, CHAT, f"{CHAT}/1\x1f2023-12-31T23:05:00\x1fname:{CHAT}\x1f小明\x1f今天好累\n第二行",
        f"name:{CHAT}\x1f小明", None, datetime(2023, 12, 31, 23, 5, tzinfo=UTC), "今天好累\n第二行",
        name="小明",
    )  # fmt: skip
    assert (second.position, second.user, second.text) == (4, f"name:{CHAT}\x1fBob", "好的")


@pytest.mark.parametrize(
    ("shown", "hour", "minute"),
    [
        ("[2024/1/2 下午3:04:05]", 15, 4), ("[2024/1/2 上午12:04:05]", 0, 4), ("[2024/1/2, 中午12:04:05]", 12, 4),
        ("[2024/1/2 中午1:04:05]", 13, 4), ("[2024/1/2 凌晨 3:04:05]", 3, 4), ("[2024/1/2 晚上11:04:05]", 23, 4),
        ("[2024/1/2 15:04:05]", 15, 4), ("2024/1/2 15:04 -", 15, 4), ("2024/1/2 下午3:04 -", 15, 4),
        ("2024年1月2日 下午3:04 -", 15, 4), ("[2024-01-02, 3:04:05\u202fPM]", 15, 4),
        ("13/1/24, 3:04 p.\u00a0m. -", 15, 4), ("1/13/24, 12:04 AM -", 0, 4), ("13.01.24, 15:04 -", 15, 4),
        ("[13.01.24, 15.04.05]", 15, 4),
        ("13/01/2024, 下午15:04 -", 15, 4), (f"{MARK}[2024/1/2 15:04:05]", 15, 4),
    ],
)  # fmt: skip
def test_times_as_phones_write_them(tmp_path, shown, hour, minute):
    found = only(tmp_path, f"{shown} Bob: hi there\n")
    assert (found.time.hour, found.time.minute, found.time.year, found.time.month) == (hour, minute, 2024, 1)
    assert (found.user, found.text) == (f"name:{CHAT}\x1fBob", "hi there")


def test_local_times_are_taken_by_the_offset_of_the_settings(tmp_path):
    (found,) = read(tmp_path, "[2024/1/2 上午3:04:05] 小明: 还没睡\n", utc_offset_minutes=480)
    assert found.time == datetime(2024, 1, 1, 19, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"{MARK}图片已忽略", ""), ("<Media omitted>", ""), (f"{MARK}image omitted", ""), ("<省略多媒体文件>", ""),
        (f"{MARK}貼圖已略去", ""), ("IMG-1.jpg (file attached)", ""), (f"{MARK}IMG-1.jpg (文件附件)\n看海", "看海"),
        (f"看海 {MARK}<attached: 01-PHOTO.jpg>", "看海"), ("<Media omitted>\n看海", "看海"),
        (f"{MARK}<已附加：01.jpg>", ""), (f"王小明体检.pdf • {MARK}1 页 {MARK}文件已省略", ""),
        (f"a.pdf {MARK}document omitted", ""),
        ("This message was deleted", ""), ("你删除了这条消息", ""), (f"{MARK}此訊息已刪除。", ""),
        (f"好多了 {MARK}<This message was edited>", "好多了"), ("好多了 <此消息已编辑>", "好多了"),
        ("@\u2068阿花 (夜)\u2069 在吗", "〈用户〉 在吗"), (f"{MARK}Location: https://maps.google.com/?q=1,2", ""),
        (f"{MARK}POLL:\n睡了吗\n{MARK}OPTION: 没 (2 votes)", ""), ("null", ""), (f"{MARK}Bob创建了群组", None),
        (f"{MARK}消息和通话已进行端到端加密。", None), (f"{MARK}@\u2068Bob\u2069 joined from the community", None),
        ("我的图片已忽略了吧", "我的图片已忽略了吧"), ("10:30: 见", "10:30: 见"), (" 空格 ", "空格"), ("", ""),
    ],
)  # fmt: skip
def test_whatsapps_own_words_are_told_from_the_senders(tmp_path, text, left):
    assert text_of(tmp_path, text) == left


@pytest.mark.parametrize(
    "line",
    [
        "Messages and calls are end-to-end encrypted. Tap to learn more.", "Bob left", "小明加入了群组",
        'Bob changed the subject from "A: b" to "C"', 'Bob created group "夜: 谈"', "小明更改了群组名称：夜谈: 二",
    ],
)  # fmt: skip
def test_lines_without_a_sender_are_service_lines(tmp_path, line):
    found = only(tmp_path, f"13/1/24, 15:04 - {line}\n")
    assert isinstance(found, Rejected)
    assert (found.position, found.reason, found.chat) == (1, "service", CHAT)


@pytest.mark.parametrize(
    ("shown", "name"),
    [("~\u202fBob", "Bob"), ("~小明~", "~小明~"), ("\u202a+00 000\u202c", "+00 000"), ("A  B", "A B"), ("A:b", "A:b")],
)
def test_a_sender_is_known_by_the_name_without_what_whatsapp_puts_around_it(tmp_path, shown, name):
    assert only(tmp_path, f"[2024/1/2 15:04:05] {shown}: 好的\n").user == f"name:{CHAT}\x1f{name}"


def test_a_line_pasted_from_another_phone_belongs_to_the_message(tmp_path):
    pasted = "看他说的\n[2024/1/2 15:04:05] 阿花: 好累\n99/99/24, 15:04 - x: y\n13/1/24, 25:04 - x: y"
    assert only(tmp_path, f"13/1/24, 15:04 - Bob: {pasted}\n").text == pasted


def test_lines_before_the_first_message_are_bad_records(tmp_path):
    found = read(tmp_path, "半句话\n\n13/1/24, 15:04 - Bob: 好的\n")
    assert [(record.position, getattr(record, "reason", None)) for record in found] == [(1, "bad_record"), (3, None)]


def dates(*written: str) -> list[tuple[str, str, str]]:
    return [tuple(date.split("/")) for date in written]


@pytest.mark.parametrize(
    ("written", "order"),
    [
        (["3/4/24", "13/4/24"], "dmy"), (["3/4/24", "4/13/24"], "mdy"), (["2024/3/4"], "ymd"),
        (["3/3/24", "4/4/24"], "dmy"), (["30/11/24", "1/12/24"], "dmy"), (["28/5/2024"], "dmy"),
        (["16/5/31", "16/6/1"], "ymd"),
        (["11/1/24", "12/1/24", "1/2/24"], "dmy"), (["1/11/24", "1/12/24", "2/1/24"], "mdy"),
    ],
)  # fmt: skip
def test_the_whole_file_decides_whether_the_day_is_first(written, order):
    assert order_of(dates(*written), "a.txt", None) == order
    assert order_of(dates(*written), "a.txt", order == "dmy") == order


@pytest.mark.parametrize("written", [["3/4/24"], ["1/2/24", "2/2/24", "3/2/24"], ["11/10/24", "1/11/24", "2/10/24"]])
def test_where_it_does_not_the_setting_is_asked_for(written):
    with pytest.raises(DataError, match=r"do not tell day from month; set collect\.day_first = true or false"):
        order_of(dates(*written), "a.txt", None)
    assert [order_of(dates(*written), "a.txt", day_first) for day_first in (True, False)] == ["dmy", "mdy"]


BROKEN = [
    ("随便写点什么\n第二行\n", "holds no message of a WhatsApp chat: wanted lines such as"),
    ("13/1/24, 15:04 - A: 今天好累\n1/13/24, 15:04 - A: 好\n", "dates with the day first and dates with"),
    ("3/4/24, 15:04 - A: 今天好累\n", "set collect.day_first"),
    ("13/1/24, 15:04 - A: 今天好累\n".encode() + b"\xff\n", r"not UTF-8 text \(byte 33\); .*iconv"),
]


@pytest.mark.parametrize(("content", "told"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_one_message_without_any_of_its_text(tmp_path, content, told):
    (tmp_path / "chat.txt").write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=told) as caught:
        list(whatsapp.read(tmp_path / "chat.txt", CollectSettings()))
    assert "今天" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("WhatsApp Chat with 夜猫子.txt", "夜猫子"), ("WhatsApp Chat with 夜猫子 (2).txt", "夜猫子"),
        ("WhatsApp Chat - 夜猫子/_chat.txt", "夜猫子"), ("与夜猫子的 WhatsApp 聊天.txt", "夜猫子"),
        ("與夜猫子的WhatsApp對話.txt", "夜猫子"), ("夜猫子.txt", "夜猫子"), ("夜猫子/_chat.txt", "夜猫子"),
    ],
)  # fmt: skip
def test_the_chat_is_known_by_the_name_of_its_file(tmp_path, path, title):
    assert title_of(tmp_path / path) == title


def test_overlapping_exports_give_each_message_once(tmp_path, keyed):
    chat = [f"{day}/1/24, 23:0{minute} - 小明: 第{day}天了\n" for day in range(11, 17) for minute in (1, 1, 2)]
    for folder, lines in (("a", chat[:12]), ("b", chat[6:])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / NAME).write_text("".join(lines))
    reports = [collect(keyed, [tmp_path / folder / NAME]) for folder in "ab"]
    assert [report.kept for report in reports] == [12, 6]
    assert reports[1].dropped == {"duplicate": 6}
    assert keyed.store.read("messages").get_column("content").to_list() == [f"第{n // 3}天了" for n in range(33, 51)]


class Sent(NamedTuple):
    after: int
    sender: str
    text: str


LETTERS = st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\u200e\u200f\ufeff")
LINE = st.text(st.one_of(st.sampled_from("好累了，。a1: -/[]"), LETTERS), max_size=20)
SENT = st.lists(
    st.builds(
        Sent,
        st.integers(0, 30_000),
        st.sampled_from(["小明", "Bob Li", "~阿花~", "夜 (猫)"]),
        st.lists(LINE, min_size=1, max_size=3).map("\n".join).map(str.strip),
    ),
    min_size=1,
    max_size=8,
)
STYLES = {
    "iphone zh": lambda t: f"[{t.year}/{t.month}/{t.day} {'上下'[t.hour > 11]}午{t.hour % 12 or 12}:{t:%M:00}]",
    "iphone en": lambda t: f"{MARK}[{t:%d/%m/%Y}, {t.hour % 12 or 12}:{t:%M:00}\u202f{t:%p}]",
    "android zh": lambda t: f"{t.year}/{t.month}/{t.day} {t:%H:%M} -",
    "android en": lambda t: f"{t.month}/{t.day}/{t:%y}, {t.hour % 12 or 12}:{t:%M} {t:%p} -",
}


def render(messages: list[Sent], style: str) -> tuple[str, list[datetime]]:
    """The export as a phone writes it, and the times of its messages."""
    now = datetime(2024, 1, 2, 15, 4, tzinfo=UTC)
    times = [now := now + timedelta(minutes=message.after) for message in messages]
    lines = [f"{STYLES[style](t)} {m.sender}: {m.text}\n" for t, m in zip(times, messages, strict=True)]
    return "".join(lines), times


def is_plain(message: Sent) -> bool:
    """Whether nothing in a text is taken for WhatsApp's own words or for the beginning of another message."""
    return said(message.text) == message.text and not any(beginning(line) for line in message.text.split("\n"))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(messages=SENT, style=st.sampled_from(sorted(STYLES)), cut=st.integers(0, 8))
def test_what_was_sent_is_what_is_read_and_part_of_it_has_the_same_ids(tmp_path, messages, style, cut):
    assume(all(is_plain(message) for message in messages))
    content, times = render(messages, style)
    day_first = style == "iphone en"
    found = read(tmp_path, content, day_first=day_first)
    told = [(record.user.rpartition("\x1f")[2], record.text, record.time) for record in found]
    assert told == [(m.sender, m.text, t) for m, t in zip(messages, times, strict=True)]
    assert len({record.message for record in found}) == len(messages)
    later = content.removeprefix(render(messages[:cut], style)[0])
    if later:
        assert {r.message for r in read(tmp_path, later, day_first=day_first)} <= {r.message for r in found}
