"""Panels that come along."""

import pytest
from typer.testing import CliRunner

from annotation.silver.panels import PANELS, with_panel
from app.main import build
from core.errors import SettingsError
from core.settings import parse_settings
from core.workspace import open_workspace, settings_template


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_has_seventeen_voters_and_the_settings_of_the_template(name):
    settings = parse_settings(with_panel(settings_template(), name))
    assert len(settings.vote.voters) == 17
    assert settings.model_copy(update={"vote": None}) == parse_settings(settings_template()).model_copy(
        update={"vote": None}
    )


def test_the_papers_panel():
    voters = parse_settings(with_panel(settings_template(), "suichat17")).vote.voters
    assert {voter.backend for voter in voters} == {"openai"}
    assert len({voter.family for voter in voters}) == 13
    assert [voter.model for voter in voters if voter.model and "/" not in voter.model] == ["FILL-IN"]


def test_an_unknown_panel():
    with pytest.raises(SettingsError, match="no panel 'suichat'; did you mean 'suichat17'"):
        with_panel(settings_template(), "suichat")


def test_a_workspace_with_the_papers_panel(tmp_path):
    done = CliRunner().invoke(build(), ["init", str(tmp_path / "corpus"), "--panel", "suichat17"])
    assert done.exit_code == 0, done.output
    assert "17 voters" in done.output
    assert open_workspace(tmp_path / "corpus").settings.vote.voters[-1].name == "QwenLong-CoT"
    wrong = CliRunner().invoke(build(), ["init", str(tmp_path / "other"), "--panel", "none"])
    assert wrong.exit_code == 1
    assert not (tmp_path / "other").exists()
