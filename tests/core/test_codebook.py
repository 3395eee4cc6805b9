import pytest

from core.codebook import LARGEST_CODE, SHIPPED, Variable, parse_codebook, shipped_codebook
from core.errors import CodebookError

TEXT = """
name = "small"
version = "1"
title = { zh = "小", en = "Small" }
description = { zh = "小", en = "Small" }
source = "none"
unit = { zh = "段", en = "segment" }

[[variables]]
name = "risk"
kind = "multi"
title = { zh = "险", en = "Risk" }
question = { zh = "?", en = "?" }
[[variables.labels]]
code = 1
name = "plan"
title = { zh = "划", en = "Plan" }
definition = { zh = "划", en = "Plan" }
[[variables.labels]]
code = 2
name = "idea"
title = { zh = "念", en = "Idea" }
definition = { zh = "念", en = "Idea" }

[[variables]]
name = "urgent"
kind = "binary"
title = { zh = "急", en = "Urgent" }
question = { zh = "?", en = "?" }

[tree]
variable = "risk"
start = "q1"
[tree.nodes.q1]
question = { zh = "?", en = "?" }
[[tree.nodes.q1.answers]]
name = "yes"
title = { zh = "是", en = "Yes" }
to = "label:plan"
[[tree.nodes.q1.answers]]
name = "no"
title = { zh = "否", en = "No" }
to = "label:idea"

[[examples]]
text = "one"
labels = { risk = ["plan"] }
[[examples]]
text = "two"
labels = { risk = [], urgent = 1 }
[[examples]]
text = "three"
labels = { urgent = 0 }
"""


def changed(before, after):
    assert before in TEXT
    return TEXT.replace(before, after, 1)


def test_a_multi_label_variable_is_one_binary_variable_a_label():
    names = [(rating.name, rating.codes) for rating in parse_codebook(TEXT, "f").rating_variables]
    assert names == [("risk:plan", (0, 1)), ("risk:idea", (0, 1)), ("urgent", (0, 1))]


def test_examples_label_every_rating_variable_or_say_none():
    book = parse_codebook(TEXT, "f")
    labels = [[book.example_label(example, rating) for rating in book.rating_variables] for example in book.examples]
    assert labels == [[1, 0, 0], [0, 0, 1], [None, None, 0]]


def test_keys_default_to_the_code():
    book = parse_codebook(TEXT, "f")
    assert {key: label.name for key, label in book.variable("risk").keys.items()} == {"1": "plan", "2": "idea"}


def test_labels_beyond_the_keys_of_a_keyboard_have_none():
    risk = shipped_codebook("suichat6").variables[0].model_dump()
    labels = [{**risk["labels"][0], "code": code, "name": f"l{code}", "key": None} for code in range(42)]
    keys = Variable.model_validate({**risk, "labels": labels}).keys
    assert list(keys)[:12] == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b"]
    assert len(keys) == 36


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (changed('to = "label:plan"', 'to = "label:plam"'), "points to label 'plam'; did you mean 'plan'"),
        (changed('to = "label:plan"', 'to = "q2"'), "points to 'q2', which is no node"),
        (changed('to = "label:plan"', 'to = "q1"'), "goes in a circle: q1 → q1"),
        (changed('to = "label:idea"', 'to = "label:plan"'), r"no path of the tree reaches the labels \['idea'\]"),
        (changed('start = "q1"', 'start = "q0"'), "starts at 'q0', which is no node"),
        (changed('variable = "risk"', 'variable = "rsk"'), "no variable 'rsk'.*did you mean 'risk'"),
        (changed("code = 2", "code = -1"), r"\(the 2nd\): code: Input should be greater than or equal to 0; it is -1"),
        (
            changed("code = 2", f"code = {2**63}"),
            r"\(the 2nd\): code: Input should be less than or equal to 9007199254740991; it is 9223372036854775808",
        ),
        (changed("code = 2", "code = 1"), "uses a label code twice"),
        (TEXT.replace("code = 1", 'code = 1\nkey = "p"').replace("code = 2", 'code = 2\nkey = "p"'), "to two labels"),
        (changed('name = "urgent"', 'name = "risk"'), "two variables have the same name"),
        (changed('risk = ["plan"]', 'risk = ["pln"]'), "example 1 labels 'risk'"),
        (changed("urgent = 1", "urgent = 2"), "example 2 labels 'urgent'"),
        (changed('version = "1"', ""), "version: Field required"),
        (changed('version = "1"', 'version = "1"\nverison = "1"'), "unknown key 'verison'"),
        (changed('zh = "小"', 'zh = ""'), "title.zh"),
        (changed("[tree]", "[tree"), "not valid TOML"),
    ],
)
def test_a_codebook_that_contradicts_itself_is_refused(text, said):
    with pytest.raises(CodebookError, match=said):
        parse_codebook(text, "codebook.toml")


def test_the_largest_code_is_held_exactly_by_a_float_and_the_next_is_not():
    book = parse_codebook(changed("code = 2", f"code = {LARGEST_CODE}"), "codebook.toml")
    assert [label.code for label in book.variable("risk").labels] == [1, LARGEST_CODE]
    assert (float(LARGEST_CODE), float(LARGEST_CODE + 2)) == (LARGEST_CODE, LARGEST_CODE + 1)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_codebook_loads(name):
    assert shipped_codebook(name).name == name


def test_an_unknown_shipped_codebook_is_answered_with_the_nearest():
    with pytest.raises(CodebookError, match="did you mean 'suichat6'"):
        shipped_codebook("suichat")
