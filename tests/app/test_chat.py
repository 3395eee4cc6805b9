"""The chat as HTML: what is marked, and that nobody's text is ever markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.views.chat import chat_html, gap_words, initials, speaker_colours
from app.views.words import words
from core.display import Display, Line

ZH, EN = words("zh"), words("en")


def line(number, text, alias="user_1", **given):
    values = {"gap": 0.0, "reply_to": None, "is_suspicious": False, "by_at_risk_user": False, "signals": ()}
    return Line(number=number, message_id=str(number), alias=alias, content=text, **{**values, **given})


def html_of(*lines):
    return chat_html(Display("0123456789abcdef", lines, 1), ZH)


class Reader(HTMLParser):
    """What a browser would make of it: tags and text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.text, self.marked, self.inside = set(), "", [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.inside.append(tag)

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.inside[-1] == "mark":
            self.marked.append(data)


TAGS = {"div", "span", "b", "i", "mark"}
HOSTILE = ["<img src=x onerror=alert(1)>", "</div></div><script>alert(1)</script>", "**bold** $x$ :smile:", "&lt;b&gt;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_that_looks_like_markup_is_shown_as_it_is(text):
    read = Reader(html_of(line(1, text), line(2, text, alias=text, reply_to=1, signals=((0, len(text)),))))
    assert read.text.count(text) >= 3
    assert read.tags <= TAGS


@given(st.text(min_size=1).filter(str.strip), st.data())
def test_any_text_comes_through_whole_and_inert(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    read = Reader(html_of(line(1, text, signals=((start, end),))))
    shown = text.replace("\r\n", "\n").replace("\r", "\n")
    assert shown in read.text or "\r" in text
    assert read.tags <= TAGS
    assert "\n" not in html_of(line(1, text))


def test_signal_words_are_marked_where_they_stand():
    read = Reader(html_of(line(1, "有时候真的不想活了，算了", signals=((5, 9), (10, 12)))))
    assert read.marked[1:] == ["不想活了", "算了"]


def test_the_message_in_question_and_the_at_risk_user_stand_out():
    html = html_of(
        line(1, "吃不下", by_at_risk_user=True), line(2, "怎么了", "user_2"),
        line(3, "没什么", by_at_risk_user=True, is_suspicious=True),
    )  # fmt: skip
    assert html.count('class="message speaker-at-risk at-risk"') == 1
    assert html.count('class="message speaker-at-risk at-risk suspicious"') == 1
    assert html.count("可疑消息") == 1
    assert html.count('class="message speaker-0"') == 1


def test_an_answer_quotes_the_line_briefly():
    html = html_of(line(1, "好" * 40), line(2, "嗯嗯", "user_2", reply_to=1))
    assert f'<b>回复 user_1</b> <span class="words">{"好" * 28}…</span>' in html
    assert "回复" not in html_of(line(1, "嗯嗯", reply_to=7))


def test_a_run_of_messages_shows_the_name_once():
    html = html_of(line(1, "在吗"), line(2, "在的", gap=0.5), line(3, "好的", gap=2))
    assert html.count("<b>user_1</b>") == 2
    assert html.count(" follows") == 1


@pytest.mark.parametrize(
    ("minutes", "chinese", "english"),
    [
        (1, "1 分钟后", "1 min later"),
        (12.4, "12 分钟后", "12 min later"),
        (65, "1 小时 5 分钟后", "1 h 5 min later"),
        (1440 * 2 + 185, "2 天 3 小时后", "2 d 3 h later"),
    ],
)
def test_gaps_in_words(minutes, chinese, english):
    assert gap_words(minutes, ZH) == chinese
    assert gap_words(minutes, EN) == english


def test_gaps_of_a_minute_or_more_divide_the_chat():
    html = html_of(line(1, "在吗"), line(2, "在的", gap=0.9), line(3, "好的", gap=1), line(4, "走吧", gap=12))
    assert html.count('class="gap"') == 1
    assert html.count('class="gap long"') == 1


def test_every_speaker_has_a_colour_and_the_at_risk_user_one_of_their_own():
    lines = [line(n, "好的", f"user_{n}", by_at_risk_user=n == 2) for n in range(1, 12)]
    colours = speaker_colours(Display("0" * 16, tuple(lines), 2))
    assert colours["user_2"] == "speaker-at-risk"
    assert [colours[f"user_{n}"] for n in (1, 3, 4, 11)] == ["speaker-0", "speaker-1", "speaker-2", "speaker-1"]
    assert initials("user_12") == "12"
