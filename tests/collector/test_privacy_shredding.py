"""`assay privacy shred-key`: the bytes go, the names go, and nothing can be added."""

import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from collector import key_shredding
from collector.collecting import collect
from collector.key_shredding import shred_key
from collector.privacy_cli import app
from collector.pseudonyms import create_key, load_pseudonyms
from core.database import open_database, transaction
from core.errors import WorkspaceError
from core.people import Event
from core.workspace import Workspace

SHREDDED = datetime(2026, 11, 20, 10, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_key_in_the_environment(monkeypatch):
    monkeypatch.delenv("ASSAY_PSEUDONYM_KEY", raising=False)


@pytest.fixture
def ready(keyed):
    """A workspace with a key, files that were sealed with it and a Telegram session, at a fixed time."""
    for name in ("telegram.session", "telegram-state.sealed", "telegram-state.unfinished", "signing.key"):
        (keyed.secrets / name).write_bytes(b"something secret")
    return Workspace(keyed.root, clock=lambda: SHREDDED)


def test_the_bytes_of_every_file_are_overwritten_before_it_is_removed(ready):
    names = ["pseudonym.key", "telegram.session", "telegram-state.sealed", "telegram-state.unfinished"]
    before = {name: (ready.secrets / name).read_bytes() for name in names}
    streams = {name: (ready.secrets / name).open("rb") for name in names}
    assert sorted(shred_key(ready).removed) == sorted(names)
    for name, stream in streams.items():
        with stream:
            after = stream.read()
        assert len(after) == len(before[name])
        assert after != before[name]


def test_only_the_mark_and_what_is_not_the_collectors_stay(ready):
    shred_key(ready)
    assert sorted(path.name for path in ready.secrets.iterdir()) == ["pseudonym.key.shredded", "signing.key"]
    assert (ready.secrets / "pseudonym.key.shredded").read_text() == "2026-11-20T10:31:00+00:00"
    assert (ready.secrets / "pseudonym.key.shredded").stat().st_mode & 0o077 == 0


def test_an_event_is_left(ready):
    shred_key(ready)
    with transaction(open_database(ready)) as session:
        (event,) = session.scalars(select(Event)).all()
        assert (event.action, event.subject, event.at) == ("key_shredded", "pseudonym.key", SHREDDED)
        assert event.detail["removed"][0] == "pseudonym.key"


def test_afterwards_nothing_can_be_added_and_the_table_stays(ready, export, message):
    collect(ready, [export("a.json", message(1))])
    held = ready.store.read("messages")
    shred_key(ready)
    said = r"was shredded on 2026-11-20 at 10:31 UTC: nothing can be added"
    with pytest.raises(WorkspaceError, match=said):
        collect(ready, [export("b.json", message(2))])
    with pytest.raises(WorkspaceError, match=said):
        create_key(ready)
    assert ready.store.read("messages").equals(held)


@pytest.mark.parametrize("way", ["file", "environment"])
def test_a_key_that_comes_back_is_refused_and_can_be_shredded_again(ready, monkeypatch, way):
    key = (ready.secrets / "pseudonym.key").read_text()
    shred_key(ready)
    if way == "file":
        (ready.secrets / "pseudonym.key").write_text(key)
    else:
        monkeypatch.setenv("ASSAY_PSEUDONYM_KEY", key)
    with pytest.raises(WorkspaceError, match="was shredded on 2026-11-20"):
        load_pseudonyms(ready)
    again = shred_key(Workspace(ready.root))
    assert again.at == "2026-11-20T10:31:00+00:00"
    assert (again.removed, again.still_in_environment) == ((("pseudonym.key",), False) if way == "file" else ((), True))


def test_a_run_that_is_killed_half_way_can_be_run_again(ready, monkeypatch):
    def die(_: object) -> str:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(key_shredding, "_mark", die)
        with pytest.raises(MemoryError):
            shred_key(ready)
    assert not re.fullmatch(rb"[0-9a-f]{64}", (ready.secrets / "pseudonym.key").read_bytes())
    assert "pseudonym.key" in shred_key(ready).removed
    with pytest.raises(WorkspaceError, match="was shredded"):
        load_pseudonyms(ready)


def test_where_there_is_no_key_there_is_nothing_to_shred(workspace):
    with pytest.raises(WorkspaceError, match=r"there is no secrets/pseudonym\.key to shred"):
        shred_key(workspace)


def test_a_mark_that_says_no_time_still_refuses(ready):
    (ready.secrets / "pseudonym.key.shredded").write_bytes(b"\xff")
    with pytest.raises(WorkspaceError, match="was shredded: nothing can be added"):
        load_pseudonyms(ready)


def test_the_command_explains_and_asks_for_the_folders_name(ready):
    result = CliRunner().invoke(app, ["shred-key", "-w", str(ready.root)], input="workspace\n")
    assert result.exit_code == 0, result.stderr
    for said in ("cannot be undone", "What it does not protect against", "solid-state disk", "backups", "raw exports"):
        assert said in result.stderr
    assert "Overwritten and removed from secrets/: pseudonym.key, telegram.session, telegram-state" in result.stdout
    assert not (ready.secrets / "pseudonym.key").exists()


@pytest.mark.parametrize(
    ("options", "typed"), [([], "yes\n"), (["--confirm", "yes"], None), (["--confirm", ""], None), ([], None)]
)
def test_without_the_right_name_nothing_happens(ready, options, typed):
    result = CliRunner().invoke(app, ["shred-key", *options, "-w", str(ready.root)], input=typed)
    assert result.exit_code == 1
    assert len(list(ready.secrets.iterdir())) == 5
    load_pseudonyms(ready)


def test_a_script_gives_the_name_and_gets_one_json_object(ready, monkeypatch):
    monkeypatch.setenv("ASSAY_PSEUDONYM_KEY", "00" * 32)
    result = CliRunner().invoke(app, ["shred-key", "--confirm", "workspace", "--json", "-w", str(ready.root)])
    said = json.loads(result.stdout)
    assert (result.exit_code, said["still_in_environment"], said["removed"][0]) == (0, True, "pseudonym.key")
