"""The pages, run by Streamlit without a browser: what they show, and what a press of a button does."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

import app.views
from annotation.human.batches import close_batch
from annotation.human.sign_ins import sign_in, sign_out
from annotation.human.work import assignments
from app.desk import WORKSPACE_VARIABLE
from app.session_cookie import COOKIE
from app.wiring import close
from consensus.adjudication import disagreements
from core.people import Submission

ENTRY = Path(app.views.__file__).parent / "entry.py"
FIRST = 0


def page(root, user, view):
    from importlib import import_module
    from pathlib import Path

    from annotation.human.users import list_users
    from app.desk import desk_at
    from app.views.session import Visit

    desk = desk_at(Path(root))
    person = next(person for person in list_users(desk.engine) if person.name == user)
    import_module(f"app.views.{view}").show(Visit(desk, person))


def opened(bench, user, view="annotate"):
    at = AppTest.from_function(page, args=(str(bench.workspace.root), user, view), default_timeout=30).run()
    assert not at.exception
    return at


def html(at):
    return "".join(element.proto.body for element in at.get("html"))


def press(at, text):
    button = next(button for button in at.button if button.label == text)
    return button.click().run()


def chosen(at):
    return [button.label for button in at.button if button.key.startswith("choice-") and button.proto.type == "primary"]


def test_messages_are_inert_on_the_page(make_bench, markup_chats):
    shown = html(opened(make_bench(chats=markup_chats), "anna"))
    assert "&lt;img src=x onerror=&quot;document.title=&#x27;broken&#x27;&quot;&gt;" in shown
    assert "**加粗** 和 $x^2$ 还有 &lt;script&gt;" in shown
    assert "<img" not in shown
    assert "<script" not in shown


def test_a_label_is_chosen_and_submitted(make_bench):
    bench = make_bench()
    first = assignments(bench.engine, "anna")[FIRST]
    at = press(opened(bench, "anna"), "自杀意念")
    assert chosen(at) == ["自杀意念"]
    at.text_area[0].input("第 8 条说不想活了")
    press(at, "提交")
    work = assignments(bench.engine, "anna")[FIRST].work
    assert (work.labels, work.rationale) == ({"risk": 2}, "第 8 条说不想活了")
    assert "<b>2 / 3</b>" in html(at)
    assert "已完成 1 / 3" in html(at)
    assert assignments(bench.engine, "anna")[FIRST].assignment_id == first.assignment_id


def test_nothing_is_submitted_without_a_label(make_bench):
    bench = make_bench()
    at = opened(bench, "anna")
    at.text_area[0].input("还没想好")
    press(at, "提交")
    assert at.warning[0].value == "请先选一个标签，或选“无法判断”。"
    assert at.text_area[0].value == "还没想好"
    assert assignments(bench.engine, "anna")[FIRST].work is None


def test_an_annotator_may_be_unable_to_tell(make_bench):
    bench = make_bench()
    press(press(opened(bench, "anna"), "无法判断"), "提交")
    assert assignments(bench.engine, "anna")[FIRST].work.labels == {"risk": -1}


def test_earlier_work_is_shown_and_revised_while_the_batch_is_open(make_bench):
    bench = make_bench()
    at = press(press(opened(bench, "anna"), "自杀意念"), "提交")
    at.button(key="step-previous").click().run()
    assert chosen(at) == ["自杀意念"]
    assert "已提交，关闭批次前可以修改" in html(at)
    press(press(at, "抑郁情绪"), "提交修改")
    work = assignments(bench.engine, "anna")[FIRST].work
    assert (work.labels, work.revision) == ({"risk": 1}, 2)


def test_a_key_that_comes_too_late_does_not_touch_what_was_submitted(make_bench):
    bench = make_bench()
    at = press(press(opened(bench, "anna"), "自杀意念"), "提交")
    first = assignments(bench.engine, "anna")[FIRST].assignment_id
    at.session_state["annotate-shown"] = first + 1000
    press(at, "无关")
    assert chosen(at) == []
    assert assignments(bench.engine, "anna")[FIRST].work.labels == {"risk": 2}


def test_a_press_is_told_once_and_only_to_its_own_item(make_bench):
    bench = make_bench()
    at = press(opened(bench, "anna"), "自杀意念")
    at.session_state["submission-pressed"] = "of another item"
    at.run()
    assert assignments(bench.engine, "anna")[FIRST].work is None
    press(at, "提交")
    assert [task.done for task in assignments(bench.engine, "anna")] == [True, False, False]
    at.run()
    assert [task.done for task in assignments(bench.engine, "anna")] == [True, False, False]


def test_the_time_spent_on_an_item_is_kept(make_bench):
    bench = make_bench()
    press(press(opened(bench, "anna"), "自杀意念"), "提交")
    with Session(bench.engine) as session:
        (seconds,) = session.scalars(select(Submission.seconds))
    assert 0 <= seconds < 60


def test_a_batch_that_closes_under_an_open_page_is_one_clear_message(entered):
    bench, enter = entered
    at = press(enter(sign_in(bench.engine, "anna", bench.password)), "自杀意念")
    close_batch(bench.engine, "batch-1", lambda _: {"variables": {}}, force=True)
    at = press(at, "提交")
    assert not at.exception
    assert "现在没有要标注的条目" in html(at)


def test_support_contacts_are_those_of_the_settings(make_bench):
    settings = {"support_title": '"累了就停"', "support_text": '"找<负责人>聊聊"'}
    shown = html(opened(make_bench(settings=settings), "anna"))
    assert '<aside class="support"><b>累了就停</b><p>找&lt;负责人&gt;聊聊</p></aside>' in shown


def test_without_support_contacts_there_is_no_empty_box(make_bench):
    assert "support" not in html(opened(make_bench(), "anna"))


def test_the_pages_speak_english_where_the_settings_say_so(make_bench):
    at = opened(make_bench(settings={"language": '"en"'}), "anna")
    assert "Suicidal ideation" in [button.label for button in at.button]
    assert "min later" in html(at)


def test_several_labels_may_apply(make_bench):
    bench = make_bench("psysuicide11")
    at = press(press(opened(bench, "anna"), "自杀计划"), "自杀未遂")
    assert chosen(at) == ["自杀未遂", "自杀计划"]
    press(press(at, "自杀未遂"), "提交")
    labels = assignments(bench.engine, "anna")[FIRST].work.labels
    assert len(labels) == 11
    assert [name for name, code in labels.items() if code] == ["risk:plan"]


def test_the_decision_tree_is_there_as_help(make_bench):
    shown = html(opened(make_bench("psysuicide11"), "anna"))
    assert shown.count("<li><p>") == 10
    assert "<b>有</b> → 到第 2 步" in shown


def test_twenty_three_questions_are_asked_one_after_the_other(make_bench):
    bench = make_bench("narratives23")
    at = press(opened(bench, "anna"), "是")
    assert "第 2 题，共 23 题" in html(at)
    at = press(at, "提交")
    assert at.warning[0].value == "还有 22 题没有回答。"
    for _ in range(20):
        at = press(at, "否")
    press(press(press(at, "代码 3"), "无法判断"), "提交")
    labels = assignments(bench.engine, "anna")[FIRST].work.labels
    assert (labels["DepressedMood"], labels["Argument"]) == (1, 0)
    assert (labels["InjuryLocationType"], labels["WeaponType1"]) == (3, -1)


def test_a_question_of_many_can_be_opened_again(make_bench):
    at = press(opened(make_bench("narratives23"), "anna"), "是")
    at.button(key="question-DepressedMood").click().run()
    assert chosen(at) == ["是"]
    assert "第 1 题，共 23 题" in html(at)


def test_whose_part_is_done_waits_for_the_others_and_sees_no_agreement(make_bench):
    bench = make_bench()
    bench.label("anna", 2, 0, 1)
    at = opened(bench, "anna")
    assert "你的部分完成了，谢谢" in html(at)
    assert "κ" not in html(at)
    assert "κ =" not in html(opened(bench, "anna", "overview"))
    assert "自杀意念" in [button.label for button in press(at, "查看和修改我的标注").button]


def test_the_last_submission_closes_the_batch_and_shows_its_agreement(make_bench):
    bench = make_bench()
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 1)
    bench.label("陈晨", 2, 0)
    at = press(press(opened(bench, "陈晨"), "抑郁情绪"), "提交")
    assert "批次 batch-1 完成了，谢谢" in html(at)
    assert "<b>κ = 1.00 [1.00, 1.00]</b>" in html(at)
    assert "模拟" not in html(at)


def test_a_batch_that_a_crash_left_open_is_closed_by_the_next_visit(make_bench):
    bench = make_bench(annotators=("anna", "bo"))
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 2)
    assert "<b>κ = " in html(opened(bench, "anna"))


def test_agreement_of_simulated_annotators_is_marked(make_bench):
    bench = make_bench(annotators=("anna", "bo"), simulated=("bo",))
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 2)
    close(bench.workspace, bench.engine, "batch-1")
    for user, view in (("anna", "annotate"), ("anna", "overview"), ("chief", "overview"), ("judge", "adjudicate")):
        assert '<span class="simulated">模拟</span>' in html(opened(bench, user, view)), view


def test_an_undefined_kappa_says_why(make_bench):
    bench = make_bench(annotators=("anna", "bo"))
    bench.label("anna", 0, 0, 0)
    bench.label("bo", 0, 0, 0)
    close(bench.workspace, bench.engine, "batch-1")
    shown = html(opened(bench, "judge", "overview"))
    assert "κ 无法计算" in shown
    assert "only one category was used" in shown


def test_who_has_nothing_to_do_is_told_so(make_bench):
    bench = make_bench()
    assert "现在没有要标注的条目" in html(opened(bench, "chief"))
    assert "没有待裁决的分歧" in html(opened(bench, "judge", "adjudicate"))


def test_the_overview_shows_names_to_administrators_only(make_bench):
    bench = make_bench()
    bench.label("anna", 2)
    assert "anna · 1 / 3" in html(opened(bench, "chief", "overview"))
    judge, anna = html(opened(bench, "judge", "overview")), html(opened(bench, "anna", "overview"))
    assert "标注者 A · 1 / 3" in judge
    assert "anna" not in judge
    assert "你 · 1 / 3" in anna
    assert "标注者 B" not in anna


@pytest.fixture
def contested(make_bench):
    """A closed batch of one agreement and two disagreements, one with a majority."""
    bench = make_bench()
    bench.label("anna", 2, 0, 1, rationale="第 8 条很明确")
    bench.label("bo", 1, 0, 1, rationale="更像 <b>情绪</b>")
    bench.label("陈晨", 3, 0, 2)
    close(bench.workspace, bench.engine, "batch-1")
    return bench


def test_only_disagreements_come_to_the_adjudicator(contested):
    shown = html(opened(contested, "judge", "adjudicate"))
    assert "还有 2 项待裁决" in shown
    assert "更像 &lt;b&gt;情绪&lt;/b&gt;" in shown
    for name in ("anna", "bo", "陈晨"):
        assert f">{name}<" not in shown
    assert all(f"标注者 {letter}" in shown for letter in "ABC")
    assert ">anna<" in html(opened(contested, "chief", "adjudicate"))


def test_a_decision_is_saved_and_the_next_disagreement_comes(contested):
    at = press(opened(contested, "judge", "adjudicate"), "自杀意念")
    at.text_area[0].input("看第 8 条")
    press(at, "保存裁决")
    assert "还有 1 项待裁决" in html(at)
    decided = [one.decision for one in disagreements(contested.engine) if one.decision]
    assert [(one.label, one.rationale, one.by) for one in decided] == [(2, "看第 8 条", "judge")]


def test_a_newer_decision_takes_the_place_of_an_older(contested):
    at = opened(contested, "judge", "adjudicate")
    for label in ("自杀意念", "抑郁情绪"):
        at = press(press(at, label), "保存裁决")
    assert "没有待裁决的分歧" in html(at)
    at = press(at, "查看和修改已有裁决")
    assert chosen(at) == ["自杀意念"]
    press(press(at, "无关"), "改为新的裁决")
    assert sorted(one.decision.label for one in disagreements(contested.engine)) == [0, 1]


def test_a_decision_needs_a_label(contested):
    at = press(opened(contested, "judge", "adjudicate"), "保存裁决")
    assert at.warning[0].value == "请先选一个标签。"


def test_the_page_says_what_happens_without_a_decision(contested):
    at = opened(contested, "judge", "adjudicate")
    shown = html(at) + html(at.button(key="step-next").click().run())
    assert "没有多数：不裁决就没有金标" in shown
    assert "不裁决时按多数取“抑郁情绪”" in shown


def test_annotators_do_not_adjudicate(contested):
    at = opened(contested, "anna", "adjudicate")
    assert "标注者 A" not in html(at)
    assert at.error[0].value == "只有裁决者和管理员可以裁决。"


@pytest.fixture
def entered(make_bench, monkeypatch):
    """Run the entry script as a browser with the session cookie of a user, or with none."""
    bench = make_bench()
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(bench.workspace.root))

    def enter(token):
        cookies = {COOKIE: token} if token else {}
        monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
        return AppTest.from_file(str(ENTRY), default_timeout=30).run()

    return bench, enter


@pytest.mark.parametrize("token", [None, "made up"])
def test_without_a_sign_in_the_entry_shows_nothing_but_the_way_to_it(entered, token):
    _, enter = entered
    at = enter(token)
    assert "登录已过期。" in html(at)
    assert 'href="/auth/login"' in html(at)
    assert not at.button


def test_a_page_left_open_stops_answering_after_signing_out(entered):
    bench, enter = entered
    token = sign_in(bench.engine, "anna", bench.password)
    at = enter(token)
    assert "自杀意念" in [button.label for button in at.button]
    assert '<span class="me">anna</span>' in html(at)
    sign_out(bench.engine, token)
    assert not press(at, "自杀意念").button
    assert "登录已过期。" in html(at)


def test_what_is_missing_is_one_clear_message_on_the_page(entered):
    bench, enter = entered
    bench.workspace.store.path("segments").unlink()
    at = enter(sign_in(bench.engine, "anna", bench.password))
    assert not at.exception
    assert at.error[0].value.startswith("there is no table 'segments' in this workspace yet; make it with")


def test_the_entry_outside_assay_ui_says_how_to_start_it(entered, monkeypatch):
    _, enter = entered
    monkeypatch.delenv(WORKSPACE_VARIABLE)
    assert "assay ui" in enter(None).error[0].value
