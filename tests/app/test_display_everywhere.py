"""Pages, prompts and releases show a segment by one function: same lines, same aliases, same gaps and reply marks."""

import re

import pytest

from annotation.silver.material import Material
from annotation.silver.prompting import PromptTexts
from app.desk import desk_at
from consensus.gold import resolve
from core.display import aliases
from core.fence import as_data_lines
from release.four_tuples import four_tuples
from segmenter.tuning.development import draw_development


@pytest.fixture
def bench(closed):
    resolve(closed.workspace, closed.engine)
    return closed


@pytest.fixture
def on_pages(bench):
    corpus = desk_at(bench.workspace.root).corpus
    return {segment: corpus.display(segment) for segment in bench.segments}


def test_a_page_and_a_prompt_start_from_the_same_display(bench, on_pages):
    assert dict(Material(bench.workspace, bench.workspace.store.read("segments")).displays) == on_pages


def test_a_release_holds_what_the_page_shows(bench, on_pages):
    released = {row["segment_id"]: row["chat_segment"] for row in four_tuples(bench.workspace).iter_rows(named=True)}
    assert len(released) == 3
    for segment, display in on_pages.items():
        assert [(line["user"], line["text"], line["reply_to"]) for line in released[segment]] == [
            (line.alias, line.content, line.reply_to) for line in display.lines
        ]
        assert [line["gap_minutes"] for line in released[segment]] == [round(line.gap, 3) for line in display.lines]


def test_a_person_has_one_alias_in_the_whole_corpus(bench, on_pages):
    store = bench.workspace.store
    senders = dict(store.read("messages").select("message_id", "user_id").iter_rows())
    seen = {(senders[line.message_id], line.alias) for display in on_pages.values() for line in display.lines}
    # 可乐 writes in two of the chats; seven people have seven aliases.
    assert len(seen) == len({user for user, _ in seen}) == len({alias for _, alias in seen}) == 7
    assert dict(seen) == aliases(store.read("messages"))


def test_a_development_item_has_the_aliases_of_the_corpus_too(bench, on_pages):
    draw_development(bench.workspace)
    corpus = desk_at(bench.workspace.root).corpus
    known = {line.message_id: line.alias for display in on_pages.values() for line in display.lines}
    for item in bench.workspace.store.read("development")["segment_id"]:
        lines = corpus.display(item).lines
        assert [line.alias for line in lines] == [known[line.message_id] for line in lines]


def test_a_prompt_numbers_people_anew_and_keeps_gaps_and_reply_marks(bench, on_pages):
    display = on_pages[bench.segments[1]]
    trial = PromptTexts("zh", {"cot": "{% block system %}x{% endblock %}{% block user %}{{ chat }}{% endblock %}"})
    prompt = trial.compile("cot", {}, {}).ask(display).messages[1][1]
    assert as_data_lines(display).plain() in prompt
    assert re.findall(r"^\[\d+\].*$", prompt, re.MULTILINE) == [
        "[1] user_1: 这把又是对面五杀",
        "[2] * user_2: 我想死的心都有了哈哈哈哈",
        "[3] user_1 → 2: 再来一把，这次我辅助你",
        "[4] user_2 (+7 min): 行，吃完外卖就来",
    ]
