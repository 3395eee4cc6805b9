"""The page of signal words, run by Streamlit without a browser: what it shows, and what a press of a button does."""

from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

import app.views
from annotation.human.sign_ins import sign_in
from annotation.human.users import add_user
from app.desk import WORKSPACE_VARIABLE
from app.session_cookie import COOKIE
from app.wiring import expert_agreement
from core.store import Recipe
from lexicon.review.choosing import ReviewPlan
from lexicon.review.closing import close_review
from lexicon.review.opening import open_review
from lexicon.review.opinions import Opinion
from lexicon.review.reviews import list_reviews
from lexicon.review.rulings import own_cases, rule
from lexicon.review.settling import standing

ENTRY = Path(app.views.__file__).parent / "entry.py"
PASSWORD = "correct horse battery"
SECRET = "乙的备注，甲不该看到"
YES, NO = Opinion("accept", "implicit", "slang"), Opinion("reject")


def page(root, user):
    from pathlib import Path

    from annotation.human.users import list_users
    from app.desk import desk_at
    from app.views import review
    from app.views.session import Visit

    desk = desk_at(Path(root))
    review.show(Visit(desk, next(person for person in list_users(desk.engine) if person.name == user)))


def opened(made, user="lin"):
    at = AppTest.from_function(page, args=(str(made.root), user), default_timeout=30).run()
    assert not at.exception
    return at


def html(at):
    return "".join(element.proto.body for element in at.get("html"))


def press(at, *texts):
    for text in texts:
        at = next(button for button in at.button if button.label == text).click().run()
    assert not at.exception
    return at


def everything(at):
    """What the page holds: its text, the labels and states of its buttons, what its lists offer."""
    buttons = [(button.key, button.label, button.proto.type, button.disabled) for button in at.button]
    return html(at), buttons, [(box.options, box.value) for box in at.selectbox], [area.value for area in at.text_area]


def chosen(at):
    return [button.label for button in at.button if button.key.startswith("choice-") and button.proto.type == "primary"]


class Made:
    """A review ``first`` of candidates for lin and zhou."""

    def __init__(self, workspace, engine, ids):
        self.workspace, self.engine, self.ids, self.root = workspace, engine, ids, workspace.root

    def rule(self, user, *opinions):
        """Rule on the candidates in the order of the table."""
        given = dict(zip(self.ids.values(), opinions, strict=False))
        return rule(self.engine, "first", user, given)

    def own(self, user="lin"):
        cases = own_cases(self.engine, "first", user)
        return {case.candidate.term: case.own.opinion for case in cases if case.own}


@pytest.fixture
def make(workspace, engine, crew, review_world):
    """``make(n, change)``: ``n`` candidates, the tables changed by ``change`` before the review is opened."""

    def build(n=4, change=lambda _: None, simulated=False):
        crew(engine, "lin", "gao")
        crew(engine, "zhou", simulated=simulated)
        ids = review_world.write_review_corpus(workspace, n)
        change(workspace.store)
        open_review(workspace, engine, ReviewPlan(("lin", "zhou"), "first"))
        return Made(workspace, engine, ids)

    return build


def changed(table, **columns):
    def change(store):
        for name in store.parts(table) if table == "messages" else [table]:
            store.write(name, store.read(name).with_columns(**columns), Recipe(inputs={}))

    return change


def test_a_candidate_is_shown_with_what_is_known_about_it(make):
    made = make()
    shown = html(opened(made))
    term = own_cases(made.engine, "first", "lin")[0].candidate.term
    assert f'<span class="candidate-term">{term}</span>' in shown
    for text in ("建议", "来源", "语言模型", "关键度 G²", "类型", "互相看不到", "<b>1 / 4</b>", "已完成 0 / 4"):
        assert text in shown
    assert f'<mark class="signal kwic-term">{term}</mark>' in shown
    assert "21:0" not in shown


def test_a_ruling_is_chosen_and_submitted_and_the_next_candidate_comes(make):
    made = make()
    first = own_cases(made.engine, "first", "lin")[0].candidate
    at = press(opened(made), "收录")
    assert chosen(at) == ["收录", "显性" if first.kind == "explicit" else "隐性"]
    at.text_area[0].input("看了三行")
    press(at, "提交")
    assert made.own() == {first.term: Opinion("accept", first.kind, first.category, "看了三行")}
    assert "<b>2 / 4</b>" in html(at)
    assert chosen(at) in (["隐性"], ["显性"])


def test_kind_and_category_can_be_edited(make):
    made = make()
    first = own_cases(made.engine, "first", "lin")[0].candidate
    kind, other = ("implicit", "隐性") if first.kind == "explicit" else ("explicit", "显性")
    at = press(opened(made), "收录", other)
    assert at.selectbox[0].options == ["direct", "distress", "euphemism", "slang"]
    category = "slang" if first.category != "slang" else "distress"
    press(at.selectbox[0].select(category).run(), "提交")
    assert made.own() == {first.term: Opinion("accept", kind, category)}


def test_the_categories_of_the_settings_are_the_only_ones(make):
    made = make(1)
    path = made.root / "assay.toml"
    path.write_text(path.read_text("utf-8").replace("categories = [] ", 'categories = ["甲类", "乙类"] '), "utf-8")
    at = press(opened(made), "收录", "提交")
    assert at.selectbox[0].options == ["甲类", "乙类"]
    assert at.warning[0].value == "收录要选类别。"
    at.selectbox[0].select("乙类").run()
    press(at, "提交")
    assert made.own()["想消失"].category == "乙类"


def test_what_is_missing_is_said_and_nothing_saved(make):
    made = make(1, changed("candidates", kind=pl.lit(None, pl.String), category=pl.lit(None, pl.String)))
    at = opened(made)
    assert "没有建议的类型和类别" in html(at)
    assert press(at, "提交").warning[0].value == "请先选收录、不收录或拿不准。"
    assert press(at, "收录", "提交").warning[0].value == "收录要选类型：显性或隐性。"
    assert press(at, "显性", "提交").warning[0].value == "收录要选类别。"
    assert made.own() == {}
    press(at, "拿不准", "提交")
    assert made.own() == {"想消失": Opinion("unsure")}


def test_earlier_rulings_are_shown_and_revised_until_both_are_done(make):
    made = make()
    at = press(opened(made), "不收录", "提交")
    at.button(key="step-previous").click().run()
    assert chosen(at) == ["不收录"]
    assert "已提交，两人都完成之前可以修改" in html(at)
    press(at, "收录", "提交修改")
    (own,) = [case.own for case in own_cases(made.engine, "first", "lin") if case.own]
    assert (own.opinion.decision, own.revision) == ("accept", 2)
    made.rule("lin", NO, NO, NO, NO)
    at = opened(made)
    assert "你的部分完成了，谢谢" in html(at)
    assert "<b>1 / 4</b>" in html(press(at, "查看和修改我的判断"))


def test_a_key_that_comes_too_late_does_not_touch_what_was_submitted(make):
    made = make()
    at = opened(made)
    at.session_state["review-shown"] = "another candidate"
    assert "收录" not in chosen(press(at, "收录"))


def test_the_page_of_one_expert_holds_nothing_of_the_other_while_it_is_open(make):
    made = make()
    before = everything(opened(made))
    made.rule("zhou", Opinion("accept", "explicit", "秘密类别", SECRET), Opinion("reject", note=SECRET))
    assert everything(opened(made)) == before
    made.rule("zhou", *[Opinion("unsure", note=SECRET)] * 4)
    assert everything(opened(made)) == before
    made.rule("lin", *[YES] * 3)
    assert SECRET not in html(opened(made))


def test_nobody_but_the_experts_sees_a_review(make):
    made = make()
    made.rule("zhou", *[Opinion("reject", note=SECRET)] * 4)
    made.rule("lin", *[YES] * 4)
    shown = html(opened(made, "gao"))
    assert "没有要评审的信号词" in shown
    assert SECRET not in shown


def test_the_joint_session_lists_what_they_differ_on_with_both_rulings(make):
    made = make()
    made.rule("lin", YES, Opinion("accept", "implicit", "slang", "要留 <b>着</b>"), NO, NO)
    made.rule("zhou", YES, Opinion("reject", note=SECRET), NO, Opinion("unsure"))
    for user in ("lin", "zhou"):
        shown = html(opened(made, user))
        assert "共同裁定 · 还有 2 个分歧" in shown
        assert "<b>收录 · 隐性 · slang</b>" in shown
        assert "要留 &lt;b&gt;着&lt;/b&gt;" in shown
        assert SECRET in shown
        assert "没有写备注" not in shown


def test_a_joint_ruling_settles_and_the_review_is_closed_with_its_kappa(make):
    made = make()
    made.rule("lin", YES, YES, NO, NO)
    made.rule("zhou", YES, NO, NO, NO)
    at = opened(made)
    assert "拿不准" not in [button.label for button in at.button]
    press(at, "不收录").text_area[0].input("一起看过")
    press(at, "保存共同裁定")
    assert "所有分歧都已裁定" in html(at)
    assert "3 个词两人一致，1 个词共同裁定" in html(at)
    (settled,) = standing(made.engine, "first").differences
    assert (settled.joint.opinion, settled.joint.letter) == (Opinion("reject", note="一起看过"), "A")
    assert "已共同裁定：不收录（可改）" in html(press(at, "查看和修改共同裁定"))
    at = press(opened(made), "结束评审")
    shown = html(at)
    assert "评审 first 已结束，谢谢" in shown
    # Alike on 3 of 4. By chance: (2·1 + 2·3) / 16 = 8/16. κ = (12 − 8) / (16 − 8) = 0.5.
    assert "<b>κ = 0.50 [" in shown
    assert "收录 1 · 不收录 3 · 未定 0；其中 1 个由共同裁定" in shown
    assert "<b>κ 无法计算</b>" in shown
    assert "原因：两人自始至终给了同一个答案" in shown
    assert list_reviews(made.engine)[0].state == "closed"


def test_experts_who_agree_on_everything_only_close(make):
    made = make(2)
    for user in ("lin", "zhou"):
        made.rule(user, NO, NO)
    at = opened(made)
    assert "查看和修改共同裁定" not in [button.label for button in at.button]
    shown = html(press(at, "结束评审"))
    assert "原因：没有两人都收录的词" in shown


def test_simulated_experts_are_marked(make):
    made = make(2, simulated=True)
    close_review(made.engine, "first", expert_agreement, force=True)
    shown = html(opened(made))
    assert '<span class="simulated">模拟</span>' in shown
    assert "收录 0 · 不收录 0 · 未定 2" in shown


def test_after_one_review_the_next_comes(make):
    made = make(2)
    for user in ("lin", "zhou"):
        made.rule(user, NO, NO)
    at = opened(made)
    open_review(made.workspace, made.engine, ReviewPlan(("lin", "zhou"), "second", members=True))
    at = press(at, "结束评审")
    assert "评审 first 已结束，谢谢" in html(at)
    assert "second · 已完成 0 / 1" in html(press(at, "继续下一个评审"))


def test_chat_text_is_inert_on_the_page(make):
    markup = "**粗** <script>alert(1)</script> $x$ 想消失 <img src=x>\n第二行"
    made = make(1, changed("messages", content=pl.lit(markup)))
    shown = html(opened(made))
    assert "**粗** &lt;script&gt;alert(1)&lt;/script&gt; $x$ " in shown
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;img src=x&gt;&#10;第二行" in shown


def test_the_page_speaks_english_where_the_settings_say_so(make):
    made = make()
    path = made.root / "assay.toml"
    path.write_text(
        path.read_text("utf-8").replace('language = "zh"           #', 'language = "en"           #'), "utf-8"
    )
    before, table, after = path.read_text("utf-8").partition("[annotate]")
    path.write_text(before + table + after.replace('language = "zh"', 'language = "en"', 1), "utf-8")
    at = opened(made)
    assert [button.label for button in at.button if "choice" in button.key][:3] == ["Accept", "Reject", "Unsure"]
    assert "In context" in html(at)


@pytest.mark.parametrize(("user", "pages"), [("wen", ["信号词", "标注", "批次"]), ("judge", ["裁决", "标注", "批次"])])
def test_experts_find_the_page_and_others_do_not(make, monkeypatch, user, pages):
    made, drawn = make(1), []
    add_user(made.engine, "wen", "annotator", PASSWORD)
    add_user(made.engine, "judge", "adjudicator", PASSWORD)
    open_review(made.workspace, made.engine, ReviewPlan(("wen", "zhou"), "second", members=True))
    cookies = {COOKIE: sign_in(made.engine, user, PASSWORD)}
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(made.root))
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", cookies)
    monkeypatch.setattr("streamlit.navigation", lambda found, position: drawn.extend(found) or found[0])
    AppTest.from_file(str(ENTRY), default_timeout=30).run()
    assert [one.title for one in drawn] == pages
