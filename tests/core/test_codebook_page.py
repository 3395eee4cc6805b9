"""The page on writing a codebook: its example loads, every key is on it, and its error messages are the real ones."""

from pathlib import Path

import pytest
from pydantic import BaseModel
from typer.testing import CliRunner

from app.main import build
from core.codebook import Codebook, Example, Label, Variable, parse_codebook
from core.decision_tree import Answer, DecisionTree, Node
from core.errors import CodebookError

PAGE = (Path(__file__).parents[2] / "docs" / "your-codebook.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("```toml\n")[1].split("```")[0]


def loaded() -> Codebook:
    return parse_codebook(EXAMPLE, "politeness.toml")


def test_the_example_has_a_variable_of_each_kind_and_a_tree():
    book = loaded()
    kinds = [(variable.name, variable.kind) for variable in book.variables]
    assert kinds == [("tone", "single"), ("topic", "multi"), ("favour", "binary")]
    assert book.tree is not None
    assert [name for name, node in book.tree.nodes.items() if node.later] == ["joke"]


def test_the_page_names_the_rating_variables_of_the_example():
    names = [rating.name for rating in loaded().rating_variables]
    assert names == ["tone", "topic:noise", "topic:parking", "topic:parcels", "favour"]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_label_of_the_example_has_five_examples_or_nearly():
    book = loaded()
    for rating in book.rating_variables:
        given = [book.example_label(example, rating) for example in book.examples]
        assert min(given.count(code) for code in rating.codes) >= 5, rating.name


@pytest.mark.parametrize("part", [Codebook, Variable, Label, Example, DecisionTree, Node, Answer])
def test_every_key_is_on_the_page(part: type[BaseModel]):
    assert [key for key in part.model_fields if f"`{key}`" not in PAGE] == []


def test_init_takes_the_example_and_says_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("politeness.toml").write_text(EXAMPLE, encoding="utf-8")
    done = CliRunner().invoke(build(), ["init", "block", "--codebook", "politeness.toml"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] in PAGE
    assert Path("block/codebook.toml").read_text(encoding="utf-8") == EXAMPLE
    checked = CliRunner().invoke(build(), ["status", "--json", "-w", "block"])
    assert '"codebook": "politeness"' in checked.stdout


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('title = { zh = "语气", en = "Tone" }', 'title = { en = "Tone" }', "title.zh: Field required"),
        ("high_risk = true", "ordered = true", "labels \"rude\" (the 3rd): unknown key 'ordered'"),
        ('kind = "binary"', 'kind = "single"', "variable 'favour' needs at least two labels, it has 0"),
        ('code = 1\nname = "curt"', 'code = 0\nname = "curt"', "variable 'tone' uses a label code twice: [0, 0, 2]"),
        ('name = "curt"', 'name = "not polite"', "name: String should match pattern"),
        ('version = "1"', "version = 1", "version: Input should be a valid string; it is 1"),
        ("tone = 0", 'tone = "polite"', "labels.tone.int: Input should be a valid integer"),
        ('topic = ["noise"]', 'topic = "noise"', "labels.topic.int: Input should be a valid integer"),
        ("tone = 0", "tone = 7", "example 1 labels 'tone' as 7; wanted one of [0, 1, 2]"),
        ("{ tone = 0", "{ tome = 0", "no variable 'tome' in codebook 'politeness'; did you mean 'tone'?"),
        ('"label:curt"', '"curt"', "tree node 'impatient', answer 'yes' points to 'curt', which is no node"),
        ('"label:curt"', '"label:polite"', "no path of the tree reaches the labels ['curt']"),
        ('zh = "停车", en', 'zh = "停车" en', "is not valid TOML: Unclosed inline table (at line 51, column 21)"),
    ],
)
def test_the_messages_on_the_page_are_the_real_ones(before: str, after: str, said: str):
    assert before in EXAMPLE
    with pytest.raises(CodebookError) as error:
        parse_codebook(EXAMPLE.replace(before, after, 1), "politeness.toml")
    assert said in str(error.value)
    assert f"`{said}`" in PAGE


def test_a_name_without_its_ending_is_taken_for_a_shipped_codebook(tmp_path: Path):
    done = CliRunner().invoke(build(), ["init", str(tmp_path / "block"), "--codebook", "politeness"])
    assert done.exit_code != 0
    assert "no shipped codebook 'politeness'" in done.output
    assert "`no shipped codebook 'politeness'`" in PAGE
