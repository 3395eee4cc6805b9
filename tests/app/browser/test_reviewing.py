"""Two experts in a real browser: twenty candidates blind, three differences settled together, κ, the lexicon."""

import pytest

from annotation.human import passwords
from annotation.human.users import add_user
from core.database import open_database
from core.workspace import create_workspace
from lexicon.drafts import freeze
from lexicon.review.choosing import ReviewPlan
from lexicon.review.opening import open_review
from lexicon.review.reviews import list_reviews
from lexicon.review.rulings import own_cases

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PASSWORD = "correct horse battery"
REJECTED = ("空心", "关机", "退服", "收摊", "=下辈子", "到站")
"""What both reject; of the rest both accept all but three."""
DIFFERENT = {"重开": ("1", "2"), "下线": ("2", "3"), "散场": ("1", "14")}
"""Term → the keys that lintong and zhouyi press; 14 accepts it as explicit, which is not what is suggested."""
NEW_CATEGORY = {"撑不住": "疲惫"}
"""Term → a category that nobody suggested, and that both type."""
NOTES = {
    ("lintong", "重开"): "群里一半指游戏，但“这间屋子”那行不是。",
    ("zhouyi", "重开"): "游戏用语太多，会误报。",
    ("lintong", "下线"): "多数是真的下线吃饭。",
    ("zhouyi", "下线"): "第 1、3 行拿不准是不是告别。",
    ("zhouyi", "散场"): "“人生这场戏”说得很明白，算显性。",
}
# lintong: accept 13, reject 7. zhouyi: accept 12, reject 7, unsure 1. Alike: 12 accepted and 6 rejected, 18 of 20.
# By chance: (13·12 + 7·7 + 0·1) / 400 = 205/400. κ = (18/20 − 205/400) / (1 − 205/400) = 155/195 = 31/39.
KAPPA = 31 / 39


@pytest.fixture
def experts(tmp_path, monkeypatch, review_world, serve):
    """A review of twenty candidates for lintong and zhouyi, served."""
    monkeypatch.delenv("ASSAY_DATABASE_URL", raising=False)
    monkeypatch.setattr(passwords, "PASSES", 1)
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
    workspace = create_workspace(tmp_path / "corpus")
    engine = open_database(workspace)
    review_world.write_review_corpus(workspace)
    for name in ("lintong", "zhouyi"):
        add_user(engine, name, "annotator", PASSWORD)
    open_review(workspace, engine, ReviewPlan(("lintong", "zhouyi"), "春季词表"))
    with serve(workspace, engine) as (_, address):
        yield workspace, engine, address


def drawn(page, place):
    """Wait until a candidate is drawn whole: a key pressed before that belongs to the one before it."""
    page.wait_for_selector(f".where b:text-is('{place}')")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
    return page.inner_text(".candidate-term")


def press(page, key):
    """Press the key of a button and wait until it is chosen."""
    page.keyboard.press(key)
    page.wait_for_selector(f"[class*=st-key-choice-] button[kind=primary]:has(kbd:text-is('{key}'))")


def note(page, text):
    page.locator("textarea").click()
    page.keyboard.type(text)


def rule(page, user, numbers, picture=None):
    """Rule on candidates with the keyboard: the keys of the decision and the kind, a note, Enter."""
    for number in numbers:
        term = drawn(page, f"{number} / 20")
        keys = DIFFERENT[term][user == "zhouyi"] if term in DIFFERENT else "2" if term in REJECTED else "1"
        for key in keys:
            press(page, key)
        if term in NEW_CATEGORY:
            type_category(page, NEW_CATEGORY[term])
        if (user, term) in NOTES:
            note(page, NOTES[user, term])
            if picture and term == "重开":
                read_a_long_line(page)
                picture(page, "review.png")
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("Enter")


def type_category(page, category):
    """A category that is not in the list. Enter takes it, and does not submit the ruling."""
    box = page.locator("[data-testid=stSelectbox] input")
    box.click()
    assert page.locator("[role=option]", has_text=category).count() == 0, "what the other typed is not offered"
    page.keyboard.type(category)
    page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    assert (box.input_value(), page.inner_text(".candidate-term") in NEW_CATEGORY) == (category, True)
    box.evaluate("element => element.blur()")


def read_a_long_line(page):
    """A message that does not fit into its line is read whole under the pointer."""
    line = page.locator(".kwic-line", has_text="这间屋子")
    assert not line.locator(".kwic-whole").is_visible()
    line.hover()
    assert line.locator(".kwic-whole").inner_text().startswith("有没有人觉得人生可以重开该多好")
    page.mouse.move(0, 0)


def assert_blind(page, user):
    """Nothing of the other expert is in the page, in what is seen or behind it."""
    other = {"lintong": "zhouyi", "zhouyi": "lintong"}[user]
    html = page.content()
    assert [text for (who, _), text in NOTES.items() if who == other and text in html] == []
    assert other not in html


@pytest.mark.timeout(600)
def test_two_experts_rule_blind_settle_three_differences_and_freeze(experts, sign_in, picture):
    workspace, engine, address = experts
    with sign_in(address, "zhouyi", PASSWORD) as zhou, sign_in(address, "lintong", PASSWORD) as lin:
        rule(zhou, "zhouyi", range(1, 11))
        drawn(lin, "1 / 20")
        unruled = [case.own for case in own_cases(engine, "春季词表", "lintong")]
        assert unruled == [None] * 20
        assert lin.locator(".quiet:has-text('互相看不到')").count() == 1
        for number in range(1, 21):
            drawn(lin, f"{number} / 20")
            assert_blind(lin, "lintong")
            rule(lin, "lintong", [number], picture)
        lin.wait_for_selector("h2:has-text('你的部分完成了，谢谢')")
        revise_one(lin)
        drawn(zhou, "11 / 20")
        assert_blind(zhou, "zhouyi")
        rule(zhou, "zhouyi", range(11, 21))
        settle_together(zhou, picture)
        read_the_kappa(zhou, picture)
    (review,) = list_reviews(engine)
    assert review.agreement["decision"]["value"] == pytest.approx(KAPPA)
    assert (review.agreement["decision"]["n"], review.agreement["decision"]["n_agree"]) == (20, 18)
    check_the_lexicon(workspace, engine)


def revise_one(page):
    """Back to the first candidate, another note, and forth again."""
    page.click("button:has-text('查看和修改我的判断')")
    drawn(page, "1 / 20")
    page.wait_for_selector(".done-before:has-text('已提交')")
    note(page, "再看了一遍")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("h2:has-text('你的部分完成了，谢谢')")


def settle_together(page, picture):
    """The joint session begins by itself, with the three differences alone: accept, reject, accept as implicit."""
    settled = {"重开": ("1",), "下线": ("2",), "散场": ("1", "5")}
    for number in (1, 2, 3):
        term = drawn(page, f"{number} / 3")
        assert page.inner_text(".where span") == f"春季词表 · 共同裁定 · 还有 {4 - number} 个分歧"
        shown = page.inner_text(".opinions")
        assert all(text in shown for (_, about), text in NOTES.items() if about == term)
        for key in settled.pop(term):
            press(page, key)
        if term == "重开":
            note(page, "一起看了十行：保留，人工标注时再分。")
            picture(page, "review-joint.png")
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("Enter")
    page.wait_for_selector("h2:has-text('所有分歧都已裁定')")
    assert page.locator(".settled li").count() == 3
    picture(page, "review-settled.png")


def read_the_kappa(page, picture):
    page.click("button:has-text('结束评审')")
    page.wait_for_selector("h2:has-text('评审 春季词表 已结束，谢谢')")
    assert page.locator(".kappa b").first.inner_text().startswith(f"κ = {KAPPA:.2f} [")
    rows = [row.inner_text().split() for row in page.locator(".crossed").first.locator("tbody tr").all()]
    assert rows == [["收录", "12", "1", "0"], ["不收录", "0", "6", "1"], ["拿不准", "0", "0", "0"]]
    picture(page, "review-kappa.png", fits=False)


def check_the_lexicon(workspace, engine):
    report = freeze(workspace, engine)
    assert (report.version, report.entries, report.rejected) == (1, 13, 7)
    lexicon = workspace.store.read("lexicon")
    assert lexicon.filter(term="撑不住")["category"].to_list() == ["疲惫"]
    rulings = workspace.store.read("lexicon_rulings").filter(settled="joint").sort("term")
    columns = ("term", "decision", "kind", "decision_a", "decision_b")
    assert rulings.select(columns).rows() == [
        ("下线", "reject", None, "reject", "unsure"),
        ("散场", "accept", "implicit", "accept", "accept"),
        ("重开", "accept", "implicit", "accept", "reject"),
    ]
