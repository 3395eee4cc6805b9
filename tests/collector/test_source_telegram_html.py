"""Reading Telegram Desktop's HTML export, page by page."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.collecting import collect
from collector.exports import open_export
from collector.sources import detect
from collector.sources.records import RawMessage, Record, Rejected
from core.errors import DataError
from core.setting_tables.collecting import CollectSettings

TIME = datetime(2024, 2, 1, 4, 34, 56, tzinfo=UTC)
CHAT = "title:夜谈 & 小屋"


def page(*blocks: str, title: str = "夜谈 &amp; 小屋 ") -> str:
    head = '<!DOCTYPE html><html><head><meta charset="utf-8"/><script src="js/script.js">\n</script></head>'
    header = f'<div class="page_header">\n<div class="content"><div class="text bold">\n{title}\n</div></div></div>'
    opened = f'<body><div class="page_wrap">{header}<div class="page_body chat_page"><div class="history">'
    return head + opened + "".join(blocks) + "</div></div></div></body></html>"


def block(number: Any, text: str = "今天好累", sender: str | None = "小明 ", inner: str = "", **more: str) -> str:
    """A message as Telegram Desktop writes it; without a sender it is joined to the one before."""
    date = more.get("date", "01.02.2024 12:34:56 UTC+08:00")
    name = "" if sender is None else f'<div class="from_name">\n{sender}      \n</div>'
    picture = '<div class="pull_left userpic_wrap"><div class="userpic"><div class="initials">小</div></div></div>'
    body = f'<div class="pull_right date details" title="{date}">\n12:34\n</div>{name}{inner}'
    words = f'<div class="text">\n{text}\n       </div>' if text else ""
    joined = " joined" if sender is None else ""
    start = f'<div class="message default clearfix{joined}" id="message{number}">'
    return f'{start}\n{picture}<div class="body">\n{body}{words}{more.get("after", "")}</div></div>'


def service(number: int, text: str) -> str:
    return f'<div class="message service" id="message{number}"><div class="body details">\n{text}\n</div></div>'


def records(folder: Path, *blocks: str, options: CollectSettings = CollectSettings()) -> list[Record]:
    return read(folder, page(*blocks), options)


def read(folder: Path, content: str | bytes, options: CollectSettings = CollectSettings()) -> list[Record]:
    file = folder / "messages.html"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(detect(file).read(file, options))


def only(folder: Path, *arguments: Any, **more: Any) -> Any:
    (record,) = records(folder, block(1, *arguments, **more))
    return record


def test_a_message_has_ids_from_the_title_and_the_name(tmp_path):
    assert records(tmp_path, block(10)) == [
        RawMessage(1, CHAT, f"{CHAT}/10", f"name:{CHAT}\x1f小明", None, TIME, "今天好累", name="小明")
    ]


def test_a_joined_message_is_by_the_sender_before(tmp_path):
    found = records(tmp_path, block(1), block(2, sender=None), block(3, sender="Bob"), block(4, sender=None))
    assert [record.user.rpartition("\x1f")[2] for record in found] == ["小明", "小明", "Bob", "Bob"]


def test_a_joined_message_with_none_before_it_is_nobodys(tmp_path):
    assert only(tmp_path, sender=None).user is None


@pytest.mark.parametrize(
    ("shown", "name"),
    [("Bob via @gif", "Bob"), ("Li  Wei ", "Li Wei"), ("Deleted Account", None), ("", None), ("&lt;b&gt;", "<b>")],
)
def test_what_a_name_stands_for(tmp_path, shown, name):
    assert only(tmp_path, sender=shown).user == (name and f"name:{CHAT}\x1f{name}")


def test_a_reply_names_the_message_whatever_page_it_is_on(tmp_path):
    link = '<div class="reply_to details">\nIn reply to <a href="{}#go_to_message7" onclick="x">this message</a></div>'
    here, there = block(8, inner=link.format("")), block(9, inner=link.format("messages2.html"))
    elsewhere = block(10, inner='<div class="reply_to details">In reply to a message in another chat</div>')
    assert [r.reply_to for r in records(tmp_path, here, there, elsewhere)] == [f"{CHAT}/7", f"{CHAT}/7", None]


def test_in_a_topic_only_an_answer_to_a_message_is_a_reply(tmp_path):
    link = '<div class="reply_to details">In reply to <a href="#go_to_message{}">this message</a></div>'
    opened = service(5, "小明 created topic &laquo;夜谈&raquo;")
    found = records(tmp_path, opened, block(6, inner=link.format(5)), block(7, inner=link.format(6)))
    assert [r.reply_to for r in found[1:]] == [None, f"{CHAT}/6"]


def test_a_forwarded_message_is_by_who_forwarded_it(tmp_path):
    shown = '<span class="date details" title="01.01.2020 00:00:00"> 01.01.2020 00:00:00</span>'
    picture = '<div class="pull_left forwarded userpic_wrap"><div class="userpic">别</div></div>'
    words = '<div class="text">转来的话</div>'
    inside = f'<div class="forwarded body"><div class="from_name">别人 {shown}</div>{words}</div>'
    found = only(tmp_path, "", inner=picture + inside)
    assert (found.is_forward, found.user, found.text, found.time) == (True, f"name:{CHAT}\x1f小明", "转来的话", TIME)


def test_what_the_export_marked_in_the_text(tmp_path):
    text = (
        '看<br><a href="mailto:a@b.cn">a@b.cn</a>|<a href="tel:12 34">12 34</a>|<a href="https://t.me/nn">@nn</a>|'
        '<a href="" onclick="return ShowMentionName()">阿花</a>|<a href="example.com">example.com</a>|'
        '<a href="https://x.cn/1">这里</a>|<a href="" onclick="return ShowHashtag(&quot;夜&quot;)">#夜</a>|'
        '<strong>粗</strong><span class="spoiler hidden"><span aria-hidden="true">藏</span></span>&amp;&lt;'
    )
    assert only(tmp_path, text).text == "看\n〈邮箱〉|〈电话〉|〈用户〉|〈用户〉| |这里|#夜|粗藏&<"


def test_of_media_only_the_caption_is_read(tmp_path):
    media = (
        '<div class="media_wrap clearfix"><a class="media media_contact" href="x.vcf"><div class="fill"></div>'
        '<div class="body"><div class="title bold">阿花</div><div class="status details">12 34</div></div></a></div>'
    )
    signed = '<div class="signature details">阿花</div>'
    found = records(tmp_path, block(1, "图里是海", inner=media, after=signed), block(2, "", inner=media))
    assert [record.text for record in found] == ["图里是海", ""]


def test_service_lines_are_counted_and_lines_with_a_date_are_not(tmp_path):
    migrated = service(-999_999_990, "小明 joined group by link from Group")
    found = records(tmp_path, service(-1, "1 February 2024"), service(3, "小明 pinned this message"), migrated)
    assert found == [
        Rejected(1, "service", CHAT, f"{CHAT}/3"),
        Rejected(2, "service", CHAT, f"{CHAT}/-999999990"),
    ]


@pytest.mark.parametrize(
    ("date", "hour"),
    [
        ("01.02.2024 12:00:00 UTC+08:00", 4), ("01.02.2024 12:00:00 UTC-03:30", 15.5), ("01.02.2024 12:00:00 UTC", 12),
        ("01.02.2024 12:00:00 UTC+0000", 12), ("01.02.2024 12:00:00", 3),
    ],
)  # fmt: skip
def test_local_times_are_taken_by_their_offset_or_by_that_of_the_settings(tmp_path, date, hour):
    (found,) = records(tmp_path, block(1, date=date), options=CollectSettings(utc_offset_minutes=540))
    assert found.time == datetime(2024, 2, 1, int(hour), int(hour % 1 * 60), tzinfo=UTC)


BAD = [
    block("x"), block(""), block("9" * 30), block(2, date=""), block(2, date="2024-02-01"),
    block(2, date="31.02.2024 12:00:00"), block(2, date="01.02.2024 25:00:00"), block(2, date="01.02.1970 00:00:00"),
    block(2, date="01.02.0001 00:00:00 UTC+08:00"),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=range(len(BAD)))
def test_a_bad_record_is_counted_with_its_position_and_the_next_is_read(tmp_path, bad):
    first, second, third = records(tmp_path, block(1), bad, block(3))
    assert (second.position, second.reason) == (2, "bad_record")
    assert (first.text, third.position, third.text) == ("今天好累", 3, "今天好累")


WHOLE = page(block(1), block(2), block(3))
BROKEN = [
    ("", "shows no chat: wanted the page messages.html"),
    ("<html><body>没有</body></html>", "shows no chat"),
    (page(block(1), title=" "), "shows no chat"),
    (WHOLE[: WHOLE.index('id="message3"')], r"ends in the middle \(after message 2\): the file was cut off"),
    (WHOLE.removesuffix("</html>"), r"ends in the middle \(after message 3\)"),
    (WHOLE.encode("gb18030"), r"not UTF-8 text \(byte \d+\).*iconv"),
    (WHOLE.encode("utf-16"), r"not UTF-8 text \(byte 0\)"),
    (page(block(1), f"&#{'9' * 5000};"), "is not valid HTML"),
    (page(block(1), "<!--" + "今" * 9_000_000), "is not valid HTML"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_page_is_one_message_without_any_of_its_text(tmp_path, content, said):
    with pytest.raises(DataError, match=rf"messages\.html .*{said}") as caught:
        read(tmp_path, content)
    assert "今天" not in str(caught.value)
    assert "夜谈" not in str(caught.value)
    assert caught.value.__cause__ is None


CUTS = st.lists(
    st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 60), st.sampled_from(
        ["", "<div>", "</div>", "</a>", "<![x[", "<!", "<!--", "<?", "&#xFFFFFFFF;", "<script>", '<a href="', "<"]
    )),
    max_size=5,
)  # fmt: skip


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cuts=CUTS)
def test_html_that_is_not_well_formed_is_read_or_refused_in_one_message(tmp_path, cuts):
    content = WHOLE
    for place, length, instead in cuts:
        content = content[:place] + instead + content[place + length :]
    try:
        found = read(tmp_path, content)
    except DataError:
        return
    assert [record.position for record in found] == list(range(1, len(found) + 1))


def test_an_unclosed_element_does_not_swallow_the_next_message(tmp_path):
    torn = block(1, "<b>今天好累").removesuffix("</div></div></div>")
    assert [record.text for record in records(tmp_path, torn, block(2, "还好吗"))] == ["今天好累", "还好吗"]


def test_elements_nested_absurdly_deep_are_passed_over(tmp_path):
    assert [r.text for r in records(tmp_path, block(1, "<b>" * 5000 + "深" + "</b>" * 5000), block(2))][1] == "今天好累"


def write_pages(folder: Path, *numbers: int) -> Path:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        name = f"messages{number}.html" if number > 1 else "messages.html"
        (folder / name).write_text(page(block(number, f"第{number}页的话"), block(100 + number, sender=None)))
    return folder


def test_a_folder_is_one_source_in_the_order_of_its_pages(tmp_path, keyed):
    folder = write_pages(tmp_path / "ChatExport", *range(1, 12))
    export = open_export(folder)
    assert [r.message.rpartition("/")[2] for r in export.source.read(export.path, CollectSettings())][::2] == [
        str(number) for number in range(1, 12)
    ]
    report = collect(keyed, [folder])
    assert (report.files, report.read, report.kept, report.table.users) == (1, 22, 22, 1)
    assert not collect(keyed, [folder / "messages.html"]).changed


def test_a_folder_whose_last_page_changed_is_another_source(tmp_path, keyed):
    folder = write_pages(tmp_path / "ChatExport", 1, 2)
    collect(keyed, [folder])
    write_pages(folder, 3)
    report = collect(keyed, [folder])
    assert (report.read, report.kept, report.dropped) == (6, 2, {"duplicate": 4})


def test_a_missing_page_is_named(tmp_path, keyed):
    with pytest.raises(DataError, match=r"lacks the page messages2\.html; copy the whole folder again"):
        collect(keyed, [write_pages(tmp_path / "ChatExport", 1, 3)])


def test_a_page_given_by_itself_is_read_alone(tmp_path, keyed):
    folder = write_pages(tmp_path / "ChatExport", 1, 2)
    assert collect(keyed, [folder / "messages2.html"]).read == 2


def test_where_both_exports_lie_the_one_with_ids_is_taken(tmp_path, export, message):
    folder = write_pages(tmp_path / "ChatExport", 1)
    export("ChatExport/result.json", message(1))
    assert open_export(folder).source.name == "Telegram Desktop JSON"
