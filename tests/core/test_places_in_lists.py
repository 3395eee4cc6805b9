"""Errors in one of many tables of a list name it as its reader does: by its name, and by counting from 1."""

import re

import pytest

from core.codebook import parse_codebook, shipped_text
from core.errors import CodebookError, SettingsError
from core.settings import parse_settings, replace_settings
from core.texts import ordinal
from core.workspace import settings_template

PANEL_OF_SEVEN = "\n".join(f'[[vote.voters]]\nname = "model-{n}"\nbackend = "openai"\nmodle = "m"' for n in range(1, 8))


def refused(text: str) -> str:
    with pytest.raises(SettingsError) as error:
        parse_settings(text)
    return str(error.value)


def refused_codebook(before: str, after: str) -> str:
    text = shipped_text("suichat6")
    assert before in text
    with pytest.raises(CodebookError) as error:
        parse_codebook(text.replace(before, after, 1), "codebook.toml")
    return str(error.value)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        *((1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (10, "10th"), (11, "11th"), (12, "12th"), (13, "13th")),
        *((21, "21st"), (22, "22nd"), (101, "101st"), (111, "111th"), (112, "112th"), (1013, "1013th")),
    ],
)
def test_a_place_is_counted_from_one(number: int, said: str):
    assert ordinal(number) == said


def test_a_voter_is_called_by_its_name_and_its_place():
    wrong = '\n[[vote.voters]]\nname = "qwen3-32b"\nbackend = "openai"\nmodle = "Qwen/Qwen3-32B"\n'
    said = "assay.toml: vote.voters \"qwen3-32b\" (the 18th): unknown key 'modle'; did you mean 'model'?"
    assert refused(settings_template() + wrong) == said


def test_the_first_of_several_is_named_and_the_others_are_counted():
    said = "vote.voters \"model-1\" (the 1st): unknown key 'modle'; did you mean 'model'? (and 6 more)"
    assert refused(PANEL_OF_SEVEN) == f"assay.toml: {said}"


@pytest.mark.parametrize(
    ("voter", "said"),
    [
        ('backend = "embedded"', "vote.voters (the 2nd): name: Field required"),
        ('name = 3\nbackend = "embedded"', "vote.voters (the 2nd): name: Input should be a valid string; it is 3"),
        ('name = "b"\nbackend = "openai"', "vote.voters \"b\" (the 2nd): voter 'b' has the backend 'openai' and needs"),
        ('name = "文心"\nbackend = "embedded"', 'vote.voters "文心" (the 2nd): name: String should match pattern'),
        ('name = "a\\nb"\nbackend = "embedded"', 'vote.voters "a\\nb" (the 2nd): name: String should match'),
    ],
)
def test_what_a_table_is_called_where_its_name_is_missing_or_odd(voter: str, said: str):
    text = f'[[vote.voters]]\nname = "a"\nbackend = "embedded"\n[[vote.voters]]\n{voter}'
    assert refused(text).startswith(f"assay.toml: {said}")


def test_what_stands_in_no_list_is_named_by_its_keys():
    assert refused("[segment]\nmaxgap = 5").startswith("assay.toml: unknown key 'segment.maxgap'; did you mean")
    assert refused("vote = 3").startswith("assay.toml: vote: Input should be")
    assert refused("[vote]\nvoters = 3").startswith("assay.toml: vote.voters: Input should be")


def test_what_stands_in_a_list_of_no_tables_is_counted():
    said = "assay.toml: vote.voters (the 2nd): Input should be"
    assert refused('[vote]\nvoters = [{ name = "a", backend = "embedded" }, "b"]').startswith(said)


def test_an_option_that_does_not_fit_is_named_by_its_key():
    with pytest.raises(SettingsError, match=re.escape("option: vote.full_share: Input should be less than")):
        replace_settings(parse_settings(settings_template()), "vote", {"full_share": 2})


def test_tables_inside_tables_are_named_one_after_another():
    said = 'codebook.toml: variables "risk" (the 1st): labels "irrelevant" (the 1st): title.zh: String should'
    assert refused_codebook('title = { zh = "无关"', 'title = { zh = ""').startswith(said)
    said = 'codebook.toml: variables "risk" (the 1st): labels "irrelevant" (the 1st): unknown key \'colour\''
    assert refused_codebook("code = 0\n", 'code = 0\ncolour = "red"\n').startswith(said)


def test_an_example_has_no_name_and_is_counted():
    assert refused_codebook("[[examples]]\n", "[[examples]]\nfrom = 1\n") == (
        "codebook.toml: examples (the 1st): unknown key 'from'"
    )


def test_what_is_wrong_with_a_codebook_as_a_whole_is_said_of_the_file():
    assert refused_codebook('[[variables]]\nname = "risk"', "[[variables]]\nname = 3").startswith(
        "codebook.toml: variables (the 1st): name: Input should be a valid string; it is 3"
    )
    assert refused_codebook("[[examples]]\n", '[[examples]]\nlabels = { risk = 9 }\ntext = "x"\n[[examples]]\n') == (
        "codebook.toml: the file: example 1 labels 'risk' as 9; wanted one of [0, 1, 2, 3, 4, 5]"
    )
