"""How far a batch is and how well its annotators agree: who is shown it, when, and under which names."""

from app.wiring import close


def test_whose_part_is_done_waits_for_the_others_and_sees_no_agreement(make_bench, visit, press, html):
    bench = make_bench()
    bench.label("anna", 2, 0, 1)
    at = visit(bench, "anna")
    assert "你的部分完成了，谢谢" in html(at)
    assert "κ" not in html(at)
    assert "κ =" not in html(visit(bench, "anna", "overview"))
    assert "自杀意念" in [button.label for button in press(at, "查看和修改我的标注").button]


def test_the_last_submission_closes_the_batch_and_shows_its_agreement(make_bench, visit, press, html):
    bench = make_bench()
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 1)
    bench.label("陈晨", 2, 0)
    at = press(press(visit(bench, "陈晨"), "抑郁情绪"), "提交")
    assert "批次 batch-1 完成了，谢谢" in html(at)
    assert "<b>κ = 1.00 [1.00, 1.00]</b>" in html(at)
    assert "模拟" not in html(at)


def test_a_batch_that_a_crash_left_open_is_closed_by_the_next_visit(make_bench, visit, html):
    bench = make_bench(annotators=("anna", "bo"))
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 2)
    assert "<b>κ = " in html(visit(bench, "anna"))


def test_agreement_of_simulated_annotators_is_marked(make_bench, visit, html):
    bench = make_bench(annotators=("anna", "bo"), simulated=("bo",))
    bench.label("anna", 2, 0, 1)
    bench.label("bo", 2, 0, 2)
    close(bench.workspace, bench.engine, "batch-1")
    for user, view in (("anna", "annotate"), ("anna", "overview"), ("chief", "overview"), ("judge", "adjudicate")):
        assert '<span class="simulated">模拟</span>' in html(visit(bench, user, view)), view


def test_an_undefined_kappa_says_why(make_bench, visit, html):
    bench = make_bench(annotators=("anna", "bo"))
    bench.label("anna", 0, 0, 0)
    bench.label("bo", 0, 0, 0)
    close(bench.workspace, bench.engine, "batch-1")
    shown = html(visit(bench, "judge", "overview"))
    assert "κ 无法计算" in shown
    assert "only one category was used" in shown


def test_who_has_nothing_to_do_is_told_so(make_bench, visit, html):
    bench = make_bench()
    assert "现在没有要标注的条目" in html(visit(bench, "chief"))
    assert "没有待裁决的分歧" in html(visit(bench, "judge", "adjudicate"))


def test_the_overview_shows_names_to_administrators_only(make_bench, visit, html):
    bench = make_bench()
    bench.label("anna", 2)
    assert "anna · 1 / 3" in html(visit(bench, "chief", "overview"))
    judge, anna = html(visit(bench, "judge", "overview")), html(visit(bench, "anna", "overview"))
    assert "标注者 A · 1 / 3" in judge
    assert "anna" not in judge
    assert "你 · 1 / 3" in anna
    assert "标注者 B" not in anna
