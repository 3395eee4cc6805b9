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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[segmnt]\nmax_gap = 5", "assay.toml: unknown key 'segmnt'; did you mean 'segment'"),
        ("[segment]\nmaxgap = 5", "unknown key 'segment.maxgap'; did you mean 'max_gap'"),
        ("[collect.columns]\nmesage_id = 'id'", "did you mean 'message_id'"),
        (
            "[[vote.voters]]\nname='a'\nbackend='openai'\ntemprature=1",
            "vote.voters.0.temprature'; did you mean 'temperature'",
        ),
        ("[segment]\nmax_gap = -1", "segment.max_gap: Input should be greater than 0; it is -1"),
        ("[segment]\nmerge = 'join'", "segment.merge: Input should be 'union' or 'bounded'; it is 'join'"),
        ("[gate]\nthreshold = 'most'", "gate.threshold: wanted a number or a fraction.*it is 'most'"),
        ("[gate]\nthreshold = '1/0'", "gate.threshold: wanted a number or a fraction"),
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
