"""The pages in a real browser: three items labelled with the keyboard alone, κ seen, a disagreement settled."""

import pytest

from annotation.human.batches import open_batch
from annotation.human.drawing import BatchPlan
from annotation.human.work import assignments
from app.wiring import batch_named
from consensus.adjudication import disagreements

pytestmark = [pytest.mark.slow, pytest.mark.browser]
REASON = "第 8 条说不想活了，第 11 条又收回；整段一直低落。"
NIGHT = "睡着了不用再醒来"


def at_item(page, number):
    """Wait until an item is drawn whole: a key pressed before that belongs to the one before it."""
    page.wait_for_selector(f".where b:text-is('{number}')")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def chosen(page, label):
    page.wait_for_selector(f"[class*=st-key-choice-] button[kind=primary]:has-text('{label}')")


def press(page, key, label):
    page.keyboard.press(key)
    chosen(page, label)


def label_with_the_keyboard(page, picture):
    """Three items: choose with a digit, submit with Enter, or with Ctrl+Enter while writing a reason."""
    for number in (1, 2, 3):
        at_item(page, f"{number} / 3")
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-testid=stAlert]:has-text('请先选一个标签')")
        press(page, "5", "诱导或言语攻击")
        if page.locator(".chat", has_text=NIGHT).count():
            label_with_a_reason(page, picture)
            continue
        is_game = page.locator(".chat", has_text="五杀").count() == 1
        press(page, "0" if is_game else "1", "无关" if is_game else "抑郁情绪")
        page.keyboard.press("Enter")


def label_with_a_reason(page, picture):
    press(page, "2", "自杀意念")
    for _ in range(20):
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        page.keyboard.press("Tab")
    page.keyboard.type(f"{REASON}5")
    page.keyboard.press("Backspace")
    picture(page, "annotate.png")
    assert page.locator("[class*=st-key-choice-] button[kind=primary]").inner_text().startswith("自杀意念")
    assert page.locator(".suspicious .bubble").is_visible()
    page.keyboard.press("Control+Enter")


def test_three_items_with_the_keyboard_then_a_disagreement(served, sign_in, picture):
    bench, address = served
    bench.label("anna", 2, 0, 1, rationale="第 8 条直接说不想活了。")
    bench.label("bo", 1, 0, 1, rationale="像是情绪低落，没有明确的愿望。")
    with sign_in(address, "陈晨", bench.password) as page:
        assert "assay_session" not in page.evaluate("document.cookie")
        label_with_the_keyboard(page, picture)
        page.wait_for_selector("h2:has-text('批次 batch-1 完成了，谢谢')")
        page.wait_for_selector(".kappa b:has-text('κ = ')")
        picture(page, "complete.png", fits=False)
    kappa = batch_named(bench.engine, "batch-1").agreement["variables"]["risk"]["fleiss_kappa"]["value"]
    assert kappa is not None
    night = [one for one in disagreements(bench.engine) if one.segment_id == bench.segments[0]]
    own = next(opinion for opinion in night[0].opinions if opinion.rater == "陈晨")
    assert (own.label, own.rationale) == (2, REASON)
    settle_a_disagreement(bench, address, sign_in, picture)
    follow_the_batches(bench, address, sign_in, picture)


def settle_a_disagreement(bench, address, sign_in, picture):
    with sign_in(address, "judge", bench.password) as page:
        page.wait_for_selector(".opinions")
        while page.locator(".chat", has_text=NIGHT).count() == 0:
            page.keyboard.press("ArrowRight")
            page.wait_for_timeout(700)
        left = len(disagreements(bench.engine))
        page.wait_for_selector(f".where:has-text('还有 {left} 项待裁决')")
        assert page.locator("text=anna").count() == 0
        press(page, "2", "自杀意念")
        picture(page, "adjudicate.png", fits=False)
        page.keyboard.press("Enter")
        words = f"还有 {left - 1} 项待裁决" if left > 1 else "没有待裁决的分歧"
        page.wait_for_selector(f"text={words}")
    assert [one.decision.label for one in disagreements(bench.engine) if one.decision] == [2]


def follow_the_batches(bench, address, sign_in, picture):
    """An open batch shows how far it is and no κ; the closed one shows its κ. Signing out ends it."""
    plan = BatchPlan(name="batch-2", size=3, overlap=3, audit_share=0, again=True)
    open_batch(bench.workspace, bench.engine, plan)
    bench.label("anna", 2, 0)
    assert sum(task.done for task in assignments(bench.engine, "anna")) == 2
    with sign_in(address, "chief", bench.password) as page:
        page.click("[data-testid=stTopNavLink]:has-text('批次')")
        page.wait_for_selector(".batch >> nth=1")
        assert page.locator(".batch", has_text="batch-2").locator(".kappa").count() == 0
        assert page.locator(".batch", has_text="batch-1").locator(".kappa").count() == 1
        picture(page, "overview.png", fits=False)
        page.click(".corner button")
        page.wait_for_selector("#password")
        page.goto(address)
        page.wait_for_selector("#password")


def test_a_browser_takes_no_message_for_markup(served_markup, sign_in):
    bench, address = served_markup
    with sign_in(address, "anna", bench.password) as page:
        page.wait_for_selector(".suspicious .bubble")
        shown = page.inner_text(".chat")
        for text in (
            "<img src=x onerror=\"document.title='broken'\">",
            "**加粗** 和 $x^2$",
            "[链接](javascript:alert(1))",
        ):
            assert text in shown
        assert page.locator(".chat").locator("img, script, strong, a, em, .katex").count() == 0
        assert page.title() == "Assay"


@pytest.mark.parametrize("size", [(1280, 800), (1440, 900)])
def test_the_sign_in_page_and_a_wrong_password(served, chromium, picture, size):
    _, address = served
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.goto(address)
    page.fill("#name", "anna")
    page.fill("#password", "not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error:has-text('用户名或密码不对。')")
    picture(page, f"sign-in-{size[0]}.png", fits=False)
    context.close()
