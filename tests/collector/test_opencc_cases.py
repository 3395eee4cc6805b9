"""OpenCC's published cases of Simplified from Traditional Chinese, where they are beside the repository."""

import csv
from pathlib import Path

import pytest

from core.text import simplified

CASES = Path(__file__).parents[3] / "shared" / "data" / "opencc" / "cases.csv"
OTHERWISE = {
    ("t2s", "BYVoid_OpenCC_Issue_767_solace"): "慰藉著 stays there; the particle becomes 着 here, as in tw2s",
    ("hk2s", "BYVoid_OpenCC_Issue_767_solace"): "慰藉著 stays there; the particle becomes 着 here, as in tw2s",
    ("tw2s", "BYVoid_OpenCC_Issue_1469_simplified_me_passthrough"): "老么 is also the question 'old?' in Simplified",
}
"""(set of cases, case) → why the text that is published for it is not what is wanted."""


def cases() -> list[dict[str, str]]:
    if not CASES.exists():
        pytest.skip("the folder shared/ with OpenCC's cases is not beside this repository")
    with CASES.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize(("config", "n"), [("t2s", 55), ("tw2s", 32), ("hk2s", 21)])
def test_published_cases_of_the_script(config, n):
    chosen = [case for case in cases() if case["config"] == config]
    wrong = {case["case"] for case in chosen if simplified(case["input"]) != case["expected"]}
    assert len(chosen) == n
    assert wrong == {case for held, case in OTHERWISE if held == config}


def test_cases_that_change_words_and_not_script_are_not_followed():
    """tw2sp turns 滑鼠 into 鼠标. What a person called a thing stays; where no word changes, the cases hold."""
    chosen = [case for case in cases() if case["config"] == "tw2sp"]
    same = [case["case"] for case in chosen if simplified(case["input"]) == case["expected"]]
    assert (len(chosen), len(same)) == (53, 16)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("看著", "看着"), ("睡著了", "睡着了"), ("著急", "着急"), ("執著", "执着"), ("好 著急", "好 着急"),
        ("著名", "著名"), ("名著", "名著"), ("著作", "著作"), ("顯著", "显著"), ("看著名單", "看着名单"),
        ("看著作業", "看着作业"), ("抱著名著", "抱着名著"), ("討論著論著", "讨论着论著"), ("合著眼", "合着眼"),
        ("合著者", "合著者"), ("大著膽子", "大着胆子"), ("著有三部小說", "著有三部小说"), ("帶著有點累", "带着有点累"),
        ("魯迅 著", "鲁迅 著"), ("看着", "看着"), ("你吃了么", "你吃了么"),
    ],
)  # fmt: skip
def test_the_particle_and_the_word_for_writing(text, expected):
    assert simplified(text) == expected
    assert simplified(expected) == expected
