from fractions import Fraction

import pytest

from core.errors import SettingsError
from core.settings import Settings, load_settings, parse_settings
from core.workspace import settings_template

DEFAULTS = Settings()


def test_the_template_holds_the_defaults_and_the_embedded_panel():
    template = parse_settings(settings_template())
    assert template.model_copy(update={"vote": DEFAULTS.vote}) == DEFAULTS
    assert template.vote.model_copy(update={"voters": ()}) == DEFAULTS.vote


def test_the_template_explains_every_key():
    plain, _, _ = settings_template().partition("\n[[vote.voters]]")
    keys = [line for line in plain.splitlines() if " = " in line]
    assert len(keys) > 30
    assert [line for line in keys if "# " not in line] == []


def test_fractions_are_exact_however_they_are_written():
    written = ['"2/3"', "0.1", '"0.7"', "1"]
    read = [parse_settings(f"[gate]\nthreshold = {text}").gate.threshold for text in written]
    assert read == [Fraction(2, 3), Fraction(1, 10), Fraction(7, 10), Fraction(1)]


def voter(name):
    return f"[[vote.voters]]\nname = '{name}'\nbackend = 'replay'\nvotes = 'v.csv'"


def test_a_voter_name_may_have_64_letters():
    assert parse_settings(voter("x" * 64)).vote.voters[0].name == "x" * 64


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[segmnt]\nmax_gap = 5", "assay.toml: unknown key 'segmnt'; did you mean 'segment'"),
        ("[segment]\nmaxgap = 5", "unknown key 'segment.maxgap'; did you mean 'max_gap'"),
        ("[collect.columns]\nmesage_id = 'id'", "did you mean 'message_id'"),
        (
            "[[vote.voters]]\nname='a'\nbackend='openai'\ntemprature=1",
            r"vote.voters \"a\" \(the 1st\): unknown key 'temprature'; did you mean 'temperature'",
        ),
        ("[segment]\nmax_gap = -1", "segment.max_gap: Input should be greater than 0; it is -1"),
        ("[segment]\nmerge = 'join'", "segment.merge: Input should be 'union' or 'bounded'; it is 'join'"),
        ("[gate]\nthreshold = 'most'", "gate.threshold: wanted a number or a fraction.*it is 'most'"),
        ("[gate]\nthreshold = '1/0'", "gate.threshold: wanted a number or a fraction"),
        (voter("x" * 65), r"vote.voters \"x{65}\" \(the 1st\): name: String should have at most 64 characters"),
        (voter("a/b"), r"vote.voters \"a/b\" \(the 1st\): name: String should match pattern"),
        ("[vote", "not valid TOML"),
        ("vote = 3", "vote: Input should be a valid dictionary"),
    ],
)
def test_settings_that_cannot_be_used_say_where_and_what(text, said):
    with pytest.raises(SettingsError, match=said):
        parse_settings(text)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingsError, match="assay init DIR"):
        load_settings(tmp_path / "assay.toml")


def test_another_encoding_is_named(tmp_path):
    path = tmp_path / "assay.toml"
    path.write_bytes('[release]\ntitle = "语料"'.encode("gbk"))
    with pytest.raises(SettingsError, match=r"assay.toml is not UTF-8 text \(byte 19\)"):
        load_settings(path)


PANEL_OF_TWO = """
[[vote.voters]]
name = "a"
backend = "openai"
model = "default"
base_url = "http://127.0.0.1:1/v1"
[[vote.voters]]
name = "b"
backend = "openai"
model = "{model}"
base_url = "http://127.0.0.1:2/v1"
{more}
"""


def test_two_voters_that_would_ask_the_same_are_refused():
    with pytest.raises(SettingsError, match="'a' and 'b' ask the same model 'default'"):
        parse_settings(PANEL_OF_TWO.format(model="default", more=""))
    for model, more in (("other", ""), ("default", 'prompt = "letter"'), ("default", "seed = 2\ntemperature = 0.5")):
        assert len(parse_settings(PANEL_OF_TWO.format(model=model, more=more)).vote.voters) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\nweight = 0', "'a' has the weight 0; wanted one above 0"),
        ('[[vote.voters]]\nname = "a"\nbackend = "embedded"\nweight = -1', "'a' has the weight -1"),
        ("[gate]\nthreshold = 2", "wanted a threshold above 0 and at most 1"),
        ("[gate]\nthresholds = { risk = 0 }", "at most 1 .*; got 0 for risk"),
    ],
)
def test_a_panel_that_no_gate_takes_is_refused_before_it_is_paid_for(text: str, says: str):
    with pytest.raises(SettingsError, match=says):
        parse_settings(text)
