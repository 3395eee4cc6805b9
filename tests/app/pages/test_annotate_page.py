"""The page on which annotators label segments: what it shows, and what choosing and submitting a label does."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotation.human.work import assignments
from core.people import Submission

FIRST = 0


def test_messages_are_inert_on_the_page(make_bench, markup_chats, visit, html):
    shown = html(visit(make_bench(chats=markup_chats), "anna"))
    assert "&lt;img src=x onerror=&quot;document.title=&#x27;broken&#x27;&quot;&gt;" in shown
    assert "**加粗** 和 $x^2$ 还有 &lt;script&gt;" in shown
    assert "<img" not in shown
    assert "<script" not in shown


def test_a_label_is_chosen_and_submitted(make_bench, visit, press, chosen, html):
    bench = make_bench()
    first = assignments(bench.engine, "anna")[FIRST]
    at = press(visit(bench, "anna"), "自杀意念")
    assert chosen(at) == ["自杀意念"]
    at.text_area[0].input("第 8 条说不想活了")
    press(at, "提交")
    work = assignments(bench.engine, "anna")[FIRST].work
    assert (work.labels, work.rationale) == ({"risk": 2}, "第 8 条说不想活了")
    assert "<b>2 / 3</b>" in html(at)
    assert "已完成 1 / 3" in html(at)
    assert assignments(bench.engine, "anna")[FIRST].assignment_id == first.assignment_id


def test_nothing_is_submitted_without_a_label(make_bench, visit, press):
    bench = make_bench()
    at = visit(bench, "anna")
    at.text_area[0].input("还没想好")
    press(at, "提交")
    assert at.warning[0].value == "请先选一个标签，或选“无法判断”。"
    assert at.text_area[0].value == "还没想好"
    assert assignments(bench.engine, "anna")[FIRST].work is None


def test_an_annotator_may_be_unable_to_tell(make_bench, visit, press):
    bench = make_bench()
    press(press(visit(bench, "anna"), "无法判断"), "提交")
    assert assignments(bench.engine, "anna")[FIRST].work.labels == {"risk": -1}


def test_earlier_work_is_shown_and_revised_while_the_batch_is_open(make_bench, visit, press, chosen, html):
    bench = make_bench()
    at = press(press(visit(bench, "anna"), "自杀意念"), "提交")
    at.button(key="step-previous").click().run()
    assert chosen(at) == ["自杀意念"]
    assert "已提交，关闭批次前可以修改" in html(at)
    press(press(at, "抑郁情绪"), "提交修改")
    work = assignments(bench.engine, "anna")[FIRST].work
    assert (work.labels, work.revision) == ({"risk": 1}, 2)


def test_a_key_that_comes_too_late_does_not_touch_what_was_submitted(make_bench, visit, press, chosen):
    bench = make_bench()
    at = press(press(visit(bench, "anna"), "自杀意念"), "提交")
    first = assignments(bench.engine, "anna")[FIRST].assignment_id
    at.session_state["annotate-shown"] = first + 1000
    press(at, "无关")
    assert chosen(at) == []
    assert assignments(bench.engine, "anna")[FIRST].work.labels == {"risk": 2}


def test_a_press_is_told_once_and_only_to_its_own_item(make_bench, visit, press):
    bench = make_bench()
    at = press(visit(bench, "anna"), "自杀意念")
    at.session_state["submission-pressed"] = "of another item"
    at.run()
    assert assignments(bench.engine, "anna")[FIRST].work is None
    press(at, "提交")
    assert [task.done for task in assignments(bench.engine, "anna")] == [True, False, False]
    at.run()
    assert [task.done for task in assignments(bench.engine, "anna")] == [True, False, False]


def test_the_time_spent_on_an_item_is_kept(make_bench, visit, press):
    bench = make_bench()
    press(press(visit(bench, "anna"), "自杀意念"), "提交")
    with Session(bench.engine) as session:
        (seconds,) = session.scalars(select(Submission.seconds))
    assert 0 <= seconds < 60


def test_support_contacts_are_those_of_the_settings(make_bench, visit, html):
    settings = {"support_title": '"累了就停"', "support_text": '"找<负责人>聊聊"'}
    shown = html(visit(make_bench(settings=settings), "anna"))
    assert '<aside class="support"><b>累了就停</b><p>找&lt;负责人&gt;聊聊</p></aside>' in shown


def test_without_support_contacts_there_is_no_empty_box(make_bench, visit, html):
    assert "support" not in html(visit(make_bench(), "anna"))


def test_the_pages_speak_english_where_the_settings_say_so(make_bench, visit, html):
    at = visit(make_bench(settings={"language": '"en"'}), "anna")
    assert "Suicidal ideation" in [button.label for button in at.button]
    assert "min later" in html(at)


def test_several_labels_may_apply(make_bench, visit, press, chosen):
    bench = make_bench("psysuicide11")
    at = press(press(visit(bench, "anna"), "自杀计划"), "自杀未遂")
    assert chosen(at) == ["自杀未遂", "自杀计划"]
    press(press(at, "自杀未遂"), "提交")
    labels = assignments(bench.engine, "anna")[FIRST].work.labels
    assert len(labels) == 11
    assert [name for name, code in labels.items() if code] == ["risk:plan"]


def test_the_decision_tree_is_there_as_help(make_bench, visit, html):
    shown = html(visit(make_bench("psysuicide11"), "anna"))
    assert shown.count("<li><p>") == 10
    assert "<b>有</b> → 到第 2 步" in shown


def test_twenty_three_questions_are_asked_one_after_the_other(make_bench, visit, press, html):
    bench = make_bench("narratives23")
    at = press(visit(bench, "anna"), "是")
    assert "第 2 题，共 23 题" in html(at)
    at = press(at, "提交")
    assert at.warning[0].value == "还有 22 题没有回答。"
    for _ in range(20):
        at = press(at, "否")
    press(press(press(at, "代码 3"), "无法判断"), "提交")
    labels = assignments(bench.engine, "anna")[FIRST].work.labels
    assert (labels["DepressedMood"], labels["Argument"]) == (1, 0)
    assert (labels["InjuryLocationType"], labels["WeaponType1"]) == (3, -1)


def test_a_question_of_many_can_be_opened_again(make_bench, visit, press, chosen, html):
    at = press(visit(make_bench("narratives23"), "anna"), "是")
    at.button(key="question-DepressedMood").click().run()
    assert chosen(at) == ["是"]
    assert "第 1 题，共 23 题" in html(at)
