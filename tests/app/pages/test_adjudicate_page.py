"""The page on which disagreements are decided: what comes to it, what a decision does, and who may make one."""

import pytest

from app.wiring import close
from consensus.adjudication import disagreements


@pytest.fixture
def contested(make_bench):
    """A closed batch of one agreement and two disagreements, one with a majority."""
    bench = make_bench()
    bench.label("anna", 2, 0, 1, rationale="第 8 条很明确")
    bench.label("bo", 1, 0, 1, rationale="更像 <b>情绪</b>")
    bench.label("陈晨", 3, 0, 2)
    close(bench.workspace, bench.engine, "batch-1")
    return bench


def test_only_disagreements_come_to_the_adjudicator(contested, visit, html):
    shown = html(visit(contested, "judge", "adjudicate"))
    assert "还有 2 项待裁决" in shown
    assert "更像 &lt;b&gt;情绪&lt;/b&gt;" in shown
    for name in ("anna", "bo", "陈晨"):
        assert f">{name}<" not in shown
    assert all(f"标注者 {letter}" in shown for letter in "ABC")
    assert ">anna<" in html(visit(contested, "chief", "adjudicate"))


def test_a_decision_is_saved_and_the_next_disagreement_comes(contested, visit, press, html):
    at = press(visit(contested, "judge", "adjudicate"), "自杀意念")
    at.text_area[0].input("看第 8 条")
    press(at, "保存裁决")
    assert "还有 1 项待裁决" in html(at)
    decided = [one.decision for one in disagreements(contested.engine) if one.decision]
    assert [(one.label, one.rationale, one.by) for one in decided] == [(2, "看第 8 条", "judge")]


def test_a_newer_decision_takes_the_place_of_an_older(contested, visit, press, chosen, html):
    at = visit(contested, "judge", "adjudicate")
    for label in ("自杀意念", "抑郁情绪"):
        at = press(press(at, label), "保存裁决")
    assert "没有待裁决的分歧" in html(at)
    at = press(at, "查看和修改已有裁决")
    assert chosen(at) == ["自杀意念"]
    press(press(at, "无关"), "改为新的裁决")
    assert sorted(one.decision.label for one in disagreements(contested.engine)) == [0, 1]


def test_a_decision_needs_a_label(contested, visit, press):
    at = press(visit(contested, "judge", "adjudicate"), "保存裁决")
    assert at.warning[0].value == "请先选一个标签。"


def test_the_page_says_what_happens_without_a_decision(contested, visit, html):
    at = visit(contested, "judge", "adjudicate")
    shown = html(at) + html(at.button(key="step-next").click().run())
    assert "没有多数：不裁决就没有金标" in shown
    assert "不裁决时按多数取“抑郁情绪”" in shown


def test_annotators_do_not_adjudicate(contested, visit, html):
    at = visit(contested, "anna", "adjudicate")
    assert "标注者 A" not in html(at)
    assert at.error[0].value == "只有裁决者和管理员可以裁决。"
