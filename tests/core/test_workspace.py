import pytest

from core.codebook import shipped_text
from core.errors import CodebookError, SettingsError, WorkspaceError
from core.workspace import create_workspace, open_workspace, read_secret, with_options, write_secret


@pytest.fixture
def new(tmp_path):
    return create_workspace(tmp_path / "corpus")


def test_a_new_workspace_opens_with_its_codebook_and_settings(new):
    opened = open_workspace(new.root)
    assert (opened.codebook.name, opened.settings.segment.max_gap) == ("suichat6", 5)
    assert sorted(path.name for path in new.root.iterdir()) == [
        "assay.toml", "cache", "codebook.toml", "releases", "reports", "secrets", "tables",
    ]  # fmt: skip


def test_secrets_are_for_the_owner_only(new):
    write_secret(new, "some.key", "00ff")
    assert (new.secrets.stat().st_mode & 0o777, (new.secrets / "some.key").stat().st_mode & 0o777) == (0o700, 0o600)
    assert read_secret(new, "some.key", "A test") == "00ff"


def test_a_secret_is_never_replaced(new):
    write_secret(new, "some.key", "1")
    with pytest.raises(WorkspaceError, match="already exists; a key is never replaced"):
        write_secret(new, "some.key", "2")


def test_a_secret_that_others_can_read_is_refused(new):
    write_secret(new, "some.key", "1")
    (new.secrets / "some.key").chmod(0o644)
    with pytest.raises(WorkspaceError, match="can be read by other users; run: chmod 600"):
        read_secret(new, "some.key", "A test")


def test_a_missing_secret_says_who_needs_it(new):
    with pytest.raises(WorkspaceError, match=r"Collecting needs secrets/none.key, which is missing"):
        read_secret(new, "none.key", "Collecting")


def test_a_workspace_is_not_made_twice(new):
    with pytest.raises(WorkspaceError, match="already is a workspace"):
        create_workspace(new.root)


def test_an_unknown_codebook_makes_nothing(tmp_path):
    with pytest.raises(CodebookError, match="did you mean 'ideation4'"):
        create_workspace(tmp_path / "w", "ideation")
    assert not (tmp_path / "w").exists()


def test_a_codebook_of_ones_own_is_copied(tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(shipped_text("ideation4").replace('name = "ideation4"', 'name = "mine"', 1), encoding="utf-8")
    assert create_workspace(tmp_path / "w", str(own)).codebook.name == "mine"


def test_a_codebook_of_ones_own_is_checked_before_anything_is_made(tmp_path):
    (tmp_path / "own.toml").write_text("name = 'mine'", encoding="utf-8")
    for name, said in (("own.toml", r"own.toml: version: Field required"), ("none.toml", "there is no codebook at")):
        with pytest.raises(CodebookError, match=said):
            create_workspace(tmp_path / "w", str(tmp_path / name))
    assert not (tmp_path / "w").exists()


def test_a_folder_that_is_no_workspace_is_refused(tmp_path):
    with pytest.raises(WorkspaceError, match=r"is not a workspace.*assay init"):
        open_workspace(tmp_path)


def test_options_replace_single_settings_for_one_run(new):
    changed = with_options(new, "segment", {"max_gap": 7, "max_size": None})
    assert (changed.settings.segment.max_gap, changed.settings.segment.max_size) == (7, 30)
    assert open_workspace(new.root).settings.segment.max_gap == 5


def test_an_option_is_checked_like_a_setting(new):
    with pytest.raises(SettingsError, match=r"option: segment.max_gap: Input should be greater than 0; it is -1"):
        with_options(new, "segment", {"max_gap": -1})


def test_the_database_lies_in_the_workspace_unless_the_environment_names_another(new, monkeypatch):
    assert new.database_url == f"sqlite:///{new.root.resolve()}/assay.db"
    monkeypatch.setenv("ASSAY_DATABASE_URL", "postgresql://u@h/n")
    assert new.database_url == "postgresql://u@h/n"
